//! I/O through the browser: requests, files, the engine's worker, storage, the address bar, the clock. Async functions
//! that return plain data; no signals.

pub mod address;
pub mod block_store;
pub mod clock;
pub mod currency;
pub mod demo;
pub mod engine;
pub mod event_stream;
pub mod fetch;
pub mod file;
pub mod file_store;
pub mod marker;
pub mod part;
pub mod random;
pub mod reach;
pub mod storage;
