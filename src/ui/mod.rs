//! Widgets that are independent of traces, each with its stylesheet beside it.

pub mod canvas;
pub mod chart;
pub mod choices;
pub mod dialog;
pub mod empty;
pub mod find_mark;
pub mod formats;
pub mod graph;
pub mod icon;
pub mod list;
pub mod lookback;
pub mod menu;
pub mod problem;
pub mod progress;
pub mod select;
pub mod sizes;
pub mod split;
pub mod table;
pub mod theme;
pub mod zone;
