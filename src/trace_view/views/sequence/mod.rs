//! The sequence diagram of a trace: services as lifelines, the calls between them as messages, and the same as text for
//! Mermaid and PlantUML.

use super::super::copy::CopyStatus;
use super::super::counted::counted;
use super::super::marks::{dims, matches};
use super::super::parts::Part;
use super::super::session::Session;
use super::super::span_source::SpanSource;
use super::answer::{ViewAnswer, ask};
use crate::state::colours;
use crate::ui::empty::EmptyState;
use crate::ui::find_mark::FindMark;
use leptos::html;
use leptos::prelude::*;
use spandrel_trace::analysis::sequence::{
    CallSequence, MAX_MESSAGES, SequenceFold, SequenceMessage, label, mermaid, plant_uml,
};
use spandrel_trace::engine::{Answer, QuestionTopic};
use spandrel_trace::units::{count, display_name, duration};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Width of a lifeline's column, CSS pixels.
const COLUMN: f64 = 180.0;

/// The sequence diagram with its tools.
#[component]
pub fn SequenceDiagram(
    /// State of the trace.
    session: Session,
    /// Where the diagram comes from.
    source: SpanSource,
) -> impl IntoView {
    let answer = ask(
        session,
        source,
        move |filter| QuestionTopic::Sequence {
            filter,
            marked: matches(session).map(|found| found.spans.clone()),
        },
        |answer| if let Answer::Sequence(sequence) = answer { Some(*sequence) } else { None },
    );
    view! {
        <div class="sequence" data-test="sequence-view">
            <ViewAnswer session answer face/>
        </div>
    }
}

fn face(session: Session, sequence: Arc<CallSequence>) -> AnyView {
    if sequence.messages.is_empty() {
        let next = "A sequence diagram shows calls from one service to another. The spans that this view shows make none.";
        return view! { <EmptyState title="No calls between services" next=vec![next.to_owned()]/> }
            .into_any();
    }
    view! { <Diagram session sequence/> }.into_any()
}

/// A diagram that has messages.
#[component]
fn Diagram(session: Session, sequence: Arc<CallSequence>) -> impl IntoView {
    let note = note(&sequence);
    let (for_mermaid, for_plant_uml) = (sequence.clone(), sequence.clone());
    let (mermaid_copied, plant_uml_copied) = (CopyStatus::new(), CopyStatus::new());
    let names: Vec<&str> = sequence.lifelines.iter().map(String::as_str).collect();
    let lifelines = sequence
        .lifelines
        .iter()
        .zip(colours::slots(&names))
        .map(|(name, slot)| {
            let name = display_name(name).to_owned();
            view! {
                <li class="sequence-lifeline" data-slot=(slot + 1).to_string()>
                    <span class="sequence-name" title=name.clone()>{name.clone()}</span>
                </li>
            }
        })
        .collect_view();
    let list = NodeRef::<html::Ol>::new();
    let has_marks =
        session.find.matches.with_untracked(|found| found.as_ref().is_some_and(|it| it.error.is_none()));
    // A step to a match, or a selection of another view, brings the message of the span into sight.
    Effect::new(move |_| {
        session.selection.reveal.track();
        let selected = session.selection.span.get();
        let id = selected.and_then(|span| session.outline().id.get(span as usize).copied());
        let Some((list, id)) = list.get().zip(id) else { return };
        // An id is of hexadecimal digits, which is a valid selector.
        if let Ok(Some(message)) = list.query_selector(&format!("[data-span-id=\"{id}\"]")) {
            let how = ScrollIntoViewOptions::new();
            how.set_block(ScrollLogicalPosition::Nearest);
            how.set_inline(ScrollLogicalPosition::Nearest);
            message.scroll_into_view_with_scroll_into_view_options(&how);
        }
    });
    let outline = session.outline();
    let message = |message: &SequenceMessage| row(session, &sequence, message, &outline.id, has_marks);
    let messages = sequence.messages.iter().map(message).collect_view();
    let width = format!("{}px", sequence.lifelines.len() as f64 * COLUMN);
    view! {
        <div class="sequence-tools">
            <span class="sequence-note" data-test="sequence-note">{note}</span>
            <button
                type="button"
                class="button button--flat sequence-copy"
                data-test="copy-mermaid"
                on:click=move |_| mermaid_copied.copy(mermaid(&for_mermaid))
            >
                <span class="copy-text" aria-live="polite">{move || mermaid_copied.text("Copy Mermaid")}</span>
            </button>
            <button
                type="button"
                class="button button--flat sequence-copy"
                data-test="copy-plantuml"
                on:click=move |_| plant_uml_copied.copy(plant_uml(&for_plant_uml))
            >
                <span class="copy-text" aria-live="polite">{move || plant_uml_copied.text("Copy PlantUML")}</span>
            </button>
        </div>
        <div class="sequence-scroll" tabindex="-1">
            <div class="sequence-page" style:width=width>
                <ul class="sequence-lifelines" aria-label="Services">{lifelines}</ul>
                <ol
                    class="sequence-messages"
                    aria-label="Messages in the order of time. Arrow keys move between them, Enter opens a span."
                    node_ref=list
                    on:keydown=move |event| move_focus(list, &event)
                >
                    {messages}
                </ol>
            </div>
        </div>
    }
}

