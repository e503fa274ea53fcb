//! The inventory service: sets pieces aside and puts them back.

use super::call::{Call, Propagate};
use crate::catalogue::CATALOGUE;
use crate::faults::Fault;
use crate::order_form::OrderItem;
use crate::problem::Problem;
use crate::recorder::{Cx, Run, int};
use crate::statements::{ADD, FORGET, GIVE_BACK, LIST, ONE, OVERDRAW, RESERVE, SLOW, SqlStatement, TAKE};

/// Reading one item, which takes so long that faults which read many show above the noise of other work.
pub(super) const ONE_ROW: SqlStatement = SqlStatement { distance: 8.0, ..ONE };

/// Milliseconds that the slow statement takes beside its way to the database.
const COUNTING: f64 = 420.0;

impl Run<'_> {
    /// Sets the pieces of an order aside, and gives the number of the reservation.
    ///
    /// # Errors
    /// 409 where there is not enough of an item, 500 where the database is to refuse.
    pub(super) fn reserve(
        &mut self,
        cx: Cx,
        order_id: &str,
        items: &[OrderItem],
        fails: bool,
    ) -> Result<String, Problem> {
        self.call(cx, &Call::post("inventory", "/reservations"), |run, server, _| {
            let id = format!("r-{order_id}-{}", run.state.reservation_number());
            run.set(server, "order.id", order_id);
            run.set(server, "reservation.id", id.as_str());
            run.inventory_fault(server);
            if run.fault == Some(Fault::SlowDatabase) {
                run.slow_statement(server);
            }
            run.read_stock(server, items);
            if fails {
                return Err(run.overdraw(server));
            }
            run.take(server, items)?;
            run.statement_batch(server, &RESERVE, items.len());
            Ok((201, id))
        })
    }

    fn slow_statement(&mut self, server: Cx) {
        let cx = self.statement_span(server, &SLOW);
        self.work(SLOW.distance + COUNTING);
        self.set(cx, "db.response.returned_rows", 1_i64);
        self.end(cx);
    }

    /// Reads the catalogue as a whole; items that are not in it are added.
    fn read_stock(&mut self, server: Cx, items: &[OrderItem]) {
        self.statement(server, &LIST, int(CATALOGUE.len()));
        let mut known: Vec<&str> = CATALOGUE.iter().map(|item| item.id).collect();
        for item in items {
            if known.contains(&item.id.as_str()) {
                continue;
            }
            if self.state.on_hand(&item.id).is_none() {
                self.state.add_item(&item.id);
            }
            self.statement(server, &ADD, 0);
            self.statement(server, &ONE_ROW, 1);
            known.push(&item.id);
        }
    }

    /// The check of the table refuses.
    fn overdraw(&mut self, server: Cx) -> Problem {
        let cx = self.statement_span(server, &OVERDRAW);
        self.work(OVERDRAW.distance);
        self.set(cx, "db.response.status_code", "275");
        let error = "error returned from database: (code: 275) CHECK constraint failed: on_hand >= 0";
        self.exception(cx, "sqlx::Error", &error, &["(code: 275) CHECK constraint failed: on_hand >= 0"]);
        self.end(cx);
        Problem::new(500, "store_failed", server.service, error)
    }

    /// Takes all lines or none.
    fn take(&mut self, server: Cx, items: &[OrderItem]) -> Result<(), Problem> {
        if items.is_empty() {
            return Ok(());
        }
        let mut lines: Vec<(usize, &str, i64)> = items
            .iter()
            .enumerate()
            .map(|(index, item)| (index, item.id.as_str(), i64::from(item.quantity)))
            .collect();
        lines.sort_by_key(|(_, id, _)| *id);
        self.statement_batch(server, &TAKE, lines.len());
        self.state.take(&lines).map_err(|place| {
            let (index, id) = lines.get(place).map_or((place, ""), |(index, id, _)| (*index, *id));
            let left = self.state.on_hand(id).unwrap_or_default();
            let (code, why) = match left {
                0 => ("unknown_item", format!("{id} is not for sale.")),
                left => ("out_of_stock", format!("Only {left} of {id} in stock.")),
            };
            Problem::new(409, code, server.service, why).at(format!("items[{index}].quantity"))
        })
    }

    /// Gives a reservation back, also where its order has failed already.
    pub(super) fn give_back(&mut self, cx: Cx, reservation: &str, items: &[OrderItem]) {
        self.event(cx, "giving the reservation back", vec![]);
        let call = Call::new("DELETE", "inventory", "/reservations/{id}").with_id(reservation);
        // Its failure is on its own span.
        let _ = self.call(cx, &call, |run, server, _| {
            run.statement(server, &GIVE_BACK, 0);
            run.statement(server, &FORGET, 0);
            for item in items {
                run.state.give_back(&item.id, i64::from(item.quantity));
            }
            Ok((200, ()))
        });
    }

    /// Reads one item of the catalogue, by its number.
    ///
    /// # Errors
    /// The problem of inventory.
    pub(super) fn product(&mut self, cx: Cx, number: usize, propagate: Propagate) -> Result<(), Problem> {
        let id = CATALOGUE.get(number % CATALOGUE.len()).map_or("", |item| item.id);
        let mut call = Call::get("inventory", "/products/{id}").with_id(id);
        call.propagate = propagate;
        self.call(cx, &call, |run, server, _| {
            run.statement(server, &ONE_ROW, 1);
            Ok((200, ()))
        })
    }
}
