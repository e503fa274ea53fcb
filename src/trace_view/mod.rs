//! What shows one trace: its state, the waterfall, minimap, legend, find, and the details of spans.

pub mod address;
pub mod clocks;
mod color_scale;
mod coloring;
pub mod columns;
pub mod commands;
pub mod copy;
mod counted;
pub mod critical_path;
pub mod detail;
mod download;
mod event_note;
pub mod filters;
pub mod find;
pub mod findings;
pub mod header;
mod help;
pub mod keys;
pub mod layout;
mod legend;
pub mod lint;
mod logs;
pub mod minimap;
mod palette;
mod refresh;
pub mod regions;
pub mod session;
pub mod span_source;
pub mod tables;
mod tabs;
mod tokens;
mod views;
pub mod waterfall;
pub mod what_if;

pub use coloring::{Slots, coloring, slots_by_string};
