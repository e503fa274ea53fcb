//! The palette: everything on the page by name. Actions with their keys, services, and spans by their operation.

mod entries;
mod rank;

use super::help::readable;
use super::session::Session;
use crate::state::busy;
use crate::state::clock;
use crate::state::tasks::{spawn_scoped, yield_to_event_loop};
use crate::ui::choices::{Choice, Choices};
use crate::ui::dialog::dialog;
use crate::ui::element::{El, el, typed};
use crate::ui::view::effect;
use entries::{Entries, Entry};
use leptos::prelude::*;
use spandrel_trace::analysis::names::OperationCounter;
use spandrel_trace::model::Outline;
use std::rc::Rc;
use std::sync::Arc;
use web_sys::{Event, HtmlDialogElement, KeyboardEvent};

/// The dialog. It goes when it is closed, or when something was chosen.
pub fn palette(session: Session) -> El {
    let chosen = StoredValue::new(None::<Entry>);
    // What was chosen acts once the dialog is gone: it may want the focus for itself.
    let closed = move || {
        session.summoned.set(None);
        if let Some(entry) = chosen.get_value() {
            entry.act(session);
        }
    };
    let dialog = dialog("Go to an action, a span or a service by name", "palette", closed).test("palette");
    let element: HtmlDialogElement = dialog.node();
    let outline = session.outline();
    let entries = RwSignal::new(Entries::default());
    spawn_scoped(gather(outline.clone(), entries));
    let choices = Choices::new("palette-choices");
    let found = StoredValue::new(Vec::<Entry>::new());
    let text = RwSignal::new(String::new());
    effect(move || {
        let ranked = text.with(|text| entries.with(|entries| entries.best(&outline, text)));
        let shown = ranked.iter().map(|ranked| Choice {
            label: ranked.item.label(&outline),
            marks: ranked.marks.clone(),
            note: note(&ranked.item),
        });
        choices.list.set(shown.collect());
        choices.at.set((!ranked.is_empty()).then_some(0));
        found.set_value(ranked.into_iter().map(|ranked| ranked.item).collect());
    });
    let closing = element.clone();
    let take: Rc<dyn Fn(usize)> = Rc::new(move |at: usize| {
        chosen.set_value(found.with_value(|found| found.get(at).copied()));
        closing.close();
    });
    let by_key = take.clone();
    let key = move |event: KeyboardEvent| {
        if choices.moved(&event) || event.is_composing() {
            return;
        }
        match (event.key().as_str(), event.ctrl_key() || event.meta_key()) {
            ("Enter", _) => {
                if let Some(at) = choices.at.get_untracked() {
                    by_key(at);
                }
            }
            // The key that opened it closes it.
            ("k", true) => element.close(),
            _ => return,
        }
        event.prevent_default();
    };
    let field = choices
        .on_field(el("input", "palette-field"))
        .attr("type", "text")
        .attr("autofocus", true)
        .attr("aria-label", "Action, span, span id or service")
        .attr("placeholder", "Action, span, span id or service")
        .test("palette-field")
        .on("input", move |event: Event| text.set(typed(&event)))
        .on("keydown", key);
    let count = move || match choices.list.with(Vec::len) {
        0 => "Nothing fits".to_owned(),
        1 => "1 fits".to_owned(),
        count => format!("{count} fit best"),
    };
    let said = el("p", "palette-said").attr("role", "status").live_text(count);
    let list = choices.view("What fits", move |at| take(at));
    dialog.child(el("div", "palette-body").children([field, list, said]))
}

/// Spans gone over between two looks at the clock, and milliseconds between two turns.
const AT_ONCE: usize = 20_000;
const AT_A_STRETCH: f64 = 10.0;

/// Goes over all spans once, and lets others have their turn meanwhile.
async fn gather(outline: Arc<Outline>, entries: RwSignal<Entries>) {
    let _busy = busy::hold();
    let mut names = OperationCounter::default();
    let mut turned = clock::now();
    while !names.step(&outline, AT_ONCE) {
        if clock::now() - turned > AT_A_STRETCH {
            yield_to_event_loop().await;
            turned = clock::now();
        }
    }
    entries.set(Entries::of(names));
}

fn note(entry: &Entry) -> String {
    match entry {
        Entry::Action(known) => {
            known.keys.first().or(known.on_rows.first()).map(|key| readable(key)).unwrap_or_default()
        }
        Entry::Service(_) => "service".to_owned(),
        Entry::Operation(named) => match named.spans {
            1 => "1 span".to_owned(),
            count => format!("{count} spans"),
        },
        Entry::Span(_) => "span".to_owned(),
    }
}