/// One message: a button at its place between the lifelines, which selects the called span.
fn row(
    session: Session,
    sequence: &CallSequence,
    message: &SequenceMessage,
    ids: &[spandrel_trace::units::SpanId],
    has_marks: bool,
) -> impl IntoView + use<> {
    let (span, marked) = (message.span, message.marked);
    let mark = move || has_marks.then(|| FindMark::of(marked > 0, dims(session)).word()).flatten();
    let is_selected = move || session.selection.span.get() == Some(span);
    let (left, right) = (message.from.min(message.to), message.from.max(message.to));
    let (from, width) = ((f64::from(left) + 0.5) * COLUMN, f64::from(right - left) * COLUMN);
    let name = |lifeline: u32| sequence.lifelines.get(lifeline as usize).cloned().unwrap_or_default();
    let label = label(message);
    let verb = if message.is_return { "returns to" } else { "calls" };
    let said =
        format!("{} {verb} {}: {label}, at {}", name(message.from), name(message.to), duration(message.time));
    let said = match marked {
        0 => said,
        _ => format!("{said}, {}", counted(marked as usize, "match", "matches")),
    };
    let (is_failed, is_leftwards) = (message.errors > 0, message.from > message.to);
    let id = ids.get(span as usize).map(ToString::to_string);
    view! {
        <li class="sequence-row">
            <button
                type="button"
                class="sequence-message"
                data-part=Part::View.name()
                class:sequence-return=message.is_return
                class:sequence-async=message.is_async
                class:sequence-failed=is_failed
                class:sequence-leftwards=is_leftwards
                data-test="sequence-message"
                data-span-id=id
                data-mark=mark
                style:left=format!("{from}px")
                style:width=format!("{width}px")
                title=said.clone()
                aria-label=said
                aria-pressed=move || is_selected().to_string()
                on:click=move |_| session.press(span)
            >
                <span class="sequence-label">{label}</span>
            </button>
        </li>
    }
}

/// Moves the focus to another message.
fn move_focus(list: NodeRef<html::Ol>, event: &KeyboardEvent) {
    let Some(list) = list.get_untracked() else { return };
    let (rows, focused) = (list.children(), document().active_element());
    let button = |index: u32| rows.item(index).and_then(|row| row.first_element_child());
    let count = rows.length();
    let Some(now) = (0..count).find(|index| button(*index).is_some_and(|it| Some(it) == focused)) else {
        return;
    };
    let next = match event.key().as_str() {
        "ArrowDown" => (now + 1).min(count - 1),
        "ArrowUp" => now.saturating_sub(1),
        "Home" => 0,
        "End" => count - 1,
        _ => return,
    };
    event.prevent_default();
    if let Some(button) = button(next).and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        // An element that cannot take the focus leaves it where it is.
        let _ = button.focus();
    }
}

/// How many calls there are, and what was folded.
fn note(sequence: &CallSequence) -> String {
    let calls = counted(sequence.calls as usize, "call between services", "calls between services");
    let folded = match sequence.fold {
        SequenceFold::Nothing => return calls,
        SequenceFold::Operations => "calls of one operation by the same caller are folded",
        SequenceFold::Services | SequenceFold::Longest => {
            "calls of one service by the same caller are folded"
        }
    };
    let left_out = match sequence.left_out {
        0 => String::new(),
        left_out => format!(", and the {} shortest are not shown", count(u64::from(left_out))),
    };
    format!("{calls}. To stay below {MAX_MESSAGES} messages, {folded}{left_out}.")
}
