//! What can be said about a trace: rows, times and facts, computed from the model alone.

pub mod rows;
pub mod waiting;
