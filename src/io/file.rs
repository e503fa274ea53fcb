//! Files of this computer, read in chunks like answers.

use super::fetch::Body;
use wasm_bindgen::JsValue;
use web_sys::{Blob, File};

/// The chunks of a file.
pub fn open(file: &Blob) -> Body {
    Body::of(Some(file.stream()))
}

/// A text as a file of that name, as pasted text is.
pub fn from_text(name: &str, text: &str) -> Option<File> {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    File::new_with_str_sequence(&parts, name).ok()
}

/// Several files as one: trace formats are read one document after the other.
pub fn names(files: &[File]) -> String {
    match files {
        [] => String::new(),
        [one] => one.name(),
        [first, rest @ ..] => format!("{} and {} more", first.name(), rest.len()),
    }
}
