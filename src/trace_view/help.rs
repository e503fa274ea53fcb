//! The dialog of keyboard shortcuts and of the marks of the waterfall.

use super::commands::{Command, GROUPS};
use super::key_names::readable;
use crate::ui::dialog::Dialog;
use leptos::prelude::*;
use leptos::{ev, html};

/// Marks of the waterfall: the class that draws each, the span kind whose dot it is, if any, and its meaning.
const MARKS: [(&str, Option<&str>, &str); 23] = [
    ("span-row-failed", None, "Error"),
    ("span-row-passed-on", None, "Error, with an error in a descendant: passed on"),
    ("span-row-failed-below", None, "Error in a descendant"),
    ("span-row-warned", None, "Warnings: see the details"),
    ("span-row-outlives", None, "Ends after its parent: the critical path counts it up to the parent's end"),
    ("span-row-linked", None, "Links to other spans"),
    ("span-row-dot", Some("server"), "Server span"),
    ("span-row-dot", Some("client"), "Client span"),
    ("span-row-dot", Some("consumer"), "Consumer span"),
    ("span-row-dot", Some("producer"), "Producer span"),
    ("span-row-dot", Some("internal"), "Internal span"),
    ("keys-bar keys-bar-critical", None, "Line below a bar: this part is on the critical path"),
    ("keys-bar keys-bar-waiting", None, "Pale: the span waits for its children"),
    ("keys-bar keys-bar-gap", None, "Hollow: time without instrumentation"),
    ("keys-bar keys-bar-served", None, "Inset: the server's time in a collapsed client span"),
    ("keys-bar keys-bar-error", None, "Bar of a span with an error"),
    ("keys-bar keys-bar-passed-on", None, "Bar of a span that passed an error on"),
    ("keys-bar keys-bar-failure", None, "Error of a span that the row hides, at its time"),
    ("keys-bar keys-bar-outside", None, "Part of a bar outside of its parent's time"),
    ("keys-bar keys-bar-event", None, "Event on a bar"),
    ("keys-bar keys-bar-log", None, "Log line, above the bar of the span that logged it"),
    ("keys-bar keys-bar-log keys-bar-log-error", None, "Log lines, one of them an error"),
    ("keys-bar keys-bar-match", None, "Row of a match"),
];

/// The dialog, until it is closed.
#[component]
pub fn Help(
    /// Called once it is closed.
    #[prop(into)]
    on_close: UnsyncCallback<()>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    // The key that opened it closes it.
    let key = move |event: ev::KeyboardEvent| {
        if event.key() == "?" {
            event.prevent_default();
            close();
        }
    };
    view! {
        <Dialog
            label="Keyboard shortcuts"
            class="keys"
            dialog=dialog
            on_close
            attr:data-test="help"
            on:keydown=key
        >
            <div class="dialog__body">
                <div class="keys-head">
                    <h2 class="dialog__title">"Keyboard shortcuts"</h2>
                    <button type="button" class="button button--flat" on:click=move |_| close()>"Close"</button>
                </div>
                <div class="keys-groups">
                    {GROUPS.iter().filter_map(|(title, group)| shortcuts(title, group)).collect_view()}
                    <Marks/>
                </div>
                <p class="keys-note">
                    "These keys are for a trace; Ctrl+K and ? work on every page. Keys marked “tree focused” work while a \
                     row of the tree has the focus, as it has after a click. No key works while a field has the focus, \
                     except for Ctrl+K on pages without a trace."
                </p>
            </div>
        </Dialog>
    }
}

/// A group of commands with their keys; `None` where none has a key.
fn shortcuts(title: &'static str, group: &'static [Command]) -> Option<impl IntoView + use<>> {
    let has_keys = |command: &&Command| !command.keys.is_empty() || !command.on_rows.is_empty();
    let row = |command: &'static Command| {
        let keys = command.keys.iter().chain(command.on_rows).map(|key| view! { <kbd>{readable(key)}</kbd> });
        view! {
            <tr>
                <th scope="row">{command.name}</th>
                <td class="keys-keys">
                    {keys.collect_view()}
                    {(!command.on_rows.is_empty()).then(|| view! { <small>"tree focused"</small> })}
                </td>
            </tr>
        }
    };
    let rows: Vec<_> = group.iter().filter(has_keys).map(row).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="keys-group">
                <h3>{title}</h3>
                <table>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        }
    })
}

/// What the marks of the waterfall mean.
#[component]
fn Marks() -> impl IntoView {
    let mark = |(class, kind, meaning): (&'static str, Option<&'static str>, &'static str)| {
        view! {
            <li>
                <i class=class data-kind=kind data-slot=kind.map(|_| "1") aria-hidden="true"></i>
                {meaning}
            </li>
        }
    };
    view! {
        <section class="keys-group" data-test="marks">
            <h3>"Marks"</h3>
            <ul class="keys-marks">{MARKS.map(mark).collect_view()}</ul>
        </section>
    }
}
