//! The file of settings: TOML, each setting named as its flag is, with underscores.

use super::forward::{self, Forward};
use super::tenants::TenantsLimits;
use super::tokens::Token;
use super::values::{hours, number, port, seconds, size};
use super::{Config, ConfigError, LogFormat, tenant_check, variables};
use clap::ArgMatches;
use clap::parser::ValueSource;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, Deserializer};

/// What a file may say; what it does not say is as if there were no file.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    pub host: Option<IpAddr>,
    #[serde(deserialize_with = "port")]
    pub port: Option<u16>,
    #[serde(deserialize_with = "port")]
    pub otlp_http_port: Option<u16>,
    #[serde(deserialize_with = "port")]
    pub otlp_grpc_port: Option<u16>,
    pub query_grpc_port: Option<u16>,
    pub data_dir: Option<PathBuf>,
    pub viewer: Option<PathBuf>,
    pub base_path: Option<String>,
    pub demo: Option<String>,
    #[serde(deserialize_with = "hours")]
    pub retention_hours: Option<u64>,
    #[serde(deserialize_with = "size")]
    pub max_disk: Option<u64>,
    #[serde(deserialize_with = "size")]
    pub max_log_disk: Option<u64>,
    #[serde(deserialize_with = "size")]
    pub max_index_memory: Option<u64>,
    #[serde(deserialize_with = "size")]
    pub segment_size: Option<u64>,
    #[serde(deserialize_with = "size")]
    pub max_request: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub max_spans: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub max_attributes: Option<u64>,
    #[serde(deserialize_with = "size")]
    pub max_attribute_size: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub max_nesting: Option<u64>,
    #[serde(deserialize_with = "size")]
    pub max_waiting: Option<u64>,
    pub allow_host: Option<Vec<String>>,
    pub cors_origin: Option<Vec<String>>,
    pub token: Option<String>,
    pub tokens: Option<Vec<Token>>,
    pub tenants: Option<TenantsLimits>,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub log_format: Option<LogFormat>,
    pub eval_track_secret: Option<String>,
    pub insecure: Option<bool>,
    #[serde(deserialize_with = "seconds")]
    pub client_time: Option<u64>,
    #[serde(deserialize_with = "seconds")]
    pub query_time: Option<u64>,
    pub forward: Option<Vec<Forward>>,
}

impl File {
    /// Reads a file; `variable` knows the environment.
    pub fn read(path: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::of(path, format_args!("cannot be read: {error}")))?;
        Self::parse(path, &text, variable)
    }

    /// Reads the text of a file.
    pub fn parse(
        path: &Path,
        text: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let wrong = |error: toml::de::Error| ConfigError::at(path, text, error.span(), error.message());
        let mut table = DeTable::parse(text).map_err(wrong)?;
        variables::fill(table.get_mut(), variable)
            .map_err(|error| ConfigError::at(path, text, Some(error.span), &error.why))?;
        let file = File::deserialize(Deserializer::from(table)).map_err(wrong)?;
        let targets = file.forward.as_deref().unwrap_or_default();
        let tokens = file.tokens.as_deref().unwrap_or_default();
        let limits = file.tenants.clone().unwrap_or_default();
        forward::check(targets)
            .and_then(|()| tenant_check::check(file.token.as_deref(), tokens, &limits, targets))
            .map_err(|(key, why)| ConfigError::of_setting(path, text, key, &why))?;
        Ok(file)
    }
}

impl Config {
    /// Adds what the file of settings says, if one is named, where neither a flag nor the environment says anything.
    pub fn with_file(
        mut self,
        given: &ArgMatches,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let Some(path) = self.config.clone() else { return Ok(self) };
        let file = File::read(&path, variable)?;
        let is_given = |setting: &str| {
            // Some settings are no flags.
            let source =
                given.try_contains_id(setting).is_ok().then(|| given.value_source(setting)).flatten();
            !matches!(source, None | Some(ValueSource::DefaultValue))
        };
        self.add(file, &is_given);
        Ok(self)
    }

