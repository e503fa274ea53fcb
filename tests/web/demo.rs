//! The order form sends what is on it, and an order shows its trace as it arrives.

use leptos::prelude::*;
use spandrel::pages::demo::{Arrival, Arriving, Done, OrderForm};
use spandrel::state::demo::{Answer, Order, Placed, Product};
use spandrel_trace::units::TraceId;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, HtmlInputElement};

use crate::stage::{Stage, settle};
use crate::traces::wide;

fn product(id: &str, price: f64, in_stock: u32) -> Product {
    Product { id: id.into(), name: format!("Thing {id}"), price, in_stock: Some(in_stock) }
}

fn form() -> (Stage, RwSignal<Vec<(Order, bool)>>) {
    let sent = RwSignal::new(Vec::new());
    let stage = Stage::new(move || {
        let products = vec![product("item-1", 29.99, 5), product("item-2", 4.5, 1)];
        let place = move |order| sent.update(|sent: &mut Vec<_>| sent.push(order));
        view! { <OrderForm products is_placing=Signal::stored(false) place/> }
    });
    (stage, sent)
}

#[wasm_bindgen_test]
async fn an_order_has_what_was_chosen() {
    let (stage, sent) = form();
    assert!(stage.text("[data-test=demo-submit]").contains("59.98"), "two of the first to begin with");
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
    let arriving = RwSignal::new(Arriving { waiting: true, ..Arriving::default() });
    let answer = Answer::Refused {
        code: "payment_failed".into(),
        message: "the bank said no.".into(),
        service: "payment".into(),
        field: None,
    };
    let placed = Placed { trace_id: TraceId(0xa1), status: 502, duration: 4_000_000, answer, unsent: None };
    let done = Done { placed, simulated: true };
    let stage = Stage::new(move || view! { <Arrival done arriving href="trace/a1"/> });
    assert_eq!(stage.attribute("[data-test=demo-result]", "data-trace-id"), TraceId(0xa1).to_string());
    assert_eq!(stage.text("[data-test=demo-spans]"), "waiting for spans…");
    assert!(stage.text(".arrival__refused").contains("payment"));
    let outline = wide(3, "cart");
    let spans = outline.len();
    arriving.set(Arriving { outline: Some(outline.clone()), waiting: true, failed: None });
    settle().await;
    assert_eq!(stage.text("[data-test=demo-spans]"), format!("{spans} spans, more arriving"));
    assert_eq!(stage.all(".arrival__row").len(), spans);
    arriving.set(Arriving { outline: Some(outline), waiting: false, failed: None });
    settle().await;
    assert_eq!(stage.text("[data-test=demo-spans]"), format!("{spans} spans"));
    stage.strike().await;
}
