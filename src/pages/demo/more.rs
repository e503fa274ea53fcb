//! What the page offers beside the order form: the fault of the next request, a question, parallel calls, and scenarios.

use super::wrong_field::WrongField;
use crate::state::demo::{DemoFault, DemoRequest, Item, Order, Product, RefusedField};
use leptos::ev;
use leptos::prelude::*;

/// The longest question, characters.
const LONGEST: usize = 500;
/// The question at first.
const QUESTION: &str = "What is the critical path of a trace?";

/// Requests that are made one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestBatch {
    /// The requests.
    pub requests: Vec<DemoRequest>,
    /// The fault that all of them order.
    pub fault: Option<DemoFault>,
}

/// Chooses the fault of the next requests. Nothing while no faults are known.
#[component]
pub fn FaultPicker(
    /// The faults of the demo.
    #[prop(into)]
    faults: Signal<Vec<DemoFault>>,
    /// The chosen one.
    chosen: RwSignal<Option<DemoFault>>,
) -> impl IntoView {
    let choose = move |event: ev::Event| {
        let name = event_target_value(&event);
        chosen.set(faults.with_untracked(|faults| faults.iter().find(|fault| fault.name == name).cloned()));
    };
    let options = move || {
        let option = |fault: DemoFault| view! { <option value=fault.name>{fault.title}</option> };
        faults.get().into_iter().map(option).collect_view()
    };
    let hint = move || match chosen.get() {
        None => "Requests are answered as usual.".to_owned(),
        Some(fault) => format!("{} Affects {}.", fault.look_for, fault.request),
    };
    view! {
        <Show when=move || faults.with(|faults| !faults.is_empty())>
            <section class="order more">
                <h2>"Fault"</h2>
                <label class="more__fault">
                    "Fault of the next requests"
                    <select class="field" data-test="demo-fault" on:change=choose>
                        <option value="">"None"</option>
                        {options}
                    </select>
                </label>
                <p class="more__hint" data-test="demo-fault-hint" role="status">{hint}</p>
            </section>
        </Show>
    }
}

/// The question form, the button for parallel calls, and the scenarios.
#[component]
pub fn OtherRequests(
    /// The product that scenarios order; without one they order nothing.
    first: Option<Product>,
    /// The faults of the demo.
    #[prop(into)]
    faults: Signal<Vec<DemoFault>>,
    /// The fault of the next request.
    #[prop(into)]
    fault: Signal<Option<DemoFault>>,
    /// A request is being made.
    #[prop(into)]
    is_placing: Signal<bool>,
    /// The field for which the newest request was refused.
    #[prop(into)]
    refused: Signal<Option<RefusedField>>,
    /// Called with the requests to make.
    #[prop(into)]
    make: Callback<RequestBatch>,
) -> impl IntoView {
    let question = RwSignal::new(QUESTION.to_owned());
    let complaint = move || {
        question.with(|text| match text.trim().chars().count() {
            0 => Some("Enter a question.".to_owned()),
            length if length > LONGEST => Some(format!("At most {LONGEST} characters.")),
            _ => None,
        })
    };
    // Of the question that is in the field, and of no other.
    let refusal = move || {
        let refused = refused.get()?;
        let is_shown = matches!(&refused.request, DemoRequest::Question { text } if question.with(|now| now.trim() == text));
        is_shown.then_some(refused.message)
    };
    let wrong = Signal::derive(move || complaint().or_else(refusal));
    let send = move |request: DemoRequest| {
        if !is_placing.get_untracked() {
            make.run(RequestBatch { requests: vec![request], fault: fault.get_untracked() });
        }
    };
    let ask = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if untrack(complaint).is_none() {
            send(DemoRequest::Question { text: question.get_untracked().trim().to_owned() });
        }
    };
    view! {
        <form class="order more" data-test="demo-question" on:submit=ask>
            <h2>"Ask a question"</h2>
            <label class="more__question">
                "Question about traces"
                <input
                    class="field"
                    name="question"
                    autocomplete="off"
                    aria-describedby="wrong-question"
                    aria-invalid=move || wrong.get().is_some().then_some("true")
                    prop:value=question
                    on:input=move |event| question.set(event_target_value(&event))
                />
                <WrongField id="wrong-question" why=wrong/>
            </label>
            <p class="order__actions">
                <button
                    type="submit"
                    class="button"
                    data-test="demo-ask"
                    disabled=move || is_placing.get() || complaint().is_some()
                >
                    "Ask"
                </button>
                <button
                    type="button"
                    class="button"
                    data-test="demo-orchestrate"
                    disabled=is_placing
                    on:click=move |_| send(DemoRequest::Orchestration)
                >
                    "Call two services in parallel"
                </button>
            </p>
        </form>
        <Scenarios first faults is_placing make/>
    }
}

/// Buttons that each show one thing.
#[component]
fn Scenarios(
    first: Option<Product>,
    faults: Signal<Vec<DemoFault>>,
    is_placing: Signal<bool>,
    make: Callback<RequestBatch>,
) -> impl IntoView {
    let first = StoredValue::new(first);
    let order = move || {
        first.with_value(|first| {
            let Product { id, name, price, .. } = first.clone()?;
            let items = vec![Item { id, name, price, quantity: 1 }];
            let order =
                Order { user_id: "demo-user".to_owned(), items, payment_method: "credit_card".to_owned() };
            Some(DemoRequest::Order { order, simulate_error: false })
        })
    };
    let plan = move |requests: Vec<DemoRequest>, fault: &str| {
        let fault = faults.with_untracked(|faults| faults.iter().find(|one| one.name == fault).cloned());
        if !is_placing.get_untracked() && !requests.is_empty() {
            make.run(RequestBatch { requests, fault });
        }
    };
    let question = || DemoRequest::Question { text: QUESTION.to_owned() };
    let button = move |test: &'static str, label: &'static str, run: Callback<()>| {
        view! {
            <button type="button" class="button" data-test=test disabled=is_placing on:click=move |_| run.run(())>
                {label}
            </button>
        }
    };
    let ordered =
        move |fault: &'static str| Callback::new(move |()| plan(order().into_iter().collect(), fault));
    let cached = Callback::new(move |()| plan(vec![question(), question()], ""));
    view! {
        <section class="order more">
            <h2>"Scenarios"</h2>
            <p class="order__actions">
                {button("demo-happy", "Happy path", ordered(""))}
                {button("demo-cached", "Cache hit", cached)}
                {button("demo-failure", "Service failure", ordered("service-down"))}
                {button("demo-timeout", "Timeout", ordered("timeout"))}
            </p>
        </section>
    }
}
