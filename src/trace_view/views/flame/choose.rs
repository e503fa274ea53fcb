//! The operations of a trace as a list, to choose the one whose callers and callees are shown.

use super::super::super::counted::counted;
use super::super::super::session::Session;
use leptos::prelude::*;
use spandrel_trace::analysis::names::{OperationCount, OperationCounter};
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::units::{count, display_name, sort_by_number_descending};

/// Operations that are listed, those with the most spans first.
const LISTED: usize = 40;

/// The operations, and how many there are in all.
fn operations(outline: &Outline) -> (Vec<OperationCount>, usize) {
    let mut counter = OperationCounter::default();
    while !counter.step(outline, usize::MAX) {}
    let mut all = counter.list();
    let number = all.len();
    sort_by_number_descending(&mut all, |operation| operation.spans.into());
    all.truncate(LISTED);
    (all, number)
}

/// The first span of an operation.
fn first_of(outline: &Outline, operation: OperationCount) -> Option<SpanIx> {
    let mut names = outline.service.iter().zip(&outline.name);
    let first = names.position(|(service, name)| (*service, *name) == (operation.service, operation.name))?;
    Some(first as SpanIx)
}

/// The list. A click on an operation shows its callers and callees.
#[component]
pub fn OperationChoice(session: Session) -> impl IntoView {
    let content = move || {
        let outline = session.outline_live().get();
        let (listed, all) = operations(&outline);
        let row = |operation: OperationCount| {
            let name = display_name(outline.strings.get(operation.name)).to_owned();
            let service = display_name(outline.strings.get(operation.service)).to_owned();
            let choose = move |_| {
                let outline = session.outline();
                let id = first_of(&outline, operation).map(|span| outline.id[span as usize]);
                session.flame.update(|flame| (flame.operation, flame.zoom) = (id, None));
            };
            view! {
                <li>
                    <button type="button" class="operation" data-test="flame-choose" on:click=choose>
                        <span class="operation-name">{name}</span>
                        <span class="operation-service">{service}</span>
                        <span class="operation-facts">{counted(operation.spans as usize, "span", "spans")}</span>
                    </button>
                </li>
            }
        };
        let rest = all - listed.len();
        view! {
            <ul class="operations-list">{listed.into_iter().map(row).collect_view()}</ul>
            {(rest > 0).then(|| {
                let text = format!("{} rarer operations are not listed: select a span of one.", count(rest as u64));
                view! { <p class="operations-note">{text}</p> }
            })}
        }
    };
    view! {
        <section class="flame-choice" aria-label="Operations">
            <h2 class="flame-choice-title">"Callers and callees of which operation?"</h2>
            {content}
        </section>
    }
}
