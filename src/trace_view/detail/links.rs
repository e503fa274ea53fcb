//! Links of a span, both ways: the spans that it points to, and those of the trace that point to it.

use super::super::session::Session;
use super::attributes::attributes;
use super::sheet::Sheet;
use super::{Around, section, span_button};
use crate::state::tasks;
use crate::ui::element::{El, el};
use crate::ui::view::{View, effect, keyed, several};
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::PatternScope;
use spandrel_trace::model::record::Link;
use spandrel_trace::model::{Flags, SpanIx};

use super::value::more_button;

/// Spans listed before more are asked for.
const FIRST: usize = 50;

/// The links that the span has.
pub fn links(sheet: &Sheet, around: &Around) -> El {
    let outline = sheet.session.outline();
    let links = &sheet.whole.record.links;
    let row = |link: &Link| {
        let here = (link.trace_id == outline.trace_id).then(|| outline.find(link.span_id)).flatten();
        let target = match here {
            Some(span) => span_button(sheet.session, &outline, span),
            None => el("a", "detail-link mono")
                .attr("href", (around.address_of)(link.trace_id, link.span_id))
                .text(format!("trace {} · span {}", link.trace_id, link.span_id)),
        };
        // Jaeger's references are looked at as the attributes of an event are.
        el("li", "detail-event").test("link").child(target).child(attributes(
            sheet,
            PatternScope::Events,
            link.attributes.as_slice().into(),
        ))
    };
    section("detail-links", &format!("Links · {}", links.len()))
        .child(el("ul", "detail-list").children(links.iter().map(row)))
}

/// The spans of this trace that link here; nothing where none do. Asked for once the rest is shown.
pub fn linked_from(session: Session, span: SpanIx, around: &Around) -> View {
    let any = session.outline().flags.iter().any(|flags| flags.has(Flags::HAS_LINKS));
    if !any {
        return View::NONE;
    }
    let found = RwSignal::new(Vec::<SpanIx>::new());
    let ask = around.linked_from.clone();
    effect(move || {
        let asked = ask(span);
        tasks::spawn_scoped(async move {
            found.set(asked.await);
        });
    });
    keyed(
        move || found.get(),
        move |found| -> View { if found.is_empty() { View::NONE } else { from(session, found).into() } },
    )
}

fn from(session: Session, spans: Vec<SpanIx>) -> El {
    let total = spans.len();
    let count = RwSignal::new(FIRST.min(total));
    let title = format!("Linked from · {total}");
    let rows = keyed(
        move || count.get(),
        move |count| {
            let outline = session.outline();
            let row = |span: &SpanIx| {
                el("li", "detail-event").test("linked-from").child(span_button(session, &outline, *span))
            };
            several(spans.iter().take(count).map(row))
        },
    );
    let more = move || more_button(&format!("Show all {total}"), move || count.set(total));
    section("detail-linked-from", &title)
        .child(el("ul", "detail-list").child(rows))
        .when(move || count.get() < total, more)
}
