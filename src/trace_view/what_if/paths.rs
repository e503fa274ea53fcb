//! The critical path as a strip, and as a table of operations before and after.

use super::super::Slots;
use super::super::session::Session;
use leptos::prelude::*;
use spandrel_trace::analysis::what_if::{ScenarioOperation, ScenarioPath, ScenarioResult};
use spandrel_trace::units::{count, duration};
use std::sync::Arc;

/// Units of the strip's width.
const WIDTH: f64 = 1_000.0;

/// A critical path, coloured by service, as wide as its duration on a scale.
#[component]
pub fn Path(
    path: ScenarioPath,
    /// The duration that is as wide as the strip, nanoseconds; above 0.
    scale: u64,
    slots: Slots,
    label: String,
) -> impl IntoView {
    let parts = move || {
        let slots = slots.get();
        let x = |time: u64| time.min(path.duration) as f64 / scale as f64 * WIDTH;
        path.parts
            .iter()
            .map(|(start, end, service)| {
                let slot = slots.get(*service as usize).copied().unwrap_or(0) + 1;
                let (from, width) = (x(*start), x(*end) - x(*start));
                view! { <rect data-slot=slot x=from y="0" width=width height="10"></rect> }
            })
            .collect_view()
    };
    view! {
        <svg
            class="what-if-strip"
            role="img"
            aria-label=label
            viewBox=format!("0 0 {WIDTH} 10")
            preserveAspectRatio="none"
        >
            {parts}
        </svg>
    }
}

/// Operations on either path, those that change most first.
#[component]
pub fn OperationTable(session: Session, slots: Slots, result: Arc<ScenarioResult>) -> impl IntoView {
    let outline = session.sent();
    let row = |one: &ScenarioOperation| {
        let slot =
            usize::from(slots.with_untracked(|slots| slots.get(one.service as usize).copied().unwrap_or(0)));
        let text = |string: u32| outline.strings.get(string).to_owned();
        let change = match one.is.cmp(&one.was) {
            std::cmp::Ordering::Less => format!("−{}", duration(one.was - one.is)),
            std::cmp::Ordering::Equal => "0".to_owned(),
            std::cmp::Ordering::Greater => format!("+{}", duration(one.is - one.was)),
        };
        view! {
            <tr>
                <th scope="row">
                    <i class="what-if-dot" data-slot=slot + 1></i>
                    <bdi>{text(one.service)}</bdi>
                    " "
                    <bdi class="what-if-operation">{text(one.name)}</bdi>
                </th>
                <td>{duration(one.was)}</td>
                <td>{duration(one.is)}</td>
                <td>{change}</td>
            </tr>
        }
    };
    let more = (result.more_operations > 0)
        .then(|| view! { <p>{format!("{} more operations", count(u64::from(result.more_operations)))}</p> });
    view! {
        <details class="what-if-operations" data-test="what-if-operations">
            <summary>"Critical path by operation"</summary>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Operation"</th>
                        <th scope="col">"Now"</th>
                        <th scope="col">"Then"</th>
                        <th scope="col">"Change"</th>
                    </tr>
                </thead>
                <tbody>{result.operations.iter().map(row).collect_view()}</tbody>
            </table>
            {more}
        </details>
    }
}
