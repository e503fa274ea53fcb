//! The pages, one module each.

pub mod about;
pub mod demo;
pub mod dependencies;
pub mod monitor;
pub mod search;
pub mod settings;
pub mod trace;
