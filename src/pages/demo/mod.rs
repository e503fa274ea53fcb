//! Demo page: orders, questions and parallel calls, with faults on demand, and the trace of each request as its spans
//! arrive. The click in the browser is its root.

mod arrival;
mod form;
mod more;
mod quantity;
mod spans;
mod wrong_field;

use crate::route::Route;
use crate::state::data::{Data, use_data};
use crate::state::demo::{
    AnsweredDemoRequest, DemoFault, DemoRequest, DemoServices, Product, RefusedField, pause, use_demo,
};
use crate::state::part::part;
use crate::state::tasks;
use crate::ui::problem::ProblemCard;
use leptos::html;
use leptos::prelude::*;
use spandrel_trace::units::{Problem, ProblemKind, duration};

pub use arrival::{Arrival, Done, TraceProgress};
pub use form::OrderForm;
pub use more::{FaultPicker, OtherRequests, RequestBatch};

/// Delays between requests for a trace that is arriving, milliseconds: about 20 seconds in all.
const DELAYS: [u32; 12] = [250, 350, 500, 700, 1_000, 1_300, 1_700, 2_000, 2_500, 3_000, 3_500, 4_000];
/// Requests without new spans after which a trace is taken to be complete.
const UNCHANGED: u32 = 3;

/// The products, as far as they are loaded.
#[derive(Clone, Debug, PartialEq)]
enum Catalogue {
    Loading,
    Loaded(Vec<Product>),
    Failed(Problem),
}

/// State of the requests of this page. Copy handle.
#[derive(Clone, Copy)]
struct Orders {
    data: Data,
    demo: DemoServices,
    /// The requests to make.
    requested: RwSignal<Option<RequestBatch>>,
    is_placing: RwSignal<bool>,
    /// Answered requests, newest first.
    answered: RwSignal<Vec<Done>>,
    /// Trace of the newest one.
    arriving: RwSignal<TraceProgress>,
    /// Why the newest one was not answered.
    failure: RwSignal<Option<Problem>>,
    /// The field for which the newest one was refused.
    refused: RwSignal<Option<RefusedField>>,
    /// The base URL of a Jaeger's UI that has the same traces.
    jaeger: RwSignal<Option<String>>,
}

impl Orders {
    fn new() -> Self {
        let orders = Orders {
            data: use_data(),
            demo: use_demo(),
            requested: RwSignal::new(None),
            is_placing: RwSignal::new(false),
            answered: RwSignal::new(Vec::new()),
            arriving: RwSignal::new(TraceProgress::default()),
            failure: RwSignal::new(None),
            refused: RwSignal::new(None),
            jaeger: RwSignal::new(None),
        };
        // A new request ends those for the trace of the one before.
        Effect::new(move || {
            if let Some(planned) = orders.requested.get() {
                tasks::spawn_scoped(orders.make(planned));
            }
        });
        orders
    }

    async fn make(self, planned: RequestBatch) {
        self.is_placing.set(true);
        self.failure.set(None);
        self.refused.set(None);
        let RequestBatch { requests, fault } = planned;
        let name = fault.as_ref().map(|fault| fault.name.as_str());
        let mut last = None;
        for request in &requests {
            match self.demo.send(request, name).await {
                Err(problem) => {
                    self.failure.set(Some(problem));
                    last = None;
                    break;
                }
                Ok(answered) => {
                    last = Some(answered.trace_id.to_string());
                    self.refused.set(RefusedField::of(request, &answered.answer));
                    let asked = matches!(request, DemoRequest::Order { simulate_error: true, .. });
                    let done = Done {
                        answered,
                        simulated: asked || fault.is_some(),
                        look_for: fault.as_ref().map(|fault| fault.look_for.clone()),
                    };
                    self.arriving.set(TraceProgress { waiting: true, ..TraceProgress::default() });
                    self.answered.update(|orders| orders.insert(0, done));
                }
            }
        }
        self.is_placing.set(false);
        if let Some(id) = last {
            self.follow(&id).await;
        }
    }

    /// Requests the trace until nothing new arrives.
    async fn follow(self, id: &str) {
        let (mut spans, mut unchanged) = (0, 0);
        for delay in DELAYS {
            pause(delay).await;
            match self.data.refresh(id, None).await {
                Ok(outline) => {
                    unchanged = if outline.len() == spans { unchanged + 1 } else { 0 };
                    spans = outline.len();
                    let waiting = unchanged < UNCHANGED;
                    self.arriving.set(TraceProgress { outline: Some(outline), waiting, failed: None });
                    if !waiting {
                        return;
                    }
                }
                // Its first span has not arrived yet.
                Err(problem) if problem.kind == ProblemKind::NotFound => {}
                Err(problem) => {
                    self.arriving.update(|arriving| {
                        arriving.failed = Some(problem.to_string());
                        arriving.waiting = false;
                    });
                    return;
                }
            }
        }
        self.arriving.update(|arriving| {
            arriving.waiting = false;
            if arriving.outline.is_none() {
                let failed =
                    "No span of this request has reached the server. Are the services exporting to it?";
                arriving.failed = Some(failed.to_owned());
            }
        });
    }
}

