//! What each service takes: the body of a request, its headers, its limits, and what its answers mean.
//!
//! Sources of the rules: the services' own API references (Datadog "Send logs" v2; Loki HTTP API and its default limits;
//! CloudWatch Logs API, `PutLogEvents`).

pub(crate) mod cloudwatch;
mod compat;
mod datadog;
mod entry;
mod generic;
mod json;
mod loki;
mod pack;
pub(crate) mod signature;

pub(crate) use pack::{Batch, Packed};

use crate::builder::{Builder, ServiceType};
use crate::invalid::Invalid;
use crate::rate::RateLimit;
use crate::record::{Record, now};
use crate::retry::{Outcome, by_status};
use flate2::Compression;
use flate2::write::GzEncoder;
use pack::{Item, Limits};
use reqwest::Url;
use reqwest::header::HeaderValue;
use std::io::Write;

/// Bodies smaller than this are not worth compressing, in bytes.
const LEAST_GZIP: usize = 1024;

/// A request as it goes out.
pub(crate) struct Request {
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The service that takes the records, with everything that its requests need.
pub(crate) struct Intake {
    settings: Builder,
    url: Url,
    gzip: bool,
    kind: Kind,
}

enum Kind {
    Datadog,
    Loki,
    CloudWatch(cloudwatch::Target),
    Generic(generic::Template),
}

impl Intake {
    /// Checks the settings that the service needs.
    pub(crate) fn new(settings: &Builder) -> Result<Self, Invalid> {
        if settings.compat && settings.context.run_id.is_none() {
            return Err(Invalid::new("run_id", "is required with compat"));
        }
        if let Some(key) = &settings.api_key
            && (key.is_empty() || HeaderValue::from_str(key).is_err())
        {
            return Err(Invalid::new("api_key", "is empty or has characters that no header may have"));
        }
        if settings.org_id.as_ref().is_some_and(|id| id.is_empty() || HeaderValue::from_str(id).is_err()) {
            return Err(Invalid::new("org_id", "is empty or has characters that no header may have"));
        }
        let (kind, path, default, gzip) = match settings.service_type {
            ServiceType::Datadog => {
                if settings.api_key.is_none() {
                    return Err(Invalid::new("api_key", "is required by Datadog (DD_API_KEY)"));
                }
                let site = "https://http-intake.logs.datadoghq.com".to_owned();
                (Kind::Datadog, "/api/v2/logs", Some(site), true)
            }
            ServiceType::Grafana => {
                loki::check(settings)?;
                (Kind::Loki, "/loki/api/v1/push", None, true)
            }
            ServiceType::CloudWatch => {
                let target = cloudwatch::Target::new(settings)?;
                let host = format!("https://logs.{}.amazonaws.com", target.region);
                (Kind::CloudWatch(target), "/", Some(host), false)
            }
            ServiceType::Generic => {
                let template = generic::Template::new(settings.template.as_ref())?;
                (Kind::Generic(template), "/", None, false)
            }
        };
        let gzip = match &kind {
            Kind::CloudWatch(_) => false,
            _ => settings.gzip.unwrap_or(gzip),
        };
        let url = url(settings.api_url.clone().or(default), path)?;
        Ok(Intake { settings: settings.clone(), url, gzip, kind })
    }

    /// What the service documents as its limit per second.
    pub(crate) fn rate_limit(&self) -> RateLimit {
        match &self.kind {
            // Of one stream; a tenant may send 4 MB/s.
            Kind::Loki => {
                RateLimit { bytes_per_second: 3e6, burst_bytes: 6e6, requests_per_second: f64::INFINITY }
            }
            _ => RateLimit::NONE,
        }
    }

    fn limits(&self) -> Limits {
        match &self.kind {
            Kind::Datadog => datadog::LIMITS,
            Kind::Loki => loki::LIMITS,
            Kind::CloudWatch(_) => cloudwatch::LIMITS,
            Kind::Generic(_) => generic::LIMITS,
        }
    }

