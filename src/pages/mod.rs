//! The pages, each a room of its own.

pub mod about;
pub mod settings;
pub mod trace;
