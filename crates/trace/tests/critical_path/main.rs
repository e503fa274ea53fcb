//! The critical path and slack against oracles that share no code with them: a walk in single nanoseconds, Jaeger's rule
//! for traces without concurrency beyond the parent, and a simulation in which a span takes longer; then traces of odd
//! shapes, and real ones as golden text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod generate;
mod hotrod;
mod jaeger;
mod laws;
mod shapes;
mod simulation;
mod ticks;
