//! Sizes of the waterfall that stylesheets and canvases share.

/// Height of a row, CSS pixels; `--row` in the stylesheet.
pub const ROW: f64 = 24.0;
/// Height of the ruler, CSS pixels; `.waterfall-head` in the stylesheet.
pub const RULER: f64 = 26.0;
/// Width of a column with an attribute, CSS pixels; `.span-row-cell` in the stylesheet.
pub const COLUMN: f64 = 120.0;
