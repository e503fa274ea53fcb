//! What every service has: its telemetry, its listener, the span around each request and around each call, circuit breakers,
//! metrics, health and problem details.

mod body;
mod breaker;
mod call;
pub(crate) mod context;
mod exporter;
mod health;
pub(crate) mod listen;
mod logs;
mod metrics;
mod pace;
pub(crate) mod peers;
pub(crate) mod problem;
mod router;
mod server_span;
mod service;
pub mod telemetry;
mod tls;

pub(crate) use call::{Call, Propagate};
pub(crate) use exporter::UNENDED;
pub(crate) use problem::{Problem, ProblemDetails, record};
pub(crate) use router::around;
pub(crate) use service::{Service, correlation_id, trace_id, with_baggage};
pub(crate) use tls::install_tls;
