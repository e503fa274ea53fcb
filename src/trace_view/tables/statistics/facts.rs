//! What the statistics are of, in a line.

use super::super::super::session::Session;
use super::super::answer::TableAnswer;
use super::super::counted;
use leptos::prelude::*;
use spandrel_trace::analysis::statistics::{Figure, Statistics};
use spandrel_trace::model::{Flags, Outline};
use spandrel_trace::units::count;
use std::sync::Arc;

/// Why no group has any time.
fn all_zero(outline: &Outline) -> &'static str {
    match outline.flags.iter().any(|flags| flags.has(Flags::ENDS_EARLY)) {
        true => " · Spans end before they start: they are shown with zero length",
        false => " · All durations are zero",
    }
}

/// How many groups and spans, and what was left out.
#[component]
pub fn StatisticsFacts(
    session: Session,
    groups: RwSignal<Option<Arc<Statistics>>>,
    ordered: Memo<Arc<Vec<u32>>>,
    answer: TableAnswer<Statistics>,
) -> impl IntoView {
    let text = move || {
        let Some(found) = groups.get() else { return String::new() };
        let (listed, all) = (ordered.with(|ordered| ordered.len()), found.len());
        let spans = found.figure(all, Figure::Count) as usize;
        let of = if listed == all { String::new() } else { format!("{} of ", count(listed as u64)) };
        let left_out = match found.left_out {
            0 => String::new(),
            number => format!(
                " · {} with the smallest totals are left out",
                counted(number as usize, "group", "groups")
            ),
        };
        let zero = if spans > 0 && found.figure(all, Figure::Total) == 0.0 {
            all_zero(&session.outline())
        } else {
            ""
        };
        let waiting = if answer.is_waiting.get() { " · Computing…" } else { "" };
        format!(
            "{of}{} · {}{left_out}{zero}{waiting}",
            counted(all, "group", "groups"),
            counted(spans, "span", "spans")
        )
    };
    view! {
        <p class="table-bar table-bar--facts">
            <span role="status" data-test="table-facts">{text}</span>
        </p>
    }
}
