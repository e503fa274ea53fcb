//! The note at an event's tick: when it was, and as soon as the engine has said it, what it was.

use super::detail::{Whole, signed, value_text};
use super::layout::Ask;
use super::session::Session;
use super::ticked::Ticked;
use crate::state::tasks;
use crate::ui::canvas::SizeWatch;
use crate::ui::element::{El, el};
use crate::ui::view::{View, effect, keep, keyed};
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;
use spandrel_trace::model::record::{Attribute, Event};
use spandrel_trace::units::Order as _;
use std::sync::Arc;
use web_sys::{Element, HtmlElement, PointerEvent};

/// Events that are told of one by one, attributes of each, and letters of a value; the detail has all.
const EVENTS: usize = 5;
const ATTRIBUTES: usize = 8;
const LETTERS: usize = 240;

/// How long the pointer rests on a tick before the engine is asked, milliseconds.
const REST: u32 = 120;

/// From the edge of the window to the note at least, and from the note's edge to its tick, CSS pixels.
const AIR: f64 = 8.0;
const AHEAD: f64 = 14.0;

/// A span's events as the engine told them.
type Told = Option<(SpanIx, Arc<Whole>)>;

/// The note of `session`, as long as there is something to tell; `mark` is what stands at the tick.
pub fn event_note(session: Session, ask: Ask, mark: HtmlElement) -> View {
    let told = RwSignal::new(None::<(SpanIx, Arc<Whole>)>);
    effect(move || {
        // Another trace, or this one read again, has other events.
        session.outline_live().track();
        told.set(None);
    });
    effect(move || {
        let Some(Ticked { span, .. }) = session.ticked.get() else { return };
        if told.with(|told: &Told| told.as_ref().is_some_and(|(of, _)| *of == span)) {
            return;
        }
        let ask = ask.clone();
        tasks::spawn_scoped(async move {
            tasks::sleep(REST).await;
            // What nobody could say is left out; the detail tells why.
            if let Ok(whole) = ask(span).await {
                told.set(Some((span, whole)));
            }
        });
    });
    let mut before = None;
    effect(move || {
        let around = (session.range.get(), session.selected.get(), Arc::as_ptr(&session.rows.get()));
        let now = (session.ticked.get(), around);
        // Something else is seen, and nobody has gone to these events with it.
        let left = before.replace(now).is_some_and(|(ticked, seen)| ticked == now.0 && seen != around);
        if left && now.0.is_some() {
            session.ticked.set(None);
        }
    });
    let shown = move || session.ticked.get();
    keyed(shown, move |ticked| -> View {
        ticked.map(|ticked| note(session, ticked, told, mark.clone())).into()
    })
}

fn note(session: Session, ticked: Ticked, told: RwSignal<Told>, mark: HtmlElement) -> El {
    let left = move |event: PointerEvent| {
        // Back to the row below, the pointer says anew what it is on.
        if event.pointer_type() != "touch" {
            session.ticked.set(None);
        }
    };
    let events = keyed(
        move || told.with(|told| told.as_ref().is_some_and(|(span, _)| *span == ticked.span)),
        move |_| entries(session, ticked, told.get_untracked().filter(|(span, _)| *span == ticked.span)),
    );
    let note = el("div", "event-note")
        .test("event-note")
        .attr("role", "status")
        .attr("aria-label", "Event")
        .on("pointerleave", left)
        .child(events);
    let element = note.node::<HtmlElement>();
    keep(SizeWatch::new(&note.node::<Element>(), move || put(&element, &mark)));
    note
}

