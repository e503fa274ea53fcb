//! How a fault travels with a request: it is ordered with the header `X-Demo-Fault`, the query parameter `fault` or the
//! flag `--fault`, and reaches the services that take part in it as W3C baggage (`demo.fault`).

use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt;

pub use spandrel_simulation::faults::Fault;
pub(crate) use spandrel_simulation::faults::{BAGGAGE, FAULTS, FaultFacts, HEADER};

/// The query parameter that orders one.
pub(crate) const PARAMETER: &str = "fault";

/// The fault that a request carries in its baggage.
pub(crate) fn fault_of(cx: &Context) -> Option<Fault> {
    cx.baggage().get(BAGGAGE).and_then(|name| Fault::named(name.as_str()).ok())
}

/// Whether a request carries a fault.
pub(crate) fn carries(cx: &Context, fault: Fault) -> bool {
    fault_of(cx) == Some(fault)
}
