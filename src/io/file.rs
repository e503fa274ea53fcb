//! Local files, read in chunks like response bodies.

use super::fetch::Body;
use wasm_bindgen::JsValue;
use web_sys::{Blob, File};

/// Reads a file.
pub fn open(file: &Blob) -> Body {
    Body::of(Some(file.stream()))
}

/// A file with that name and content. `None` if the browser refuses to create it.
pub fn from_text(name: &str, text: &str) -> Option<File> {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    File::new_with_str_sequence(&parts, name).ok()
}

/// A file with that name, made of blobs and arrays of bytes. `None` if the browser refuses to create it.
pub fn from_parts(name: &str, parts: &js_sys::Array) -> Option<File> {
    File::new_with_blob_sequence(parts, name).ok()
}

/// A name for several files that are opened together.
pub fn names(files: &[File]) -> String {
    match files {
        [] => String::new(),
        [one] => one.name(),
        [first, rest @ ..] => format!("{} and {} more", first.name(), rest.len()),
    }
}