/// What is to be told: the events that stand together, in the order of their times.
fn entries(session: Session, Ticked { span, from, to }: Ticked, told: Told) -> Vec<El> {
    let outline = session.outline();
    let begin = outline.start[span as usize];
    let within = |time: &u64| (from..=to).contains(time);
    let mut times: Vec<u64> = outline.events_of(span).iter().copied().filter(within).collect();
    let all = times.len();
    times.order();
    let mut events: Vec<(u64, &Event)> = Vec::new();
    if let Some((_, whole)) = &told {
        let from_begin = |event: &Event| event.time_unix.saturating_sub(outline.start_unix);
        events.extend(whole.record.events.iter().map(|event| (from_begin(event), event)));
        events.retain(|(time, _)| within(time));
        events.order_by_key(|(time, _)| *time);
    }
    let entry = |(at, time): (usize, &u64)| {
        let event = events.get(at).filter(|(of, _)| of == time).map(|(_, event)| *event);
        let name = event.map(|event| if event.name.is_empty() { "(no name)" } else { &event.name });
        let head = el("div", "detail-event-head")
            .child(el("span", "detail-event-time").text(signed(*time, begin)))
            .child(el("b", "detail-event-name").text(name.unwrap_or("…")))
            .child(el("span", "detail-event-trace").text(format!("{} in the trace", signed(*time, 0))));
        el("div", "event-note-event").child(head).child(event.map(|event| attributes(&event.attributes)))
    };
    let mut entries: Vec<El> = times.iter().enumerate().take(EVENTS).map(entry).collect();
    if all > EVENTS {
        entries.push(more(all - EVENTS, "events here"));
    }
    entries
}

fn attributes(all: &[Attribute]) -> View {
    if all.is_empty() {
        return View::NONE;
    }
    let row = |Attribute { key, value }: &Attribute| {
        let text = value_text(value);
        let shown = text.floor_char_boundary(LETTERS);
        let cut = if shown < text.len() { "…" } else { "" };
        [
            el("dt", "attribute-key").text(key),
            el("dd", "attribute-cell attribute-value").text(&text[..shown]).text(cut),
        ]
    };
    let list = el("dl", "event-note-list").children(all.iter().take(ATTRIBUTES).flat_map(row));
    let rest = all.len().saturating_sub(ATTRIBUTES);
    let list: View = list.into();
    [list, (rest > 0).then(|| more(rest, "attributes")).into()].into_iter().collect::<Vec<_>>().into()
}

fn more(count: usize, of: &str) -> El {
    el("p", "event-note-more").text(format!("and {count} more {of}"))
}

/// Puts the note below the row of its tick, or above it where there is more room, and within the window.
fn put(note: &HtmlElement, mark: &HtmlElement) {
    let size =
        |size: Result<wasm_bindgen::JsValue, _>| size.ok().and_then(|size| size.as_f64()).unwrap_or(0.0);
    let window = window();
    let (wide, high) = (size(window.inner_width()), size(window.inner_height()));
    let (at, own) = (mark.get_bounding_client_rect(), note.get_bounding_client_rect());
    let (left, top) = place((at.left(), at.top(), at.bottom()), (own.width(), own.height()), (wide, high));
    let style = note.style();
    // Valid properties are never refused.
    let _ = style.set_property("left", &format!("{left}px"));
    let _ = style.set_property("top", &format!("{top}px"));
    let _ = style.set_property("visibility", "visible");
}

/// Where a note of a size goes in a window of a size, for a tick at `(x, top, bottom)` of its row.
fn place(
    (x, above, below): (f64, f64, f64),
    (wide, high): (f64, f64),
    (window_wide, window_high): (f64, f64),
) -> (f64, f64) {
    let left = (x - AHEAD).min(window_wide - AIR - wide).max(AIR);
    let fits_below = below + high + AIR <= window_high;
    let is_roomier_below = window_high - below >= above;
    let top = if fits_below || is_roomier_below { below } else { above - high };
    (left.round(), top.max(AIR).round())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_note_stays_within_the_window_and_beside_its_row() {
        let window = (1_000.0, 600.0);
        let size = (300.0, 120.0);
        assert_eq!(place((400.0, 100.0, 124.0), size, window), (386.0, 124.0), "below its row");
        assert_eq!(place((400.0, 560.0, 584.0), size, window), (386.0, 440.0), "above where it would be cut");
        assert_eq!(place((990.0, 100.0, 124.0), size, window).0, 692.0, "not beyond the right edge");
        assert_eq!(place((3.0, 100.0, 124.0), size, window).0, 8.0, "nor beyond the left");
        assert_eq!(place((400.0, 300.0, 324.0), (300.0, 500.0), window).1, 8.0, "nor above the upper");
    }
}