    fn add(&mut self, file: File, is_given: &dyn Fn(&str) -> bool) {
        // Names every setting once: one that is forgotten here does not compile.
        macro_rules! add {
            ($($setting:ident),* $(,)?) => {
                let File { $($setting),* } = file;
                $(if let Some(value) = $setting && !is_given(stringify!($setting)) {
                    self.$setting = value.into();
                })*
            };
        }
        add!(
            host,
            port,
            otlp_http_port,
            otlp_grpc_port,
            query_grpc_port,
            data_dir,
            viewer,
            base_path,
            demo,
            retention_hours,
            max_disk,
            max_log_disk,
            max_index_memory,
            segment_size,
            max_request,
            max_spans,
            max_attributes,
            max_attribute_size,
            max_nesting,
            max_waiting,
            allow_host,
            cors_origin,
            token,
            tokens,
            tenants,
            tls_cert,
            tls_key,
            log_format,
            eval_track_secret,
            insecure,
            client_time,
            query_time,
            forward,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tenants::TenantName;
    use super::*;
    use clap::{CommandFactory, FromArgMatches};

    fn environment(name: &str) -> Option<String> {
        (name == "SECRET").then(|| "from the environment".to_owned())
    }

    fn parse(text: &str) -> Result<File, ConfigError> {
        File::parse(Path::new("s.toml"), text, &environment)
    }

    /// A target that says this, too.
    fn target(more: &str) -> String {
        let usual = [("name", "name = \"a\"\n"), ("endpoint", "endpoint = \"http://a\"\n")];
        let usual = usual.iter().filter(|(key, _)| !more.starts_with(key)).map(|(_, line)| *line);
        format!("[[forward]]\n{}{more}", usual.collect::<String>())
    }

    /// Tokens of these tenants.
    fn tokens(tenants: &[&str]) -> String {
        let token = |(number, tenant): (usize, &&str)| {
            format!("[[tokens]]\nvalue = \"value {number}\"\nscopes = [\"read\"]\ntenant = \"{tenant}\"\n")
        };
        tenants.iter().enumerate().map(token).collect()
    }

    #[test]
    fn tenants_are_read_with_their_limits_and_targets() {
        let text = format!(
            "{}[tenants.a]\nmax_disk = \"1G\"\nretention_hours = 1\n[tenants.default]\nmax_disk = 0\n{}",
            tokens(&["a", "b", "b"]).replace("value 2", "value 1"),
            target("tenants = [\"default\", \"b\"]")
        );
        let file = parse(&text).unwrap();
        let named = |name: &str| TenantName::try_from(name.to_owned()).unwrap();
        let limits = &file.tenants.unwrap()[&named("a")];
        assert_eq!((limits.max_disk, limits.retention_hours), (Some(1 << 30), Some(1)));
        let target = &file.forward.unwrap()[0];
        let is_for = ["a", "b", "default"].map(|name| target.is_for(&named(name)));
        assert_eq!(is_for, [false, true, true]);
    }

    #[test]
    fn mistakes_are_named_with_file_line_key_and_what_was_expected() {
        let table = [
            (
                "port = 99999",
                "s.toml:1:8: port: invalid value: integer `99999`, expected a port from 0 to 65535",
            ),
            (
                "port = \"x\"",
                "s.toml:1:8: port: invalid value: string \"x\", expected a port from 0 to 65535",
            ),
            ("\n\nport = true", "s.toml:3:8: port: invalid type: boolean `true`, expected a port"),
            ("prot = 1", "s.toml:1:1: prot: unknown field `prot`, expected one of `host`, `port`"),
            (
                "# ü\nmax_disk = \"much\"",
                "s.toml:2:12: max_disk: invalid value: string \"much\", expected a size",
            ),
            ("max_disk = -1", "s.toml:1:12: max_disk: invalid value: integer `-1`, expected a size"),
            ("max_disk = 1.5", "s.toml:1:12: max_disk: invalid type: floating point `1.5`, expected a size"),
            ("host = \"localhost\"", "s.toml:1:8: host: invalid IP address syntax"),
            (
                "allow_host = \"a\"",
                "s.toml:1:14: allow_host: invalid type: string \"a\", expected a sequence",
            ),
            (
                "allow_host = [\"a\", 2]",
                "s.toml:1:20: allow_host[1]: invalid type: integer `2`, expected a string",
            ),
            ("insecure = \"yes\"", "s.toml:1:12: insecure: invalid type: string \"yes\", expected a boolean"),
            ("retention_hours = \"1\"", "expected a whole number of hours"),
            ("token = \"${NOTHING}\"", "s.toml:1:9: token: the environment variable NOTHING is not set"),
            ("cors_origin = [\"${X\"]", "s.toml:1:16: cors_origin[0]: `${` without `}`"),
            ("port = 1\nport = 2", "s.toml:2:1: duplicate key"),
            ("port = ", "s.toml:1:8: "),
            ("[[forward]]\nname = \"a\"", "s.toml:1:1: forward[0]: missing field `endpoint`"),
            (&target("endpoint = \"x\""), "s.toml:3:12: forward[0].endpoint: \"x\" is not a URL such as"),
            (&target("name = \"a/b\""), "forward[0].name: \"a/b\" is not 1 to 64 letters"),
            (
                &target("protocol = \"http\""),
                "forward[0].protocol: unknown variant `http`, expected one of `http/p",
            ),
            (&target("signals = [\"metrics\"]"), "forward[0].signals[0]: unknown variant `metrics`"),
            (&target("signals = []"), "s.toml:4:11: forward[0].signals: expected at least one of"),
            (
                &target("signals = [\"logs\", \"logs\"]"),
                "s.toml:4:11: forward[0].signals: one is named twice",
            ),
            (
                &target("endpoint = \"http://a/otlp\"\nsignals = [\"logs\", \"traces\"]"),
                "s.toml:4:11: forward[0].signals: the path of the endpoint ends neither with",
            ),
            (&target("timeout = \"5\""), "forward[0].timeout: \"5\" is not a duration such as"),
            (&target("batch = { spans = 0 }"), "forward[0].batch.spans: expected a number from 1"),
            (
                &target("batch.bites = 0"),
                "forward[0].batch.bites: unknown field `bites`, expected one of `spans`",
            ),
            (&target("sample = 1.5"), "forward[0].sample: 1.5 is not from 0.0 to 1.0"),
            (
                &target("redact.keys = [\"a\", \"(\"]"),
                "forward[0].redact.keys: \"(\" is not a regular expression",
            ),
            (
                &target("headers = { a = \"${NO}\" }"),
                "forward[0].headers.a: the environment variable NO is not set",
            ),
            (
                &target("headers = { \"a b\" = \"c\" }"),
                "s.toml:4:11: forward[0].headers: \"a b\" is not the name",
            ),
            (
                &format!("{0}\n{0}", target("sample = 0.5")),
                "s.toml:6:8: forward[1].name: the name \"a\" is used twice",
            ),
            ("[[tokens]]\nvalue = \"\"\nscopes = []", "s.toml:2:9: tokens[0].value: a token is not empty"),
            (
                "tokens = [{ value = \"a\", scopes = [\"all\"] }]",
                "unknown variant `all`, expected `ingest` or `read`",
            ),
            (&tokens(&["a/b"]), "s.toml:4:10: tokens[0].tenant: \"a/b\" is not 1 to 64 letters"),
            (&tokens(&[""]), "s.toml:4:10: tokens[0].tenant: \"\" is not 1 to 64 letters"),
            (
                &tokens(&["team", "Team"]),
                "s.toml:8:10: tokens[1].tenant: \"Team\" and \"team\" differ in case",
            ),
            (&tokens(&["Default"]), "tokens[0].tenant: \"Default\" and \"default\" differ in case"),
            (
                "[[tokens]]\nvalue = \"x\"\nscopes = []\ntenant = \"a\"\n[[tokens]]\nvalue = \"x\"\nscopes = []",
                "s.toml:6:9: tokens[1].value: tokens[0].value is the same and of another tenant",
            ),
            (
                &format!("token = \"value 0\"\n{}", tokens(&["a"])),
                "s.toml:3:9: tokens[0].value: token is the same and of another tenant",
            ),
            (
                &format!("{}[tenants.b]\nmax_disk = 1", tokens(&["a"])),
                "tenants.b: no token names the tenant \"b\": add one to [[tokens]]",
            ),
            (
                &format!("{}[tenants.a]\nmax_disk = \"x\"", tokens(&["a"])),
                "s.toml:6:12: tenants.a.max_disk: invalid value: string \"x\", expected a size",
            ),
            (
                &format!("{}[tenants.a]\nmax_dsk = 1", tokens(&["a"])),
                "s.toml:6:1: tenants.a.max_dsk: unknown field `max_dsk`, expected one of `retention_hours`",
            ),
            (&format!("{}[tenants.\"a b\"]", tokens(&["a"])), "\"a b\" is not 1 to 64 letters"),
            (
                &format!("{}{}", tokens(&["a"]), target("tenants = [\"a\", \"c\"]")),
                "s.toml:8:11: forward[0].tenants: no token names the tenant \"c\"",
            ),
            (&target("tenants = []"), "s.toml:4:11: forward[0].tenants: expected at least one tenant"),
            ("[server]\nport = 1", "s.toml:1:2: server: unknown field `server`"),
        ];
        for (text, expected) in table {
            let said = parse(text).map(|_| ()).unwrap_err().to_string();
            assert!(said.contains(expected), "{text:?}\n  said     {said}\n  expected {expected}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let said = File::read(Path::new("/nowhere/s.toml"), &environment).unwrap_err().to_string();
        assert!(said.starts_with("/nowhere/s.toml: cannot be read: "), "{said}");
    }

    #[test]
    fn the_file_counts_less_than_flags() {
        let given = Config::command().get_matches_from(["x", "--port", "7", "--max-disk", "1G"]);
        let mut config = Config::from_arg_matches(&given).unwrap();
        let is_given = |setting: &str| ["port", "max_disk"].contains(&setting);
        let file = "port = 8\notlp_http_port = 9\nmax_disk = \"2G\"\nmax_request = \"1M\"\ninsecure = true\n\
                    token = \"${SECRET}\"\nallow_host = [\"a\", \"b\"]\nviewer = \"dist\"";
        config.add(parse(file).unwrap(), &is_given);
        assert_eq!((config.port, config.otlp_http_port, config.otlp_grpc_port), (7, 9, 4317));
        assert_eq!((config.max_disk, config.max_request, config.insecure), (Some(1 << 30), 1 << 20, true));
        assert_eq!(config.token.as_deref(), Some("from the environment"));
        assert_eq!((config.allow_host.len(), config.viewer), (2, Some("dist".into())));
    }
}
