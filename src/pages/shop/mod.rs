//! The demo shop: an order form, and the trace of each order as it arrives. The browser's click is its root.

mod arrival;
mod form;

use crate::route::Route;
use crate::state::data::{Data, use_data};
use crate::state::shop::{self as state, Order, Placed, Product, pause};
use crate::state::tasks;
use crate::ui::element::{El, el};
use crate::ui::problem::{Retry, problem_card};
use crate::ui::view::{View, effect, part};
use leptos::prelude::*;
use spandrel_trace::units::{Problem, ProblemKind, duration};
use std::rc::Rc;

pub use arrival::{Arriving, Done, arrival};
pub use form::form;

/// Rests between looks at a trace that is arriving, milliseconds: about 20 seconds in all.
const RESTS: [u32; 12] = [250, 350, 500, 700, 1_000, 1_300, 1_700, 2_000, 2_500, 3_000, 3_500, 4_000];
/// After so many looks that found nothing new a trace is taken to be complete.
const STILL: u32 = 3;

/// What the shop sells, once it has answered.
#[derive(Clone, Debug, PartialEq)]
enum Shelf {
    Asking,
    Open(Vec<Product>),
    Closed(Problem),
}

/// The page.
pub fn shop() -> El {
    let data = use_data();
    let shelf = RwSignal::new(Shelf::Asking);
    let turn = RwSignal::new(0u32);
    effect(move || {
        turn.track();
        shelf.set(Shelf::Asking);
        tasks::spawn_scoped(async move {
            shelf.set(match state::products().await {
                Ok(products) => Shelf::Open(products),
                Err(problem) => Shelf::Closed(problem),
            });
        });
    });

    let orders = RwSignal::new(Vec::<Done>::new());
    let arriving = RwSignal::new(Arriving::default());
    let failure = RwSignal::new(None::<Problem>);
    let asked = RwSignal::new(None::<(Order, bool)>);
    let busy = RwSignal::new(false);
    // One order at a time: a new one takes the place of watching the one before.
    effect(move || {
        let Some((order, simulated)) = asked.get() else { return };
        busy.set(true);
        failure.set(None);
        tasks::spawn_scoped(async move {
            let placed = state::place(&order, simulated).await;
            busy.set(false);
            match placed {
                Err(problem) => failure.set(Some(problem)),
                Ok(placed) => {
                    let id = placed.trace_id.to_string();
                    arriving.set(Arriving { waiting: true, ..Arriving::default() });
                    orders.update(|orders| orders.insert(0, Done { placed, simulated }));
                    watch(data, &id, arriving).await;
                }
            }
        });
    });
    let send = move |order: (Order, bool)| asked.set(Some(order));
    let again: Retry = Rc::new(move || turn.update(|turn| *turn += 1));

    let form = part(
        move || shelf.get(),
        move |shelf| -> View {
            match shelf {
                Shelf::Asking => {
                    el("p", "").attr("role", "status").text("Asking the shop what it sells…").into()
                }
                Shelf::Closed(problem) => problem_card(problem, Some(again.clone())).into(),
                Shelf::Open(products) => form(products, busy.into(), send).into(),
            }
        },
    );
    let newest = move || (orders.with(|orders| orders.first().cloned()), failure.get());
    let current = part(newest, move |newest| match newest {
        (_, Some(problem)) => problem_card(problem, None),
        (Some(done), None) => {
            let href = address(&done.placed);
            arrival(done, arriving.into(), &href)
        }
        (None, None) => el("div", "shop__blank").children([
            el("h2", "").text("Your orders appear here"),
            el("p", "").text("Each with its trace, span by span as the services send them."),
        ]),
    });
    let past = move || {
        let shown = usize::from(failure.with(Option::is_none));
        orders.with(|orders| orders.iter().skip(shown).cloned().collect::<Vec<_>>())
    };
    let earlier = part(past, |past| {
        let row = |done: &Done| {
            el("li", "shop__past").children([
                el("span", "").class_if("failing", done.is_refused()).text(done.headline()),
                el("span", "").text(duration(done.placed.duration)),
                el("a", "").attr("href", address(&done.placed)).text("Open trace"),
            ])
        };
        (!past.is_empty()).then(|| {
            el("section", "shop__earlier")
                .child(el("h2", "").text("Earlier"))
                .child(el("ul", "").children(past.iter().map(row)))
        })
    });
    el("div", "shop").children([
        el("div", "shop__form").child(form),
        el("div", "shop__orders").child(current).child(earlier),
    ])
}

fn address(placed: &Placed) -> String {
    Route::trace(placed.trace_id.to_string()).to_string()
}

/// Looks at a trace until nothing new arrives.
async fn watch(data: Data, id: &str, arriving: RwSignal<Arriving>) {
    let (mut spans, mut still) = (0, 0);
    for rest in RESTS {
        pause(rest).await;
        match data.refresh(id, |_| {}).await {
            Ok(outline) => {
                still = if outline.len() == spans { still + 1 } else { 0 };
                spans = outline.len();
                let waiting = still < STILL;
                arriving.set(Arriving { outline: Some(outline), waiting, failed: None });
                if !waiting {
                    return;
                }
            }
            // Not there yet is what is waited for.
            Err(problem) if problem.kind == ProblemKind::NotFound => {}
            Err(problem) => {
                let failed = Some(format!("{}: {}", problem.attempted, problem.happened));
                arriving
                    .update(|arriving| *arriving = Arriving { failed, waiting: false, ..arriving.clone() });
                return;
            }
        }
    }
    arriving.update(|arriving| {
        arriving.waiting = false;
        if arriving.outline.is_none() {
            let failed = "No span of this order has reached the backend. Do the services send to it?";
            arriving.failed = Some(failed.to_owned());
        }
    });
}
