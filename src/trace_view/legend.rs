//! The line below the minimap: by what the bars are coloured, each colour with its meaning, how many spans have it and
//! what can be done with those; and the way back to all of the time.

use super::colours::Overview;
use super::header::grouped;
use super::session::Session;
use crate::route::{Colour, Show};
use crate::ui::canvas::SizeWatch;
use crate::ui::element::{El, button, el, option, typed};
use crate::ui::menu::{Choice, menu};
use crate::ui::view::{effect, keep, part, several};
use leptos::prelude::*;
use spandrel_trace::scene::colouring::{Colouring, Meaning};
use spandrel_trace::units::Order as _;
use web_sys::{Event, HtmlInputElement, KeyboardEvent, MouseEvent};

/// What things take of the line, CSS pixels: what one colours by, the way back to all of the time, the word that there
/// are more, the field for a key, and a meaning besides its words.
const AROUND: f64 = 190.0;
const FIT: f64 = 130.0;
const MORE: f64 = 70.0;
const KEY: f64 = 162.0;
const FRAME: f64 = 42.0;
/// A letter of a meaning, and the most that a meaning may take, CSS pixels.
const LETTER: f64 = 6.6;
const WIDEST: f64 = 212.0;

const BY: [(&str, &str); 6] = [
    ("service", "Service"),
    ("kind", "Kind"),
    ("status", "Status"),
    ("self", "Self time"),
    ("percentile", "Percentile"),
    ("attribute", "Attribute…"),
];

/// The line of colours.
pub fn legend(session: Session, coloured: Overview) -> El {
    let width = RwSignal::new(0.0);
    let wide = RwSignal::new(false);
    let line = el("div", "legend").test("legend").attr("role", "group").attr("aria-label", "Colours");
    let root = line.node::<web_sys::Element>();
    let watched = root.clone();
    keep(SizeWatch::new(&root, move || width.set(f64::from(watched.client_width()))));

    let by = el("select", "legend-by")
        .test("colour")
        .attr("aria-label", "Colour by")
        .on("change", move |event: Event| {
            session.colour.set(match typed(&event).as_str() {
                "kind" => Colour::Kind,
                "status" => Colour::Status,
                "self" => Colour::SelfTime,
                "percentile" => Colour::Percentile,
                "attribute" => Colour::Attribute(String::new()),
                _ => Colour::Service,
            });
        })
        .children(BY.map(|(word, label)| option(word, label, "")))
        .live_value(move || match session.colour.get() {
            Colour::Kind => "kind".into(),
            Colour::Status => "status".into(),
            Colour::SelfTime => "self".into(),
            Colour::Percentile => "percentile".into(),
            Colour::Attribute(_) => "attribute".into(),
            Colour::Service => "service".into(),
        });
    let by_key = move || matches!(session.colour.get(), Colour::Attribute(_));
    let room = move || width.get() - AROUND - FIT - if by_key() { KEY } else { 0.0 };
    let meanings = part(
        move || (coloured.get(), room(), wide.get()),
        move |(colouring, room, wide)| {
            let fits = if wide { colouring.meanings.len() } else { fitting(&colouring, room) };
            several(colouring.meanings.iter().take(fits).map(|meaning| entry(session, meaning)))
        },
    );
    let more = part(
        move || (coloured.get(), room(), wide.get()),
        move |(colouring, room, is_wide)| {
            let all = colouring.meanings.len() + colouring.more;
            let cut = fitting(&colouring, room) < all;
            cut.then(|| {
                let words = if is_wide { "Fewer".to_owned() } else { format!("All {}", grouped(all)) };
                button("legend-more")
                    .test("legend-all")
                    .attr("aria-expanded", if is_wide { "true" } else { "false" })
                    .on("click", move |_: MouseEvent| wide.update(|wide| *wide = !*wide))
                    .text(words)
            })
        },
    );
    let rest = part(
        move || (coloured.get(), wide.get()),
        |(colouring, wide)| {
            let rest = (wide && colouring.more > 0).then_some(colouring.more)?;
            Some(el("span", "legend-rest").text(format!("and {} rarer ones", grouped(rest))))
        },
    );
    // Beside the minimap, and where it moves nothing when it comes while one drags there.
    let fit = move || {
        button("legend-more")
            .test("zoom-reset")
            .attr("title", "Show the whole trace (0)")
            .on("click", move |_: MouseEvent| session.fit())
            .text("Show all of its time")
    };
    line.child(el("span", "legend-title").attr("aria-hidden", "true").text("Colour"))
        .child(by)
        .when(by_key, move || key_field(session))
        .child(meanings)
        .child(rest)
        .child(more)
        .child(el("span", "legend-fit").when(move || !session.is_fitted(), fit))
}

