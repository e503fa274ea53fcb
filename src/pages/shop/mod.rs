//! The demo shop: an order form, and the trace of each order as it arrives. The browser's click is its root.

mod arrival;
mod form;

use crate::route::Route;
use crate::state::data::{Data, use_data};
use crate::state::shop::{self, Order, Placed, Product, pause};
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;
use spandrel_trace::units::{Problem, ProblemKind, duration};

pub use arrival::{Arrival, Arriving, Done};
pub use form::Form;

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
#[component]
pub fn Shop() -> impl IntoView {
    let data = use_data();
    let shelf = RwSignal::new(Shelf::Asking);
    let turn = RwSignal::new(0u32);
    Effect::new(move |_| {
        turn.track();
        shelf.set(Shelf::Asking);
        spawn_local_scoped_with_cancellation(async move {
            shelf.set(match shop::products().await {
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
    Effect::new(move |_| {
        let Some((order, simulated)) = asked.get() else { return };
        busy.set(true);
        failure.set(None);
        spawn_local_scoped_with_cancellation(async move {
            let placed = shop::place(&order, simulated).await;
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
    let send = Callback::new(move |order: (Order, bool)| asked.set(Some(order)));
    let again = Callback::new(move |()| turn.update(|turn| *turn += 1));

    let form = move || match shelf.get() {
        Shelf::Asking => view! { <p role="status">"Asking the shop what it sells…"</p> }.into_any(),
        Shelf::Closed(problem) => view! { <ProblemCard problem retry=again /> }.into_any(),
        Shelf::Open(products) => view! { <Form products busy send /> }.into_any(),
    };
    let newest = move || orders.with(|orders| orders.first().cloned());
    let current = move || match (newest(), failure.get()) {
        (_, Some(problem)) => view! { <ProblemCard problem /> }.into_any(),
        (Some(done), None) => {
            let href = address(&done.placed);
            view! { <Arrival done arriving href /> }.into_any()
        }
        (None, None) => view! {
            <div class="shop__blank">
                <h2>"Your orders appear here"</h2>
                <p>"Each with its trace, span by span as the services send them."</p>
            </div>
        }
        .into_any(),
    };
    let earlier = move || {
        let shown = usize::from(failure.with(Option::is_none));
        let past = orders.with(|orders| orders.iter().skip(shown).cloned().collect::<Vec<_>>());
        (!past.is_empty()).then(|| {
            let row = |done: Done| {
                view! {
                    <li class="shop__past">
                        <span class:failing=done.is_refused()>{done.headline()}</span>
                        <span>{duration(done.placed.duration)}</span>
                        <a href=address(&done.placed)>"Open trace"</a>
                    </li>
                }
            };
            view! {
                <section class="shop__earlier">
                    <h2>"Earlier"</h2>
                    <ul>{past.into_iter().map(row).collect_view()}</ul>
                </section>
            }
        })
    };
    view! {
        <div class="shop">
            <div class="shop__form">{form}</div>
            <div class="shop__orders">{current} {earlier}</div>
        </div>
    }
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
