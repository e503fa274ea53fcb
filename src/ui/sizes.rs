//! Sizes that stylesheets and canvases share, CSS pixels. Each is the custom property of the same name in `tokens.css`, which a
//! test of the build tasks compares.

/// Height of a row of the waterfall and of tables.
pub const ROW: f64 = 24.0;
/// Height of the ruler above the waterfall.
pub const RULER: f64 = 26.0;
/// Width of a column of the waterfall with an attribute.
pub const COLUMN: f64 = 120.0;
/// Height of the minimap.
pub const MINIMAP: f64 = 56.0;
/// Height of the header of a table.
pub const TABLE_HEAD: f64 = 28.0;
/// Height of the ruler above the flame graph and lanes.
pub const FLAME_RULER: f64 = 24.0;
/// Height of a row of the table of the critical path.
pub const PATH_ROW: f64 = 28.0;
