//! The page once its trace is there: header, minimap, waterfall and the detail docked beside or below it.

use super::actions::Summoned;
use super::detail::{AddressOf, Whole, detail_body, detail_head};
use super::header::header;
use super::help::help;
use super::minimap::minimap;
use super::palette::palette;
use super::session::Session;
use super::waterfall::waterfall;
use crate::state::errand;
use crate::ui::element::{El, el};
use crate::ui::problem::problem_card;
use crate::ui::split::{Pane, divider};
use crate::ui::view::{View, effect, part, several, when};
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;
use spandrel_trace::units::Problem;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// Width of the detail before anyone has moved it, and its limits, CSS pixels.
const DETAIL: f64 = 376.0;
const DETAIL_LEAST: f64 = 260.0;

/// What the engine answered about a span.
pub type Answered = Result<Whole, Problem>;

/// Asks for a span in full.
pub type Ask = Rc<dyn Fn(SpanIx) -> Pin<Box<dyn Future<Output = Answered>>>>;

/// The page on an open trace: `slots` are colour slots by string index, `ask` is where the detail comes from,
/// `address_of` gives the addresses of other traces.
pub fn opened(session: Session, slots: Arc<Vec<u8>>, ask: Ask, address_of: AddressOf) -> View {
    let width = RwSignal::new(DETAIL);
    // Half of what there is: the waterfall is what the page is for.
    let most = Rc::new(move || ((session.width.get() + width.get()) / 2.0).max(DETAIL_LEAST));
    let pane = Pane { label: "Width of the detail", size: width, least: DETAIL_LEAST, most, after: true };
    let shown = move || if session.open.get() { session.selected.get() } else { None };
    let for_detail = slots.clone();
    let docked = move || {
        let detail = detail(session, for_detail.clone(), ask.clone(), address_of.clone());
        several([el("div", "trace-divider").child(divider(pane.clone())), detail])
    };
    let columns = el("div", "trace-columns")
        .live_style("--detail", move || format!("{}px", width.get()))
        .child(waterfall(session, slots.clone()))
        .child(when(move || shown().is_some(), docked));
    let summoned = move |what| move || session.summoned.get() == Some(what);
    let columns = columns
        .when(summoned(Summoned::Palette), move || palette(session))
        .when(summoned(Summoned::Help), move || help(session));
    several([header(session), minimap(session, slots), columns])
}

fn detail(session: Session, slots: Arc<Vec<u8>>, ask: Ask, address_of: AddressOf) -> El {
    let shown = Memo::new(move |_| if session.open.get() { session.selected.get() } else { None });
    let answer = RwSignal::new_local(None::<(SpanIx, Answered)>);
    effect(move || {
        let Some(span) = shown.get() else { return };
        let asked = ask(span);
        // The newest question wins, and a page that is gone wants no answer.
        errand::begin(async move {
            let answered = asked.await;
            answer.set(Some((span, answered)));
        });
    });
    let id = move || shown.get().map(|span| session.outline().id[span as usize].to_string());
    let head = part(move || shown.get(), move |shown| shown.map(|span| detail_head(session, span, &slots)));
    let answered = move || answer.get().filter(|(span, _)| Some(*span) == shown.get());
    let body = part(answered, move |answered| -> View {
        match answered {
            Some((_, Ok(whole))) => detail_body(session, whole, &address_of),
            Some((_, Err(problem))) => problem_card(problem, None).into(),
            None => el("p", "detail-loading").text("Loading…").into(),
        }
    });
    el("aside", "detail")
        .test("detail")
        .live_attr("data-span-id", id)
        .attr("aria-label", "Detail of the span")
        .attr("tabindex", "-1")
        .child(head)
        .child(body)
}
