//! The pages, each a room of its own.

pub mod trace;
