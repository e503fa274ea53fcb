//! The services of the demo without I/O and without a clock: what the real ones answer, and the spans that they send.
//!
//! [`Simulation::answer`] takes a request as the gateway of the demo takes it, a seed and a start time, and gives the HTTP
//! answer and the spans of all services, with times. Nothing waits: the caller shows an answer and its spans at the times
//! that they have. `crates/demo/tests/simulation.rs` holds both against the real services, which use the parts that need no
//! I/O from here: [`corpus`], [`embedding`], [`retrieval`], [`faults`], the forms ([`fields`], [`order_form`])
//! and the [`statements`].

mod catalogue;
pub mod corpus;
pub mod embedding;
mod exchange;
pub mod faults;
pub mod fields;
pub mod order_form;
mod otlp;
mod problem;
mod random;
mod recorder;
pub mod retrieval;
mod services;
mod simulation;
mod state;
pub mod statements;

pub use exchange::{SimulatedAnswer, SimulatedRequest};
pub use otlp::{SpanBatch, batches};
pub use recorder::SimulatedSpan;
pub use services::NAMES;
pub use simulation::Simulation;
