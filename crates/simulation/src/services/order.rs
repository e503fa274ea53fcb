//! The order service: reserves, charges, stores and publishes; what was reserved is given back when it fails.

use super::call::{Call, Propagate};
use crate::order_form::{FailingService, OrderForm, units};
use crate::problem::Problem;
use crate::recorder::{Cx, Run, int};
use crate::statements::STORE_ORDER;

/// How long the gateway waits for an order, milliseconds.
const TIMEOUT: u32 = 8_000;

/// A placed order.
pub(super) struct PlacedOrder {
    pub(super) id: String,
    pub(super) total: f64,
}

impl Run<'_> {
    /// Passes an order on to the order service.
    ///
    /// # Errors
    /// The problem of the service that refused or failed.
    pub(super) fn send_order(
        &mut self,
        cx: Cx,
        form: &OrderForm,
        failing: Option<FailingService>,
    ) -> Result<PlacedOrder, Problem> {
        self.verify(cx, &form.user_id)?;
        self.set(cx, "user.id", form.user_id.as_str());
        let call = Call::post("order", "/orders").timeout(TIMEOUT);
        let placed = self.call(cx, &call, |run, server, _| {
            let placed = run.place(server, form, failing);
            run.tier = None;
            placed.map(|placed| (201, placed))
        })?;
        self.set(cx, "order.id", placed.id.as_str());
        self.set(cx, "order.total", placed.total);
        Ok(placed)
    }

    fn place(
        &mut self,
        server: Cx,
        form: &OrderForm,
        failing: Option<FailingService>,
    ) -> Result<PlacedOrder, Problem> {
        let id = self.state.order_number().to_string();
        self.set(server, "order.id", id.as_str());
        let tier = self.customer(server, &form.user_id, Propagate::All)?;
        self.set(server, "user.tier", tier);
        self.tier = Some(tier);
        let total = self.price(server, form);
        self.set(server, "order.total", total);
        self.order_fault(server)?;
        let fails_at = |service| failing == Some(service);
        let reservation = self.reserve(server, &id, &form.items, fails_at(FailingService::Inventory))?;
        if let Err(problem) = self.charge(server, &id, form, fails_at(FailingService::Payment)) {
            self.give_back(server, &reservation, &form.items);
            return Err(problem);
        }
        self.statement(server, &STORE_ORDER, 0);
        self.publish(server, &id, &form.user_id, total);
        Ok(PlacedOrder { id, total })
    }

    fn price(&mut self, server: Cx, form: &OrderForm) -> f64 {
        let pricing = self.internal(server, "price order");
        self.work(2.0);
        let total = units(form.total_cents());
        self.set(pricing, "order.items", int(form.items.len()));
        self.set(pricing, "order.total", total);
        self.end(pricing);
        total
    }
}
