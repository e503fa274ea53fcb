//! What tests are written with.

mod drawn;
#[cfg(test)]
pub mod forest;

pub use drawn::{BEGIN, COLUMN, trace, traces};
