//! What the page shows as an address, and back. Spans are named by id, so an address survives a refresh.

use super::session::Session;
use crate::route::TraceView;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::Fold;
use spandrel_trace::units::Order as _;
use spandrel_trace::units::SpanId;

/// Spans that an address names at most besides the selected one; beyond, only a level is kept.
const MOST: usize = 40;

/// What is shown now; tracks all of it.
pub fn view_of(session: Session) -> TraceView {
    let outline = session.outline();
    let range = Some(session.range.get()).filter(|range| *range != session.full());
    let span = session.selected.get().map(|span| outline.id[span as usize]);
    let open = session.open.get() && span.is_some();
    let fold = session.fold.get();
    let fold = fold.shortened(&outline, MOST).unwrap_or(fold);
    TraceView {
        range,
        span,
        open,
        level: fold.level,
        collapsed: sorted(fold.collapsed),
        expanded: sorted(fold.expanded),
        ..TraceView::default()
    }
}

/// Whether the address keeps less than the page shows.
pub fn is_shortened(session: Session) -> bool {
    session.fold.with(|fold| fold.shortened(&session.outline(), MOST).is_some())
}

/// Shows what an address says. What it says of spans that are not there is passed over.
pub fn apply(session: Session, view: &TraceView) {
    let outline = session.outline();
    let fold = Fold {
        level: view.level,
        collapsed: view.collapsed.iter().copied().collect(),
        expanded: view.expanded.iter().copied().collect(),
    };
    if session.fold.get_untracked() != fold {
        session.fold.set(fold);
    }
    let (begin, end) = view.range.unwrap_or(session.full());
    session.zoom_to(begin, end);
    let span = view.span.and_then(|id| outline.find(id));
    match span {
        Some(span) => session.select(span),
        None => session.selected.set(None),
    }
    session.open.set(view.open && span.is_some());
}

fn sorted(ids: impl IntoIterator<Item = SpanId>) -> Vec<SpanId> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.order();
    ids
}
