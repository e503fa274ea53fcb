//! What the trace is: its root, its ids, and the few numbers that people look for first.

use super::address;
use super::clock;
use super::copy::CopyButton;
use super::session::Session;
use crate::state::data::use_data;
use leptos::prelude::*;
use spandrel_trace::model::{Flags, NO_SPAN, Outline};
use spandrel_trace::units::{duration, duration_exact};

/// The numbers, counted in one pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The earliest root's service and operation.
    pub root: (String, String),
    /// Services with at least one span.
    pub services: usize,
    /// Spans on the longest way from a root.
    pub depth: u32,
    /// Spans that failed themselves.
    pub errors: usize,
    /// Spans that name a parent that is not there.
    pub orphans: usize,
}

impl Facts {
    /// Counts.
    pub fn of(outline: &Outline) -> Self {
        let mut facts = Facts::default();
        let mut seen = vec![false; outline.strings.len()];
        let mut root = None;
        for span in 0..outline.len() {
            if let Some(service) = seen.get_mut(outline.service[span] as usize) {
                facts.services += usize::from(!*service);
                *service = true;
            }
            facts.depth = facts.depth.max(outline.depth[span] + 1);
            facts.errors += usize::from(outline.flags[span].has(Flags::OWN_ERROR));
            let orphan = outline.flags[span].has(Flags::ORPHAN);
            facts.orphans += usize::from(orphan);
            // Whoever names no parent is the root; an orphan stands in only where there is none.
            if outline.parent[span] == NO_SPAN {
                let rank = (orphan, outline.begin[span], span);
                root = Some(root.map_or(rank, |best: (bool, u64, usize)| best.min(rank)));
            }
        }
        if let Some((_, _, span)) = root {
            facts.root = (outline.service_of(span as u32).into(), outline.name_of(span as u32).into());
        }
        facts
    }
}

/// A number with separators: `1,284`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!(" {}", if number == 1 { one } else { many })
}

/// The header of the page.
#[component]
pub fn Header(
    /// The page's state.
    session: Session,
) -> impl IntoView {
    let outline = session.outline();
    let facts = Facts::of(&outline);
    let (service, operation) = facts.root.clone();
    let id = match outline.foreign_trace_id.as_str() {
        "" => outline.trace_id.to_string(),
        foreign => foreign.to_owned(),
    };
    let (day, time) = clock::moment(outline.begin_unix);
    let day = if day == clock::today() { "today".to_owned() } else { day };
    // What is to be said of the file it came from (cut short, say) concerns the trace as well.
    let file =
        untrack(|| use_data().files()).filter(|file| file.traces.iter().any(|trace| trace.key() == id));
    let mut warnings = file.map(|file| file.warnings).unwrap_or_default();
    warnings.extend(outline.warnings.iter().cloned());
    let name = match (service.as_str(), operation.as_str()) {
        ("", "") => "Trace".to_owned(),
        ("", operation) => operation.to_owned(),
        (service, operation) => format!("{service} · {operation}"),
    };
    let title = clock::exact_moment(outline.begin_unix);
    let fit = move || !session.is_fitted();
    view! {
        <header class="trace-header" data-test="trace-header">
            <div class="trace-header-line">
                <h1 class="trace-header-name" data-test="trace-name">{name}</h1>
                <Show when=fit>
                    <button type="button" class="trace-header-fit" data-test="zoom-reset" title="Show the whole trace (0)"
                        on:click=move |_| session.fit()>"Show all of its time"</button>
                </Show>
            </div>
            <div class="trace-header-facts">
                <span class="trace-header-id"><span class="mono">{id.clone()}</span><CopyButton label="Copy the trace id" text=id/></span>
                <span title=title>"Started " <b>{time}</b> " " {day}</span>
                <span title=duration_exact(outline.duration)>"Duration " <b>{duration(outline.duration)}</b></span>
                <span><b>{grouped(facts.services)}</b>{counted(facts.services, "service", "services")}</span>
                <span>"Depth " <b>{grouped(facts.depth as usize)}</b></span>
                <span data-test="trace-spans"><b>{grouped(outline.len())}</b>{counted(outline.len(), "span", "spans")}</span>
                {(facts.errors > 0).then(|| view! {
                    <span class="trace-header-errors">
                        {grouped(facts.errors)}{counted(facts.errors, "error", "errors")}
                    </span>
                })}
                <Show when=move || address::is_shortened(session)>
                    <span title="An address names 40 collapsed spans at most">"The address keeps only the level that is collapsed"</span>
                </Show>
                {(!warnings.is_empty()).then(|| view! {
                    <details class="trace-header-warnings" data-test="warnings">
                        <summary>{grouped(warnings.len())}{counted(warnings.len(), "warning", "warnings")}</summary>
                        <ul>{warnings.into_iter().map(|warning| view! { <li>{warning}</li> }).collect_view()}</ul>
                    </details>
                })}
            </div>
        </header>
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