    /// The most records that are packed at once.
    pub(crate) fn most_records(&self) -> usize {
        self.limits().records
    }

    /// Packs records into as many requests as the service's limits demand. What it would refuse in any case is left
    /// out and counted.
    pub(crate) fn pack(&self, records: &[Record]) -> Packed {
        let settings = &self.settings;
        let limits = self.limits();
        let item = |record: &Record| -> Result<Item, &'static str> {
            let entry = entry::Entry::new(record, settings);
            match &self.kind {
                Kind::Datadog if settings.compat => compat::datadog(&entry),
                Kind::Datadog => datadog::item(&entry),
                Kind::Loki if settings.compat => Ok(compat::loki(&entry)),
                Kind::Loki => Ok(loki::item(&entry)),
                Kind::CloudWatch(_) if settings.compat => compat::cloudwatch(&entry),
                Kind::CloudWatch(_) => cloudwatch::item(&entry),
                Kind::Generic(_) if settings.compat => Ok(compat::generic(&entry)),
                Kind::Generic(template) => Ok(template.item(&entry)),
            }
        };
        let assemble = |items: &[Item]| {
            let plain = match &self.kind {
                Kind::Datadog => pack::array(items),
                Kind::Loki => loki::body(items),
                Kind::CloudWatch(target) => target.body(items),
                Kind::Generic(_) => generic::body(items, settings.generic_body),
            };
            let length = plain.len();
            match self.gzip && length >= LEAST_GZIP {
                true => gzip(&plain).map_or((plain, length, false), |body| (body, length, true)),
                false => (plain, length, false),
            }
        };
        pack::pack(records, &limits, now(), item, assemble)
    }

    /// The request of a batch. CloudWatch's is signed anew each time, for a signature is valid for minutes.
    pub(crate) fn request(&self, batch: &Batch) -> Result<Request, String> {
        let mut headers = Vec::new();
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        let key = self.settings.api_key.as_deref();
        match &self.kind {
            Kind::Datadog => {
                add("content-type", "application/json");
                add("dd-api-key", key.unwrap_or_default());
            }
            Kind::Loki => {
                add("content-type", "application/json");
                if let Some(id) = &self.settings.org_id {
                    add("x-scope-orgid", id);
                }
                if let Some(key) = key {
                    add("authorization", &loki::authorization(key));
                }
            }
            Kind::CloudWatch(target) => return target.request(&self.url, "PutLogEvents", batch.body.clone()),
            Kind::Generic(_) => {
                add("content-type", generic::media(self.settings.generic_body));
                if let Some(key) = key {
                    add("authorization", &format!("Bearer {key}"));
                }
            }
        }
        if batch.gzip {
            headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        }
        Ok(Request { url: self.url.clone(), headers, body: batch.body.clone() })
    }

    /// The requests that make what [`Outcome::Missing`] says is missing.
    pub(crate) fn preparations(&self) -> Vec<Result<Request, String>> {
        match &self.kind {
            Kind::CloudWatch(target) => target.preparations(&self.url),
            _ => Vec::new(),
        }
    }

    /// What an answer means.
    pub(crate) fn outcome(&self, status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
        match &self.kind {
            Kind::CloudWatch(_) => cloudwatch::outcome(status, retry_after, body),
            _ => by_status(status, retry_after, body),
        }
    }
}

/// Reads the URL; one without a path gets the service's usual path.
fn url(text: Option<String>, path: &str) -> Result<Url, Invalid> {
    let text = text.ok_or_else(|| Invalid::new("api_url", "is required"))?;
    let mut url = Url::parse(&text).map_err(|why| Invalid::new("api_url", format!("{text:?}: {why}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(Invalid::new("api_url", format!("{text:?} is not an http or https URL")));
    }
    if url.path() == "/" {
        url.set_path(path);
    }
    Ok(url)
}

fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}
