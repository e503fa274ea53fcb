//! The line below the minimap: what bars are coloured by, the meaning of each colour with the number of its spans and a menu,
//! and the button that resets the zoom.

use super::colouring::DeferredColouring;
use super::counted::counted;
use super::key_input::KeyInput;
use super::session::Session;
use crate::route::{Colour, Show as ShowMode};
use crate::ui::menu::{Menu, MenuItem};
use crate::ui::select::Select;
use leptos::html;
use leptos::prelude::*;
use leptos_use_resize_observer::use_resize_observer;
use spandrel_trace::scene::colouring::{Colouring, LegendEntry};
use spandrel_trace::units::{count, display_name};

/// Widths of parts of the line, CSS pixels: the choice of the colouring, the reset button, the button for more meanings,
/// the field for a key, and a meaning without its text.
const AROUND: f64 = 190.0;
const FIT: f64 = 130.0;
const MORE: f64 = 70.0;
const KEY: f64 = 162.0;
const FRAME: f64 = 42.0;
/// Width of a character of a meaning, and the largest width of a meaning, CSS pixels.
const LETTER: f64 = 6.6;
const WIDEST: f64 = 212.0;

/// The legend.
#[component]
pub fn Legend(session: Session, colouring: DeferredColouring) -> impl IntoView {
    let line = NodeRef::<html::Div>::new();
    let width = RwSignal::new(0.0);
    use_resize_observer(line, move |_, _| {
        if let Some(line) = line.get_untracked() {
            width.set(f64::from(line.client_width()));
        }
    });
    let is_by_key = move || matches!(session.colouring.get(), Colour::Attribute(_));
    let room = move || width.get() - AROUND - FIT - if is_by_key() { KEY } else { 0.0 };
    view! {
        <div class="legend" data-test="legend" role="group" aria-label="Colours" node_ref=line>
            <span class="legend-title" aria-hidden="true">"Colour"</span>
            <ColouringChoice session/>
            <Show when=is_by_key>
                <KeyField session/>
            </Show>
            <Meanings session colouring room=Signal::derive(room)/>
            // Placed where it does not move anything when it appears during a drag on the minimap.
            <span class="legend-fit">
                <Show when=move || !session.viewport.is_fitted()>
                    <button
                        type="button"
                        class="legend-more"
                        data-test="zoom-reset"
                        title="Show the whole trace (0)"
                        on:click=move |_| session.viewport.fit()
                    >
                        "Reset zoom"
                    </button>
                </Show>
            </span>
        </div>
    }
}

/// The select of what bars are coloured by.
#[component]
fn ColouringChoice(session: Session) -> impl IntoView {
    let is_chosen = move |chosen: &Colour| {
        session.colouring.with(|now| std::mem::discriminant(now) == std::mem::discriminant(chosen))
    };
    view! {
        <Select
            all=Colour::ALL
            is_chosen
            on_choose=move |colour| session.colouring.set(colour)
            attr:class="legend-by"
            attr:data-test="colour"
            attr:aria-label="Colour by"
        />
    }
}

/// The field for the key of the attribute that is coloured by. It takes the focus while there is no key yet.
#[component]
fn KeyField(session: Session) -> impl IntoView {
    let is_new = session.colouring.with_untracked(|colour| *colour == Colour::Attribute(String::new()));
    let key = Signal::derive(move || match session.colouring.get() {
        Colour::Attribute(key) => key,
        _ => String::new(),
    });
    view! {
        <KeyInput
            list="colour-keys"
            label="Attribute key"
            placeholder="http.route"
            value=key
            on_change=Callback::new(move |key: String| session.colouring.set(Colour::Attribute(key)))
            test="colour-key"
            takes_focus=is_new
        />
    }
}

