//! A call to another service: a CLIENT span for each attempt, a timeout, retries with jitter, and a circuit breaker.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceContextExt, TraceFlags};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::breaker::BreakerState;
use super::problem::{Problem, ProblemDetails, record};
use super::service::{Service, correlation_id};

/// How long one service waits for another where a call says nothing else.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The wait before the first retry; it doubles with each further one.
const BACKOFF: Duration = Duration::from_millis(25);
/// Attempts of a call where it says nothing else.
const ATTEMPTS: u32 = 2;
/// The attribute that says in which state of the breaker the call was made.
const BREAKER: &str = "circuit_breaker.state";

/// How much of the trace context is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Propagate {
    /// All of it.
    #[default]
    All,
    /// All of it, but as not sampled.
    Unsampled,
    /// Only baggage: `traceparent` is removed.
    BaggageOnly,
}

/// Where to send a call, and how.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    to: &'static str,
    /// The path with names in place of values, such as `/reservations/{id}`: it names the span.
    template: &'static str,
    path: String,
    base: Option<String>,
    timeout: Duration,
    attempts: u32,
    backoff: Duration,
    is_idempotent: bool,
    pub(crate) propagate: Propagate,
}

impl Call {
    fn new(method: Method, to: &'static str, template: &'static str) -> Self {
        let is_idempotent = method.is_idempotent();
        Self {
            method,
            to,
            template,
            path: template.to_owned(),
            base: None,
            timeout: TIMEOUT,
            attempts: ATTEMPTS,
            backoff: BACKOFF,
            is_idempotent,
            propagate: Propagate::All,
        }
    }

    pub(crate) fn get(to: &'static str, template: &'static str) -> Self {
        Self::new(Method::GET, to, template)
    }

    pub(crate) fn post(to: &'static str, template: &'static str) -> Self {
        Self::new(Method::POST, to, template)
    }

    pub(crate) fn put(to: &'static str, template: &'static str) -> Self {
        Self::new(Method::PUT, to, template)
    }

    pub(crate) fn delete(to: &'static str, template: &'static str) -> Self {
        Self::new(Method::DELETE, to, template)
    }

    /// The service that is called.
    pub(crate) fn to(&self) -> &'static str {
        self.to
    }

    /// Puts an id in the place of the template's name.
    pub(crate) fn with_id(mut self, id: &str) -> Self {
        if let Some((before, rest)) = self.template.split_once('{') {
            let after = rest.split_once('}').map_or("", |(_, after)| after);
            self.path = format!("{before}{}{after}", utf8_percent_encode(id, NON_ALPHANUMERIC));
        }
        self
    }

    /// Another base URL than that of the service.
    pub(crate) fn base(mut self, base: impl Into<String>) -> Self {
        self.base = Some(base.into());
        self
    }

    /// Another timeout than 3 s.
    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Retries up to so many attempts in all, with this wait before the first retry; the callee recognises repeated requests.
    pub(crate) fn retries(mut self, attempts: u32, backoff: Duration) -> Self {
        self.attempts = attempts;
        self.backoff = backoff;
        self.is_idempotent = true;
        self
    }
}

/// What became of one attempt.
struct Failure {
    problem: Problem,
    /// Whether the service failed, as the breaker counts it.
    is_of_service: bool,
    /// Whether another attempt may do better.
    may_retry: bool,
}

