//! A call between services: a CLIENT span for each attempt, the SERVER span below it, timeouts, retries, and the breaker.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use spandrel_trace::model::SpanKind;
use spandrel_trace::model::record::Attribute;
use spandrel_trace::units::{SpanId, TraceId};

use super::port;
use crate::problem::Problem;
use crate::recorder::{Cx, Run, attribute};

/// The port at which nothing listens: 9 (discard).
const NOWHERE: i64 = 9;
/// The user agent of the services.
const AGENT: &str = concat!("spandrel-demo/", env!("CARGO_PKG_VERSION"));

/// How much of the trace context is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Propagate {
    /// All of it.
    All,
    /// All of it, but as not sampled.
    Unsampled,
    /// Only baggage.
    BaggageOnly,
}

/// Where to send a call, and how.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: &'static str,
    to: &'static str,
    /// The path with names in place of values: it names the spans.
    template: &'static str,
    path: String,
    /// Milliseconds.
    timeout: u32,
    attempts: u32,
    /// Milliseconds before the first retry.
    backoff: f64,
    is_idempotent: bool,
    /// Nothing listens where the service should.
    pub(super) is_down: bool,
    pub(super) propagate: Propagate,
}

/// What a service does with a request: it is given its SERVER span and the number of the attempt, and gives its status.
type Handler<'h> = dyn FnMut(&mut Run<'_>, Cx, u32) -> Result<u16, Problem> + 'h;

/// What became of an attempt that failed.
struct Failure {
    problem: Problem,
    /// Whether the service failed, as the breaker counts it.
    is_of_service: bool,
    may_retry: bool,
}

impl Call {
    pub(super) fn new(method: &'static str, to: &'static str, template: &'static str) -> Self {
        Self {
            method,
            to,
            template,
            path: template.to_owned(),
            timeout: 3_000,
            attempts: 2,
            backoff: 25.0,
            is_idempotent: method != "POST",
            is_down: false,
            propagate: Propagate::All,
        }
    }

    pub(super) fn get(to: &'static str, template: &'static str) -> Self {
        Self::new("GET", to, template)
    }

    pub(super) fn post(to: &'static str, template: &'static str) -> Self {
        Self::new("POST", to, template)
    }

    /// Puts an id in the place of the template's name.
    pub(super) fn with_id(mut self, id: &str) -> Self {
        if let Some((before, rest)) = self.template.split_once('{') {
            let after = rest.split_once('}').map_or("", |(_, after)| after);
            self.path = format!("{before}{}{after}", utf8_percent_encode(id, NON_ALPHANUMERIC));
        }
        self
    }

    /// Another timeout than 3 s, in milliseconds.
    pub(super) fn timeout(mut self, milliseconds: u32) -> Self {
        self.timeout = milliseconds;
        self
    }

    /// Retries up to so many attempts in all, with this wait in milliseconds before the first retry.
    pub(super) fn retries(mut self, attempts: u32, backoff: f64) -> Self {
        self.attempts = attempts;
        self.backoff = backoff;
        self.is_idempotent = true;
        self
    }
}

