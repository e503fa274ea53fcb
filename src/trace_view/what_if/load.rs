//! Has the engine simulate what is tried out; the newest change wins.

use super::super::session::Session;
use crate::route::{WhatIf, WhatIfChange, WhatIfScope};
use crate::state::busy;
use crate::state::data::Data;
use crate::state::tasks::spawn_scoped;
use leptos::prelude::*;
use spandrel_trace::analysis::what_if::{Scenario, ScenarioChange, ScenarioResult, ScenarioSpans};
use spandrel_trace::model::{Outline, SpanIx};
use std::sync::Arc;

/// What came of trying a change.
#[derive(Clone, Debug)]
pub enum WhatIfResult {
    /// The simulated trace.
    Done(Arc<ScenarioResult>),
    /// The address names spans that the trace does not contain.
    Absent,
    /// The engine could not answer; why.
    Failed(String),
}

/// Keeps the result up to date with the session's change and trace; `None` while nothing is tried or nothing came yet.
pub fn load(session: Session, data: Data, id: StoredValue<String>) -> RwSignal<Option<WhatIfResult>> {
    let tried = RwSignal::new(None);
    Effect::new(move || {
        let outline = session.sent_live().get();
        let Some(what_if) = session.what_if.get() else { return tried.set(None) };
        let Some(scenario) = scenario(&outline, &what_if) else {
            return tried.set(Some(WhatIfResult::Absent));
        };
        let pending = busy::hold();
        spawn_scoped(async move {
            let answer = data.what_if(&id.get_value(), &outline, scenario).await;
            tried.set(Some(match answer {
                Ok(result) => WhatIfResult::Done(Arc::new(result)),
                Err(problem) => WhatIfResult::Failed(problem.happened),
            }));
            drop(pending);
        });
    });
    tried
}

fn scenario(outline: &Outline, what_if: &WhatIf) -> Option<Scenario> {
    let spans: Vec<SpanIx> = what_if.spans.iter().filter_map(|id| outline.find(*id)).collect();
    let first = *spans.first()?;
    Some(Scenario {
        change: match what_if.change {
            WhatIfChange::Faster(hundredths) => ScenarioChange::Faster(hundredths),
            WhatIfChange::Gone => ScenarioChange::Gone,
            WhatIfChange::Cached => ScenarioChange::Cached,
            WhatIfChange::Parallel => ScenarioChange::Parallel,
        },
        spans: match what_if.scope {
            WhatIfScope::Spans => ScenarioSpans::Listed(spans),
            WhatIfScope::Operation => ScenarioSpans::Operation(first),
            WhatIfScope::Siblings => ScenarioSpans::Siblings(first),
        },
    })
}
