//! Requests the frames of the graph from the worker, whenever what they depend on changes.

use super::super::super::session::Session;
use super::super::super::span_filter::span_filter;
use super::super::super::span_source::SpanSource;
use crate::route::FlameLayout;
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use leptos::prelude::*;
use spandrel_trace::analysis::flame::{FlameFrames, FrameOrder};
use spandrel_trace::engine::{Answer, QuestionTopic};
use spandrel_trace::model::Outline;
use spandrel_trace::units::Problem;
use std::sync::Arc;

/// More frames than this are not kept in memory while those of another layout are loaded.
const LARGE: usize = 50_000;

/// Frames with the trace and the layout that they are of.
#[derive(Clone)]
pub struct LoadedFrames {
    /// The frames.
    pub frames: Arc<FlameFrames>,
    /// The trace.
    pub outline: Arc<Outline>,
    /// Their layout.
    pub layout: FlameLayout,
}

impl LoadedFrames {
    /// Length of the axis of merged frames; `None` in the order of time.
    pub fn total(&self) -> Option<u64> {
        (self.layout != FlameLayout::Time).then(|| self.frames.total(&self.outline))
    }
}

/// How far loading the frames has come.
#[derive(Clone)]
pub enum FlameLoad {
    /// The first frames are on their way, or those of another layout than that of many frames before.
    Loading,
    /// Callers and callees are wanted and no span is selected.
    NoOperation,
    /// The frames; those before stay until the next have arrived.
    Loaded(LoadedFrames),
    /// They could not be loaded.
    Failed(Problem),
}

/// Loads frames until the current owner is cleaned up.
pub fn load(session: Session, source: SpanSource) -> RwSignal<FlameLoad> {
    let state = RwSignal::new(FlameLoad::Loading);
    let filter = span_filter(session);
    let layout = Memo::new(move |_| session.flame.get().layout);
    // The operation that was chosen, else that of the selected span.
    let operation = Memo::new(move |_| {
        let chosen = session.flame.get().operation;
        let outline = session.outline_live().get();
        chosen.and_then(|id| outline.find(id)).or_else(|| session.selection.span.get())
    });
    Effect::new(move |_| {
        let (outline, layout, filter) = (session.outline_live().get(), layout.get(), filter.get());
        let order = match layout {
            FlameLayout::Time => FrameOrder::Time,
            FlameLayout::LeftHeavy => FrameOrder::LeftHeavy,
            FlameLayout::Sandwich => match operation.get() {
                None => return state.set(FlameLoad::NoOperation),
                Some(span) => {
                    // From now on a selection does not change whose callers are shown.
                    let id = outline.id[span as usize];
                    if session.flame.with_untracked(|flame| flame.operation != Some(id)) {
                        session.flame.update(|flame| flame.operation = Some(id));
                    }
                    FrameOrder::Sandwich { span }
                }
            },
        };
        let is_replaced = |loaded: &LoadedFrames| loaded.layout != layout && loaded.frames.len() > LARGE;
        if state.with_untracked(|state| matches!(state, FlameLoad::Loaded(loaded) if is_replaced(loaded))) {
            state.set(FlameLoad::Loading);
        }
        spawn_scoped(async move {
            let _busy = busy::hold();
            let answer = source.ask(QuestionTopic::Flame { order, filter }).await;
            if !Arc::ptr_eq(&outline, &session.outline()) {
                return;
            }
            let frames = match answer {
                Ok(Answer::Flame(frames)) => Arc::new(*frames),
                Err(problem) => return state.set(FlameLoad::Failed(problem)),
                Ok(_) => return,
            };
            state.set(FlameLoad::Loaded(LoadedFrames { frames, outline, layout }));
        });
    });
    state
}
