//! The header's line of facts: ids, start, duration, counts, errors, warnings.

use super::super::address;
use super::super::commands::next_error;
use super::super::copy::CopyButton;
use super::super::counted::counted;
use super::super::session::Session;
use super::links::TraceLinks;
use super::missing::Missing;
use crate::route::Zone;
use crate::state::clock;
use crate::state::data::Data;
use crate::ui::icon::Icon;
use crate::ui::zone::ZoneSwitch;
use leptos::prelude::*;
use spandrel_trace::analysis::outliving::outliving;
use spandrel_trace::model::{Flags, Outline, SpanIx};
use spandrel_trace::units::{count, duration, duration_exact};
use std::sync::Arc;

/// Counts of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceCounts {
    /// The earliest root's service and operation.
    pub root: (String, String),
    /// Services with at least one span.
    pub services: usize,
    /// Spans on the longest path from a root.
    pub depth: u32,
    /// Spans with an error of their own.
    pub errors: usize,
    /// Spans whose parent is missing.
    pub orphans: usize,
}

impl TraceCounts {
    /// Counts the spans of `outline`.
    pub fn of(outline: &Outline) -> Self {
        let mut seen = vec![false; outline.strings.len()];
        for service in &outline.service {
            if let Some(seen) = seen.get_mut(*service as usize) {
                *seen = true;
            }
        }
        let flagged = |flag| outline.flags.iter().filter(|flags| flags.has(flag)).count();
        TraceCounts {
            root: root_of(outline),
            services: seen.iter().filter(|seen| **seen).count(),
            depth: outline.depth.iter().max().map_or(0, |depth| depth + 1),
            errors: flagged(Flags::OWN_ERROR),
            orphans: flagged(Flags::ORPHAN),
        }
    }
}

/// The earliest root; an orphan only if all roots are orphans.
fn first_root(outline: &Outline) -> Option<SpanIx> {
    let from_root =
        |root: usize| Some(outline.subtree_end[root] as usize).filter(|next| *next < outline.len());
    let roots = std::iter::successors((!outline.is_empty()).then_some(0), |root| from_root(*root));
    roots
        .min_by_key(|root| (outline.flags[*root].has(Flags::ORPHAN), outline.start[*root]))
        .map(|root| root as SpanIx)
}

/// The earliest root's service and operation; of an orphan only if all roots are orphans.
pub fn root_of(outline: &Outline) -> (String, String) {
    let named = |root| (outline.service_of(root).into(), outline.name_of(root).into());
    first_root(outline).map(named).unwrap_or_default()
}

/// The facts of one version of the trace; `id` is the trace's id in the address.
#[component]
pub fn FactsLine(session: Session, data: Data, id: String, outline: Arc<Outline>) -> impl IntoView {
    let facts = TraceCounts::of(&outline);
    let key = match outline.foreign_trace_id.as_str() {
        "" => outline.trace_id.to_string(),
        foreign => foreign.to_owned(),
    };
    // Warnings of the file that the trace comes from (truncated, say) concern the trace as well.
    let file = untrack(|| data.files()).filter(|file| file.traces.iter().any(|trace| trace.key() == key));
    let (file_name, warnings) = file.map(|file| (file.name, file.warnings)).unzip();
    let mut warnings = warnings.unwrap_or_default();
    warnings.extend(outline.warnings.iter().cloned());
    warnings.extend(outliving_words(&outline));
    let shown = without_padding(&key).to_owned();
    let has_spans = !outline.is_empty();
    let length = outline.duration;
    let root_length = first_root(&outline).map(|root| outline.duration_of(root));
    view! {
        <div class="trace-header-facts">
            <span class="trace-header-id">
                <bdi class="mono" data-test="trace-id" title=key>{shown.clone()}</bdi>
                <CopyButton label="Copy trace ID" text=shown/>
            </span>
            {file_name.map(|name| view! {
                <span
                    class="trace-header-file"
                    data-test="trace-file"
                    title="From a file that was opened in this browser, which keeps it: a link to this trace works here only"
                >
                    <Icon name="file"/>
                    <bdi>{name}</bdi>
                </span>
            })}
            {has_spans.then(|| view! {
                <Started session unix=outline.start_unix/>
                <span title=duration_exact(length)>"Duration "<b>{duration(length)}</b></span>
            })}
            {root_length.filter(|own| duration(*own) != duration(length)).map(|own| view! {
                <span title="Duration of the root span: other spans start before it or end after it" data-test="root-duration">
                    "Root span "
                    <b>{duration(own)}</b>
                </span>
            })}
            {has_spans.then(|| view! {
                <Count number=facts.services one="service" many="services"/>
                <span>"Depth "<b>{count(u64::from(facts.depth))}</b></span>
            })}
            <Count number=outline.len() one="span" many="spans" attr:data-test="trace-spans"/>
            {(facts.errors > 0).then(|| view! { <Errors session errors=facts.errors/> })}
            {(facts.orphans > 0).then(|| view! { <Missing session data id orphans=facts.orphans/> })}
            <Show when=move || address::is_shortened(session)>
                <span title="An address names at most 40 collapsed spans">
                    "The address keeps only the collapsed level"
                </span>
            </Show>
            {(!warnings.is_empty()).then(|| view! { <Warnings warnings/> })}
            <TraceLinks outline/>
            {move || {
                session
                    .notice
                    .get()
                    .map(|notice| view! { <span class="trace-header-notice" role="status">{notice}</span> })
            }}
        </div>
    }
}