impl Service {
    /// Calls another service and reads its answer.
    ///
    /// # Errors
    /// The problem of the other service, as it is where the request is wrong (4xx) and as 502 where the service failed; 503
    /// where it could not be reached or its breaker is open; 504 where it did not answer in time.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        parent: &Context,
        call: Call,
        body: Option<&impl Serialize>,
    ) -> Result<T, Problem> {
        let mut attempt = 0;
        loop {
            let failure = match self.attempt(parent, &call, body, attempt).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            attempt += 1;
            if !failure.may_retry || attempt >= call.attempts {
                return Err(failure.problem);
            }
            self.metrics.retried(call.to);
            let jitter = self.pace.with(|random| 0.9 + random.f64() * 0.2);
            let wait = call.backoff.mul_f64(jitter * f64::from(1_u32 << (attempt - 1).min(10)));
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        parent: &Context,
        call: &Call,
        body: Option<&impl Serialize>,
        attempt: u32,
    ) -> Result<T, Failure> {
        let base = call.base.as_deref().unwrap_or_else(|| self.peers.url(call.to));
        let url = format!("{base}{}", call.path);
        let cx = self.span(
            parent,
            SpanKind::Client,
            format!("{} {}", call.method, call.template),
            self.describe(call, &url, attempt),
        );
        let state = self.breakers.enter(call.to);
        cx.span().set_attribute(KeyValue::new(BREAKER, state.name()));
        if state == BreakerState::Open {
            self.metrics.called(call.to, "refused");
            let error = BreakerOpen(call.to);
            record(&cx, "BreakerOpen", &error);
            cx.span().end();
            let problem =
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "circuit_open", self.name, error.to_string());
            return Err(Failure { problem, is_of_service: false, may_retry: false });
        }
        let mut request = self.client.request(call.method.clone(), &url).timeout(call.timeout);
        request = request.headers(self.headers(&cx, call, attempt));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.exchange(&cx, call, request).await;
        let has_failed = answer.as_ref().is_err_and(|failure| failure.is_of_service);
        self.breakers.record(call.to, has_failed);
        self.metrics.called(call.to, if answer.is_ok() { "ok" } else { "error" });
        cx.span().end();
        answer
    }

    fn describe(&self, call: &Call, url: &str, attempt: u32) -> Vec<KeyValue> {
        let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
        let mut attributes = vec![
            KeyValue::new(attribute::HTTP_REQUEST_METHOD, call.method.to_string()),
            KeyValue::new(attribute::URL_FULL, url.to_owned()),
            KeyValue::new(attribute::URL_TEMPLATE, call.template),
            KeyValue::new(attribute::SERVER_ADDRESS, host.to_owned()),
            KeyValue::new(attribute::SERVER_PORT, port.parse::<i64>().unwrap_or(80)),
            KeyValue::new(attribute::SERVICE_PEER_NAME, call.to),
        ];
        if attempt > 0 {
            attributes.push(KeyValue::new(attribute::HTTP_REQUEST_RESEND_COUNT, i64::from(attempt)));
        }
        attributes
    }

    fn headers(&self, cx: &Context, call: &Call, attempt: u32) -> HeaderMap {
        let mut headers = HeaderMap::new();
        match call.propagate {
            Propagate::Unsampled => {
                let span = cx.span();
                let context = span.span_context();
                let unsampled = SpanContext::new(
                    context.trace_id(),
                    context.span_id(),
                    TraceFlags::default(),
                    true,
                    context.trace_state().clone(),
                );
                self.inject(&cx.with_remote_span_context(unsampled), &mut headers);
            }
            Propagate::All | Propagate::BaggageOnly => self.inject(cx, &mut headers),
        }
        if call.propagate == Propagate::BaggageOnly {
            headers.remove("traceparent");
            headers.remove("tracestate");
        }
        if let Some(id) = correlation_id(cx).and_then(|id| HeaderValue::from_str(&id).ok()) {
            headers.insert("x-correlation-id", id);
        }
        headers.insert("x-attempt", HeaderValue::from(attempt + 1));
        headers
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        cx: &Context,
        call: &Call,
        request: reqwest::RequestBuilder,
    ) -> Result<T, Failure> {
        let to = call.to;
        let unreachable = |error: reqwest::Error| {
            let is_late = error.is_timeout();
            let (status, code, why) = if is_late {
                let error = TimedOut { to, limit: call.timeout };
                record(cx, "TimedOut", &error);
                (StatusCode::GATEWAY_TIMEOUT, "service_timeout", error.to_string())
            } else {
                record(cx, "reqwest::Error", &error);
                let why = format!("{to} did not answer");
                (StatusCode::SERVICE_UNAVAILABLE, "service_unreachable", why)
            };
            Failure {
                problem: Problem::new(status, code, self.name, why),
                is_of_service: true,
                may_retry: error.is_connect() || (call.is_idempotent && !is_late),
            }
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let span = cx.span();
        span.set_attribute(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
        if let Some(value) = response.headers().get("x-cache").and_then(|value| value.to_str().ok()) {
            span.set_attribute(KeyValue::new("http.response.header.x-cache", value.to_owned()));
        }
        let bytes = response.bytes().await.map_err(unreachable)?;
        if status.is_client_error() || status.is_server_error() {
            span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, status.as_u16().to_string()));
            span.set_status(Status::error(""));
            return Err(self.refused(call, status, &bytes));
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            record(cx, "serde_json::Error", &error);
            let why = format!("the answer of {to} could not be read: {error}");
            let problem = Problem::new(StatusCode::BAD_GATEWAY, "unreadable_answer", self.name, why);
            Failure { problem, is_of_service: true, may_retry: false }
        })
    }

    fn refused(&self, call: &Call, status: StatusCode, bytes: &[u8]) -> Failure {
        let is_of_service = status.is_server_error();
        let own = if !is_of_service || status == StatusCode::GATEWAY_TIMEOUT {
            status
        } else {
            StatusCode::BAD_GATEWAY
        };
        let problem = match serde_json::from_slice::<ProblemDetails>(bytes) {
            Ok(details) => Problem {
                status: own,
                code: details.code,
                detail: details.detail,
                service: details.service,
                field: details.field,
            },
            Err(_) => Problem::new(own, "service_failed", call.to, format!("{} failed", call.to)),
        };
        let may_retry = status == StatusCode::SERVICE_UNAVAILABLE && call.is_idempotent;
        Failure { problem, is_of_service, may_retry }
    }
}

/// A breaker that refuses calls.
#[derive(Debug, thiserror::Error)]
#[error("the circuit breaker for {0} is open: it failed five times in a row")]
struct BreakerOpen(&'static str);

/// A call that was not answered in time.
#[derive(Debug, thiserror::Error)]
#[error("timeout: {to} did not answer within {} ms", limit.as_millis())]
struct TimedOut {
    to: &'static str,
    limit: Duration,
}
