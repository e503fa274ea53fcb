//! The client against a collector on a real port.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "client/capturing.rs"]
mod capturing;
#[path = "client/collector.rs"]
mod collector;
#[path = "client/delivery.rs"]
mod delivery;
#[path = "client/reading.rs"]
mod reading;
