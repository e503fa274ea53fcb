//! Colours on a scale (self time, critical time, slack, percentile), computed when they are chosen, incrementally for large traces.

use super::session::Session;
use super::session::incremental_rows::run_incrementally;
use crate::route::Colour;
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use leptos::prelude::*;
use spandrel_trace::analysis::query::Column;
use spandrel_trace::analysis::self_bands::IncrementalBands;
use spandrel_trace::model::Outline;
use spandrel_trace::scene::colouring::Colouring;
use std::sync::Arc;

/// A computed scale, with what it was computed from.
#[derive(Clone)]
pub struct ComputedScale {
    by: Colour,
    outline: Arc<Outline>,
    /// The colours.
    pub colouring: Arc<Colouring>,
}

impl ComputedScale {
    /// Whether it was computed for this setting and outline.
    pub fn is_of(&self, by: &Colour, outline: &Arc<Outline>) -> bool {
        self.by == *by && Arc::ptr_eq(&self.outline, outline)
    }
}

/// Whether colours of this setting are on a scale.
pub fn is_scale(by: &Colour) -> bool {
    matches!(by, Colour::SelfTime | Colour::CriticalTime | Colour::Slack | Colour::Percentile)
}

/// The scale that `session` is set to, once it is computed; `column` holds the values that it needs, if any.
pub fn computed_scale(
    session: Session,
    column: Memo<Option<Arc<Column>>>,
) -> RwSignal<Option<ComputedScale>> {
    let scale = RwSignal::new(None::<ComputedScale>);
    Effect::new(move |_| {
        let (by, outline, column) = (session.colouring.get(), session.outline_live().get(), column.get());
        if !is_scale(&by) || by.column().is_some() && column.is_none() {
            return;
        }
        let needs_path = matches!(by, Colour::CriticalTime | Colour::Slack);
        let path = needs_path.then(|| session.path.path.get()).flatten();
        let path = path.filter(|path| path.is_of(outline.len()));
        if needs_path && path.is_none() {
            return;
        }
        spawn_scoped(async move {
            let _busy = busy::hold();
            let colouring = Arc::new(match path {
                Some(path) if by == Colour::Slack => Colouring::by_slack(&outline, &path),
                Some(path) => Colouring::by_critical_time(&outline, &path),
                None => compute(outline.clone(), column).await,
            });
            scale.set(Some(ComputedScale { by, outline, colouring }));
        });
    });
    scale
}

async fn compute(outline: Arc<Outline>, column: Option<Arc<Column>>) -> Colouring {
    if let Some(column) = column {
        return Colouring::by_percentile(&outline, &column);
    }
    let mut banding = IncrementalBands::default();
    run_incrementally(|spans| banding.step(&outline, spans)).await;
    Colouring::by_self_time(&outline, &banding.bands())
}
