//! What the find marks in the views that have no rows of spans: the operations that its matches are of.

use super::session::Session;
use crate::route::Show;
use crate::ui::find_mark::FindMark;
use leptos::prelude::*;
use spandrel_trace::engine::Matches;
use spandrel_trace::model::SpanIx;
use std::collections::HashSet;
use std::sync::Arc;

/// The matches of the find; `None` without a find, where it cannot be read, or of another version of the trace. Tracked.
pub fn matches(session: Session) -> Option<Arc<Matches>> {
    let spans = session.outline_live().with(|outline| outline.len());
    let found = session.find.matches.get();
    found.filter(|found| found.error.is_none() && found.spans.spans() == spans)
}

/// Whether what does not match is dimmed. Tracked.
pub fn dims(session: Session) -> bool {
    session.find.show.get() == Show::Dim
}

/// The mark of a span. Tracked.
pub fn mark_of(session: Session, span: SpanIx) -> FindMark {
    session.find.matches.with(|found| match found.as_ref().filter(|found| found.error.is_none()) {
        None => FindMark::None,
        Some(found) => FindMark::of(found.spans.contains(span), dims(session)),
    })
}

/// Services and operations of the spans that match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkedOperations {
    services: HashSet<String>,
    operations: HashSet<(String, String)>,
}

impl MarkedOperations {
    /// Whether a span of the service matches.
    pub fn has_service(&self, service: &str) -> bool {
        self.services.contains(service)
    }

    /// Whether a span of the operation matches.
    pub fn has_operation(&self, service: &str, operation: &str) -> bool {
        self.operations.contains(&(service.to_owned(), operation.to_owned()))
    }
}

/// The operations of the matches; `None` without a find.
pub fn marked_operations(session: Session) -> Memo<Option<Arc<MarkedOperations>>> {
    Memo::new(move |_| {
        let found = matches(session)?;
        let outline = session.outline();
        let mut seen = HashSet::new();
        let mut last = None;
        for span in found.spans.iter() {
            let operation = (outline.service[span as usize], outline.name[span as usize]);
            // Matches of one operation mostly follow each other.
            if last != Some(operation) {
                seen.insert(operation);
                last = Some(operation);
            }
        }
        let text = |index: u32| outline.strings.get(index).to_owned();
        Some(Arc::new(MarkedOperations {
            services: seen.iter().map(|(service, _)| text(*service)).collect(),
            operations: seen.iter().map(|(service, name)| (text(*service), text(*name))).collect(),
        }))
    })
}
