//! What all parts of one span's details share.

use super::super::session::Session;
use super::super::span_source::SpanSource;
use super::value;
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::{LinkPattern, PatternLink, PatternScope, trace_value};
use spandrel_trace::analysis::peers::Peers;
use spandrel_trace::engine::SpanDetail;
use spandrel_trace::model::SpanIx;
use spandrel_trace::model::record::Attribute;
use std::sync::Arc;

/// A span whose details are shown. A `Copy` handle that belongs to the owner that creates it.
#[derive(Clone, Copy)]
pub struct ShownSpan {
    /// State of the trace.
    pub session: Session,
    /// Where more about the span comes from.
    pub source: SpanSource,
    /// The span.
    pub span: SpanIx,
    /// Text that keys or values must contain to be listed, as it was typed.
    pub filter: RwSignal<String>,
    /// How its attributes compare with those of similar spans, once that is known.
    pub peers: RwSignal<Option<Arc<Peers>>>,
    detail: StoredValue<Arc<SpanDetail>>,
    patterns: StoredValue<Vec<LinkPattern>>,
}

impl ShownSpan {
    /// A span without a filter, not compared yet.
    pub fn new(session: Session, source: SpanSource, span: SpanIx, detail: Arc<SpanDetail>) -> Self {
        ShownSpan {
            session,
            source,
            span,
            filter: RwSignal::default(),
            peers: RwSignal::default(),
            detail: StoredValue::new(detail),
            patterns: StoredValue::new(source.link_patterns()),
        }
    }

    /// All of the span.
    pub fn detail(self) -> Arc<SpanDetail> {
        self.detail.get_value()
    }

    /// The filter in lower case; tracked.
    pub fn needle(self) -> String {
        self.filter.with(|typed| typed.trim().to_lowercase())
    }

    /// The configured links of one attribute of `list`, whose value has this text.
    pub fn links(self, place: PatternScope, list: &[Attribute], key: &str, text: &str) -> Vec<PatternLink> {
        let lookup = |name: &str| self.lookup(place, list, name);
        self.patterns.with_value(|patterns| {
            patterns.iter().filter_map(|pattern| pattern.link(place, key, text, &lookup)).collect()
        })
    }

    /// The value of a name in a pattern: of the list itself, then of the span, then of its resource. Times are in
    /// microseconds, as in Jaeger.
    fn lookup(self, place: PatternScope, list: &[Attribute], name: &str) -> Option<String> {
        if name.starts_with("trace.") {
            return trace_value(&self.session.outline(), name);
        }
        let detail = self.detail();
        let SpanDetail { record, resource, .. } = &*detail;
        let among = |list: &[Attribute]| {
            list.iter().find(|attribute| attribute.key == name).map(|attribute| value::text(&attribute.value))
        };
        let own = || match name {
            "spanID" => Some(record.span_id.to_string()),
            "operationName" => Some(record.name.clone()),
            "duration" => Some((record.end_unix.saturating_sub(record.start_unix) / 1_000).to_string()),
            "startTime" => Some((record.start_unix / 1_000).to_string()),
            _ => among(&record.attributes),
        };
        // A resource belongs to many spans: what one of them has does not apply to it.
        let more = || {
            if place == PatternScope::Resource { None } else { own().or_else(|| among(&resource.attributes)) }
        };
        among(list).or_else(more)
    }
}