/// The meanings of colours that fit into `room` CSS pixels, or all, and the button that switches between them.
#[component]
fn Meanings(session: Session, colouring: DeferredColouring, room: Signal<f64>) -> impl IntoView {
    let shows_all = RwSignal::new(false);
    let entries = move || {
        let colouring = colouring.get();
        let fits = if shows_all.get() { colouring.legend.len() } else { fitting(&colouring, room.get()) };
        let shown = colouring.legend.iter().take(fits).cloned();
        shown.map(|entry| view! { <Entry session entry/> }).collect_view()
    };
    let rest = move || {
        let rest = colouring.with(|colouring| colouring.more);
        (shows_all.get() && rest > 0).then(|| {
            view! { <span class="legend-rest">{format!("and {} more", count(rest as u64))}</span> }
        })
    };
    let button = move || {
        let colouring = colouring.get();
        let all = colouring.legend.len() + colouring.more;
        let is_expanded = shows_all.get();
        let label = if is_expanded { "Fewer".to_owned() } else { format!("All {}", count(all as u64)) };
        (fitting(&colouring, room.get()) < all).then(|| {
            view! {
                <button
                    type="button"
                    class="legend-more"
                    data-test="legend-all"
                    aria-expanded=is_expanded.to_string()
                    on:click=move |_| shows_all.update(|all| *all = !*all)
                >
                    {label}
                </button>
            }
        })
    };
    view! {
        {entries}
        {rest}
        {button}
    }
}

/// How many meanings fit into so many CSS pixels, beside the button for more where not all do; at least one.
fn fitting(colouring: &Colouring, room: f64) -> usize {
    let all = colouring.legend.len();
    match in_room(colouring, room) {
        fits if fits == all && colouring.more == 0 => all,
        _ => in_room(colouring, room - MORE).max(1),
    }
}

fn in_room(colouring: &Colouring, room: f64) -> usize {
    let mut left = room;
    let fits = |entry: &&LegendEntry| {
        let letters = entry.words.chars().count() + count(entry.spans as u64).len();
        left -= (letters as f64 * LETTER + FRAME).min(WIDEST);
        left >= 0.0
    };
    colouring.legend.iter().take_while(fits).count()
}

/// A colour with its meaning, the number of its spans, and a menu of what can be done with them.
#[component]
fn Entry(session: Session, entry: LegendEntry) -> impl IntoView {
    let LegendEntry { colour, words, spans, query } = entry;
    let name = display_name(&words).to_owned();
    let label = format!("{name}: {}", counted(spans, "span", "spans"));
    let spans = count(spans as u64);
    let (service, query) = (StoredValue::new(words), StoredValue::new(query));
    let is_hidden = move || {
        session.colouring.with(|colour| *colour == Colour::Service)
            && service.with_value(|service| session.folding.view.with(|view| view.hidden.contains(service)))
    };
    let is_found = move || query.with_value(|query| session.find.query.with(|find| find == query));
    let find = move |label: &str, query: String, show: ShowMode| {
        MenuItem::new(label, move || {
            session.find.show.set(show);
            session.find.query.set(query.clone());
        })
    };
    let hide = move || match session.colouring.get_untracked() {
        Colour::Service if untrack(is_hidden) => MenuItem::new("Show again", move || {
            let service = service.get_value();
            session.change(|view| view.hidden.retain(|hidden| *hidden != service));
        }),
        Colour::Service if query.with_value(|query| is_service(query)) => {
            MenuItem::new("Hide these and descendants", move || {
                session.change(|view| {
                    view.hidden.push(service.get_value());
                    view.hidden.sort_unstable();
                });
            })
        }
        _ => find("Hide these", format!("not ({})", query.get_value()), ShowMode::Matches),
    };
    let items = move |()| {
        let query = query.get_value();
        vec![
            find("Highlight these", query.clone(), ShowMode::Dim),
            find("Find these", query.clone(), ShowMode::All),
            find("Show only these", query, ShowMode::Matches),
            hide(),
        ]
    };
    view! {
        <span
            class="legend-entry"
            data-test="legend-entry"
            data-slot=usize::from(colour) + 1
            class:legend-hidden=is_hidden
            class:legend-chosen=is_found
        >
            <Menu face=name.clone() label items=items/>
            <span class="legend-count" aria-hidden="true">{spans.clone()}</span>
        </span>
    }
}

/// Whether a meaning is a service, and not that spans have errors.
fn is_service(query: &str) -> bool {
    query.starts_with("service")
}
