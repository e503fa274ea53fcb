//! The demo: services that take orders and answer questions, faults on demand, traffic and load.
//!
//! Each service listens on a port of its own, has a tracer provider and a resource of its own, and talks to the others over
//! HTTP with W3C trace context and baggage. It sends OTLP like any other program: nothing here depends on the viewer or the
//! server.

mod data;
mod demo;
mod faults;
pub mod load;
mod runtime;
mod services;

pub use data::generator::Endpoint;
pub use demo::{Addresses, Demo, DemoError, Settings};
pub use faults::Fault;
pub use runtime::peers::NAMES;
pub use runtime::telemetry;
