//! The shapes of the `RestAPIHandler` of ddeutil-workflow, without what makes the intakes refuse them: no nulls in lists
//! and labels, times in UTC, nanoseconds and milliseconds where these are expected, every record of a batch.

use super::cloudwatch::event;
use super::datadog::fit;
use super::entry::Entry;
use super::json::{Object, Part};
use super::loki;
use super::pack::Item;
use std::collections::BTreeMap;

/// What the handler calls itself in its records.
const MODE: &str = "restapi";

fn some(text: Option<&str>) -> Part<'_> {
    text.map_or(Part::Null, Part::Text)
}

/// Datadog: the handler's own keys, and beside them `ddsource` and `ddtags`, which Datadog reads.
pub(super) fn datadog(entry: &Entry<'_>) -> Result<Item, &'static str> {
    let context = entry.context;
    let origin = &entry.record.origin;
    let settings = entry.settings;
    let line = origin.line.map(|line| line.to_string());
    let own = [
        ("run_id", context.run_id.as_deref()),
        ("parent_run_id", context.parent_run_id.as_deref()),
        ("mode", Some(MODE)),
        ("filename", origin.file.as_deref()),
        ("lineno", line.as_deref()),
    ];
    let named = own.iter().filter_map(|(name, value)| Some(format!("{name}:{}", (*value)?)));
    let tags: Vec<String> = named.chain(context.tags.iter().cloned()).collect();
    fit(entry, 1_000_000, |message| {
        let mut object = Object::default();
        object.add("message", Part::Text(message));
        object.add("level", Part::Text(entry.record.severity.name()));
        object.add("timestamp", Part::Owned(entry.rfc3339()));
        object.add("service", Part::Text(&settings.service));
        object.add("source", Part::Text(&settings.source));
        object.add("tags", Part::Texts(tags.clone()));
        object.add("ddsource", Part::Text(&settings.source));
        object.add("ddtags", Part::Owned(tags.join(",")));
        let mut dd = Object::default();
        dd.add("source", Part::Text(&settings.source));
        dd.add("service", Part::Text(&settings.service));
        dd.add("tags", Part::Texts(context.tags.clone()));
        object.add("dd", Part::Object(dd));
        let mut workflow = Object::default();
        workflow.add("run_id", some(context.run_id.as_deref()));
        workflow.add("parent_run_id", some(context.parent_run_id.as_deref()));
        workflow.add("workflow_name", some(context.workflow.as_deref()));
        workflow.add("stage_name", some(context.stage.as_deref()));
        workflow.add("job_name", some(context.job.as_deref()));
        object.add("workflow", Part::Object(workflow));
        let mut trace = Object::default();
        trace.add("trace_id", some(entry.trace.as_deref()));
        trace.add("span_id", some(entry.span.as_deref()));
        trace.add("parent_span_id", some(entry.parent_span.as_deref()));
        object.add("trace", Part::Object(trace));
        object.write()
    })
}

/// Loki: the labels of the handler, those that have a value.
pub(super) fn loki(entry: &Entry<'_>) -> Item {
    let context = entry.context;
    let mut labels = BTreeMap::from([
        ("level", entry.record.severity.name()),
        ("mode", MODE),
        ("service", &entry.settings.service),
    ]);
    let runs = [("run_id", &context.run_id), ("parent_run_id", &context.parent_run_id)];
    labels.extend(
        runs.into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref().filter(|v| !v.is_empty())?))),
    );
    loki::value(entry, &labels, None)
}

/// What the handler says of a record in its message for CloudWatch and, with time and tags, to a generic endpoint.
fn flat<'a>(entry: &'a Entry<'_>, object: &mut Object<'a>) {
    let context = entry.context;
    let origin = &entry.record.origin;
    object.add("run_id", some(context.run_id.as_deref()));
    object.add("parent_run_id", some(context.parent_run_id.as_deref()));
    object.add("mode", Part::Text(MODE));
    object.add("filename", some(origin.file.as_deref()));
    object.add("lineno", origin.line.map_or(Part::Null, |line| Part::Number(line.into())));
    object.add("process", Part::Number(std::process::id().into()));
    object.add("workflow_name", some(context.workflow.as_deref()));
    object.add("stage_name", some(context.stage.as_deref()));
    object.add("job_name", some(context.job.as_deref()));
    object.add("trace_id", some(entry.trace.as_deref()));
    object.add("span_id", some(entry.span.as_deref()));
}

/// CloudWatch: every record of a batch as an event.
pub(super) fn cloudwatch(entry: &Entry<'_>) -> Result<Item, &'static str> {
    event(entry, |message| {
        let mut object = Object::default();
        object.add("message", Part::Text(message));
        object.add("level", Part::Text(entry.record.severity.name()));
        flat(entry, &mut object);
        object.write()
    })
}

/// A generic endpoint: a flat object. Its time is UTC and has no zone, as the handler's.
pub(super) fn generic(entry: &Entry<'_>) -> Item {
    let mut object = Object::default();
    object.add("timestamp", Part::Owned(entry.plain_time()));
    object.add("level", Part::Text(entry.record.severity.name()));
    object.add("message", Part::Text(&entry.record.message));
    flat(entry, &mut object);
    object.add("tags", Part::Texts(entry.context.tags.clone()));
    let metadata = entry.record.attributes.iter().map(|(name, value)| (name.as_str(), Part::Json(value)));
    object.add("metadata", Part::Object(Object(metadata.collect())));
    Item::new(entry.record, object.write())
}
