//! The note at the ticks of events and log lines in the waterfall: when each happened and, once it is loaded, what it says.

use super::detail::{signed, value_text};
use super::parts::Part;
use super::session::{EventCursor, Session};
use super::span_source::SpanSource;
use crate::state::tasks::{sleep, spawn_scoped};
use leptos::prelude::*;
use leptos::{ev, html};
use leptos_use_resize_observer::use_resize_observer;
use spandrel_trace::analysis::log_marks::LogMark;
use spandrel_trace::engine::SpanDetail;
use spandrel_trace::model::SpanIx;
use spandrel_trace::model::record::{Attribute, Event};
use spandrel_trace::units::{display_name, sort_by_number};
use std::sync::Arc;
use web_sys::HtmlElement;

/// Most events, and most log lines, that are listed, attributes of each, and bytes of a value; the details have all.
const EVENTS: usize = 5;
const ATTRIBUTES: usize = 8;
const LETTERS: usize = 240;

/// How long the pointer rests on a tick before the event is loaded, milliseconds.
const REST: u32 = 120;

/// Smallest distance between the note and the edge of the window, and from the note's left edge to its tick, CSS pixels.
const MARGIN: f64 = 8.0;
const OFFSET: f64 = 14.0;

/// A span that is loaded for its events.
type Loaded = Option<(SpanIx, Arc<SpanDetail>)>;

/// The note at the events that are hovered or stepped to; nothing while there are none.
#[component]
pub fn EventNote(
    session: Session,
    source: SpanSource,
    /// The element at the tick.
    mark: HtmlElement,
) -> impl IntoView {
    let mark = StoredValue::new_local(mark);
    let loaded = RwSignal::new(None);
    Effect::new(move || {
        // Another version of the trace has other events.
        session.outline_live().track();
        loaded.set(None);
    });
    Effect::new(move || {
        let Some(EventCursor { span, .. }) = session.events.get() else { return };
        if loaded.with(|loaded: &Loaded| loaded.as_ref().is_some_and(|(of, _)| *of == span)) {
            return;
        }
        spawn_scoped(async move {
            sleep(REST).await;
            // Without an answer the note shows times only; the details show the error.
            if let Ok(detail) = source.detail(span).await {
                loaded.set(Some((span, detail)));
            }
        });
    });
    close_when_left(session);
    let ticked = Memo::new(move |_| session.events.get());
    move || ticked.get().map(|ticked| view! { <Note session ticked loaded mark/> })
}

/// Closes the note when another part of the trace is shown or another span is selected while it stays at its events.
fn close_when_left(session: Session) {
    let mut before = None;
    Effect::new(move || {
        let view = (
            session.viewport.range.get(),
            session.selection.span.get(),
            Arc::as_ptr(&session.folding.rows.get()) as usize,
        );
        let now = (session.events.get(), view);
        let is_left = before.replace(now).is_some_and(|(ticked, seen)| ticked == now.0 && seen != view);
        if is_left && now.0.is_some() {
            session.events.set(None);
        }
    });
}

#[component]
fn Note(
    session: Session,
    ticked: EventCursor,
    loaded: RwSignal<Loaded>,
    mark: StoredValue<HtmlElement, LocalStorage>,
) -> impl IntoView {
    let note = NodeRef::<html::Div>::new();
    use_resize_observer(note, move |_, _| {
        if let Some(note) = note.get_untracked() {
            mark.with_value(|mark| place(&note, mark));
        }
    });
    let left = move |event: ev::PointerEvent| {
        // Back on a row, the pointer finds the tick that it is on.
        if event.pointer_type() != "touch" {
            session.events.set(None);
        }
    };
    let detail =
        Memo::new(move |_| loaded.get().and_then(|(span, detail)| (span == ticked.span).then_some(detail)));
    let events = move || detail.with(|detail| events(session, ticked, detail.as_deref()));
    view! {
        <div
            class="event-note"
            data-part=Part::EventNote.name()
            data-test="event-note"
            role="status"
            aria-label="Events and log lines"
            node_ref=note
            on:pointerleave=left
        >
            {events}
        </div>
    }
}

/// The events that share a tick, in the order of their times.
fn events(
    session: Session,
    EventCursor { span, from, to }: EventCursor,
    detail: Option<&SpanDetail>,
) -> Vec<AnyView> {
    let outline = session.outline();
    let start = outline.start[span as usize];
    let within = |time: &u64| (from..=to).contains(time);
    let mut times: Vec<u64> = outline.events_of(span).iter().copied().filter(within).collect();
    let all = times.len();
    times.sort_unstable();
    let mut events: Vec<(u64, &Event)> = Vec::new();
    if let Some(detail) = detail {
        let from_start = |event: &Event| event.time_unix.saturating_sub(outline.start_unix);
        events.extend(detail.record.events.iter().map(|event| (from_start(event), event)));
        events.retain(|(time, _)| within(time));
        sort_by_number(&mut events, |(time, _)| *time);
    }
    let event = |(at, time): (usize, &u64)| {
        let event = events.get(at).filter(|(of, _)| of == time).map(|(_, event)| *event);
        let name = match event {
            None => "…",
            Some(event) => display_name(&event.name),
        };
        view! {
            <div class="event-note-event">
                <div class="detail-event-head">
                    <span class="detail-event-time">{signed(*time, start)}</span>
                    <b class="detail-event-name">{name.to_owned()}</b>
                    <span class="detail-event-trace">{format!("{} in the trace", signed(*time, 0))}</span>
                </div>
                {event.map(|event| attributes(&event.attributes))}
            </div>
        }
        .into_any()
    };
    let mut list: Vec<AnyView> = times.iter().enumerate().take(EVENTS).map(event).collect();
    list.extend((all > EVENTS).then(|| more(all - EVENTS, "events here")));
    list.extend(log_lines(session, EventCursor { span, from, to }, start));
    list
}

