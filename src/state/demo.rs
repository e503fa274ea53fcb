//! The demo: its products and faults, and requests to it, whose traces the browser starts. Where no demo is behind the
//! page, simulated services in the worker answer.

mod answer;
mod request;
mod simulated;

use super::browser_span::{Exchange, Ids};
use super::busy;
use super::data::{Data, use_data};
use super::settings::use_settings;
use crate::io::clock;
use crate::io::demo::{self as http, DemoHeaders, DemoReply};
use crate::io::random::random;
use leptos::prelude::untrack;
use serde::Deserialize;
use spandrel_trace::units::{Problem, ProblemKind};

use answer::{answer, parsed};

pub use answer::{AnsweredDemoRequest, DemoAnswer, DemoField, RefusedField};
pub use request::{DemoFault, DemoRequest, Item, Order, Product};

/// What was attempted, in problems.
const LOADING: &str = "load the demo's products";
const FAULTS: &str = "load the demo's faults";
const LINKS: &str = "load the demo's links";
const SENDING: &str = "send the request to the demo";

/// Where else the traces of the demo are.
#[derive(Deserialize)]
struct DemoLinks {
    jaeger: Option<String>,
}

/// Answer of the server where it could not reach the demo.
#[derive(Deserialize)]
struct ProxyError {
    error: String,
}

/// The demo behind the page, or the simulated one. Copy handle.
#[derive(Clone, Copy)]
pub struct DemoServices {
    data: Data,
    is_simulated: bool,
}

/// The demo of the server in use. What a server has written into the page decides, so nothing is requested for that.
pub fn use_demo() -> DemoServices {
    let settings = use_settings();
    DemoServices { data: use_data(), is_simulated: untrack(|| !settings.has_demo()) }
}

impl DemoServices {
    /// Whether its services are simulated in this browser.
    pub fn is_simulated(self) -> bool {
        self.is_simulated
    }

    /// Loads the products.
    pub async fn products(self) -> Result<Vec<Product>, Problem> {
        self.load("demo/products", LOADING).await
    }

    /// Loads the faults that can be ordered.
    pub async fn faults(self) -> Result<Vec<DemoFault>, Problem> {
        self.load("demo/demo/faults", FAULTS).await
    }

    /// The base URL of a Jaeger's UI that is sent the same traces, without a slash at its end; `None` where the demo names
    /// none.
    pub async fn jaeger(self) -> Option<String> {
        let links: DemoLinks = self.load("demo/demo/links", LINKS).await.ok()?;
        // The link is followed by a click: no other scheme than these.
        let is_web = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        links.jaeger.filter(is_web).map(|url| url.trim_end_matches('/').to_owned())
    }

    async fn load<T: for<'a> Deserialize<'a>>(self, path: &str, attempted: &str) -> Result<T, Problem> {
        let _busy = busy::hold();
        let reply = if self.is_simulated {
            simulated::get(self.data, path).await
        } else {
            // A trace of what the page needs for itself would stand above those of its user.
            let unsampled = random::<24>().map(|bytes| Ids::from_bytes(bytes).unsampled());
            http::get(path, DemoHeaders { traceparent: unsampled.as_deref(), fault: None }).await
        };
        let reply = reply.map_err(|why| self.unreachable(attempted, &why))?;
        parsed(&reply).filter(|_| reply.status == 200).ok_or_else(|| unexpected(attempted, &reply))
    }

    /// Sends a request to the demo, with a fault if one is named, and then the browser's own span.
    pub async fn send(
        self,
        request: &DemoRequest,
        fault: Option<&str>,
    ) -> Result<AnsweredDemoRequest, Problem> {
        let _busy = busy::hold();
        let Some(bytes) = random::<24>() else {
            let happened = "The browser gives no random numbers for a trace ID.";
            return Err(Problem::new(ProblemKind::Unsupported, SENDING, happened));
        };
        let ids = Ids::from_bytes(bytes);
        let (path, body) = (request.path(), request.body());
        let mut exchange = Exchange {
            ids,
            method: if body.is_some() { "POST" } else { "GET" },
            url: http::address(path),
            start_unix: http::now_unix(),
            end_unix: 0,
            outcome: Ok(0),
            user_agent: http::user_agent(),
        };
        let (reply, unsent) = if self.is_simulated {
            simulated::exchange(self.data, &mut exchange, path, body, fault).await
        } else {
            exchange_with_server(&mut exchange, path, body, fault).await
        };
        let reply = reply.map_err(|why| self.unreachable(SENDING, &why))?;
        let answer = answer(request, &reply).ok_or_else(|| unexpected(SENDING, &reply))?;
        Ok(AnsweredDemoRequest {
            trace_id: ids.trace,
            status: reply.status,
            duration: exchange.end_unix.saturating_sub(exchange.start_unix),
            answer,
            unsent,
            correlation_id: reply.correlation_id,
        })
    }

