//! Views of one trace beside the waterfall. Each gets the session, which holds selection, find, filters and visible time,
//! and the colouring.

mod answer;
pub mod critical_path;
pub mod flame;
pub mod lanes;
pub mod operations;
pub mod sequence;
