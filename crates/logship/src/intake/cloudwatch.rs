//! CloudWatch Logs: `PutLogEvents` of its JSON protocol, signed with Signature Version 4.

use super::Request;
use super::datadog::fit;
use super::entry::Entry;
use super::json::{Object, Part};
use super::pack::{Item, Limits, append};
use super::signature::sign;
use crate::builder::{AwsCredentials, Builder};
use crate::invalid::Invalid;
use crate::retry::{Outcome, by_status};
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;
use std::time::{Duration, SystemTime};

/// The most bytes of an event's message: 1 MB less the 26 bytes that every event counts.
const EVENT: usize = 1_048_576 - 26;

/// At most 10,000 events and 1,048,576 bytes (26 more for each event), within 24 hours, in order, from 14 days ago to 2
/// hours ahead. What an event counts is its message before it is quoted: the quoted one is never shorter.
pub(super) const LIMITS: Limits = Limits {
    records: 10_000,
    bytes: 1_048_576,
    each: 26,
    oldest: Some(Duration::from_secs(14 * 86_400)),
    newest: Some(Duration::from_secs(2 * 3600)),
    // A little less than a day, for times are cut to milliseconds.
    span: Some(Duration::from_secs(86_399)),
    sorted: true,
};

/// Where events go, and who sends them.
pub(crate) struct Target {
    pub(crate) region: String,
    group: String,
    stream: String,
    credentials: AwsCredentials,
}

impl Target {
    pub(super) fn new(settings: &Builder) -> Result<Self, Invalid> {
        let credentials = settings.aws.clone().ok_or_else(|| {
            Invalid::new(
                "aws_credentials",
                "are required by CloudWatch (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)",
            )
        })?;
        let named = settings.api_url.as_deref().and_then(region_of);
        let region =
            settings.region.clone().or(named).filter(|region| !region.is_empty()).ok_or_else(|| {
                Invalid::new("region", "is required by CloudWatch (AWS_REGION), unless api_url names it")
            })?;
        if !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(Invalid::new("region", format!("{region:?} is not a region's name")));
        }
        let run = settings.context.run_id.as_deref();
        let service = &settings.service;
        let (group, stream) = match (settings.compat, run) {
            (true, Some(run)) => (format!("/ddeutil/workflow/{run}"), format!("workflow-{run}")),
            _ => {
                let stream = run.map_or_else(|| format!("{service}-{}", std::process::id()), str::to_owned);
                (
                    format!("/spandrel/{}", service.replace(|c| !allowed_in_group(c), "_")),
                    stream.replace([':', '*'], "_"),
                )
            }
        };
        let group = settings.log_group.clone().unwrap_or(group);
        let stream = settings.log_stream.clone().unwrap_or(stream);
        if !(1..=512).contains(&group.len()) || !group.chars().all(allowed_in_group) {
            let why = format!("{group:?} is not 1 to 512 of the characters . - _ / # A-Z a-z 0-9");
            return Err(Invalid::new("log_group", why));
        }
        if !(1..=512).contains(&stream.chars().count()) || stream.contains([':', '*']) {
            let why = format!("{stream:?} is not 1 to 512 characters without : and *");
            return Err(Invalid::new("log_stream", why));
        }
        Ok(Target { region, group, stream, credentials })
    }

    pub(super) fn body(&self, items: &[Item]) -> Vec<u8> {
        let head = json!({ "logGroupName": self.group, "logStreamName": self.stream }).to_string();
        let mut body = head.trim_end_matches('}').as_bytes().to_vec();
        body.extend_from_slice(b",\"logEvents\":[");
        append(&mut body, items.iter().map(|item| item.json.as_slice()));
        body.extend_from_slice(b"]}");
        body
    }

    /// A signed request for an action.
    pub(super) fn request(&self, url: &Url, action: &str, body: Vec<u8>) -> Result<Request, String> {
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let target = format!("Logs_20140328.{action}");
        let mut headers = vec![
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), target),
        ];
        let mut signed: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        signed.push(("host", &host));
        let added = sign(
            "POST",
            url.as_str(),
            &signed,
            &body,
            &self.credentials,
            &self.region,
            "logs",
            SystemTime::now(),
        )
        .map_err(|why| why.to_string())?;
        headers.extend(added);
        Ok(Request { url: url.clone(), headers, body })
    }

    /// Makes the group, then the stream.
    pub(super) fn preparations(&self, url: &Url) -> Vec<Result<Request, String>> {
        let group = json!({ "logGroupName": self.group });
        let stream = json!({ "logGroupName": self.group, "logStreamName": self.stream });
        vec![
            self.request(url, "CreateLogGroup", group.to_string().into_bytes()),
            self.request(url, "CreateLogStream", stream.to_string().into_bytes()),
        ]
    }
}