    fn unreachable(self, attempted: &str, why: &str) -> Problem {
        if self.is_simulated {
            let happened = format!("The simulated services stopped ({why}).");
            return Problem::new(ProblemKind::Fault, attempted, happened).advise("Try again.");
        }
        Problem::new(ProblemKind::Offline, attempted, format!("Couldn't reach the server ({why})."))
            .advise("Check that the server that this page came from is still running.")
    }
}

/// Sends a request to the demo behind the page's server, and the browser's span to the server. Gives the reply and why the
/// span was not taken.
async fn exchange_with_server(
    exchange: &mut Exchange,
    path: &str,
    body: Option<String>,
    fault: Option<&str>,
) -> (Result<DemoReply, String>, Option<String>) {
    let traceparent = exchange.ids.traceparent();
    let headers = DemoHeaders { traceparent: Some(&traceparent), fault };
    let reply = match &body {
        Some(body) => http::post_json(path, headers, body).await,
        None => http::get(path, headers).await,
    };
    exchange.answered(reply.as_ref().map(|reply| reply.status).map_err(Clone::clone));
    // The span of a failed request is sent too.
    let sent = http::post_json("v1/traces", DemoHeaders::default(), &exchange.otlp()).await;
    let unsent = match sent {
        Ok(reply) if (200..300).contains(&reply.status) => None,
        Ok(reply) => Some(format!("the server answered {} to the browser's span", reply.status)),
        Err(why) => Some(why),
    };
    (reply, unsent)
}

/// Waits between two requests for a trace that is arriving.
pub async fn pause(milliseconds: u32) {
    clock::sleep(milliseconds).await;
}

/// An answer that is not one of the demo's API.
fn unexpected(attempted: &str, reply: &http::DemoReply) -> Problem {
    let happened = match (reply.status, reply.media_type.as_str()) {
        (200..300, "text/html") | (404, _) => "The demo isn't running on this server.".to_owned(),
        (502..=504, _) => match parsed(reply) {
            Some(ProxyError { error }) => format!("The server answered: {error}."),
            None => "The server couldn't reach the demo.".to_owned(),
        },
        _ => "The answer is not one of the demo.".to_owned(),
    };
    Problem::new(ProblemKind::WrongAddress, attempted, happened)
        .advise("`cargo xtask run` starts the server with the demo.")
        .advise("Or start both: `spandrel-demo`, and `spandrel-server --demo http://127.0.0.1:8000`.")
        .answered(Some(reply.status), reply.body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn reply(status: u16, media_type: &str, body: &str) -> http::DemoReply {
        http::DemoReply {
            status,
            media_type: media_type.into(),
            body: body.into(),
            ..http::DemoReply::default()
        }
    }

    #[test]
    fn products_may_leave_out_their_stock_and_currency() {
        let body = r#"[{"id":"item-1","name":"Widget","price":29.99,"currency":"USD","in_stock":9},{"id":"b","name":"B","price":1}]"#;
        let products: Vec<Product> = parsed(&reply(200, "application/json", body)).unwrap();
        assert_eq!((products[0].in_stock, products[1].in_stock), (Some(9), None));
        assert_eq!((products[0].money(59.98), products[1].money(1.0)), ("$59.98".into(), "1.00".into()));
        assert_eq!(parsed::<Vec<Product>>(&reply(200, "application/json", r#"[{"id":1}]"#)), None);
    }

    #[test]
    fn an_answer_of_something_else_says_what_is_missing() {
        let page = reply(200, "text/html", "<!doctype html>");
        assert!(unexpected(LOADING, &page).happened.contains("isn't running"));
        assert_eq!(unexpected(LOADING, &reply(503, "text/plain", "")).status, Some(503));
        let down = reply(
            502,
            "application/json",
            r#"{"error":"the demo at http://127.0.0.1:8000 cannot be reached"}"#,
        );
        assert!(unexpected(SENDING, &down).happened.contains("127.0.0.1:8000"));
    }
}
