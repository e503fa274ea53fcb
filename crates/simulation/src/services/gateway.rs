//! The gateway: the one address of the services. It checks requests and passes them on, continuing the caller's trace.

use serde_json::{Value, json};

use super::body::object;
use crate::catalogue::CATALOGUE;
use crate::exchange::{SimulatedAnswer, SimulatedRequest};
use crate::faults::{BAGGAGE, FAULTS, Fault, HEADER};
use crate::fields::Fields;
use crate::order_form::OrderForm;
use crate::problem::Problem;
use crate::recorder::{Cx, Run, SimulatedSpan, attribute};

/// The service.
const GATEWAY: &str = "gateway";
/// The longest question, in bytes.
const LONGEST_QUESTION: usize = 2_000;
/// The user agent of the caller.
const BROWSER: &str = "browser";

/// What a request is answered with: status and JSON.
type Outcome = Result<(u16, Value), Problem>;

/// Answers a request.
pub(crate) fn answer(mut run: Run<'_>, request: &SimulatedRequest) -> (SimulatedAnswer, Vec<SimulatedSpan>) {
    let correlation_id = format!("{:016x}", run.random.bits());
    let trace_id = request.trace_id.to_string();
    run.transfer();
    let outcome = run.listed(request).unwrap_or_else(|| run.served(request));
    run.transfer();
    let end_unix = run.now;
    let (status, media_type, body) = match outcome {
        Ok((status, body)) => (status, "application/json", body.to_string()),
        Err(problem) => {
            let body = problem.body(&trace_id, &correlation_id);
            (problem.status, "application/problem+json", body)
        }
    };
    let media_type = media_type.to_owned();
    (SimulatedAnswer { status, media_type, correlation_id, body, end_unix }, run.finish())
}

impl Run<'_> {
    /// A list that the page loads by itself. It makes no spans.
    fn listed(&mut self, request: &SimulatedRequest) -> Option<Outcome> {
        if request.method != "GET" {
            return None;
        }
        let list = match request.path.as_str() {
            "/products" => {
                let products = CATALOGUE.iter().map(|item| {
                    let in_stock = self.state.on_hand(item.id).unwrap_or_default();
                    json!({
                        "id": item.id,
                        "name": item.name,
                        "price": item.price,
                        "currency": item.currency,
                        "in_stock": in_stock,
                    })
                });
                products.collect()
            }
            "/demo/faults" => json!(FAULTS),
            "/demo/links" => json!({"jaeger": null}),
            _ => return None,
        };
        Some(Ok((200, list)))
    }

    /// Answers a request in the SERVER span of the gateway.
    fn served(&mut self, request: &SimulatedRequest) -> Outcome {
        let route = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/orders" | "/orders/simulate-error" | "/ask") | ("GET", "/orchestrate") => {
                &request.path
            }
            _ => "",
        };
        let ordered = request.fault.as_deref().filter(|name| !name.is_empty() && *name != "none");
        let fault = ordered.map(Fault::named).transpose();
        self.fault = fault.as_ref().ok().copied().flatten();
        let parent = (request.trace_id, request.parent);
        let server = self.server(GATEWAY, parent, &request.method, route, &request.path, BROWSER);
        if let Some(fault) = self.fault {
            self.set(server, BAGGAGE, fault.name());
        }
        let outcome = match fault {
            Err(why) => Err(Problem::new(400, "unknown_fault", GATEWAY, why).at(HEADER)),
            Ok(_) => self.routed(server, request),
        };
        let status = outcome.as_ref().map_or_else(|problem| problem.status, |(status, _)| *status);
        self.answered(server, status);
        outcome
    }

    fn routed(&mut self, server: Cx, request: &SimulatedRequest) -> Outcome {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/orders") => self.place_order(server, &request.body),
            ("POST", "/orders/simulate-error") => {
                let members = object(&request.body, GATEWAY)?;
                let (form, failing) = OrderForm::read_simulation(&members, GATEWAY)?;
                let placed = self.send_order(server, &form, Some(failing))?;
                Ok((201, order_json(server, &placed.id, placed.total)))
            }
            ("POST", "/ask") => {
                let members = object(&request.body, GATEWAY)?;
                let fields = Fields::of(&members, GATEWAY);
                let question = fields.text_up_to("question", LONGEST_QUESTION)?;
                let question = fields.required("question", question)?;
                let user_id = fields.id("user_id")?.unwrap_or_else(|| "guest".to_owned());
                self.verify(server, &user_id)?;
                let (answered, is_cached) = self.ask(server, &question)?;
                Ok((
                    200,
                    json!({
                        "answer": answered.answer,
                        "sources": answered.sources,
                        "model": answered.model,
                        "cached": is_cached,
                        "trace_id": server.trace.to_string(),
                    }),
                ))
            }
            ("GET", "/orchestrate") => self.orchestrate(server).map(|answer| (200, answer)),
            (_, path) => Err(Problem::new(404, "not_found", GATEWAY, format!("nothing has the path {path}"))),
        }
    }

    fn place_order(&mut self, server: Cx, body: &str) -> Outcome {
        let checking = self.internal(server, "check order");
        self.work(1.5);
        let form = object(body, GATEWAY)
            .and_then(|members| OrderForm::read(&members, GATEWAY).map_err(Problem::from));
        if let Err(problem) = &form {
            let field = problem.field.as_deref().unwrap_or_default();
            let attributes = vec![attribute("field", field), attribute("reason", problem.detail.as_str())];
            self.event(checking, "order refused", attributes);
        }
        self.end(checking);
        let placed = self.send_order(server, &form?, None)?;
        Ok((201, order_json(server, &placed.id, placed.total)))
    }
}

fn order_json(server: Cx, id: &str, total: f64) -> Value {
    json!({
        "order_id": id,
        "status": "confirmed",
        "total": total,
        "trace_id": server.trace.to_string(),
    })
}
