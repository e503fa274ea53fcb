//! Metrics of one service in the Prometheus text format, at `/metrics`.

use std::fmt::Error;
use std::sync::atomic::AtomicI64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::breaker::BreakerState;

/// Bounds of the duration histogram, seconds.
const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Labels of a request that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    status: u16,
}

/// Labels of a call to another service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Called {
    peer: &'static str,
    outcome: &'static str,
}

/// Labels of a circuit breaker.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Downstream {
    peer: &'static str,
}

/// The metrics of one service.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    duration: Histogram,
    calls: Family<Called, Counter>,
    retries: Family<Downstream, Counter>,
    breakers: Family<Downstream, Gauge<i64, AtomicI64>>,
}

impl Metrics {
    /// All at zero. Every metric carries the label `service`.
    pub(crate) fn new(service: &'static str) -> Self {
        let labels = [("service".into(), service.into())];
        let mut registry = Registry::with_prefix_and_labels("spandrel_demo", labels.into_iter());
        let requests = Family::<Answered, Counter>::default();
        let duration = Histogram::new(BOUNDS);
        let calls = Family::<Called, Counter>::default();
        let retries = Family::<Downstream, Counter>::default();
        let breakers = Family::<Downstream, Gauge<i64, AtomicI64>>::default();
        registry.register("requests", "Requests answered", requests.clone());
        registry.register("request_duration_seconds", "Time from a request to its answer", duration.clone());
        registry.register("calls", "Calls to other services", calls.clone());
        registry.register("retries", "Calls that were made again", retries.clone());
        registry.register(
            "circuit_breaker_state",
            "State of the circuit breaker: 0 closed, 1 half-open, 2 open",
            breakers.clone(),
        );
        Self { registry, requests, duration, calls, retries, breakers }
    }

    /// Counts a request.
    pub(crate) fn answered(&self, route: &str, status: u16, seconds: f64) {
        self.requests.get_or_create(&Answered { route: route.to_owned(), status }).inc();
        self.duration.observe(seconds);
    }

    /// Counts a call.
    pub(crate) fn called(&self, peer: &'static str, outcome: &'static str) {
        self.calls.get_or_create(&Called { peer, outcome }).inc();
    }

    /// Counts a retry.
    pub(crate) fn retried(&self, peer: &'static str) {
        self.retries.get_or_create(&Downstream { peer }).inc();
    }

    /// The text, with the states of the breakers as they are now.
    ///
    /// # Errors
    /// None that writing into a string could cause.
    pub(crate) fn text(&self, states: &[(&'static str, BreakerState)]) -> Result<String, Error> {
        for (peer, state) in states {
            let number = match state {
                BreakerState::Closed => 0,
                BreakerState::HalfOpen => 1,
                BreakerState::Open => 2,
            };
            self.breakers.get_or_create(&Downstream { peer }).set(number);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_in_the_text() {
        let metrics = Metrics::new("order");
        metrics.answered("/orders", 201, 0.03);
        metrics.called("payment", "ok");
        metrics.retried("payment");
        let text = metrics.text(&[("payment", BreakerState::Open)]).unwrap();
        for line in [
            "spandrel_demo_requests_total{service=\"order\",route=\"/orders\",status=\"201\"} 1",
            "spandrel_demo_request_duration_seconds_count{service=\"order\"} 1",
            "spandrel_demo_retries_total{service=\"order\",peer=\"payment\"} 1",
            "spandrel_demo_circuit_breaker_state{service=\"order\",peer=\"payment\"} 2",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
