//! Finding spans: the field with its completions, how many match, and what becomes of the others. What is found is
//! kept in the session, where the waterfall sees it.

mod asking;
mod field;
mod focus;

pub use asking::look;
pub use focus::focus_matches;

use super::actions::Action;
use super::header::grouped;
use super::session::Session;
use crate::route::Show;
use crate::state::data::Data;
use crate::ui::element::{El, button, el, option, typed};
use crate::ui::view::{View, part, several};
use field::field;
use leptos::prelude::*;
use spandrel_trace::analysis::query::QueryError;
use spandrel_trace::engine::Matches;
use web_sys::{Event, MouseEvent};

/// What to show of what does not match, in words.
const SHOWS: [(Show, &str); 4] = [
    (Show::All, "Highlight"),
    (Show::Dim, "Dim the others"),
    (Show::Matches, "Only matches"),
    (Show::Ancestors, "Matches and ancestors"),
];

/// The find bar of `session`, whose trace has this id.
pub fn find(session: Session, data: Data, id: StoredValue<String>) -> El {
    let step = move |label: &'static str, face: &'static str, action: Action| {
        button("button button--flat find-step")
            .attr("aria-label", label)
            .attr("title", label)
            .live_attr("disabled", move || session.matches.with(|found| count(found.as_deref()) == 0))
            .on("click", move |_: MouseEvent| {
                action.act(session);
            })
            .text(face)
    };
    let show = move || {
        el("select", "field find-show")
            .test("find-show")
            .attr("aria-label", "What becomes of the spans that do not match")
            .children(SHOWS.map(|(show, words)| option(word(show), words, "")))
            .live_value(move || word(session.show.get()).to_owned())
            .on("change", move |event: Event| {
                let chosen = typed(&event);
                if let Some((show, _)) = Show::ALL.iter().find(|(show, _)| word(*show) == chosen) {
                    session.show.set(*show);
                }
            })
    };
    let focus = move || {
        button("button button--flat find-focus")
            .test("find-focus")
            .attr("title", "Show only the matches and what they are in, and fit their time")
            .live_attr("aria-pressed", move || if focus::is_focused(session) { "true" } else { "false" })
            .live_attr("disabled", move || {
                !focus::is_focused(session) && session.matches.with(|found| count(found.as_deref()) == 0)
            })
            .on("click", move |_: MouseEvent| {
                Action::FocusMatches.act(session);
            })
            .text("Focus")
    };
    let said =
        el("span", "find-said").test("find-count").attr("role", "status").live_text(move || said(session));
    let after = part(
        move || !session.find.with(String::is_empty),
        move |looking| -> View {
            if !looking {
                return View::NONE;
            }
            several([
                step("Previous match (b)", "↑", Action::PreviousMatch),
                step("Next match (f)", "↓", Action::NextMatch),
                focus(),
                show(),
            ])
        },
    );
    let mistake = part(
        move || session.matches.with(|found| found.as_ref().and_then(|found| found.error.clone())),
        move |error| error.map(|error| mistake(&session.find.get_untracked(), &error)),
    );
    el("div", "find")
        .attr("role", "search")
        .child(field(session, data, id))
        .child(said)
        .child(after)
        .child(mistake)
}

/// A way to show, as the list knows it.
fn word(show: Show) -> &'static str {
    match show {
        Show::All => "all",
        Show::Dim => "dim",
        Show::Matches => "matches",
        Show::Ancestors => "ancestors",
    }
}

fn count(found: Option<&Matches>) -> usize {
    found.map_or(0, |found| found.spans.count() as usize)
}

/// Where one is among the matches.
fn said(session: Session) -> String {
    let selected = session.selected.get();
    session.matches.with(|found| {
        let Some(found) = found.as_deref() else { return String::new() };
        let so_far = if found.unsearched > 0 { " so far" } else { "" };
        match (count(Some(found)), selected.filter(|span| found.spans.contains(*span))) {
            _ if found.error.is_some() => String::new(),
            (0, _) => format!("No match{so_far}"),
            (all, Some(span)) => {
                format!("{} of {}{so_far}", grouped(found.spans.before(span) as usize + 1), grouped(all))
            }
            (1, None) => format!("1 match{so_far}"),
            (all, None) => format!("{} matches{so_far}", grouped(all)),
        }
    })
}

/// What is wrong with a query, with the place marked.
fn mistake(text: &str, error: &QueryError) -> El {
    let (at, end) = (error.at as usize, (error.at + error.len) as usize);
    // The text may have gone on since it was read.
    let piece = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let wrong = match piece(at..end) {
        "" => "…",
        wrong => wrong,
    };
    let place = el("code", "")
        .text(piece(0..at))
        .child(el("mark", "find-wrong").text(wrong))
        .text(piece(end.min(text.len())..text.len()));
    el("p", "find-mistake")
        .test("find-mistake")
        .attr("role", "alert")
        .child(place)
        .text(format!(" Expected {}.", error.expected))
}
