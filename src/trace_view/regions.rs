//! Regions of the trace page and the focus among them: the view, the details, and the header with the find field.

use super::parts::Part;
use super::session::Session;
use crate::state::busy;
use crate::state::tasks::{next_frame, sleep, spawn, spawn_scoped};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement};

/// Id of the element that shows the view, which tabs name as what they control.
pub const PANEL: &str = "trace-view";

/// What takes the focus of a view besides what is marked for it: the tree of the waterfall, and tables.
const TREE_OR_TABLE: &str = "[role=grid], [role=treegrid]";
/// Milliseconds between two looks for it while the view is loading, and how many there are.
const PAUSE: u32 = 50;
const LOOKS: u32 = 60;
/// Height of a window in which the header leaves no room for rows, CSS pixels; as in `trace.css`.
const LOW: f64 = 560.0;

fn focus(element: Option<HtmlElement>) -> bool {
    // An element that cannot take the focus leaves it where it is.
    element.is_some_and(|element| element.focus().is_ok())
}

/// The chosen view: its tree, graph or table, or the panel itself where it has none.
fn view() -> Option<HtmlElement> {
    let panel = document().get_element_by_id(PANEL);
    let marked = Part::View.selector();
    let inside = format!("{marked}[tabindex], button{marked}, {marked} [tabindex], {TREE_OR_TABLE}");
    let inner = panel.as_ref().and_then(|panel| panel.query_selector(&inside).ok().flatten());
    inner.or(panel)?.dyn_into().ok()
}

/// Whether the window is so low that the page of a trace scrolls.
pub fn is_low() -> bool {
    let height = window().inner_height().ok().and_then(|height| height.as_f64());
    height.is_none_or(|height| height <= LOW)
}

/// Focuses the chosen view.
pub fn focus_view() -> bool {
    focus(view())
}

/// The same for a trace that opens: the page stays at its start, unless the window is so low that only then rows are seen.
fn focus_view_first() -> bool {
    let options = FocusOptions::new();
    options.set_prevent_scroll(!is_low());
    // An element that cannot take the focus leaves it where it is.
    view().is_some_and(|view| view.focus_with_options(&options).is_ok())
}

/// The same in the next frame, when what was changed is shown.
pub fn focus_view_soon() {
    spawn(async {
        next_frame().await;
        focus_view();
    });
}

/// Focuses the details of a span. Returns whether any are shown.
pub fn focus_details() -> bool {
    focus(Part::Details.first())
}

/// Whether details of a span are open. They are in the page one frame after they were opened.
fn are_details_open(session: Session) -> bool {
    session.selection.span.get().is_some()
        && (session.panels.details_open.get() || !session.panels.inline.with(Vec::is_empty))
}

/// Moves the focus to the next region, or to the one before: view, details where any are open, find field, and round.
pub fn next_region(session: Session, forward: bool) {
    if Part::Details.first().is_some() || !untrack(|| are_details_open(session)) {
        return move_on(forward);
    }
    let busy = busy::hold();
    spawn(async move {
        next_frame().await;
        move_on(forward);
        drop(busy);
    });
}

fn move_on(forward: bool) {
    let active = document().active_element();
    let is_in = |part: Part| active.as_ref().is_some_and(|active| part.has(active));
    let panel = document().get_element_by_id(PANEL);
    let is_in_view = panel.is_some_and(|panel| panel.contains(active.as_deref()));
    let regions: [(bool, fn() -> bool); 3] = [
        (is_in_view && !is_in(Part::Details), focus_view),
        (is_in(Part::Details), focus_details),
        (is_in(Part::Header), || focus(Part::FindField.first())),
    ];
    let count = regions.len();
    let now = regions.iter().position(|(is_in, _)| *is_in);
    let after = |steps: usize| match (now, forward) {
        (Some(now), true) => (now + steps) % count,
        (Some(now), false) => (now + count - steps) % count,
        (None, true) => steps - 1,
        (None, false) => count - steps,
    };
    for steps in 1..=count {
        if regions[after(steps)].1() {
            return;
        }
    }
}

/// Keeps the focus in the page until the current owner is cleaned up: into the view when the trace has opened or another
/// view is chosen, and back into it when what had the focus is gone.
pub fn keep_focus(session: Session) {
    Effect::new(move |before: Option<_>| {
        let tab = session.tab.get();
        let panels = session.panels;
        // What may have had the focus closes with these.
        panels.open.track();
        panels.details_open.track();
        panels.inline.track();
        session.findings.open.track();
        session.lint_open.track();
        session.what_if.track();
        let is_other = before.is_some_and(|before| before != tab);
        let focus_view: fn() -> bool = if before.is_none() { focus_view_first } else { focus_view };
        spawn_scoped(async move {
            next_frame().await;
            if !may_move(document().active_element(), is_other) {
                return;
            }
            focus_view();
            // Most views are shown once they are computed. Until then the panel has the focus, unless it was moved meanwhile.
            for _ in 0..LOOKS {
                sleep(PAUSE).await;
                let active = document().active_element();
                if active.is_none_or(|active| active.id() != PANEL) {
                    return;
                }
                focus_view();
            }
        });
        tab
    });
}

/// Whether the focus may be moved into the view: nothing of the page has it, or another view was chosen, by its tab or by
/// what was in the view before.
fn may_move(active: Option<Element>, is_other: bool) -> bool {
    let Some(active) = active else { return true };
    let is = |selector: &str| active.matches(selector).unwrap_or(false);
    let within = |selector: &str| active.closest(selector).ok().flatten().is_some();
    is("body, html, #content")
        || is_other && Part::Trace.has(&active) && !within("dialog, input, textarea, select")
}

/// Links that lead past header and tabs, shown while they have the focus.
#[component]
pub fn SkipLinks(
    /// State of the trace.
    session: Session,
) -> impl IntoView {
    let has_details = move || are_details_open(session);
    let link = |test: &'static str, text: &'static str, go: fn() -> bool| {
        view! {
            <button type="button" class="unseen" data-test=test on:click=move |_| { go(); }>
                {text}
            </button>
        }
    };
    view! {
        {link("skip-to-view", "Skip to the view", focus_view)}
        <Show when=has_details>{link("skip-to-details", "Skip to the details", focus_details)}</Show>
    }
}
