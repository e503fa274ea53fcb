//! Log lines of the trace's services, in its time, that belong to no trace: loaded beside the trace's own, hinted at, and
//! listed with them where that is wanted.

use super::super::session::Session;
use super::super::span_source::SpanSource;
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use leptos::prelude::*;
use spandrel_trace::model::{LogLine, Outline, SpanIx, TraceLogs};
use spandrel_trace::units::{SpanId, count, sort_by_number};
use std::collections::HashMap;
use std::sync::Arc;

/// Services that are asked for at most; an address has only so much room.
const SERVICES: usize = 100;

/// The lines; `None` until they are loaded and where they cannot be.
type Untraced = RwSignal<Option<Arc<TraceLogs>>>;

/// Lines of the trace and others, in the order of their times.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LogList {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// The spans that they were logged in, as far as the trace has them.
    spans: Vec<Option<SpanIx>>,
    /// Which of them belong to no trace.
    untraced: Vec<bool>,
    /// Whether the server has more of the trace.
    pub truncated: bool,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListedLine {
    /// The line.
    pub line: LogLine,
    /// The span that it was logged in, if the trace has it.
    pub span: Option<SpanIx>,
    /// Whether it belongs to no trace.
    pub is_untraced: bool,
}

impl LogList {
    /// The lines of the trace, with others where there are any. One pass over the spans.
    pub fn of(of_trace: &TraceLogs, others: Option<&TraceLogs>, outline: &Outline) -> Self {
        let own = of_trace.lines.iter().map(|line| (line.clone(), false));
        let others = others.into_iter().flat_map(|logs| &logs.lines).map(|line| (line.clone(), true));
        let mut all: Vec<(LogLine, bool)> = own.chain(others).collect();
        // Stable: lines of one time stay as they came.
        sort_by_number(&mut all, |(line, _)| line.time_unix);
        let (lines, untraced): (Vec<LogLine>, _) = all.into_iter().unzip();
        let mut known: HashMap<SpanId, Option<SpanIx>> =
            lines.iter().filter_map(|line| Some((line.span?, None))).collect();
        if !known.is_empty() {
            for (id, span) in outline.id.iter().zip(0..) {
                if let Some(known) = known.get_mut(id) {
                    // A span id is that of the first span that has it.
                    known.get_or_insert(span);
                }
            }
        }
        let spans = lines.iter().map(|line| known.get(&line.span?).copied().flatten()).collect();
        LogList { lines, spans, untraced, truncated: of_trace.truncated }
    }

    /// A line.
    pub fn line(&self, index: u32) -> Option<ListedLine> {
        let is_untraced = self.untraced.get(index as usize).copied().unwrap_or_default();
        let line = self.lines.get(index as usize)?.clone();
        Some(ListedLine { line, span: self.span(index), is_untraced })
    }

    /// The span of a line.
    pub fn span(&self, index: u32) -> Option<SpanIx> {
        self.spans.get(index as usize).copied().flatten()
    }
}

/// Loads the lines, and again when the trace is reloaded. A failure is not shown: the hint is an extra.
pub(super) fn load_untraced(session: Session, source: SpanSource) -> Untraced {
    let untraced = Untraced::default();
    Effect::new(move |_| {
        let outline = session.sent_live().get();
        if !source.has_logs() || outline.is_empty() {
            return untraced.set(None);
        }
        let busy = busy::hold();
        spawn_scoped(async move {
            let found = source.untraced_logs(times(&outline), services(&outline)).await;
            // A reload meanwhile loads them again.
            if Arc::ptr_eq(&outline, &session.sent()) {
                untraced.set(found.ok().map(Arc::new));
            }
            drop(busy);
        });
    });
    untraced
}

/// Start and end of the trace, whole microseconds since the Unix epoch that hold all of it.
fn times(outline: &Outline) -> (u64, u64) {
    let end = outline.start_unix.saturating_add(outline.duration);
    (outline.start_unix / 1_000, end.div_ceil(1_000))
}

/// The services of the trace, in the order in which they appear.
fn services(outline: &Outline) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let first = outline.service.iter().filter(|service| seen.insert(**service));
    let names = first.map(|service| outline.strings.get(*service));
    names.filter(|name| !name.is_empty()).take(SERVICES).map(str::to_owned).collect()
}

/// Says how many such lines there are, and shows or hides them; nothing where there are none.
#[component]
pub(super) fn UntracedHint(session: Session, untraced: Untraced) -> impl IntoView {
    let tables = session.tables;
    let is_shown = Memo::new(move |_| tables.with(|tables| tables.logs_untraced));
    let words = move || {
        let (number, truncated) =
            untraced.with(|logs| logs.as_ref().map(|logs| (logs.lines.len(), logs.truncated)))?;
        (number > 0).then(|| hint(number, truncated))
    };
    move || {
        words().map(|words| {
            view! {
                <div class="table-bar table-bar--facts" data-test="logs-untraced">
                    <span class="table-bar__note" role="status">{words}</span>
                    <button
                        type="button"
                        class="button"
                        aria-pressed=move || is_shown.get().to_string()
                        on:click=move |_| tables.update(|tables| tables.logs_untraced = !tables.logs_untraced)
                    >
                        {move || if is_shown.get() { "Hide them" } else { "Show them" }}
                    </button>
                </div>
            }
        })
    }
}

fn hint(number: usize, truncated: bool) -> String {
    match (number, truncated) {
        (1, false) => "1 log line of these services in this trace's time range belongs to no span".to_owned(),
        (number, truncated) => {
            let number = count(number as u64);
            let number = if truncated { format!("More than {number}") } else { number };
            format!("{number} log lines of these services in this trace's time range belong to no span")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn logs(times: &[u64]) -> TraceLogs {
        let line = |time: &u64| LogLine { time_unix: *time, ..LogLine::default() };
        TraceLogs { lines: times.iter().map(line).collect(), truncated: false }
    }

    #[test]
    fn lines_without_a_trace_stand_among_those_of_the_trace_by_time() {
        let list = LogList::of(&logs(&[1, 5, 9]), Some(&logs(&[5, 7])), &Outline::default());
        let listed: Vec<_> =
            (0..5).map(|at| list.line(at).map(|it| (it.line.time_unix, it.is_untraced))).collect();
        let expected = [(1, false), (5, false), (5, true), (7, true), (9, false)];
        assert_eq!(listed, expected.map(Some));
        assert_eq!(list.line(5), None);
        assert_eq!(LogList::of(&logs(&[2]), None, &Outline::default()).lines.len(), 1);
    }

    #[test]
    fn the_hint_counts_them() {
        assert!(
            hint(1, false).starts_with("1 log line of these services") && hint(1, false).contains("belongs")
        );
        assert!(hint(1_234, false).starts_with("1,234 log lines"));
        assert!(hint(1_000, true).starts_with("More than 1,000 log lines"));
    }
}
