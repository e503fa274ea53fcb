//! Finding spans: the field, how many match, and what happens to the others. The matches are kept in the session, where
//! the waterfall reads them.

mod field;
mod run;

pub use run::run_query;

use super::commands::{Command, FOCUS_MATCHES, NEXT_MATCH, PREVIOUS_MATCH, is_focused};
use super::find_hint::Hint;
use super::session::Session;
use crate::route::{Named, Show as ShowMode};
use crate::state::data::Data;
use crate::ui::select::Select;
use field::FindField;
use leptos::prelude::*;
use spandrel_trace::analysis::query::QueryError;
use spandrel_trace::engine::Matches;
use spandrel_trace::units::count;

/// The find bar of the trace with this id.
#[component]
pub fn Find(
    /// State of the trace.
    session: Session,
    /// Where the trace comes from.
    data: Data,
    /// Id of the trace in the address.
    id: StoredValue<String>,
) -> impl IntoView {
    let is_looking = move || !session.find.query.with(String::is_empty);
    let error =
        move || session.find.matches.with(|found| found.as_ref().and_then(|found| found.error.clone()));
    view! {
        <div class="find" role="search">
            <FindField session data id/>
            <span class="find-said" data-test="find-count" role="status">{move || status(session)}</span>
            <Show when=is_looking>
                <FindTools session/>
            </Show>
            <Hints session/>
            {move || {
                error().map(|error| view! { <Mistake text=session.find.query.get_untracked() error/> })
            }}
        </div>
    }
}

/// Steps through the matches, and what is shown besides them.
#[component]
fn FindTools(session: Session) -> impl IntoView {
    let has_none = move || session.find.matches.with(|found| count_of(found.as_deref()) == 0);
    let step = move |label: &'static str, face: &'static str, command: Command| {
        let step = move |_| {
            command.run(session);
        };
        view! {
            <button
                type="button"
                class="button button--flat find-step"
                aria-label=label
                title=label
                disabled=has_none
                on:click=step
            >
                {face}
            </button>
        }
    };
    let focus = move |_| {
        FOCUS_MATCHES.run(session);
    };
    view! {
        {step("Previous match (b)", "↑", PREVIOUS_MATCH)}
        {step("Next match (f)", "↓", NEXT_MATCH)}
        <button
            type="button"
            class="button button--flat find-focus"
            data-test="find-focus"
            title="Show matches with ancestors and zoom to them"
            aria-pressed=move || is_focused(session).to_string()
            disabled=move || !is_focused(session) && has_none()
            on:click=focus
        >
            "Focus"
        </button>
        <Select
            all=ShowMode::ALL
            is_chosen=move |show| session.find.show.get() == *show
            on_choose=move |show| session.find.show.set(show)
            attr:class="field find-show"
            attr:data-test="find-show"
            attr:aria-label="Non-matching spans"
            attr:title="Non-matching spans"
        />
    }
}

fn count_of(found: Option<&Matches>) -> u64 {
    found.map_or(0, |found| found.spans.count().into())
}

/// How many spans match, and which of them is selected.
fn status(session: Session) -> String {
    let selected = session.selection.span.get();
    session.find.matches.with(|found| {
        let Some(found) = found.as_deref() else { return String::new() };
        let so_far = if found.unsearched > 0 { " so far" } else { "" };
        match (count_of(Some(found)), selected.filter(|span| found.spans.contains(*span))) {
            _ if found.error.is_some() => String::new(),
            (0, _) => format!("No match{so_far}"),
            (all, Some(span)) => {
                format!("{} of {}{so_far}", count(u64::from(found.spans.before(span)) + 1), count(all))
            }
            (1, None) => format!("1 match{so_far}"),
            (all, None) => format!("{} matches{so_far}", count(all)),
        }
    })
}

/// What of the text is not understood. Taking what may have been meant replaces that part of it.
#[component]
fn Hints(session: Session) -> impl IntoView {
    let hints = Memo::new(move |_| {
        session.find.matches.with(|found| found.as_ref().map(|found| found.hints.clone()).unwrap_or_default())
    });
    let take = Callback::new(move |(part, instead): (String, String)| {
        session.find.query.update(|query| *query = query.replacen(&part, &instead, 1));
    });
    move || {
        let hints = hints.get();
        (!hints.is_empty()).then(|| {
            let hints = hints.into_iter().map(|hint| view! { <Hint hint on_take=take/> }).collect_view();
            view! { <div class="find-hint" data-test="find-hint" role="status">{hints}</div> }
        })
    }
}

/// What is wrong with the query `text`, with the place marked.
#[component]
fn Mistake(text: String, error: QueryError) -> impl IntoView {
    let (at, end) = (error.at as usize, (error.at + error.len) as usize);
    // The text may have changed since it was parsed.
    let piece = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().to_owned();
    let wrong = match piece(at..end) {
        wrong if wrong.is_empty() => "…".to_owned(),
        wrong => wrong,
    };
    view! {
        <p class="find-mistake" data-test="find-mistake" role="alert">
            <code>
                {piece(0..at)}
                <mark class="find-wrong">{wrong}</mark>
                {piece(end.min(text.len())..text.len())}
            </code>
            {format!(" Expected {}.", error.expected)}
        </p>
    }
}
