//! What the advisor found out about the trace: the first finding in one line under the title, and the list of all. Clocks that
//! differ have a line of their own, with the choice of the times that are shown.

mod list;
mod load;

pub use load::load_findings;

use super::clocks::ClocksBar;
use super::counted::counted;
use super::regions::focus_view_soon;
use super::session::Session;
use crate::route::TraceTab;
use crate::state::data::Data;
use leptos::html;
use leptos::prelude::*;
use list::FindingsList;
use spandrel_trace::analysis::advisor::{Finding, Severity, evidence_query};
use spandrel_trace::units::duration;

/// Id of the list, which the button names that opens it.
const LIST: &str = "findings-list";

/// Rule of the findings that the line of the clocks says.
const CLOCK_SKEW: &str = "clock-skew";

/// The line with the first finding, that of the clocks, and below them the list while it is open. Nothing while there are no
/// findings.
#[component]
pub fn Findings(
    /// State of the trace.
    session: Session,
    /// Where the findings come from.
    data: Data,
    /// Id of the trace in the address.
    id: StoredValue<String>,
) -> impl IntoView {
    let toggle = NodeRef::<html::Button>::new();
    let clocks_differ = Memo::new(move |_| {
        session.clocks.found.with(|found| found.as_ref().is_some_and(|found| !found.offsets.is_empty()))
    });
    let first = Memo::new(move |_| {
        let is_said = |finding: &Finding| clocks_differ.get() && finding.rule == CLOCK_SKEW;
        session.findings.list.with(|list| list.iter().find(|finding| !is_said(finding)).cloned())
    });
    let count = Memo::new(move |_| session.findings.list.with(|list| list.len()));
    let is_open = session.findings.open;
    let opener = move || {
        view! {
            <button
                type="button"
                class="findings-toggle"
                data-test="findings-toggle"
                node_ref=toggle
                title="Show or hide the findings (i)"
                aria-expanded=move || is_open.get().to_string()
                aria-controls=LIST
                on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)
            >
                {move || counted(count.get(), "finding", "findings")}
            </button>
        }
    };
    // Where all findings are of clocks, their line opens the list.
    let end = move || (count.get() > 0 && first.with(Option::is_none)).then(opener);
    let line = move || {
        let finding = first.get()?;
        let shown = finding.clone();
        Some(view! {
            <div class=format!("findings-line {}", class_of(finding.severity))>
                {finding.saves.map(|saves| view! { <b class="findings-saves">{saving(saves)}</b> })}
                <button
                    type="button"
                    class="findings-headline"
                    data-test="findings-headline"
                    title="Show the spans of this finding"
                    on:click=move |_| show(session, &shown)
                >
                    <bdi>{finding.headline}</bdi>
                </button>
                {opener()}
            </div>
        })
    };
    let close = Callback::new(move |()| {
        is_open.set(false);
        if let Some(toggle) = toggle.get_untracked() {
            // Focusing what is in the page cannot fail.
            let _ = toggle.focus();
        }
    });
    let list =
        move || (is_open.get() && count.get() > 0).then(|| view! { <FindingsList session data id close/> });
    view! {
        <section class="findings" aria-label="Findings" data-test="findings">
            {line}
            <ClocksBar session end=move || end/>
            {list}
        </section>
    }
}

/// Selects the first span of a finding's evidence in the waterfall, which gets the focus and the room of the list, and finds
/// and highlights all.
fn show(session: Session, finding: &Finding) {
    let outline = session.outline();
    batch(|| {
        session.tab.set(TraceTab::Waterfall);
        session.findings.open.set(false);
        session.find.query.set(evidence_query(&outline, &finding.evidence));
        if let Some(span) = finding.evidence.spans.first().filter(|span| (**span as usize) < outline.len()) {
            session.select(*span);
        }
    });
    focus_view_soon();
}

/// A saving, in front of a sentence.
fn saving(saves: u64) -> String {
    format!("Saves up to {}", duration(saves))
}

fn class_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Problem => "findings--problem",
        Severity::Warning => "findings--warning",
        Severity::Note => "findings--note",
    }
}
