//! Traces as they are read back from a query API, and facts of them.

use std::collections::BTreeSet;

use serde_json::Value;

/// Services that an order crosses.
pub(super) const ORDER: [&str; 7] =
    ["gateway", "auth", "user", "order", "payment", "inventory", "notification"];

/// A span as Jaeger's legacy API gives it.
pub(super) struct FoundSpan {
    pub(super) id: String,
    pub(super) service: String,
    pub(super) name: String,
    pub(super) parent: Option<String>,
    pub(super) references: Vec<String>,
    pub(super) is_error: bool,
    pub(super) kind: String,
}

/// The spans of a trace by Jaeger's API: `GET /api/traces/{id}` below the base URL `jaeger`.
///
/// # Errors
/// Where it cannot be reached, or does not have the trace.
pub(super) async fn read(
    client: &reqwest::Client,
    jaeger: &str,
    trace_id: &str,
) -> Result<Vec<FoundSpan>, String> {
    let url = format!("{jaeger}/api/traces/{trace_id}");
    let response = client.get(&url).send().await.map_err(|error| format!("{url}: {error}"))?;
    let body: Value = response.json().await.map_err(|error| format!("{url}: {error}"))?;
    let trace = &body["data"][0];
    let spans = trace["spans"].as_array().ok_or("it has not arrived")?;
    Ok(spans.iter().map(|span| found(span, &trace["processes"])).collect())
}

fn found(span: &Value, processes: &Value) -> FoundSpan {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let references: Vec<&Value> = span["references"].as_array().into_iter().flatten().collect();
    let tag = |key: &str| {
        let tags = span["tags"].as_array().into_iter().flatten();
        tags.filter(|tag| tag["key"] == key).map(|tag| tag["value"].clone()).next()
    };
    FoundSpan {
        id: text(&span["spanID"]),
        service: text(&processes[text(&span["processID"])]["serviceName"]),
        name: text(&span["operationName"]),
        // A parent that is linked too may be written as a link alone.
        parent: references
            .iter()
            .find(|reference| reference["refType"] == "CHILD_OF")
            .or_else(|| references.iter().find(|reference| reference["traceID"] == span["traceID"]))
            .map(|reference| text(&reference["spanID"])),
        references: references.iter().map(|reference| text(&reference["spanID"])).collect(),
        is_error: tag("error").is_some_and(|value| value == true || value == "true"),
        kind: tag("span.kind").map(|value| text(&value)).unwrap_or_default(),
    }
}

/// # Errors
/// Where the spans have not exactly one root. A span whose parent is missing counts as a root.
pub(super) fn one_root(spans: &[FoundSpan]) -> Result<(), String> {
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    let roots = spans.iter().filter(|s| s.parent.as_ref().is_none_or(|p| !ids.contains(p.as_str()))).count();
    if roots == 1 { Ok(()) } else { Err(format!("{roots} roots in {} spans", spans.len())) }
}

/// # Errors
/// Names the services that have no span.
pub(super) fn crosses(spans: &[FoundSpan], services: &[&str]) -> Result<(), String> {
    let missing: Vec<&str> =
        services.iter().copied().filter(|name| spans.iter().all(|span| span.service != *name)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no spans of {}", missing.join(", "))) }
}

/// # Errors
/// Where the span that takes a message off the queue does not refer to the one that sent it.
pub(super) fn is_linked_across_the_queue(spans: &[FoundSpan]) -> Result<(), String> {
    let producer = spans.iter().find(|span| span.kind == "producer");
    let consumer = spans.iter().find(|span| span.kind == "consumer");
    match (producer, consumer) {
        (Some(producer), Some(consumer)) if consumer.references.contains(&producer.id) => Ok(()),
        _ => Err("the consumer of the message does not refer to its producer".into()),
    }
}
