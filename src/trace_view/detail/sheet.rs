//! What the lists of one span's detail share: the span, the filter, and the links that the backend wants on values.

use super::super::session::Session;
use super::Whole;
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::{LinkPattern, PatternLink, PatternScope, fact_of_trace};
use spandrel_trace::analysis::peers::Peers;
use spandrel_trace::model::SpanIx;
use spandrel_trace::model::record::Attribute;
use std::rc::Rc;
use std::sync::Arc;

use super::value;

/// One span's detail. Cheap to copy.
#[derive(Clone)]
pub struct Sheet {
    /// The page's state.
    pub session: Session,
    /// The span.
    pub span: SpanIx,
    /// All of it.
    pub whole: Arc<Whole>,
    /// What keys or values must contain to be shown; as it was typed.
    pub filter: RwSignal<String>,
    /// How it compares, once that is known.
    pub peers: RwSignal<Option<Arc<Peers>>>,
    /// Links that the backend wants on values.
    pub patterns: Rc<Vec<LinkPattern>>,
}

impl Sheet {
    /// The filter as it is compared; tracked.
    pub fn needle(&self) -> String {
        self.filter.with(|typed| typed.trim().to_lowercase())
    }

    /// The links on one attribute of `list`.
    pub fn links(
        &self,
        place: PatternScope,
        list: &[Attribute],
        attribute: &Attribute,
        words: &str,
    ) -> Vec<PatternLink> {
        let lookup = |name: &str| self.lookup(place, list, name);
        let made =
            self.patterns.iter().filter_map(|pattern| pattern.link(place, &attribute.key, words, &lookup));
        made.collect()
    }

    /// The value of a name in a pattern: of the list itself, then of the span, then of its resource. Times are in
    /// microseconds, as in Jaeger.
    fn lookup(&self, place: PatternScope, list: &[Attribute], name: &str) -> Option<String> {
        let Whole { record, resource, .. } = &*self.whole;
        let outline = self.session.outline();
        if name.starts_with("trace.") {
            return fact_of_trace(&outline, name);
        }
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
        // A resource is many spans': what one of them has does not belong on it.
        let more = || {
            if place == PatternScope::Resource { None } else { own().or_else(|| among(&resource.attributes)) }
        };
        among(list).or_else(more)
    }
}
