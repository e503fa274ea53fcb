//! The command palette: what the app offers on every page; with a trace its commands with their keys, services, operations
//! and spans. All are found by name.

mod entries;
mod rank;

use super::app_actions::AppActions;
use super::commands::{self, Command};
use super::key_names::readable;
use super::session::{OpenPanel, Session};
use crate::state::busy;
use crate::state::clock;
use crate::state::tasks::{spawn_scoped, yield_to_event_loop};
use crate::ui::choices::{Choice, Choices, Combobox};
use crate::ui::dialog::Dialog;
use entries::{Entries, Entry};
use leptos::prelude::*;
use leptos::{ev, html};
use spandrel_trace::analysis::names::OperationCounter;
use spandrel_trace::model::Outline;
use std::sync::Arc;

/// The dialog, until it is closed or something was chosen.
#[component]
pub fn Palette(
    /// State of the trace; `None` on a page without one.
    session: Option<Session>,
    /// The dialog that is open.
    open: RwSignal<Option<OpenPanel>>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let chosen = StoredValue::new(None::<Entry>);
    let actions = use_context::<AppActions>();
    let outline = session.map(|session| session.outline()).unwrap_or_default();
    let entries = RwSignal::new(Entries::default());
    spawn_scoped(gather(outline.clone(), entries));
    let (label, placeholder) = match session {
        Some(_) => ("Go to an action, a span or a service by name", "Action, page, span, span ID or service"),
        None => ("Go to a page or an action by name", "Page or action"),
    };
    let combobox = Combobox::new("palette-choices");
    let found = StoredValue::new(Vec::<Entry>::new());
    let text = RwSignal::new(String::new());
    Effect::new(move || {
        let app = actions.map_or(&[][..], |actions| actions.list);
        let ranked =
            text.with(|text| entries.with(|entries| entries.best(&outline, enabled(session), app, text)));
        let shown = ranked.iter().map(|ranked| Choice {
            label: ranked.item.label(&outline),
            marks: ranked.marks.clone(),
            note: note(&ranked.item),
        });
        combobox.choices.set(shown.collect());
        combobox.active.set((!ranked.is_empty()).then_some(0));
        found.set_value(ranked.into_iter().map(|ranked| ranked.item).collect());
    });
    // What was chosen runs once the dialog is closed: it may move the focus.
    let closed = move |()| {
        open.set(None);
        match (chosen.get_value(), session, actions) {
            (Some(Entry::App(action)), _, Some(actions)) => {
                actions.run.run(action.kind);
            }
            (Some(entry), Some(session), _) => entry.act(session),
            _ => {}
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let choose = move |at: usize| {
        chosen.set_value(found.with_value(|found| found.get(at).copied()));
        close();
    };
    let key = move |event: ev::KeyboardEvent| {
        if combobox.moved(&event) || event.is_composing() {
            return;
        }
        match (event.key().as_str(), event.ctrl_key() || event.meta_key()) {
            ("Enter", _) => {
                if let Some(at) = combobox.chosen() {
                    choose(at);
                }
            }
            // The key that opened it closes it.
            ("k", true) => close(),
            _ => return,
        }
        event.prevent_default();
    };
    let count = move || match combobox.choices.with(Vec::len) {
        0 => "No results".to_owned(),
        1 => "1 result".to_owned(),
        count if count == entries::MOST => format!("Top {count} results"),
        count => format!("{count} results"),
    };
    view! {
        <Dialog
            label
            class="palette"
            dialog=dialog
            on_close=closed
            attr:data-test="palette"
        >
            <div class="palette-body">
                <input
                    class="palette-field"
                    {..combobox.attributes()}
                    type="text"
                    autofocus
                    aria-label=placeholder
                    placeholder=placeholder
                    data-test="palette-field"
                    on:input:target=move |event| text.set(event.target().value())
                    on:keydown=key
                />
                <Choices combobox=combobox label="Results" on_choose=choose/>
                <p class="palette-said" role="status">{count}</p>
            </div>
        </Dialog>
    }
}

/// The commands that have something to do now.
fn enabled(session: Option<Session>) -> impl Iterator<Item = &'static Command> {
    commands::all().filter(move |command| session.is_some_and(|session| command.is_enabled(session)))
}

/// Spans read between two looks at the clock.
const BATCH: usize = 20_000;
/// Milliseconds between two yields to the event loop.
const SLICE: f64 = 10.0;

/// Collects the names of all spans into `entries`, yielding to the event loop.
async fn gather(outline: Arc<Outline>, entries: RwSignal<Entries>) {
    let _busy = busy::hold();
    let mut names = OperationCounter::default();
    let mut yielded = clock::now();
    while !names.step(&outline, BATCH) {
        if clock::now() - yielded > SLICE {
            yield_to_event_loop().await;
            yielded = clock::now();
        }
    }
    entries.set(Entries::of(names));
}

/// What is shown beside an entry.
fn note(entry: &Entry) -> String {
    match entry {
        Entry::Command(command) => {
            command.keys.first().or(command.on_rows.first()).map(|key| readable(key)).unwrap_or_default()
        }
        Entry::App(action) => action.note.to_owned(),
        Entry::Service(_) => "service".to_owned(),
        Entry::Operation(named) => match named.spans {
            1 => "1 span".to_owned(),
            count => format!("{count} spans"),
        },
        Entry::Span(_) => "span".to_owned(),
    }
}