fn allowed_in_group(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '#')
}

/// The region in `https://logs.eu-west-1.amazonaws.com`.
fn region_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let (region, _) = url.host_str()?.strip_prefix("logs.")?.split_once(".amazonaws.com")?;
    Some(region.to_owned())
}

/// One event: its time in milliseconds and its message, which is JSON so that Logs Insights finds its fields.
pub(super) fn item(entry: &Entry<'_>) -> Result<Item, &'static str> {
    event(entry, |message| {
        let mut object = Object::default();
        object.add("message", Part::Text(message));
        object.add("level", Part::Text(entry.record.severity.name()));
        object.add("service", Part::Text(&entry.settings.service));
        object.add_some("environment", entry.context.environment.as_deref());
        object.add_some("hostname", entry.settings.hostname.as_deref());
        entry.describe(&mut object);
        if !entry.context.tags.is_empty() {
            object.add("tags", Part::Texts(entry.context.tags.clone()));
        }
        let mut others = Object::default();
        for (name, value) in &entry.record.attributes {
            others.add(name, Part::Json(value));
        }
        if !others.0.is_empty() {
            object.add("attributes", Part::Object(others));
        }
        object.write()
    })
}

/// An event whose message is what `write` makes of the record's message.
pub(super) fn event(entry: &Entry<'_>, write: impl Fn(&str) -> Vec<u8>) -> Result<Item, &'static str> {
    // The whole event has to fit; it is measured quoted, which is more than CloudWatch counts.
    fit(entry, EVENT - 26, |message| {
        let inner = String::from_utf8(write(message)).unwrap_or_default();
        let mut event = Object::default();
        event.add("timestamp", Part::Number(entry.millis()));
        event.add("message", Part::Owned(inner));
        event.write()
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Fault {
    #[serde(rename = "__type")]
    kind: String,
    #[serde(alias = "Message")]
    message: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    rejected_log_events_info: Option<Rejected>,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default, rename_all = "camelCase")]
struct Rejected {
    too_old_log_event_end_index: Option<usize>,
    expired_log_event_end_index: Option<usize>,
    too_new_log_event_start_index: Option<usize>,
}

/// What an answer means. The events before the later of two indices are too old, those from the third on too new; that
/// they reach to the end of the request is known to who counts them, hence `usize::MAX`.
pub(super) fn outcome(status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    if (200..300).contains(&status) {
        let answer: Answer = serde_json::from_str(body).unwrap_or_default();
        let Some(info) = answer.rejected_log_events_info else {
            return Outcome::Accepted { rejected: 0, why: None };
        };
        let old = info.too_old_log_event_end_index.max(info.expired_log_event_end_index).unwrap_or(0);
        let rejected = match info.too_new_log_event_start_index {
            // The count of those that are too new is not in the answer; times were checked before sending, so a
            // request with any is one whose clock is wrong.
            Some(_) => usize::MAX,
            None => old,
        };
        return Outcome::Accepted { rejected, why: Some(format!("CloudWatch rejected events: {info:?}")) };
    }
    let fault: Fault = serde_json::from_str(body).unwrap_or_default();
    let kind = fault.kind.rsplit('#').next().unwrap_or_default();
    let why = format!("{kind}: {}", fault.message);
    match kind {
        "ResourceNotFoundException" => Outcome::Missing(why),
        "ResourceAlreadyExistsException" | "DataAlreadyAcceptedException" => {
            Outcome::Accepted { rejected: 0, why: None }
        }
        "ThrottlingException" | "ServiceUnavailableException" | "OperationAbortedException" => {
            match by_status(503, retry_after, body) {
                Outcome::Later { after, .. } => Outcome::Later { after, why },
                other => other,
            }
        }
        "" => by_status(status, retry_after, body),
        _ if status < 500 && status != 408 && status != 429 => Outcome::Refused(why),
        _ => by_status(status, retry_after, body),
    }
}
