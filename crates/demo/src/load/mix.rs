//! Which requests are made: seeded, so that one seed always gives the same ones.

use serde_json::{Value, json};
use spandrel_simulation::order_form::PAYMENT_METHODS;

use crate::faults::FAULTS;

const CUSTOMERS: [&str; 6] = ["ada", "grace", "edsger", "barbara", "alan", "margaret"];
const GOODS: [(&str, &str, f64); 5] = [
    ("item-1", "Widget", 29.99),
    ("item-2", "Bolt, box of 50", 4.50),
    ("item-3", "Bracket", 12.50),
    ("item-4", "Ball bearing", 8.25),
    ("item-5", "Drive belt", 17.99),
];
const QUESTIONS: [&str; 6] = [
    "What is the critical path of a trace?",
    "How does a span link differ from a parent?",
    "When does a circuit breaker open?",
    "What does tail sampling decide?",
    "Why can a server span start before its client span?",
    "What is an N+1 query?",
];

/// A kind of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What users do: mostly orders, questions, users; some of it wrong or failing.
    Activity,
    /// Every scenario and every fault in turn.
    Demo,
    /// Orders that succeed and nothing else.
    Stress,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlannedRequest {
    /// The path; it is a GET where there is no body.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) fault: Option<&'static str>,
    /// Whether an error is what it is meant to give.
    pub(crate) may_fail: bool,
}

impl PlannedRequest {
    fn get(path: &str) -> Self {
        Self { path: path.into(), body: None, fault: None, may_fail: false }
    }

    fn post(path: &str, body: Value) -> Self {
        Self { path: path.into(), body: Some(body), fault: None, may_fail: false }
    }

    fn failing(self) -> Self {
        Self { may_fail: true, ..self }
    }
}

/// Requests without end.
pub(crate) struct Mix {
    mode: Mode,
    random: fastrand::Rng,
    /// Distinct users of stress.
    users: u64,
    next: usize,
}

impl Mix {
    pub(crate) fn new(mode: Mode, seed: u64, users: u64) -> Self {
        Self { mode, random: fastrand::Rng::with_seed(seed), users: users.max(1), next: 0 }
    }

    /// The next request.
    pub(crate) fn next(&mut self) -> PlannedRequest {
        let number = self.next;
        self.next += 1;
        match self.mode {
            Mode::Activity => self.activity(),
            Mode::Stress => {
                let mut body = self.order();
                body["user_id"] = json!(format!("user-{}", self.random.u64(..self.users) + 1));
                PlannedRequest::post("/orders", body)
            }
            Mode::Demo => self.scenario(number),
        }
    }

    /// Of a hundred requests, some six fail inside, three order too much and three are wrong.
    fn activity(&mut self) -> PlannedRequest {
        let mut order = self.order();
        match self.random.u32(..100) {
            0..4 => {
                order["service"] = json!("payment");
                PlannedRequest::post("/orders/simulate-error", order).failing()
            }
            4..6 => {
                order["service"] = json!("inventory");
                PlannedRequest::post("/orders/simulate-error", order).failing()
            }
            6..9 => {
                order["items"][0]["quantity"] = json!(500);
                PlannedRequest::post("/orders", order).failing()
            }
            9..12 => {
                order["payment_method"] = json!("seashells");
                PlannedRequest::post("/orders", order).failing()
            }
            12..27 => self.question(),
            27..31 => {
                let id = self.random.u32(1..4);
                PlannedRequest::get(&format!("/users/{id}"))
            }
            31..33 => PlannedRequest::get("/orchestrate"),
            33..35 => PlannedRequest::get("/demo/full-flow/ada"),
            _ => PlannedRequest::post("/orders", order),
        }
    }

    fn scenario(&mut self, number: usize) -> PlannedRequest {
        let plain = 6;
        let at = number % (plain + FAULTS.len());
        match at {
            0 => PlannedRequest::post("/orders", self.order()),
            1 | 2 => PlannedRequest::post("/ask", json!({"question": QUESTIONS[0], "user_id": "ada"})),
            3 => PlannedRequest::post("/orders/simulate-error", json!({"payment_method": "invalid_method"}))
                .failing(),
            4 => PlannedRequest::get("/orchestrate"),
            5 => PlannedRequest::get("/demo/full-flow/ada"),
            _ => {
                let Some(fault) = FAULTS.get(at - plain) else { return PlannedRequest::get("/products") };
                let request = match fault.request.contains("/ask") {
                    true => self.question(),
                    false => PlannedRequest::post("/orders", self.order()),
                };
                PlannedRequest { fault: Some(fault.name), ..request.failing() }
            }
        }
    }

    fn question(&mut self) -> PlannedRequest {
        let question = self.random.choice(QUESTIONS).unwrap_or_default();
        let user = self.random.choice(CUSTOMERS).unwrap_or_default();
        PlannedRequest::post("/ask", json!({"question": question, "user_id": user}))
    }

    fn order(&mut self) -> Value {
        let lines = 1 + self.random.usize(..3);
        let mut goods = GOODS;
        self.random.shuffle(&mut goods);
        let items: Vec<Value> = goods
            .iter()
            .take(lines)
            .map(|(id, name, price)| {
                let quantity = 1 + self.random.u32(..3);
                json!({"id": id, "name": name, "price": price, "quantity": quantity})
            })
            .collect();
        json!({
            "user_id": self.random.choice(CUSTOMERS),
            "items": items,
            "payment_method": self.random.choice(PAYMENT_METHODS),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(mode: Mode, seed: u64, count: usize) -> Vec<PlannedRequest> {
        let mut mix = Mix::new(mode, seed, 10);
        (0..count).map(|_| mix.next()).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_requests() {
        assert_eq!(draw(Mode::Activity, 3, 20), draw(Mode::Activity, 3, 20));
        assert_ne!(draw(Mode::Activity, 3, 20), draw(Mode::Activity, 4, 20));
    }

    #[test]
    fn most_requests_are_good_and_some_are_not() {
        let all = draw(Mode::Activity, 1, 500);
        let failing = all.iter().filter(|request| request.may_fail).count();
        assert!((25..110).contains(&failing), "{failing} of 500");
        assert!(draw(Mode::Stress, 1, 100).iter().all(|request| request.path == "/orders"));
    }

    #[test]
    fn a_round_of_the_demo_orders_every_fault_once() {
        let round = draw(Mode::Demo, 1, 6 + FAULTS.len());
        for fault in FAULTS {
            assert_eq!(round.iter().filter(|r| r.fault == Some(fault.name)).count(), 1, "{}", fault.name);
        }
    }
}
