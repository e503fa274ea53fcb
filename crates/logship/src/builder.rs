//! The settings of a handler, and their checks.

use crate::context::Context;
use crate::invalid::Invalid;
use crate::rate::RateLimit;
use crate::retry::Backoff;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// The kind of service that takes the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceType {
    /// Datadog's log intake, version 2.
    Datadog,
    /// Grafana Loki's push API.
    Grafana,
    /// CloudWatch Logs' `PutLogEvents`.
    CloudWatch,
    /// Any endpoint that takes JSON.
    Generic,
}

impl std::str::FromStr for ServiceType {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "datadog" => Ok(ServiceType::Datadog),
            "grafana" => Ok(ServiceType::Grafana),
            "cloudwatch" => Ok(ServiceType::CloudWatch),
            "generic" => Ok(ServiceType::Generic),
            _ => Err(Invalid::new(
                "service_type",
                format!("{text} is not datadog, grafana, cloudwatch or generic"),
            )),
        }
    }
}

/// What happens to a record when the buffer is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The oldest records that are not being sent are dropped and counted.
    DropOldest,
    /// `emit` waits for room.
    Block,
}

/// How the records of a generic request are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenericBody {
    /// One array of objects.
    Array,
    /// One object on each line.
    Lines,
}

/// An AWS access key. Its secret parts are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsCredentials {
    /// The id of the access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The session of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AwsCredentials({})", self.access_key_id)
    }
}

/// Builds a [`Handler`](crate::Handler). Times and counts have defaults; which addresses and keys are needed depends on the service.
#[derive(Clone)]
pub struct Builder {
    pub(crate) service_type: ServiceType,
    pub(crate) api_url: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) aws: Option<AwsCredentials>,
    pub(crate) region: Option<String>,
    pub(crate) log_group: Option<String>,
    pub(crate) log_stream: Option<String>,
    pub(crate) org_id: Option<String>,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) template: Option<Value>,
    pub(crate) generic_body: GenericBody,
    pub(crate) service: String,
    pub(crate) source: String,
    pub(crate) hostname: Option<String>,
    pub(crate) gzip: Option<bool>,
    pub(crate) compat: bool,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) timeout: Duration,
    pub(crate) flush_interval: Duration,
    pub(crate) max_retries: u32,
    pub(crate) give_up_after: Duration,
    pub(crate) backoff: Backoff,
    pub(crate) buffer_size: usize,
    pub(crate) capacity: usize,
    pub(crate) capacity_bytes: usize,
    pub(crate) when_full: WhenFull,
    pub(crate) trace: Option<String>,
    pub(crate) span: Option<String>,
    pub(crate) parent_span: Option<String>,
    pub(crate) context: Context,
}

/// Setters that store their argument in a field.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $kind:ty => $($field:ident).+ = $value:expr;)*) => {
        $($(#[$doc])*
        pub fn $name(mut self, $name: impl Into<$kind>) -> Self {
            let $name: $kind = $name.into();
            self.$($field).+ = $value;
            self
        })*
    };
}

impl Builder {
    /// A builder with the defaults: 50 records or 2 s, whichever is first; 10 s for a request; 3 repetitions.
    pub fn new(service_type: ServiceType) -> Self {
        Builder {
            service_type,
            api_url: None,
            api_key: None,
            aws: None,
            region: None,
            log_group: None,
            log_stream: None,
            org_id: None,
            labels: Vec::new(),
            template: None,
            generic_body: GenericBody::Array,
            service: "rust".to_owned(),
            source: "rust".to_owned(),
            hostname: None,
            gzip: None,
            compat: false,
            rate_limit: None,
            timeout: Duration::from_secs(10),
            flush_interval: Duration::from_secs(2),
            max_retries: 3,
            give_up_after: Duration::from_secs(600),
            backoff: Backoff { first: Duration::from_millis(500), most: Duration::from_secs(30) },
            buffer_size: 50,
            capacity: 10_000,
            capacity_bytes: 16 << 20,
            when_full: WhenFull::DropOldest,
            trace: None,
            span: None,
            parent_span: None,
            context: Context::default(),
        }
    }

