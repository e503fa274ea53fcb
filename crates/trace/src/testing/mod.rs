//! What tests are written with.

#[cfg(test)]
pub mod forest;
