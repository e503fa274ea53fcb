//! JSON as traces need it: a cursor that knows when bytes are missing, numbers without loss, text without copies.

mod cursor;
mod lenient;
mod marks;
mod number;
mod plain;
mod text;
mod walk;

pub use cursor::{Cursor, Raw, Scan, Stop};
pub use lenient::{Bare, bare, each_of, numeric, text};
pub use number::{Number, exact, number, small};
pub use plain::{DEEPEST, plain, plain_value};
pub use text::{text_of, unescape};
