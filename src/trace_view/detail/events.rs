//! What happened during a span, in the order of the source.

use super::attributes::attributes;
use super::sheet::Sheet;
use super::value::more_button;
use super::{dropped, section};
use crate::state::clock;
use crate::ui::element::{El, el};
use crate::ui::view::{keyed, several, when};
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::PatternScope;
use spandrel_trace::model::record::Event;
use spandrel_trace::units::duration;

/// Events listed before more are asked for.
const EVENTS: usize = 50;

/// The span's events.
pub fn events(sheet: &Sheet) -> El {
    let total = sheet.whole.record.events.len();
    let shown = RwSignal::new(EVENTS.min(total));
    let of = sheet.clone();
    let rows = keyed(
        move || shown.get(),
        move |count| several(of.whole.record.events.iter().take(count).map(|event| row(&of, event))),
    );
    let more = move || {
        let show = move || shown.update(|count| *count = (*count * 4).min(total));
        more_button(&format!("Show more of {total}"), show)
    };
    section("detail-events", &format!("Events · {total}"))
        .child(el("ol", "detail-list").child(rows))
        .child(when(move || shown.get() < total, more))
}

fn row(sheet: &Sheet, event: &Event) -> El {
    let begin = sheet.whole.record.start_unix;
    let since = el("span", "detail-event-time")
        .live_attr("title", {
            let (unix, zone) = (event.time_unix, sheet.session.zone);
            move || clock::moment(unix, zone.get()).exact()
        })
        .text(signed(event.time_unix, begin));
    let name = if event.name.is_empty() { "(no name)" } else { &event.name };
    let in_trace = format!("{} in the trace", signed(event.time_unix, sheet.session.outline().start_unix));
    let head = el("div", "detail-event-head").children([
        since,
        el("b", "detail-event-name").text(name),
        el("span", "detail-event-trace").text(in_trace),
    ]);
    el("li", "detail-event")
        .test("event")
        .child(head)
        .child(attributes(sheet, PatternScope::Events, event.attributes.as_slice().into()))
        .child(dropped(event.dropped_attributes, "attributes"))
}

/// The time from `origin` to `time`, with its sign.
pub fn signed(time: u64, origin: u64) -> String {
    let sign = if time < origin { "−" } else { "+" };
    format!("{sign}{}", duration(time.abs_diff(origin)))
}
