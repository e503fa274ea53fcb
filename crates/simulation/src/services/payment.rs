//! The payment service: authorizes an amount, or says why not.

use super::call::{Call, Propagate};
use crate::faults::Fault;
use crate::order_form::{OrderForm, PAYMENT_METHODS, units};
use crate::problem::Problem;
use crate::recorder::{Cx, Run, attribute};

/// The most that is authorized at once, in cents.
const LIMIT_CENTS: i64 = 1_000_000;
/// How long the payment takes where the fault is a timeout: longer than its caller waits. Milliseconds.
const SLOW: f64 = 1_600.0;
/// Attempts that fail where the fault is a retry storm.
const FAILING_ATTEMPTS: u32 = 4;
/// How long the order service waits for a payment, milliseconds.
const TIMEOUT: u32 = 1_000;

impl Run<'_> {
    /// Charges an order.
    ///
    /// # Errors
    /// Why the payment is not authorized.
    pub(super) fn charge(
        &mut self,
        cx: Cx,
        order_id: &str,
        form: &OrderForm,
        fails: bool,
    ) -> Result<(), Problem> {
        let mut call = Call::post("payment", "/payments").timeout(TIMEOUT);
        match self.fault {
            Some(Fault::ServiceDown) => call.is_down = true,
            Some(Fault::RetryStorm) => call = call.retries(6, 20.0),
            _ => {}
        }
        self.call(cx, &call, |run, server, attempt| run.pay(server, order_id, form, fails, attempt))
    }

    fn pay(
        &mut self,
        server: Cx,
        order_id: &str,
        form: &OrderForm,
        fails: bool,
        attempt: u32,
    ) -> Result<(u16, ()), Problem> {
        self.set(server, "order.id", order_id);
        if self.fault == Some(Fault::RetryStorm) && attempt <= FAILING_ATTEMPTS {
            self.work(6.0);
            let why = "too many payments under way: try again";
            return Err(Problem::new(503, "overloaded", server.service, why));
        }
        let amount = units(form.total_cents());
        if form.total_cents() > LIMIT_CENTS {
            let limit = units(LIMIT_CENTS);
            self.event(server, "payment declined", vec![attribute("limit", limit)]);
            let why = format!("{amount:.2} is more than the limit of {limit:.2}");
            return Err(Problem::new(402, "payment_declined", server.service, why));
        }
        let is_lost = self.fault == Some(Fault::BrokenPropagation);
        let propagate = if is_lost { Propagate::BaggageOnly } else { Propagate::All };
        self.customer(server, &form.user_id, propagate)?;
        let authorization = self.internal(server, "authorize payment");
        self.set(authorization, "payment.method", form.payment_method.as_str());
        self.set(authorization, "payment.amount", amount);
        let outcome = self.authorize(authorization, form, fails);
        self.end(authorization);
        outcome.map(|()| (201, ()))
    }

    fn authorize(&mut self, cx: Cx, form: &OrderForm, fails: bool) -> Result<(), Problem> {
        self.work(5.0);
        let score = 1 + (self.random.bits() % 39) as i64;
        self.event(cx, "fraud check passed", vec![attribute("fraud.score", score)]);
        if self.fault == Some(Fault::Timeout) {
            self.wait(SLOW);
        }
        self.work(22.0);
        let mut causes: &[&str] = &[];
        let (code, error) = if self.fault == Some(Fault::PaymentDeclined) {
            ("payment_declined", "the card network declined the payment: insufficient funds".to_owned())
        } else if !PAYMENT_METHODS.contains(&form.payment_method.as_str()) {
            ("payment_failed", format!("unknown payment method `{}`", form.payment_method))
        } else if fails {
            self.work(38.0);
            causes = &["no answer from the card network within 60 ms"];
            ("payment_failed", "the bank did not authorize the payment".to_owned())
        } else {
            let number = self.state.payment_number();
            self.set(cx, "payment.id", format!("p-{number}"));
            return Ok(());
        };
        self.exception(cx, "payment::BankError", &error, causes);
        let cause = causes.first().map(|cause| format!(": {cause}")).unwrap_or_default();
        Err(Problem::new(502, code, cx.service, format!("{error}{cause}")))
    }
}
