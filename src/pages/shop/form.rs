//! The order form.

use crate::state::shop::{Item, Order, Product};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// How people may pay, as the shop names it and as people do.
const PAYMENTS: [(&str, &str); 4] = [
    ("credit_card", "Credit card"),
    ("debit_card", "Debit card"),
    ("paypal", "PayPal"),
    ("bank_transfer", "Bank transfer"),
];

/// More than this of one thing is a slip of the finger.
const MOST: u32 = 999;

/// What is to be bought. `send` is called with the order and whether it shall fail on purpose.
#[component]
pub fn Form(
    /// What there is.
    products: Vec<Product>,
    /// An order is on its way.
    #[prop(into)]
    busy: Signal<bool>,
    /// Sends an order.
    #[prop(into)]
    send: Callback<(Order, bool)>,
) -> impl IntoView {
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
    let missing = Memo::new(move |_| {
        order.with(|order| match (order.items.is_empty(), order.user_id.is_empty()) {
            (true, _) => Some("Choose something to buy."),
            (_, true) => Some("Say who is buying."),
            _ => None,
        })
    });
    let blocked = move || busy.get() || missing.get().is_some();
    let submit = move |simulate_error: bool| {
        if !untrack(blocked) {
            send.run((order.get_untracked(), simulate_error));
        }
    };
    let rows = shelf.into_iter().map(|(product, quantity)| view! { <Row product quantity /> }).collect_view();
    let options = PAYMENTS.map(|(value, label)| view! { <option value=value>{label}</option> });
    view! {
        <form
            class="order"
            data-test="shop-form"
            on:submit=move |event| {
                event.prevent_default();
                submit(false);
            }
        >
            <h1>"Place an order"</h1>
            <p class="order__lead">"Real services answer. Your click is the root of the trace."</p>
            {rows}
            <div class="order__who">
                <label>
                    "Customer"
                    <input
                        class="field"
                        name="user"
                        autocomplete="off"
                        prop:value=user
                        on:input=move |event| user.set(event_target_value(&event))
                    />
                </label>
                <label>
                    "Payment"
                    <select class="field" name="payment" on:change=move |event| payment.set(event_target_value(&event))>
                        {options}
                    </select>
                </label>
            </div>
            <p class="order__actions">
                <button type="submit" class="button button--main" data-test="shop-submit" disabled=blocked>
                    {move || format!("Place order · {:.2}", total())}
                </button>
                <button
                    type="button"
                    class="button"
                    data-test="shop-simulate"
                    disabled=blocked
                    on:click=move |_| submit(true)
                >
                    "Simulate error"
                </button>
                <span class="order__missing" role="status">
                    {move || if busy.get() { Some("On its way…") } else { missing.get() }}
                </span>
            </p>
        </form>
    }
}

/// One product with how many of it.
#[component]
fn Row(product: Product, quantity: RwSignal<u32>) -> impl IntoView {
    let stock = product.in_stock;
    let scarce = move || stock.filter(|stock| quantity.get() > *stock);
    let note = match stock {
        Some(stock) => format!("{} · {stock} in stock", product.id),
        None => product.id.clone(),
    };
    let typed = move |event: web_sys::Event| {
        quantity.set(event_target_value(&event).trim().parse::<u32>().unwrap_or(0).min(MOST));
    };
    // What was typed and is no number shows as what it counts for.
    let settled = move |event: web_sys::FocusEvent| {
        if let Some(input) =
            event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok())
        {
            input.set_value(&quantity.get_untracked().to_string());
        }
    };
    let name = product.name.clone();
    view! {
        <div class="order__item" data-test="shop-item" data-product=product.id.clone()>
            <div class="order__product">
                <b>{name.clone()}</b>
                <span class="order__stock">{note}</span>
            </div>
            <span class="order__price">{format!("{:.2}", product.price)}</span>
            <div class="order__quantity" class:order__quantity--bad=move || scarce().is_some()>
                <button
                    type="button"
                    aria-label=format!("One {name} less")
                    on:click=move |_| quantity.update(|number| *number = number.saturating_sub(1))
                >
                    "−"
                </button>
                <input
                    inputmode="numeric"
                    aria-label=format!("How many of {name}")
                    prop:value=move || quantity.get().to_string()
                    on:input=typed
                    on:blur=settled
                />
                <button
                    type="button"
                    aria-label=format!("One {name} more")
                    on:click=move |_| quantity.update(|number| *number = (*number + 1).min(MOST))
                >
                    "+"
                </button>
            </div>
            <p class="order__scarce" hidden=move || scarce().is_none()>
                {move || scarce().map(|stock| format!("Only {stock} in stock: the shop will refuse this."))}
            </p>
        </div>
    }
}
