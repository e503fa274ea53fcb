//! The order form.

use crate::state::shop::{Item, Order, Product};
use crate::ui::element::{El, button, el, option, typed};
use leptos::prelude::*;
use web_sys::{Event, FocusEvent, HtmlInputElement, MouseEvent, SubmitEvent};

/// How people may pay, as the shop names it and as people do.
const PAYMENTS: [(&str, &str); 4] = [
    ("credit_card", "Credit card"),
    ("debit_card", "Debit card"),
    ("paypal", "PayPal"),
    ("bank_transfer", "Bank transfer"),
];

/// More than this of one thing is a slip of the finger.
const MOST: u32 = 999;

/// What is to be bought. `send` is called with the order and whether it shall fail on purpose, unless one is on its
/// way.
pub fn form(
    products: Vec<Product>,
    busy: Signal<bool>,
    send: impl Fn((Order, bool)) + Clone + 'static,
) -> El {
    let quantities: Vec<RwSignal<u32>> =
        (0..products.len()).map(|index| RwSignal::new(u32::from(index == 0) * 2)).collect();
    let user = RwSignal::new("demo-user".to_owned());
    let payment = RwSignal::new(PAYMENTS[0].0.to_owned());
    let shelf: Vec<(Product, RwSignal<u32>)> = products.into_iter().zip(quantities).collect();
    let chosen = shelf.clone();
    let order = Memo::new(move |_| {
        let items = chosen.iter().map(|(product, quantity)| Item {
            id: product.id.clone(),
            name: product.name.clone(),
            price: product.price,
            quantity: quantity.get(),
        });
        Order {
            user_id: user.get().trim().to_owned(),
            items: items.filter(|item| item.quantity > 0).collect(),
            payment_method: payment.get(),
        }
    });
    let total = move || {
        order.with(|order| order.items.iter().map(|item| item.price * f64::from(item.quantity)).sum::<f64>())
    };
    let missing = move || {
        order.with(|order| match (order.items.is_empty(), order.user_id.is_empty()) {
            (true, _) => Some("Choose something to buy."),
            (_, true) => Some("Say who is buying."),
            _ => None,
        })
    };
    let blocked = move || busy.get() || missing().is_some();
    let submit = move |simulate_error: bool| {
        if !untrack(blocked) {
            send((order.get_untracked(), simulate_error));
        }
    };
    let fail = submit.clone();
    let placed = move |event: SubmitEvent| {
        event.prevent_default();
        submit(false);
    };
    let customer = el("input", "field")
        .attr("name", "user")
        .attr("autocomplete", "off")
        .live_value(move || user.get())
        .on("input", move |event: Event| user.set(typed(&event)));
    let payment = el("select", "field")
        .attr("name", "payment")
        .on("change", move |event: Event| payment.set(typed(&event)))
        .children(PAYMENTS.map(|(value, label)| option(value, label, PAYMENTS[0].0)));
    let who = el("div", "order__who").children([
        el("label", "").text("Customer").child(customer),
        el("label", "").text("Payment").child(payment),
    ]);
    let place = el("button", "button button--main")
        .attr("type", "submit")
        .test("shop-submit")
        .live_attr("disabled", blocked)
        .live_text(move || format!("Place order · {:.2}", total()));
    let fail = button("button")
        .test("shop-simulate")
        .live_attr("disabled", blocked)
        .on("click", move |_: MouseEvent| fail(true))
        .text("Simulate error");
    let said = el("span", "order__missing")
        .attr("role", "status")
        .live_text(move || if busy.get() { Some("On its way…") } else { missing() });
    el("form", "order")
        .test("shop-form")
        .on("submit", placed)
        .child(el("h1", "").text("Place an order"))
        .child(el("p", "order__lead").text("Real services answer. Your click is the root of the trace."))
        .children(shelf.into_iter().map(|(product, quantity)| row(product, quantity)))
        .child(who)
        .child(el("p", "order__actions").children([place, fail, said]))
}

/// One product with how many of it.
fn row(product: Product, quantity: RwSignal<u32>) -> El {
    let Product { id, name, price, in_stock } = product;
    let scarce = move || in_stock.filter(|stock| quantity.get() > *stock);
    let note = match in_stock {
        Some(stock) => format!("{id} · {stock} in stock"),
        None => id.clone(),
    };
    let number = el("input", "")
        .attr("inputmode", "numeric")
        .attr("aria-label", format!("How many of {name}"))
        .live_value(move || quantity.get().to_string())
        .on("input", move |event: Event| {
            quantity.set(typed(&event).trim().parse::<u32>().unwrap_or(0).min(MOST));
        });
    // What was typed and is no number shows as what it counts for.
    let field: HtmlInputElement = number.node();
    let number = number.on("blur", move |_: FocusEvent| {
        field.set_value(&quantity.get_untracked().to_string());
    });
    let step = |label: String, sign: &str, by: i32| {
        let step = move |_: MouseEvent| {
            quantity.update(|number| *number = number.saturating_add_signed(by).min(MOST));
        };
        button("").attr("aria-label", label).on("click", step).text(sign)
    };
    let named = el("div", "order__product")
        .children([el("b", "").text(&name), el("span", "order__stock").text(note)]);
    let steps =
        el("div", "order__quantity").live_class("order__quantity--bad", move || scarce().is_some()).children(
            [step(format!("One {name} less"), "−", -1), number, step(format!("One {name} more"), "+", 1)],
        );
    let complaint =
        move || scarce().map(|stock| format!("Only {stock} in stock: the shop will refuse this."));
    el("div", "order__item").test("shop-item").attr("data-product", id).children([
        named,
        el("span", "order__price").text(format!("{price:.2}")),
        steps,
        el("p", "order__scarce").live_attr("hidden", move || scarce().is_none()).live_text(complaint),
    ])
}