/// A trace's id without the 16 zeros before one of 64 bits, as its senders write it.
fn without_padding(id: &str) -> &str {
    id.strip_prefix("0000000000000000").filter(|id| id.len() == 16).unwrap_or(id)
}

/// How many spans end after their parents, and which is the first; `None` where none does.
fn outliving_words(outline: &Outline) -> Option<String> {
    let (spans, first) = outliving(outline)?;
    let id = outline.id[first as usize];
    Some(match spans {
        1 => format!(
            "span {id} ends after its parent; the critical path counts no time after the parent's end"
        ),
        _ => format!(
            "{} spans end after their parents ({id} first); the critical path counts no time after the parents' ends",
            count(spans as u64)
        ),
    })
}

/// A number with what is counted.
#[component]
fn Count(number: usize, one: &'static str, many: &'static str) -> impl IntoView {
    view! {
        <span>
            <b>{count(number as u64)}</b>
            " "
            {if number == 1 { one } else { many }}
        </span>
    }
}

/// The number of errors. A click selects the next one, the deepest first.
#[component]
fn Errors(session: Session, errors: usize) -> impl IntoView {
    let next = move |_| {
        next_error(session, true);
    };
    view! {
        <button
            type="button"
            class="trace-header-errors"
            data-test="trace-errors"
            title="Go to the next error, deepest first (x)"
            on:click=next
        >
            {counted(errors, "error", "errors")}
        </button>
    }
}

#[component]
fn Warnings(warnings: Vec<String>) -> impl IntoView {
    view! {
        <details class="trace-header-warnings" data-test="warnings">
            <summary>{counted(warnings.len(), "warning", "warnings")}</summary>
            <ul>{warnings.into_iter().map(|warning| view! { <li><bdi>{warning}</bdi></li> }).collect_view()}</ul>
        </details>
    }
}

/// When the trace started, with the switch of the time zone.
#[component]
fn Started(
    session: Session,
    /// Nanoseconds since 1970.
    unix: u64,
) -> impl IntoView {
    let zone = session.clock.zone;
    let moment = move || clock::moment(unix, zone.get());
    let day = move || {
        let day = moment().day();
        if day == clock::present(zone.get()).day() { "today".to_owned() } else { day }
    };
    view! {
        <span>
            <span title=move || moment().exact()>
                "Started "
                <b data-test="started">{move || moment().time(3)}</b>
            </span>
            " "
            <span>{day}</span>
            " "
            <ZoneSwitch
                is_utc=Signal::derive(move || zone.get() == Zone::Utc)
                switch=move |()| session.set_zone(zone.get_untracked().other())
            />
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::without_padding;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn ids_of_64_bits_have_16_digits() {
        assert_eq!(without_padding("000000000000000000000000000000ab"), "00000000000000ab");
        assert_eq!(without_padding("10000000000000000000000000000000"), "10000000000000000000000000000000");
        assert_eq!(without_padding("0000000000000000-x"), "0000000000000000-x");
    }
}
