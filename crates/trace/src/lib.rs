//! The meaning of traces: units, model, formats, analyses and scenes.
//!
//! Pure: no clock, no I/O, no async, no browser. The same code reads a file in the browser's worker and a
//! request in the server. `ARCHITECTURE.md` has the import rules.

pub mod analysis;
pub mod build;
pub mod engine;
pub mod format;
pub mod model;
pub mod repair;
pub mod scene;
pub mod source;
pub mod testing;
pub mod units;
