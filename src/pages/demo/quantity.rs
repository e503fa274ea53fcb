//! One product of the order form, with the field for its quantity.

use crate::state::demo::Product;
use leptos::prelude::*;

/// Largest quantity that the demo accepts.
pub const LARGEST: u32 = 1_000;

/// A product and the quantity as it is typed. Copy handle.
#[derive(Clone, Copy)]
pub struct OrderLine {
    pub product: StoredValue<Product>,
    pub text: RwSignal<String>,
}

impl OrderLine {
    /// A line with an initial quantity.
    pub fn new(product: Product, quantity: u32) -> Self {
        OrderLine { product: StoredValue::new(product), text: RwSignal::new(quantity.to_string()) }
    }

    /// The quantity, 0 for an empty field; or what is wrong with the text. Tracked.
    pub fn quantity(self) -> Result<u32, String> {
        let text = self.text.get();
        let quantity = match text.trim() {
            "" => Some(0),
            text => text.parse().ok().filter(|quantity| *quantity <= LARGEST),
        };
        quantity.ok_or_else(|| {
            let name = self.product.with_value(|product| product.name.clone());
            format!("{name} quantity: enter a whole number from 0 to {LARGEST}.")
        })
    }

    /// What the demo would refuse, or the field cannot mean. Tracked.
    fn complaint(self) -> Option<String> {
        match (self.quantity(), self.product.with_value(|product| product.in_stock)) {
            (Err(complaint), _) => Some(complaint),
            (Ok(quantity), Some(stock)) if quantity > stock => {
                Some(format!("Only {stock} in stock: the demo will refuse this."))
            }
            _ => None,
        }
    }
}

/// A product with buttons and a field for its quantity.
#[component]
pub fn ProductRow(
    /// The product and its quantity.
    line: OrderLine,
    /// Why the demo refused it.
    #[prop(into)]
    refused: Signal<Option<String>>,
) -> impl IntoView {
    let product = line.product.get_value();
    let price = product.money(product.price);
    let Product { id, name, in_stock, .. } = product;
    let note = match in_stock {
        Some(stock) => format!("{id} · {stock} in stock"),
        None => id.clone(),
    };
    let complaint = move || refused.get().or_else(|| line.complaint());
    let has_complaint = move || complaint().is_some();
    let step = move |change: i32| {
        // A text that is no quantity counts from 0.
        let quantity = untrack(|| line.quantity()).unwrap_or_default();
        line.text.set(quantity.saturating_add_signed(change).min(LARGEST).to_string());
    };
    let complaint_id = format!("complaint-{id}");
    let labels = [format!("Decrease {name}"), format!("{name} quantity"), format!("Increase {name}")];
    let [decrease, quantity, increase] = labels;
    view! {
        <div class="order__item" data-test="demo-item" data-product=id>
            <div class="order__product">
                <b>{name}</b>
                <span class="order__stock">{note}</span>
            </div>
            <span class="order__price">{price}</span>
            <div class="order__quantity" class:order__quantity--bad=has_complaint>
                <button type="button" aria-label=decrease on:click=move |_| step(-1)>
                    "−"
                </button>
                <input
                    inputmode="numeric"
                    autocomplete="off"
                    aria-label=quantity
                    aria-describedby=complaint_id.clone()
                    aria-invalid=move || (refused.get().is_some() || line.quantity().is_err()).then_some("true")
                    prop:value=line.text
                    on:input=move |event| line.text.set(event_target_value(&event))
                    on:change=move |_| {
                        // What an empty field means is shown.
                        if line.text.with_untracked(|text| text.trim().is_empty()) {
                            line.text.set("0".to_owned());
                        }
                    }
                />
                <button type="button" aria-label=increase on:click=move |_| step(1)>
                    "+"
                </button>
            </div>
            <p class="order__scarce" id=complaint_id.clone() hidden=move || !has_complaint()>
                {complaint}
            </p>
        </div>
    }
}
