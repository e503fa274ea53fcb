//! Header of a trace: its name, the find bar, what can be done with the trace, and its facts.

mod facts;
mod links;
mod missing;
mod tools;

use super::find::Find;
use super::parts::Part;
use super::session::Session;
use crate::state::data::Data;
use crate::state::tasks::after_yield;
use facts::FactsLine;
pub use facts::{TraceCounts, root_of};
use leptos::prelude::*;
use spandrel_trace::units::display_name;
use tools::Tools;

/// The header of the trace with this id. Find with the tools, and the facts, are built in tasks of their own.
#[component]
pub fn Header(
    /// State of the trace.
    session: Session,
    /// Where the trace comes from.
    data: Data,
    /// Id of the trace in the address.
    id: StoredValue<String>,
) -> impl IntoView {
    let (has_tools, has_facts) = (after_yield(), after_yield());
    // Counted again when the trace was reloaded.
    let facts = move || {
        let outline = session.outline_live().get();
        view! { <FactsLine session data id=id.get_value() outline/> }
    };
    view! {
        <header class="trace-header" data-test="trace-header" data-part=Part::Header.name()>
            <div class="trace-header-line">
                <Name session/>
                <Show when=move || has_tools.get()>
                    <Find session data id/>
                    <Tools session data id/>
                </Show>
            </div>
            {move || has_facts.get().then_some(facts)}
        </header>
    }
}

/// Service and operation of the root.
#[component]
fn Name(session: Session) -> impl IntoView {
    let root = move || session.outline_live().with(|outline| root_of(outline));
    let is_empty = move || session.outline_live().with(|outline| outline.is_empty());
    let shown = move || {
        let (service, operation) = root();
        let service = (!service.is_empty()).then(|| display_name(&service).to_owned());
        (!is_empty()).then(|| (service, display_name(&operation).to_owned()))
    };
    let text = move || match shown() {
        None => view! { "Trace without spans" }.into_any(),
        Some((None, operation)) => view! { <bdi>{operation}</bdi> }.into_any(),
        Some((Some(service), operation)) => {
            view! { <bdi>{service}</bdi>" · "<bdi>{operation}</bdi> }.into_any()
        }
    };
    let title = move || match shown() {
        None => String::new(),
        Some((None, operation)) => operation,
        Some((Some(service), operation)) => format!("{service} · {operation}"),
    };
    view! {
        <h1 class="trace-header-name" data-test="trace-name" title=title>
            {text}
        </h1>
    }
}
