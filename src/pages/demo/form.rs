//! The order form.

use super::quantity::{OrderLine, ProductRow};
use super::wrong_field::WrongField;
use crate::route::{Route, SearchParams};
use crate::state::demo::{DemoField, Item, Order, Product, RefusedField};
use leptos::ev;
use leptos::prelude::*;

/// Payment methods: as the demo's API names them, and as they are shown.
const PAYMENTS: [(&str, &str); 4] = [
    ("credit_card", "Credit card"),
    ("debit_card", "Debit card"),
    ("paypal", "PayPal"),
    ("bank_transfer", "Bank transfer"),
];
/// What the page says of the services.
const REAL: &str = "Orders go to real services; your click starts the trace.";
const SIMULATED: &str = "No demo server was found: the services are simulated in this browser. Your click starts the \
                         trace, which stays in this browser.";
/// Quantity of the first product at first.
const INITIAL: u32 = 2;

/// What is ordered, or which quantity is wrong. Tracked.
fn items_of(lines: &[OrderLine]) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for line in lines {
        let quantity = line.quantity()?;
        if quantity > 0 {
            let Product { id, name, price, .. } = line.product.get_value();
            items.push(Item { id, name, price, quantity });
        }
    }
    Ok(items)
}

/// Reads the order, or says which field keeps it from being placed. Tracked.
fn order_of(lines: &[OrderLine], customer: &str, payment: &str) -> Result<Order, String> {
    let items = items_of(lines)?;
    match (items.is_empty(), customer.trim()) {
        (true, _) => Err("Add at least one item.".to_owned()),
        (_, "") => Err("Enter a customer.".to_owned()),
        (_, customer) => {
            Ok(Order { user_id: customer.to_owned(), items, payment_method: payment.to_owned() })
        }
    }
}

/// Address of the list of the open file's traces.
fn all_traces() -> String {
    Route::Search(SearchParams { files: true, ..SearchParams::default() }).to_string()
}

/// Form of an order. It can be placed unless one is being placed.
#[component]
pub fn OrderForm(
    /// What can be ordered.
    products: Vec<Product>,
    /// Whether the services are simulated in this browser.
    is_simulated: bool,
    /// An order is being placed.
    #[prop(into)]
    is_placing: Signal<bool>,
    /// The field for which the newest request was refused.
    #[prop(into)]
    refused: Signal<Option<RefusedField>>,
    /// Called with the order, and whether it is to fail.
    #[prop(into)]
    place: Callback<(Order, bool)>,
) -> impl IntoView {
    // All products have the same one.
    let currency = products.first().cloned().unwrap_or_default();
    let lines: Vec<OrderLine> = products
        .into_iter()
        .enumerate()
        .map(|(index, product)| OrderLine::new(product, if index == 0 { INITIAL } else { 0 }))
        .collect();
    let (all_lines, priced_lines) = (lines.clone(), lines.clone());
    let customer = RwSignal::new("demo-user".to_owned());
    let payment = RwSignal::new(PAYMENTS[0].0.to_owned());
    let order = Memo::new(move |_| {
        customer.with(|customer| payment.with(|payment| order_of(&all_lines, customer, payment)))
    });
    // Of the order that is on the form, and of no other.
    let refusal = Memo::new(move |_| {
        let refused = refused.get()?;
        let is_shown = order.with(|order| order.as_ref().ok() == refused.request.order());
        is_shown.then_some((refused.field, refused.message))
    });
    let refused_at = move |field: DemoField| {
        Signal::derive(move || {
            refusal
                .with(|refusal| refusal.as_ref().filter(|(at, _)| *at == field).map(|(_, why)| why.clone()))
        })
    };
    let row = |line: &OrderLine| {
        let refused = refused_at(DemoField::Product(line.product.with_value(|product| product.id.clone())));
        view! { <ProductRow line=*line refused/> }
    };
    let rows = lines.iter().map(row).collect_view();
    let (no_customer, no_payment) = (refused_at(DemoField::Customer), refused_at(DemoField::Payment));
    // Without a total where a quantity is wrong or nothing is ordered.
    let place_label = move || match items_of(&priced_lines) {
        Ok(items) if !items.is_empty() => {
            format!("Place order · {}", currency.money(Order { items, ..Order::default() }.total()))
        }
        _ => "Place order".to_owned(),
    };
    let is_blocked = move || is_placing.get() || order.with(Result::is_err);
    let submit = move |simulate_error: bool| {
        if !is_placing.get_untracked()
            && let Ok(order) = order.get_untracked()
        {
            place.run((order, simulate_error));
        }
    };
    let status = move || match order.get() {
        _ if is_placing.get() => "Placing order…".to_owned(),
        Err(missing) => missing,
        Ok(_) => String::new(),
    };
    let payments = PAYMENTS.map(|(value, label)| view! { <option value=value>{label}</option> });
    view! {
        <form
            class="order"
            data-test="demo-form"
            on:submit=move |event: ev::SubmitEvent| {
                event.prevent_default();
                submit(false);
            }
        >
            <h1>"Place an order"</h1>
            <p class="order__lead" data-test="demo-services-kind">
                {if is_simulated { SIMULATED } else { REAL }}
                {is_simulated.then(|| view! { " " <a href=all_traces()>"All simulated traces"</a> })}
            </p>
            {rows}
            <div class="order__who">
                <label>
                    "Customer"
                    <input
                        class="field"
                        name="user"
                        autocomplete="off"
                        aria-describedby="wrong-customer"
                        aria-invalid=move || no_customer.get().is_some().then_some("true")
                        prop:value=customer
                        on:input=move |event| customer.set(event_target_value(&event))
                    />
                    <WrongField id="wrong-customer" why=no_customer/>
                </label>
                <label>
                    "Payment"
                    <select
                        class="field"
                        name="payment"
                        aria-describedby="wrong-payment"
                        aria-invalid=move || no_payment.get().is_some().then_some("true")
                        on:change=move |event| payment.set(event_target_value(&event))
                    >
                        {payments.collect_view()}
                    </select>
                    <WrongField id="wrong-payment" why=no_payment/>
                </label>
            </div>
            <p class="order__actions">
                <button
                    type="submit"
                    class="button button--main"
                    data-test="demo-submit"
                    disabled=is_blocked
                >
                    {place_label}
                </button>
                <button
                    type="button"
                    class="button"
                    data-test="demo-simulate"
                    disabled=is_blocked
                    on:click=move |_| submit(true)
                >
                    "Simulate error"
                </button>
                <span class="order__missing" role="status">
                    {status}
                </span>
            </p>
        </form>
    }
}
