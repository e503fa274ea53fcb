//! Helpers for tests: drawn traces, generated outlines, odd inputs.

mod drawn;
#[cfg(test)]
pub mod forest;
mod inputs;
mod skip;

pub use drawn::{COLUMN, START, trace, traces};
pub use inputs::{OddInput, Receiver, odd_inputs, odd_inputs_folder, spans_as_text, warnings_of};
pub use skip::skip;