/// The field for the attribute that is coloured by; whoever has just chosen to colour by one types at once.
fn key_field(session: Session) -> El {
    let field = el("input", "legend-key")
        .test("colour-key")
        .attr("type", "text")
        .attr("spellcheck", "false")
        .attr("aria-label", "Key of the attribute")
        .attr("placeholder", "http.route")
        .on("change", move |event: Event| {
            session.colour.set(Colour::Attribute(typed(&event).trim().to_owned()));
        })
        .live_value(move || match session.colour.get() {
            Colour::Attribute(key) => key,
            _ => String::new(),
        });
    let input: HtmlInputElement = field.node();
    let leaving = input.clone();
    let field = field.on("keydown", move |event: KeyboardEvent| {
        // The field lets go of the keys.
        if event.key() == "Escape" {
            let _ = leaving.blur();
            event.stop_propagation();
        }
    });
    effect(move || {
        if session.colour.with_untracked(|colour| *colour == Colour::Attribute(String::new())) {
            // A field in the page takes the focus.
            let _ = input.focus();
        }
    });
    field
}

/// How many meanings have room in so many CSS pixels; one at least. What says that there are more takes of it.
fn fitting(colouring: &Colouring, room: f64) -> usize {
    let all = colouring.meanings.len();
    match in_room(colouring, room) {
        fits if fits == all && colouring.more == 0 => all,
        _ => in_room(colouring, room - MORE).max(1),
    }
}

fn in_room(colouring: &Colouring, room: f64) -> usize {
    let mut left = room;
    let fits = |meaning: &&Meaning| {
        let letters = meaning.words.chars().count() + grouped(meaning.spans).len();
        left -= (letters as f64 * LETTER + FRAME).min(WIDEST);
        left >= 0.0
    };
    colouring.meanings.iter().take_while(fits).count()
}

/// A colour, what it stands for, and what can be done with the spans that have it.
fn entry(session: Session, meaning: &Meaning) -> El {
    let words = if meaning.words.is_empty() { "(no name)" } else { &meaning.words };
    let spans = grouped(meaning.spans);
    let (query, service) = (meaning.query.clone(), meaning.words.clone());
    let is_hidden = {
        let service = service.clone();
        move || {
            session.colour.with(|colour| *colour == Colour::Service)
                && session.view.with(|view| view.hidden.contains(&service))
        }
    };
    let looked_for = query.clone();
    let hidden_now = is_hidden.clone();
    let choices = move || {
        let look = |words: &str, query: &str, show: Show| {
            let query = query.to_owned();
            Choice::new(words, move || {
                session.show.set(show);
                session.find.set(query.clone());
            })
        };
        let hide = match session.colour.get_untracked() {
            Colour::Service if untrack(&hidden_now) => {
                let service = service.clone();
                Choice::new("Show again", move || {
                    session.change(|view| view.hidden.retain(|hidden| *hidden != service));
                })
            }
            Colour::Service if looks_like_service(&query) => {
                let service = service.clone();
                Choice::new("Hide these and what is below", move || {
                    session.change(|view| {
                        view.hidden.push(service.clone());
                        view.hidden.order();
                    });
                })
            }
            _ => look("Hide these", &format!("not ({query})"), Show::Matches),
        };
        vec![
            look("Highlight these", &query, Show::Dim),
            look("Find these", &query, Show::All),
            look("Show only these", &query, Show::Matches),
            hide,
        ]
    };
    el("span", "legend-entry")
        .test("legend-entry")
        .attr("data-slot", usize::from(meaning.colour) + 1)
        .live_class("legend-hidden", is_hidden)
        .live_class("legend-chosen", move || session.find.with(|find| *find == looked_for))
        .child(menu(words, &format!("{words}: {spans} spans"), choices))
        .child(el("span", "legend-count").attr("aria-hidden", "true").text(spans))
}

/// Whether a meaning is a service, and not that spans failed.
fn looks_like_service(query: &str) -> bool {
    query.starts_with("service")
}
