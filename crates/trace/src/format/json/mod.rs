//! JSON parsing for traces: resumable when bytes are missing, numbers without loss, strings without copies.

mod cursor;
mod find_quote;
mod lenient;
mod number;
mod plain;
mod text;
mod walk;

pub use cursor::{Cursor, Raw, Scan, Stop};
pub use lenient::{Scalar, each_element, numeric, scalar, text};
pub use number::{Number, exact, number, small};
pub use plain::{DEEPEST, plain, plain_value};
pub use text::{text_of, unescape};
