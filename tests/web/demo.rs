//! The order form sends what is on it, and an order shows its trace as it arrives.

use leptos::prelude::*;
use spandrel::pages::demo::{
    Arrival, Done, FaultPicker, OrderForm, OtherRequests, RequestBatch, TraceProgress,
};
use spandrel::state::demo::{
    AnsweredDemoRequest, DemoAnswer, DemoFault, DemoField, DemoRequest, Order, Product, RefusedField,
};
use spandrel_trace::units::TraceId;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, HtmlInputElement};

use crate::stage::{Stage, settle};
use crate::traces::wide;

fn product(id: &str, price: f64, in_stock: u32) -> Product {
    Product {
        id: id.into(),
        name: format!("Thing {id}"),
        price,
        currency: "USD".into(),
        in_stock: Some(in_stock),
    }
}

fn form() -> (Stage, RwSignal<Vec<(Order, bool)>>) {
    form_with(RwSignal::new(None))
}

fn form_with(refused: RwSignal<Option<RefusedField>>) -> (Stage, RwSignal<Vec<(Order, bool)>>) {
    let sent = RwSignal::new(Vec::new());
    let stage = Stage::new(move || {
        let products = vec![product("item-1", 29.99, 5), product("item-2", 4.5, 1)];
        let place = move |order| sent.update(|sent: &mut Vec<_>| sent.push(order));
        view! { <OrderForm products is_simulated=false is_placing=Signal::stored(false) refused place/> }
    });
    (stage, sent)
}