part! {
    /// Builds the page; it is in a part of the program.
    pub fn demo_page in demo -> fn() -> AnyView = || view! { <DemoPage/> }.into_any();
}

/// The page.
#[component]
pub fn DemoPage() -> impl IntoView {
    let orders = Orders::new();
    let demo = orders.demo;
    let catalogue = RwSignal::new(Catalogue::Loading);
    let attempt = RwSignal::new(0u32);
    Effect::new(move || {
        attempt.track();
        catalogue.set(Catalogue::Loading);
        tasks::spawn_scoped(async move {
            catalogue.set(match demo.products().await {
                Ok(products) => Catalogue::Loaded(products),
                Err(problem) => Catalogue::Failed(problem),
            });
        });
    });
    // Without a list of faults, and without links, the page works all the same.
    let faults: RwSignal<Vec<DemoFault>> = RwSignal::new(Vec::new());
    let fault: RwSignal<Option<DemoFault>> = RwSignal::new(None);
    Effect::new(move || {
        if matches!(catalogue.get(), Catalogue::Loaded(_)) {
            tasks::spawn_scoped(async move { faults.set(demo.faults().await.unwrap_or_default()) });
            tasks::spawn_scoped(async move { orders.jaeger.set(demo.jaeger().await) });
        }
    });
    let form = move || match catalogue.get() {
        Catalogue::Loading => view! { <p role="status">"Loading products…"</p> }.into_any(),
        Catalogue::Failed(problem) => {
            let retry = move |()| attempt.update(|count| *count += 1);
            view! { <h1 class="unseen">"Demo"</h1> <ProblemCard problem retry/> }.into_any()
        }
        Catalogue::Loaded(products) => {
            let place = move |(order, simulate_error)| {
                let request = DemoRequest::Order { order, simulate_error };
                orders
                    .requested
                    .set(Some(RequestBatch { requests: vec![request], fault: fault.get_untracked() }));
            };
            let first = products.first().cloned();
            let make = move |planned| orders.requested.set(Some(planned));
            view! {
                <OrderForm products is_simulated=demo.is_simulated() is_placing=orders.is_placing refused=orders.refused place/>
                <FaultPicker faults chosen=fault/>
                <OtherRequests first faults fault is_placing=orders.is_placing refused=orders.refused make/>
            }
            .into_any()
        }
    };
    let results = NodeRef::<html::Div>::new();
    Effect::new(move |before: Option<()>| {
        orders.answered.track();
        orders.failure.track();
        if before.is_some() {
            tasks::spawn_scoped(show_from_the_top(results));
        }
    });
    view! {
        <div class="demo">
            <div class="demo__form">{form}</div>
            <div class="demo__orders" node_ref=results>
                <NewestOrder orders/>
                <EarlierOrders orders/>
            </div>
        </div>
    }
}

/// Scrolls the results into sight where they are below the window, as in narrow ones.
async fn show_from_the_top(results: NodeRef<html::Div>) {
    tasks::next_frame().await;
    let Some(results) = results.try_get_untracked().flatten() else { return };
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    if results.get_bounding_client_rect().top() > height / 2.0 {
        results.scroll_into_view();
    }
}

fn trace_address(answered: &AnsweredDemoRequest) -> String {
    Route::trace(answered.trace_id.to_string()).to_string()
}

/// The newest request with its trace, or why it was not answered.
#[component]
fn NewestOrder(orders: Orders) -> impl IntoView {
    move || match (orders.answered.with(|answered| answered.first().cloned()), orders.failure.get()) {
        (_, Some(problem)) => view! { <ProblemCard problem/> }.into_any(),
        (Some(done), None) => {
            let href = trace_address(&done.answered);
            view! { <Arrival done arriving=orders.arriving href jaeger=orders.jaeger/> }.into_any()
        }
        (None, None) => view! {
            <div class="demo__blank">
                <h2>"Your requests appear here"</h2>
                <p>"Each with its trace, span by span as the spans arrive."</p>
            </div>
        }
        .into_any(),
    }
}

/// A line for each request that is not shown as the newest one.
#[component]
fn EarlierOrders(orders: Orders) -> impl IntoView {
    let earlier = move || {
        let shown = usize::from(orders.failure.with(Option::is_none));
        orders.answered.with(|answered| answered.iter().skip(shown).cloned().collect::<Vec<_>>())
    };
    let row = |done: Done| {
        view! {
            <li class="demo__past">
                <span class:failing=done.is_refused()>{done.headline()}</span>
                <span>{duration(done.answered.duration)}</span>
                <a href=trace_address(&done.answered)>"Open trace"</a>
            </li>
        }
    };
    move || {
        let earlier = earlier();
        (!earlier.is_empty()).then(|| {
            view! {
                <section class="demo__earlier">
                    <h2>"Earlier"</h2>
                    <ul>{earlier.into_iter().map(row).collect_view()}</ul>
                </section>
            }
        })
    }
}
