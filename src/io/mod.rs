//! The only doors to the browser: requests, files, the engine's worker, storage, the address bar, the clock.
//! Futures in, plain data out, no signals.

pub mod address;
pub mod clock;
pub mod engine;
pub mod fetch;
pub mod file;
pub mod marker;
pub mod outside;
pub mod shop;
pub mod storage;