#[wasm_bindgen_test]
async fn an_order_has_what_was_chosen() {
    let (stage, sent) = form();
    assert!(stage.text("[data-test=demo-submit]").contains("$59.98"), "two of the first to begin with");
    let [_, more] = &stage.all("[data-product=item-2] button")[..] else { panic!("less and more") };
    more.click();
    more.click();
    settle().await;
    assert!(stage.text("[data-product=item-2]").contains("Only 1 in stock"));
    stage.find("[data-test=demo-simulate]").click();
    stage.find("[data-test=demo-submit]").click();
    settle().await;
    let sent = sent.get_untracked();
    assert_eq!(sent.iter().map(|(_, simulate)| *simulate).collect::<Vec<_>>(), [true, false]);
    let chosen: Vec<_> = sent[0].0.items.iter().map(|item| (item.id.as_str(), item.quantity)).collect();
    assert_eq!(chosen, [("item-1", 2), ("item-2", 2)]);
    assert_eq!((sent[0].0.user_id.as_str(), sent[0].0.payment_method.as_str()), ("demo-user", "credit_card"));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_refused_field_says_why_until_the_order_is_another() {
    let refused = RwSignal::new(None);
    let (stage, sent) = form_with(refused);
    stage.find("[data-test=demo-submit]").click();
    settle().await;
    let order = sent.get_untracked()[0].0.clone();
    let refuse = |field: DemoField, message: &str| {
        let request = DemoRequest::Order { order: order.clone(), simulate_error: false };
        refused.set(Some(RefusedField { request, field, message: message.into() }));
    };
    refuse(DemoField::Customer, "user_id must be at most 200 bytes");
    settle().await;
    assert_eq!(stage.text("#wrong-customer"), "user_id must be at most 200 bytes");
    assert_eq!(stage.attribute("[name=user]", "aria-invalid"), "true");
    assert!(stage.find("#wrong-payment").has_attribute("hidden"));
    refuse(DemoField::Payment, "payment_method is unknown");
    settle().await;
    assert!(stage.find("#wrong-customer").has_attribute("hidden"));
    assert_eq!(stage.text("#wrong-payment"), "payment_method is unknown");
    refuse(DemoField::Product("item-1".into()), "Only 1 of item-1 in stock.");
    settle().await;
    assert!(stage.text("[data-product=item-1]").contains("Only 1 of item-1 in stock."));
    assert!(!stage.text("[data-product=item-2]").contains("in stock."));
    assert_eq!(stage.attribute("[data-product=item-1] input", "aria-invalid"), "true");
    let [_, more] = &stage.all("[data-product=item-1] button")[..] else { panic!("less and more") };
    more.click();
    settle().await;
    assert!(!stage.text("[data-product=item-1]").contains("Only 1 of"));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn an_empty_order_is_not_sent() {
    let (stage, sent) = form();
    let [less, _] = &stage.all("[data-product=item-1] button")[..] else { panic!("less and more") };
    for _ in 0..3 {
        less.click();
    }
    settle().await;
    assert!(stage.find("[data-test=demo-submit]").has_attribute("disabled"));
    assert!(stage.text(".order__missing").contains("Add at least one item"));
    stage.find("[data-test=demo-submit]").click();
    settle().await;
    assert!(sent.get_untracked().is_empty());
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_quantity_that_is_none_is_refused_by_name_and_stays_as_it_was_typed() {
    let (stage, sent) = form();
    for text in ["-3", "1.5", "5000", "many"] {
        let field: HtmlInputElement = stage.find("[data-product=item-2] input").unchecked_into();
        field.set_value(text);
        field.dispatch_event(&Event::new("input").expect("an event")).expect("a listener");
        field.dispatch_event(&Event::new("blur").expect("an event")).expect("a listener");
        settle().await;
        assert_eq!(field.value(), text);
        assert!(stage.text(".order__missing").contains("Thing item-2 quantity"), "{text}");
        assert!(stage.text("[data-product=item-2] .order__scarce").contains("whole number"), "{text}");
        assert_eq!(stage.attribute("[data-product=item-2] input", "aria-invalid"), "true");
        assert!(stage.find("[data-test=demo-submit]").has_attribute("disabled"), "{text}");
        stage.find("[data-test=demo-submit]").click();
        settle().await;
        assert!(sent.get_untracked().is_empty());
    }
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_trace_grows_until_it_is_still() {
    let arriving = RwSignal::new(TraceProgress { waiting: true, ..TraceProgress::default() });
    let answer = DemoAnswer::Refused {
        code: "payment_failed".into(),
        message: "the bank said no.".into(),
        service: "payment".into(),
        field: None,
        at: None,
    };
    let answered = AnsweredDemoRequest {
        trace_id: TraceId(0xa1),
        status: 502,
        duration: 4_000_000,
        answer,
        unsent: None,
        correlation_id: "case-7".into(),
    };
    let look_for = Some("The error starts at payment.".to_owned());
    let done = Done { answered, simulated: true, look_for };
    let jaeger = RwSignal::new(None);
    let stage = Stage::new(move || view! { <Arrival done arriving href="trace/a1" jaeger/> });
    assert!(stage.all("[data-test=open-jaeger]").is_empty());
    jaeger.set(Some("http://127.0.0.1:16687".to_owned()));
    settle().await;
    let link = format!("http://127.0.0.1:16687/trace/{}", TraceId(0xa1));
    assert_eq!(stage.attribute("[data-test=open-jaeger]", "href"), link);
    assert_eq!(stage.attribute("[data-test=demo-result]", "data-trace-id"), TraceId(0xa1).to_string());
    assert_eq!(stage.text("[data-test=demo-spans]"), "waiting for spans…");
    assert!(stage.text(".arrival__refused").contains("payment"));
    assert!(stage.text("[data-test=demo-look-for]").contains("starts at payment"));
    assert_eq!(stage.text("[data-test=demo-correlation]"), "case-7");
    let outline = wide(3, "cart");
    let spans = outline.len();
    arriving.set(TraceProgress { outline: Some(outline.clone()), waiting: true, failed: None });
    settle().await;
    assert_eq!(stage.text("[data-test=demo-spans]"), format!("{spans} spans, more arriving"));
    assert_eq!(stage.all(".arrival__row").len(), spans);
    arriving.set(TraceProgress { outline: Some(outline), waiting: false, failed: None });
    settle().await;
    assert_eq!(stage.text("[data-test=demo-spans]"), format!("{spans} spans"));
    stage.strike().await;
}

fn fault(name: &str) -> DemoFault {
    DemoFault {
        name: name.into(),
        title: format!("The {name}"),
        look_for: format!("Look at {name}."),
        request: "POST /orders".into(),
    }
}

fn other_requests() -> (Stage, RwSignal<Vec<RequestBatch>>, RwSignal<Option<DemoFault>>) {
    let made = RwSignal::new(Vec::new());
    let chosen = RwSignal::new(None);
    let stage = Stage::new(move || {
        let faults = Signal::stored(vec![fault("timeout"), fault("service-down")]);
        let make = move |planned| made.update(|made: &mut Vec<_>| made.push(planned));
        let first = Some(product("item-1", 29.99, 5));
        view! {
            <FaultPicker faults chosen/>
            <OtherRequests first faults fault=chosen is_placing=Signal::stored(false) refused=Signal::stored(None) make/>
        }
    });
    (stage, made, chosen)
}

#[wasm_bindgen_test]
async fn a_chosen_fault_is_explained_and_ordered_with_the_next_request() {
    let (stage, made, _) = other_requests();
    let picker: web_sys::HtmlSelectElement = stage.find("[data-test=demo-fault]").unchecked_into();
    picker.set_value("timeout");
    picker.dispatch_event(&Event::new("change").expect("an event")).expect("a listener");
    settle().await;
    assert!(stage.text("[data-test=demo-fault-hint]").contains("Look at timeout."));
    stage.find("[data-test=demo-orchestrate]").click();
    settle().await;
    let made = made.get_untracked();
    assert_eq!(made[0].requests, [DemoRequest::Orchestration]);
    assert_eq!(made[0].fault.as_ref().map(|fault| fault.name.as_str()), Some("timeout"));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_scenario_makes_its_requests_and_an_empty_question_is_not_asked() {
    let (stage, made, _) = other_requests();
    stage.find("[data-test=demo-cached]").click();
    stage.find("[data-test=demo-failure]").click();
    settle().await;
    let planned = made.get_untracked();
    assert_eq!((planned[0].requests.len(), planned[0].fault.is_none()), (2, true));
    assert_eq!(planned[0].requests[0], planned[0].requests[1]);
    assert_eq!(planned[1].fault.as_ref().map(|fault| fault.name.as_str()), Some("service-down"));
    let field: HtmlInputElement = stage.find("[name=question]").unchecked_into();
    field.set_value("  ");
    field.dispatch_event(&Event::new("input").expect("an event")).expect("a listener");
    settle().await;
    assert!(stage.find("[data-test=demo-ask]").has_attribute("disabled"));
    assert!(stage.text("[data-test=demo-question]").contains("Enter a question."));
    stage.strike().await;
}