    setters! {
        /// Where requests go: the intake's base URL, or the whole URL with its path. Datadog's and CloudWatch's are
        /// known without it.
        api_url: String => api_url = Some(api_url);
        /// The key: Datadog's API key; Loki's bearer token, or `user:token` for basic authentication; a bearer token for
        /// a generic endpoint.
        api_key: String => api_key = Some(api_key);
        /// The credentials of CloudWatch.
        aws_credentials: AwsCredentials => aws = Some(aws_credentials);
        /// The AWS region, unless `api_url` names it.
        region: String => region = Some(region);
        /// The log group of CloudWatch; `/spandrel/<service>` by default. Made when it does not exist.
        log_group: String => log_group = Some(log_group);
        /// The log stream of CloudWatch; the run's id, else `<service>-<process id>`. Made when it does not exist.
        log_stream: String => log_stream = Some(log_stream);
        /// Loki's tenant, sent as `X-Scope-OrgID`.
        org_id: String => org_id = Some(org_id);
        /// The JSON of one record for a generic endpoint. `"{{message}}"` and other names in double braces are replaced;
        /// see the documentation for the names.
        template: Value => template = Some(template);
        /// The name of the service that logs.
        service: String => service = service;
        /// Datadog's `ddsource`.
        source: String => source = source;
        /// The host's name.
        hostname: String => hostname = Some(hostname);
        /// The run.
        run_id: String => context.run_id = Some(run_id);
        /// The run that started this one.
        parent_run_id: String => context.parent_run_id = Some(parent_run_id);
        /// The workflow's name.
        workflow: String => context.workflow = Some(workflow);
        /// The stage's name.
        stage: String => context.stage = Some(stage);
        /// The job's name.
        job: String => context.job = Some(job);
        /// The trace of records outside any span, 32 hexadecimal digits.
        trace: String => trace = Some(trace);
        /// The span of records outside any span, 16 hexadecimal digits.
        span: String => span = Some(span);
        /// The parent of `span`, 16 hexadecimal digits.
        parent_span: String => parent_span = Some(parent_span);
        /// The user.
        user: String => context.user = Some(user);
        /// The tenant.
        tenant: String => context.tenant = Some(tenant);
        /// The environment, such as `production`.
        environment: String => context.environment = Some(environment);
        /// How the records of a generic request are arranged.
        generic_body: GenericBody => generic_body = generic_body;
        /// Whether request bodies are compressed; by default for Datadog and Loki. CloudWatch takes none.
        gzip: bool => gzip = Some(gzip);
        /// Sends the shapes of the `RestAPIHandler` of ddeutil-workflow, with its mistakes put right: no nulls, times that
        /// the intakes read, every record once, real signatures.
        compat: bool => compat = compat;
        /// The most that is sent per second, instead of what the intake documents.
        rate_limit: RateLimit => rate_limit = Some(rate_limit);
        /// Records that are sent before the interval is over.
        buffer_size: usize => buffer_size = buffer_size;
        /// The most records in memory.
        capacity: usize => capacity = capacity;
        /// The most bytes of records in memory.
        capacity_bytes: usize => capacity_bytes = capacity_bytes;
        /// What happens when that many are in memory.
        when_full: WhenFull => when_full = when_full;
        /// How long a record waits for others.
        flush_interval: Duration => flush_interval = flush_interval;
        /// How long a request may take.
        timeout: Duration => timeout = timeout;
        /// How often a request is repeated before its records wait for the next round.
        max_retries: u32 => max_retries = max_retries;
        /// For how long a request may fail before its records are dropped and counted.
        give_up_after: Duration => give_up_after = give_up_after;
    }

    /// Adds a tag, `name:value` or a bare word.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.context.tags.push(tag.into());
        self
    }

    /// Adds a label to every Loki stream. Labels are for few values: ids belong into attributes.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// The first wait before a repetition, which doubles, and the longest.
    pub fn backoff(mut self, first: Duration, most: Duration) -> Self {
        self.backoff = Backoff { first, most };
        self
    }

    /// Takes keys that are not set from the environment: `DD_API_KEY` and `DD_SITE`; `LOKI_API_KEY`; `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and `AWS_REGION`; `LOGSHIP_API_KEY` for a generic endpoint.
    pub fn keys_from_env(self) -> Self {
        self.keys_from(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn keys_from(mut self, of: impl Fn(&str) -> Option<String>) -> Self {
        match self.service_type {
            ServiceType::Datadog => {
                self.api_key = self.api_key.or_else(|| of("DD_API_KEY"));
                let site = || of("DD_SITE").map(|site| format!("https://http-intake.logs.{site}"));
                self.api_url = self.api_url.or_else(site);
            }
            ServiceType::Grafana => self.api_key = self.api_key.or_else(|| of("LOKI_API_KEY")),
            ServiceType::CloudWatch => {
                self.region = self.region.or_else(|| of("AWS_REGION"));
                self.aws = self.aws.or_else(|| {
                    Some(AwsCredentials {
                        access_key_id: of("AWS_ACCESS_KEY_ID")?,
                        secret_access_key: of("AWS_SECRET_ACCESS_KEY")?,
                        session_token: of("AWS_SESSION_TOKEN"),
                    })
                });
            }
            ServiceType::Generic => self.api_key = self.api_key.or_else(|| of("LOGSHIP_API_KEY")),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_from_the_environment_where_they_are_not_set() {
        let of = |name: &str| Some(format!("{name}!"));
        let datadog = Builder::new(ServiceType::Datadog).api_key("own").keys_from(of);
        assert_eq!(datadog.api_key.as_deref(), Some("own"));
        assert_eq!(datadog.api_url.as_deref(), Some("https://http-intake.logs.DD_SITE!"));
        let aws = Builder::new(ServiceType::CloudWatch).keys_from(of).aws.unwrap();
        assert_eq!(aws.session_token.as_deref(), Some("AWS_SESSION_TOKEN!"));
        assert!(!format!("{aws:?}").contains("SECRET"), "a secret is not printed");
    }
}
