//! Computes what canvases draw: from rows and a viewport to flat buffers.

pub mod colouring;
pub mod flame;
pub mod graph;
pub mod minimap;
pub mod palette;
mod pixel_cells;
pub mod places;
pub mod ruler;
pub mod scroll;
pub mod series;
mod time_scale;
pub mod waterfall;

pub use time_scale::TimeScale;
