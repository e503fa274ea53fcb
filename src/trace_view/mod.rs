//! What shows one trace: its state, the waterfall, minimap, legend, find, and the details of spans.

pub mod actions;
pub mod address;
mod colours;
pub mod columns;
pub mod copy;
mod counted;
pub mod detail;
mod download;
mod errors;
mod event_note;
pub mod find;
pub mod header;
mod help;
pub mod layout;
mod legend;
pub mod minimap;
mod palette;
mod refresh;
mod scales;
pub mod session;
pub mod span_source;
pub mod ticked;
mod tokens;
pub mod turns;
pub mod waterfall;

pub use colours::{Slots, coloured, slots_of};
