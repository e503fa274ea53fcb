//! Colours on a scale: worked out when somebody asks for them, by the program's second part, in turns where there are
//! many spans.

use super::session::Session;
use super::turns::go_over;
use crate::route::Colour;
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use leptos::prelude::*;
use spandrel_trace::analysis::query::Column;
use spandrel_trace::analysis::self_bands::Banding;
use spandrel_trace::model::Outline;
use spandrel_trace::scene::colouring::Colouring;
use std::sync::Arc;

/// Colours on a scale, by what, and of which trace.
#[derive(Clone)]
pub struct Scaled {
    by: Colour,
    outline: Arc<Outline>,
    /// What they mean.
    pub colouring: Arc<Colouring>,
}

impl Scaled {
    /// Whether this is what is asked for.
    pub fn is_of(&self, by: &Colour, outline: &Arc<Outline>) -> bool {
        self.by == *by && Arc::ptr_eq(&self.outline, outline)
    }
}

/// Whether colours are on a scale.
pub fn is_scale(by: &Colour) -> bool {
    matches!(by, Colour::SelfTime | Colour::Percentile)
}

/// The scale that `session` asks for, once it is there; `column` is the column that it takes.
pub fn scaled(session: Session, column: Memo<Option<Arc<Column>>>) -> RwSignal<Option<Scaled>> {
    let scaled = RwSignal::new(None::<Scaled>);
    Effect::new(move |_| {
        let (by, outline, column) = (session.colour.get(), session.outline_live().get(), column.get());
        if !is_scale(&by) || by.column().is_some() && column.is_none() {
            return;
        }
        spawn_scoped(async move {
            let _busy = busy::hold();
            let colouring = Arc::new(work_out(outline.clone(), column).await);
            scaled.set(Some(Scaled { by, outline, colouring }));
        });
    });
    scaled
}

async fn work_out(outline: Arc<Outline>, column: Option<Arc<Column>>) -> Colouring {
    if let Some(column) = column {
        return Colouring::by_percentile(&outline, &column);
    }
    let mut banding = Banding::default();
    go_over(|spans| banding.step(&outline, spans)).await;
    Colouring::by_self_time(&outline, &banding.bands())
}
