//! The settings that are in effect, as a file of settings. Secrets are not printed.

use super::Config;
use super::file::File;
use super::values::HIDDEN;

impl Config {
    /// The settings as TOML; a file of settings that says the same, but for its secrets.
    pub fn printed(&self) -> Result<String, toml::ser::Error> {
        let Config { config, print_config: _, .. } = self;
        let file = File {
            host: Some(self.host),
            port: Some(self.port),
            otlp_http_port: Some(self.otlp_http_port),
            otlp_grpc_port: Some(self.otlp_grpc_port),
            query_grpc_port: Some(self.query_grpc_port),
            data_dir: Some(self.data_dir.clone()),
            viewer: self.viewer.clone(),
            base_path: Some(self.base_path.clone()),
            demo: self.demo.clone(),
            retention_hours: Some(self.retention_hours),
            max_disk: self.max_disk,
            max_log_disk: self.max_log_disk,
            max_index_memory: self.max_index_memory,
            segment_size: Some(self.segment_size),
            max_request: Some(self.max_request),
            max_spans: Some(self.max_spans),
            max_attributes: Some(self.max_attributes),
            max_attribute_size: Some(self.max_attribute_size),
            max_nesting: Some(self.max_nesting),
            max_waiting: Some(self.max_waiting),
            allow_host: Some(self.allow_host.clone()),
            cors_origin: Some(self.cors_origin.clone()),
            token: self.token.as_ref().map(|_| HIDDEN.to_owned()),
            tokens: (!self.tokens.is_empty()).then(|| self.tokens.clone()),
            tenants: (!self.tenants.is_empty()).then(|| self.tenants.clone()),
            tls_cert: self.tls_cert.clone(),
            tls_key: self.tls_key.clone(),
            log_format: Some(self.log_format),
            eval_track_secret: self.eval_track_secret.as_ref().map(|_| HIDDEN.to_owned()),
            insecure: Some(self.insecure),
            client_time: Some(self.client_time),
            query_time: Some(self.query_time),
            forward: (!self.forward.is_empty()).then(|| self.forward.clone()),
        };
        let text = toml::to_string(&file)?;
        Ok(match config {
            Some(path) => format!("# With {}\n{text}", path.display()),
            None => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::path::Path;

    #[test]
    fn targets_are_printed_without_their_headers() {
        let written = "[[forward]]\nname = \"a\"\nendpoint = \"https://a.example\"\nprotocol = \"grpc\"\nsample = 0.5\n\
                       headers = { Authorization = \"Bearer deep secret\" }\nkeep.attributes = { \"http.route\" = \"^/a\" }\n\
                       tail = { wait = \"10s\", slower = \"500ms\" }\nredact = { keys = [\"(?i)token\"] }\n";
        let read = |text: &str| File::parse(Path::new("written"), text, &|_| None).unwrap().forward.unwrap();
        let config = Config { forward: read(written), ..Config::parse_from(["x"]) };
        let printed = config.printed().unwrap();
        assert!(!printed.contains("deep") && printed.contains("Authorization"), "{printed}");
        let again = Config { forward: read(&printed), ..Config::parse_from(["x"]) };
        assert_eq!(again.printed().unwrap(), printed);
    }

    #[test]
    fn tenants_are_printed_without_their_tokens() {
        let written = "[[tokens]]\nvalue = \"deep secret\"\nscopes = [\"read\"]\ntenant = \"a\"\n\
                       [tenants.a]\nmax_disk = \"1G\"\n";
        let read = |text: &str| File::parse(Path::new("written"), text, &|_| None).unwrap();
        let of = |file: File| Config {
            tokens: file.tokens.unwrap(),
            tenants: file.tenants.unwrap(),
            ..Config::parse_from(["x"])
        };
        let printed = of(read(written)).printed().unwrap();
        assert!(
            !printed.contains("deep") && printed.contains("[tenants.a]\nmax_disk = 1073741824"),
            "{printed}"
        );
        assert_eq!(of(read(&printed)).printed().unwrap(), printed);
    }

    #[test]
    fn what_is_printed_is_a_file_of_the_same_settings_without_secrets() {
        let mut flags =
            vec!["x", "--port", "7", "--max-disk", "1G", "--token", "deep secret", "--allow-host", "a,b"];
        flags.extend(["--eval-track-secret", "deeper"]);
        let printed = Config::parse_from(flags).printed().unwrap();
        assert!(!printed.contains("deep"), "{printed}");
        let file = File::parse(Path::new("printed"), &printed, &|_| None).unwrap();
        assert_eq!((file.port, file.max_disk, file.token.as_deref()), (Some(7), Some(1 << 30), Some(HIDDEN)));
        assert_eq!((file.allow_host.map(|hosts| hosts.len()), file.client_time), (Some(2), Some(30)));
        assert_eq!(file.viewer, None);
    }
}
