//! The trace page: what one trace did, span by span, over time.

pub mod actions;
mod address;
mod ahead;
mod colours;
pub mod columns;
pub mod copy;
pub mod detail;
mod download;
mod event_note;
mod find;
pub mod header;
mod help;
mod legend;
pub mod minimap;
pub mod opened;
mod page;
mod palette;
mod refresh;
mod scales;
pub mod session;
pub mod ticked;
mod tokens;
pub mod turns;
pub mod waterfall;

pub use ahead::{Ahead, trace_page};
pub use colours::{Slots, coloured, slots_of};