/// The log lines that share a tick; `start` is that of their span.
fn log_lines(session: Session, EventCursor { span, from, to }: EventCursor, start: u64) -> Vec<AnyView> {
    let marks = session.log_marks.get();
    let near: Vec<LogMark> =
        marks.of_span(span).iter().copied().filter(|mark| (from..=to).contains(&mark.time)).collect();
    let line = |mark: &LogMark| {
        let found = session.logs.with(|logs| match logs {
            Some(Ok(logs)) => logs.lines.get(mark.line as usize).cloned(),
            _ => None,
        })?;
        let shown = found.body.floor_char_boundary(LETTERS);
        let cut = if shown < found.body.len() { "…" } else { "" };
        let severity = found.severity_name();
        let view = view! {
            <div class="event-note-event" data-test="log-note" class:detail-log-error=found.is_error()>
                <div class="detail-event-head">
                    <span class="detail-event-time">{signed(mark.time, start)}</span>
                    <b class="detail-event-name">
                        {if severity.is_empty() { "Log line".to_owned() } else { format!("Log line · {severity}") }}
                    </b>
                    <span class="detail-event-trace">{format!("{} in the trace", signed(mark.time, 0))}</span>
                </div>
                <p class="event-note-log detail-log-body mono">{format!("{}{cut}", &found.body[..shown])}</p>
            </div>
        };
        Some(view.into_any())
    };
    let mut list: Vec<AnyView> = near.iter().take(EVENTS).filter_map(line).collect();
    list.extend((near.len() > EVENTS).then(|| more(near.len() - EVENTS, "log lines here")));
    list
}

fn attributes(all: &[Attribute]) -> Option<AnyView> {
    let row = |Attribute { key, value }: &Attribute| {
        let text = value_text(value);
        let shown = text.floor_char_boundary(LETTERS);
        let cut = if shown < text.len() { "…" } else { "" };
        view! {
            <dt class="attribute-key">{key.clone()}</dt>
            <dd class="attribute-cell attribute-value">{format!("{}{cut}", &text[..shown])}</dd>
        }
    };
    let rest = all.len().saturating_sub(ATTRIBUTES);
    (!all.is_empty()).then(|| {
        view! {
            <dl class="event-note-list">{all.iter().take(ATTRIBUTES).map(row).collect_view()}</dl>
            {(rest > 0).then(|| more(rest, "attributes"))}
        }
        .into_any()
    })
}

fn more(count: usize, of: &str) -> AnyView {
    view! { <p class="event-note-more">{format!("and {count} more {of}")}</p> }.into_any()
}

/// Moves the note below the row of its tick, or above it where there is more room, and within the window.
fn place(note: &HtmlElement, mark: &HtmlElement) {
    let size =
        |size: Result<wasm_bindgen::JsValue, _>| size.ok().and_then(|size| size.as_f64()).unwrap_or(0.0);
    let window = window();
    let (wide, high) = (size(window.inner_width()), size(window.inner_height()));
    let (at, own) = (mark.get_bounding_client_rect(), note.get_bounding_client_rect());
    let (left, top) = position((at.left(), at.top(), at.bottom()), (own.width(), own.height()), (wide, high));
    let style = note.style();
    // Valid properties are never rejected.
    let _ = style.set_property("left", &format!("{left}px"));
    let _ = style.set_property("top", &format!("{top}px"));
    let _ = style.set_property("visibility", "visible");
}

/// Left and top of a note of a size in a window of a size, for a tick at `x` of a row with these edges, CSS pixels.
fn position(
    (x, above, below): (f64, f64, f64),
    (wide, high): (f64, f64),
    (window_wide, window_high): (f64, f64),
) -> (f64, f64) {
    let left = (x - OFFSET).min(window_wide - MARGIN - wide).max(MARGIN);
    let fits_below = below + high + MARGIN <= window_high;
    let is_roomier_below = window_high - below >= above;
    let top = if fits_below || is_roomier_below { below } else { above - high };
    (left.round(), top.max(MARGIN).round())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_note_stays_within_the_window_and_beside_its_row() {
        let window = (1_000.0, 600.0);
        let size = (300.0, 120.0);
        assert_eq!(position((400.0, 100.0, 124.0), size, window), (386.0, 124.0), "below its row");
        assert_eq!(
            position((400.0, 560.0, 584.0), size, window),
            (386.0, 440.0),
            "above where it would be cut"
        );
        assert_eq!(position((990.0, 100.0, 124.0), size, window).0, 692.0, "not beyond the right edge");
        assert_eq!(position((3.0, 100.0, 124.0), size, window).0, 8.0, "nor beyond the left");
        assert_eq!(position((400.0, 300.0, 324.0), (300.0, 500.0), window).1, 8.0, "nor above the upper");
    }
}
