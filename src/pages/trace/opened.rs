//! The page once its trace is there: header, minimap, waterfall and the detail docked beside or below it.

use super::detail::{AddressOf, DetailBody, DetailHead, Whole};
use super::header::Header;
use super::minimap::Minimap;
use super::session::Session;
use super::waterfall::Waterfall;
use crate::ui::split::Divider;
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// Width of the detail before anyone has moved it, and its limits, CSS pixels.
const DETAIL: f64 = 376.0;
const DETAIL_LEAST: f64 = 260.0;

/// What the engine answered about a span, or what to show in its place.
pub type Answered = Result<Whole, ViewFn>;

/// Asks for a span in full.
pub type Ask = Rc<dyn Fn(SpanIx) -> Pin<Box<dyn Future<Output = Answered>>>>;

/// The page on an open trace.
#[component]
pub fn Opened(
    /// The page's state.
    session: Session,
    /// Colour slots by string index.
    slots: Arc<Vec<u8>>,
    /// Where the detail comes from.
    ask: Ask,
    /// Addresses of other traces.
    address_of: AddressOf,
) -> impl IntoView {
    let width = RwSignal::new(DETAIL);
    let resize = Callback::new(move |wanted| width.set(wanted));
    // Half of what there is: the waterfall is what the page is for.
    let most = Signal::derive(move || ((session.width.get() + width.get()) / 2.0).max(DETAIL_LEAST));
    let ask = StoredValue::new_local(ask);
    let shown = Memo::new(move |_| if session.open.get() { session.selected.get() } else { None });
    let is_shown = Memo::new(move |_| shown.get().is_some());
    let for_detail = slots.clone();
    view! {
        <Header session=session/>
        <Minimap session=session slots=slots.clone()/>
        <div class="trace-columns" style:--detail=move || format!("{}px", width.get())>
            <Waterfall session=session slots=slots/>
            {move || is_shown.get().then(|| view! {
                <div class="trace-divider">
                    <Divider label="Width of the detail" size=width.into() resize=resize least=DETAIL_LEAST most=most after=true/>
                </div>
                <Detail session=session shown=shown slots=for_detail.clone() ask=ask address_of=address_of.clone()/>
            })}
        </div>
    }
}

#[component]
fn Detail(
    session: Session,
    shown: Memo<Option<SpanIx>>,
    slots: Arc<Vec<u8>>,
    ask: StoredValue<Ask, LocalStorage>,
    address_of: AddressOf,
) -> impl IntoView {
    let answer = RwSignal::new_local(None::<(SpanIx, Answered)>);
    Effect::new(move |_| {
        let Some(span) = shown.get() else { return };
        let asked = ask.with_value(|ask| ask(span));
        leptos::task::spawn_local(async move {
            let answered = asked.await;
            // The newest question wins, and a page that is gone wants no answer.
            if shown.try_get_untracked().flatten() == Some(span) {
                answer.try_set(Some((span, answered)));
            }
        });
    });
    let id = move || shown.get().map(|span| session.outline().id[span as usize].to_string());
    let head = move || {
        let slots = slots.clone();
        shown.get().map(|span| view! { <DetailHead session=session span=span slots=slots/> })
    };
    let body = move || {
        let address_of = address_of.clone();
        answer.with(|answer| match answer {
            Some((span, answered)) if Some(*span) == shown.get() => match answered {
                Ok(whole) => {
                    view! { <DetailBody session=session whole=whole.clone() address_of=address_of/> }
                        .into_any()
                }
                Err(problem) => problem.run(),
            },
            _ => view! { <p class="detail-loading">"Loading…"</p> }.into_any(),
        })
    };
    view! {
        <aside class="detail" data-test="detail" data-span-id=id aria-label="Detail of the span" tabindex="-1">
            {head}
            {body}
        </aside>
    }
}
