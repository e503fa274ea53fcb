//! JSON as traces need it: a cursor that knows when bytes are missing, numbers without loss, text without copies.

mod number;
mod scan;
mod text;

pub use number::{Number, number, small};
pub use scan::{Cursor, Raw, Scan, Stop};
pub use text::unescape;