impl Run<'_> {
    /// Calls a service. `handle` is what it does: it is given its SERVER span and the number of the attempt, from 1 on, and
    /// gives its HTTP status with the answer.
    ///
    /// # Errors
    /// The problem of the other service, as it is where the request is wrong (4xx) and as 502 where the service failed; 503
    /// where it could not be reached or its breaker is open; 504 where it did not answer in time.
    pub(super) fn call<T>(
        &mut self,
        from: Cx,
        call: &Call,
        mut handle: impl FnMut(&mut Run<'_>, Cx, u32) -> Result<(u16, T), Problem>,
    ) -> Result<T, Problem> {
        let mut answer = None;
        let mut keep = |run: &mut Run<'_>, server: Cx, attempt: u32| {
            let (status, value) = handle(run, server, attempt)?;
            answer = Some(value);
            Ok(status)
        };
        self.make_call(from, call, &mut keep)?;
        // A call that succeeded was handled; the answer of its last attempt is there.
        answer.ok_or_else(|| Problem::new(502, "unreadable_answer", from.service, "there is no answer"))
    }

    /// The same for every type of answer, so that it is compiled once.
    fn make_call(&mut self, from: Cx, call: &Call, handle: &mut Handler<'_>) -> Result<(), Problem> {
        let mut attempt = 0;
        loop {
            let failure = match self.attempt(from, call, attempt, handle) {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            attempt += 1;
            if !failure.may_retry || attempt >= call.attempts {
                return Err(failure.problem);
            }
            let jitter = 0.9 + self.random.fraction() * 0.2;
            self.wait(call.backoff * jitter * f64::from(1_u32 << (attempt - 1).min(10)));
        }
    }

    fn attempt(
        &mut self,
        from: Cx,
        call: &Call,
        attempt: u32,
        handle: &mut Handler<'_>,
    ) -> Result<(), Failure> {
        let name = format!("{} {}", call.method, call.template);
        let cx = self.child(from, SpanKind::Client, name, describe(call, attempt));
        let state = self.state.breakers.state(from.service, call.to, self.now);
        self.set(cx, "circuit_breaker.state", state);
        if state == "open" {
            let error = format!("the circuit breaker for {} is open: it failed five times in a row", call.to);
            self.exception(cx, "BreakerOpen", &error, &[]);
            self.end(cx);
            let problem = Problem::new(503, "circuit_open", from.service, error);
            return Err(Failure { problem, is_of_service: false, may_retry: false });
        }
        let answer =
            if call.is_down { Err(self.refused(cx, call)) } else { self.exchange(cx, call, attempt, handle) };
        let has_failed = answer.as_ref().is_err_and(|failure| failure.is_of_service);
        self.state.breakers.record(from.service, call.to, has_failed, self.now);
        self.end(cx);
        answer
    }

    /// Nothing listens there.
    fn refused(&mut self, cx: Cx, call: &Call) -> Failure {
        self.transfer();
        let error = format!("error sending request for url (http://127.0.0.1:{NOWHERE}{})", call.path);
        let causes = ["client error (Connect)", "tcp connect error", "Connection refused (os error 111)"];
        self.exception(cx, "reqwest::Error", &error, &causes);
        let why = format!("{} did not answer", call.to);
        let problem = Problem::new(503, "service_unreachable", cx.service, why);
        Failure { problem, is_of_service: true, may_retry: true }
    }

    fn exchange(
        &mut self,
        cx: Cx,
        call: &Call,
        attempt: u32,
        handle: &mut Handler<'_>,
    ) -> Result<(), Failure> {
        let (sent, first) = (self.now, self.len());
        self.transfer();
        let parent = match call.propagate {
            Propagate::BaggageOnly => (self.random.trace_id(), SpanId(0)),
            Propagate::All | Propagate::Unsampled => (cx.trace, cx.span),
        };
        let server = self.server(call.to, parent, call.method, call.template, &call.path, AGENT);
        let answer = handle(self, server, attempt + 1);
        let status = answer.as_ref().map_or_else(|problem| problem.status, |status| *status);
        self.answered(server, status);
        if call.propagate == Propagate::Unsampled {
            self.drop_from(first);
        }
        self.transfer();
        let cache_outcome = self.cache_outcome.take();
        let limit = sent + u64::from(call.timeout) * 1_000_000;
        if self.now > limit {
            self.now = limit;
            let error = format!("timeout: {} did not answer within {} ms", call.to, call.timeout);
            self.exception(cx, "TimedOut", &error, &[]);
            let problem = Problem::new(504, "service_timeout", cx.service, error);
            return Err(Failure { problem, is_of_service: true, may_retry: false });
        }
        self.set(cx, "http.response.status_code", i64::from(status));
        if let Some(outcome) = cache_outcome {
            self.set(cx, "http.response.header.x-cache", outcome);
        }
        answer.map(drop).map_err(|mut problem| {
            self.set(cx, "error.type", status.to_string());
            self.fail(cx, "");
            let is_of_service = status >= 500;
            let may_retry = status == 503 && call.is_idempotent;
            if is_of_service && status != 504 {
                problem.status = 502;
            }
            Failure { problem, is_of_service, may_retry }
        })
    }

    /// Starts the SERVER span of a request.
    pub(super) fn server(
        &mut self,
        service: &'static str,
        parent: (TraceId, SpanId),
        method: &str,
        route: &str,
        path: &str,
        agent: &str,
    ) -> Cx {
        let mut attributes = vec![
            attribute("http.request.method", method),
            attribute("url.path", path),
            attribute("url.scheme", "http"),
            attribute("network.protocol.version", "1.1"),
            attribute("server.address", "127.0.0.1"),
            attribute("server.port", port(service)),
            attribute("client.address", "127.0.0.1"),
            attribute("user_agent.original", agent),
            attribute("http.route", route),
        ];
        attributes.extend(self.tier.map(|tier| attribute("user.tier", tier)));
        self.start(service, parent, SpanKind::Server, format!("{method} {route}"), attributes)
    }

    /// Ends the SERVER span of a request. A wrong request is no failure of the server.
    pub(super) fn answered(&mut self, server: Cx, status: u16) {
        self.set(server, "http.response.status_code", i64::from(status));
        if status >= 500 {
            self.set(server, "error.type", status.to_string());
            self.fail(server, "");
        }
        self.end(server);
    }
}

fn describe(call: &Call, attempt: u32) -> Vec<Attribute> {
    let port = if call.is_down { NOWHERE } else { port(call.to) };
    let mut attributes = vec![
        attribute("http.request.method", call.method),
        attribute("url.full", format!("http://127.0.0.1:{port}{}", call.path)),
        attribute("url.template", call.template),
        attribute("server.address", "127.0.0.1"),
        attribute("server.port", port),
        attribute("service.peer.name", call.to),
    ];
    if attempt > 0 {
        attributes.push(attribute("http.request.resend_count", i64::from(attempt)));
    }
    attributes
}
