//! The critical path of the trace, and what is shown of it.

use crate::route::{PathRows, ShowPath};
use leptos::prelude::*;
use spandrel_trace::analysis::critical_path::PathBySpan;
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::units::{duration, percent};
use std::sync::Arc;

/// The critical path of the trace, and what is shown of it.
#[derive(Clone, Copy, Default)]
pub struct PathState {
    /// What is shown of it.
    pub show: RwSignal<ShowPath>,
    /// What the rows of its table stand for.
    pub rows: RwSignal<PathRows>,
    /// The path; `None` while it is being computed.
    pub path: RwSignal<Option<Arc<PathBySpan>>>,
}

impl PathState {
    /// Shows the line, or hides it.
    pub fn toggle_line(self) {
        self.show.update(|show| *show = if *show == ShowPath::Off { ShowPath::Line } else { ShowPath::Off });
    }

    /// Shows only the rows on the path, or all rows again.
    pub fn toggle_only(self) {
        self.show
            .update(|show| *show = if *show == ShowPath::Only { ShowPath::Line } else { ShowPath::Only });
    }

    /// The path to draw, untracked; `None` while there is none or where it is switched off.
    pub fn drawn(self) -> Option<Arc<PathBySpan>> {
        (self.show.get_untracked() != ShowPath::Off).then(|| self.path.get_untracked()).flatten()
    }
}

/// What the path says of a span: `On the critical path for 12 ms (3.4 %)`, `Slack 5 ms`, or why nothing waits for it.
/// The share is that of the trace's duration.
pub fn path_words(outline: &Outline, path: &PathBySpan, span: SpanIx) -> String {
    let time = path.time_of(span);
    let slack = path.slack().get(span as usize).copied().unwrap_or(0);
    if time > 0 {
        let share = percent(time as f64 / outline.duration.max(1) as f64);
        return format!("On the critical path for {} ({share})", duration(time));
    }
    if path.extent_of(span).is_some() {
        return "On the critical path through its descendants only".to_owned();
    }
    match path.left_out(outline, span) {
        Some((cause, reason)) if cause == span => format!("Not on the critical path, {}", reason.words()),
        Some((_, reason)) => format!("Not on the critical path: an ancestor is left out, {}", reason.words()),
        None => format!("Not on the critical path, slack {}", duration(slack)),
    }
}
