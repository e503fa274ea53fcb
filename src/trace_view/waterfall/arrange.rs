//! The panel with which rows are arranged: sibling order, groups, columns, the ruler, and services to collapse or hide.

use super::super::address::sibling_order;
use super::super::colouring::Slots;
use super::super::key_input::KeyInput;
use super::super::session::Session;
use crate::route::{Named, OrderParam, ShowPath};
use crate::ui::select::Select;
use leptos::html;
use leptos::prelude::*;
use spandrel_trace::units::{count, display_name, sort_by_number_descending};

/// Most services that the panel lists, those with the most spans first.
const LISTED: usize = 60;

/// The button that opens the panel, and the panel.
#[component]
pub fn ArrangeButton(session: Session, slots: Slots) -> impl IntoView {
    let open = RwSignal::new(false);
    let button = NodeRef::<html::Button>::new();
    view! {
        <span
            class="arrange"
            on:keydown=move |event| {
                // A key that closes the panel does nothing else.
                if event.key() == "Escape" && open.get_untracked() {
                    open.set(false);
                    if let Some(button) = button.get_untracked() {
                        // A button in the page takes the focus.
                        let _ = button.focus();
                    }
                    event.stop_propagation();
                }
            }
        >
            <button
                type="button"
                class="waterfall-fold"
                data-test="arrange"
                title="Sort, group, services, columns, clock time"
                aria-expanded=move || open.get().to_string()
                node_ref=button
                on:click=move |_| open.update(|open| *open = !*open)
            >
                "View"
            </button>
            <Show when=move || open.get()>
                <Panel session slots/>
            </Show>
        </span>
    }
}

#[component]
fn Panel(session: Session, slots: Slots) -> impl IntoView {
    let add_column = move |key: String| {
        let has_it = session.columns.keys.with_untracked(|columns| columns.contains(&key));
        if !key.is_empty() && !has_it {
            session.columns.keys.update(|columns| columns.push(key));
        }
    };
    // Other services after the trace was reloaded; what is being edited beside them stays.
    let services = move || view! { <Services session slots=slots.get()/> };
    view! {
        <div class="arrange-panel" data-test="arrange-panel" role="group" aria-label="View">
            <label class="arrange-field">"Order siblings" <Select
                all=OrderParam::ALL
                is_chosen=move |order| session.folding.view.with(|view| view.order == sibling_order(*order))
                on_choose=move |order| session.change(|view| view.order = sibling_order(order))
                attr:class="field"
                attr:data-test="sibling-order"
            /></label>
            <label class="arrange-field">"Critical path" <Select
                all=ShowPath::ALL
                is_chosen=move |show| session.path.show.get() == *show
                on_choose=move |show| session.path.show.set(show)
                attr:class="field"
                attr:data-test="critical-path"
            /></label>
            <label class="arrange-check">
                <input
                    type="checkbox"
                    data-test="group"
                    prop:checked=move || session.folding.view.with(|view| view.group)
                    on:change=move |_| session.change(|view| view.group = !view.group)
                />
                "Group repeated siblings"
            </label>
            <label class="arrange-field">
                "Add column"
                <KeyInput
                    list="column-keys"
                    label="Attribute key"
                    placeholder="http.route"
                    value=Signal::stored(String::new())
                    on_change=Callback::new(add_column)
                    test="add-column"
                />
            </label>
            <label class="arrange-check">
                <input
                    type="checkbox"
                    data-test="absolute"
                    prop:checked=session.clock.absolute
                    on:change=move |_| session.clock.absolute.update(|absolute| *absolute = !*absolute)
                />
                "Clock time"
            </label>
            {services}
        </div>
    }
}

/// The services of the trace, those with the most spans first. `slots` are colour slots by string index.
#[component]
fn Services(session: Session, slots: std::sync::Arc<Vec<u8>>) -> impl IntoView {
    let outline = session.outline();
    let mut spans = vec![0usize; outline.strings.len()];
    outline.service.iter().for_each(|service| spans[*service as usize] += 1);
    let mut services: Vec<usize> = (0..spans.len()).filter(|service| spans[*service] > 0).collect();
    sort_by_number_descending(&mut services, |service| spans[*service] as u64);
    let more = services.len().saturating_sub(LISTED);
    let listed = services.iter().take(LISTED).map(|service| {
        let name = outline.strings.get(*service as u32).to_owned();
        let slot = usize::from(slots.get(*service).copied().unwrap_or(0)) + 1;
        view! { <Service session name color=slot spans=spans[*service]/> }
    });
    let rest = (more > 0).then(|| {
        view! { <li class="arrange-more">{format!("and {} more services", count(more as u64))}</li> }
    });
    view! {
        <ul class="arrange-services" data-test="arrange-services">
            {listed.collect_view()}
            {rest}
        </ul>
    }
}

/// A service with its colour, the number of its spans, and buttons that collapse and hide them.
#[component]
fn Service(session: Session, name: String, color: usize, spans: usize) -> impl IntoView {
    let service = StoredValue::new(name.clone());
    let is_collapsed = move || {
        service.with_value(|service| session.folding.view.with(|view| view.fold.services.contains(service)))
    };
    let collapse = move |_| {
        let (outline, collapsed) = (session.outline(), untrack(is_collapsed));
        session.change(|view| {
            service.with_value(|service| view.fold.set_service(&outline, service, !collapsed));
        });
    };
    let is_hidden =
        move || service.with_value(|service| session.folding.view.with(|view| view.hidden.contains(service)));
    let hide = move |_| {
        let (service, hidden) = (service.get_value(), untrack(is_hidden));
        session.change(|view| {
            view.hidden.retain(|other| *other != service);
            if !hidden {
                view.hidden.push(service);
                view.hidden.sort_unstable();
            }
        });
    };
    view! {
        <li class="arrange-service">
            <span class="span-row-dot" data-slot=color></span>
            <bdi class="arrange-name" title=name.clone()>
                {display_name(&name).to_owned()}
            </bdi>
            <span class="arrange-count">{count(spans as u64)}</span>
            <button
                type="button"
                class="arrange-toggle"
                title=format!("Collapse spans of {name}")
                aria-pressed=move || is_collapsed().to_string()
                on:click=collapse
            >
                "Collapse"
            </button>
            <button
                type="button"
                class="arrange-toggle"
                title=format!("Hide spans of {name} and their descendants")
                aria-pressed=move || is_hidden().to_string()
                on:click=hide
            >
                "Hide"
            </button>
        </li>
    }
}
