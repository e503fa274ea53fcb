//! Tables of one trace: statistics of groups of spans, all spans, all events, and the JSON text.

mod answer;
mod back;
mod columns;
pub mod events;
pub mod json;
mod log_filter;
pub mod logs;
mod record_table;
pub mod spans;
pub mod statistics;
mod untraced;

pub use back::BackToTable;

use super::session::Session;
use crate::route::TableSort;
use crate::state::tasks::count_up;
use crate::ui::table::TableCell;
use leptos::prelude::*;
use spandrel_trace::model::{Outline, SpanIx, SpanKind, StatusCode};
use spandrel_trace::units::{Problem, count, display_name, duration};

/// The sort that a click on a column asks for: the other direction of the column that rows are sorted by, else that column
/// in its usual direction.
fn clicked(now: &TableSort, key: String, descending: bool) -> TableSort {
    let descending = if now.key == key { !now.descending } else { descending };
    TableSort { key, descending }
}

/// Where the selected span is among the listed rows of spans, after each step to a match and once an order is there: it may
/// have been selected in another view.
fn row_of_selected(session: Session, position: impl Fn(SpanIx) -> Option<usize>) -> Option<usize> {
    session.selection.reveal.track();
    position(session.selection.span.get_untracked()?)
}

/// Rows of a table that are built in one task.
const ROWS_A_TASK: usize = 8;
/// Tasks after which all others are built at once: few screens show more rows than these build.
const TASKS: u32 = 16;

/// How many rows of a new table may be built by now: a few more with each task until the owner is cleaned up, as all rows of
/// a table with many columns take longer than a task should.
fn built_rows() -> Signal<usize> {
    let done = RwSignal::new(0);
    count_up(TASKS, done, || true);
    Signal::derive(move || match done.get() {
        TASKS => usize::MAX,
        done => (done as usize + 1) * ROWS_A_TASK,
    })
}

fn duration_cell(nanoseconds: u64) -> TableCell {
    TableCell::text(duration(nanoseconds))
}

fn service_cell(outline: &Outline, slots: &[u8], span: SpanIx) -> TableCell {
    let slot = outline.service.get(span as usize).and_then(|service| slots.get(*service as usize));
    TableCell { slot: slot.map(|slot| slot + 1), ..TableCell::text(display_name(outline.service_of(span))) }
}

fn kind_word(kind: SpanKind) -> &'static str {
    if kind == SpanKind::Unspecified { "–" } else { kind.name() }
}

fn status_word(status: StatusCode) -> &'static str {
    match status {
        StatusCode::Unset => "unset",
        StatusCode::Ok => "ok",
        StatusCode::Error => "error",
    }
}

/// `1 span`, `5,000 spans`.
fn counted(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {many}", count(number as u64)) }
}

/// `5,000 spans`, or `12 of 5,000 spans` where not all are listed.
fn listed(listed: usize, all: usize, one: &str, many: &str) -> String {
    let all_of_them = counted(all, one, many);
    if listed == all { all_of_them } else { format!("{} of {all_of_them}", count(listed as u64)) }
}

/// What is shown instead of the table, or the table.
#[derive(Clone, Debug, PartialEq)]
enum TableContent {
    Problem(Problem),
    Empty,
    Waiting,
    NoMatch,
    Table,
}
