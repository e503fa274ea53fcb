//! What is drawn: from rows and a viewport to flat buffers that a canvas only has to fill in.

mod cells;
pub mod colouring;
pub mod flame;
pub mod graph;
pub mod minimap;
pub mod palette;
pub mod places;
pub mod ruler;
pub mod scroll;
pub mod series;
mod time_scale;
pub mod waterfall;

pub use time_scale::TimeScale;
