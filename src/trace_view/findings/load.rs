//! Loads the findings, and again while the index of the trace is incomplete or when the trace was reloaded.

use super::super::session::Session;
use super::super::until_indexed::until_indexed;
use crate::state::busy;
use crate::state::data::Data;
use crate::state::tasks::{after_first_paint, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::analysis::advisor::Finding;
use spandrel_trace::units::unbroken;
use std::sync::Arc;

/// The page counts as busy until the findings of traces with at most so many spans are there.
const SMALL: usize = 50_000;

/// Keeps the findings of the session up to date with its trace until the current owner is cleaned up.
pub fn load_findings(session: Session, data: Data, id: String) {
    Effect::new(move || {
        let spans = session.outline_live().with(|outline| outline.len());
        session.findings.list.set(Arc::default());
        let id = id.clone();
        let mut pending = (spans <= SMALL).then(busy::hold);
        spawn_scoped(async move {
            // The waterfall is painted first.
            after_first_paint().await;
            // Without an answer there are no findings; what went wrong shows where the reader asks for something.
            until_indexed(
                async || data.findings(&id, &session.outline()).await,
                |answer| {
                    let Ok(found) = answer else { return true };
                    pending.take();
                    let is_whole = found.unsearched == 0;
                    if is_whole {
                        let findings = found.findings.into_iter().map(with_unbroken_figures).collect();
                        session.findings.list.set(Arc::new(findings));
                    }
                    is_whole
                },
            )
            .await;
        });
    });
}

/// The finding with numbers that stay on the line of their units.
fn with_unbroken_figures(mut finding: Finding) -> Finding {
    for sentence in [&mut finding.headline, &mut finding.explanation, &mut finding.advice] {
        *sentence = unbroken(sentence);
    }
    finding
}
