//! Widgets that know nothing of traces' pages.

pub mod canvas;
pub mod chart;
pub mod problem;
pub mod split;
