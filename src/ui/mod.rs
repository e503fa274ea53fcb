//! Widgets that know nothing of traces' pages, each with its stylesheet beside it. [`view`] says how they are made.

pub mod canvas;
pub mod chart;
pub mod choices;
pub mod dialog;
pub mod element;
pub mod empty;
pub mod icon;
pub mod list;
pub mod menu;
pub mod problem;
pub mod progress;
pub mod split;
pub mod theme;
pub mod view;
pub mod zone;
