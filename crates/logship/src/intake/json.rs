//! JSON objects written without building them first.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// A value of an object that is about to be written.
pub(crate) enum Part<'a> {
    Null,
    Text(&'a str),
    Owned(String),
    Number(u64),
    Json(&'a Value),
    Texts(Vec<String>),
    Object(Object<'a>),
}

/// Names and values, in the order in which they are written.
#[derive(Default)]
pub(crate) struct Object<'a>(pub(crate) Vec<(&'a str, Part<'a>)>);

impl<'a> Object<'a> {
    pub(crate) fn add(&mut self, name: &'a str, value: Part<'a>) {
        self.0.push((name, value));
    }

    /// Adds a text that may be absent, and then nothing.
    pub(crate) fn add_some(&mut self, name: &'a str, text: Option<&'a str>) {
        if let Some(text) = text {
            self.add(name, Part::Text(text));
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == name)
    }

    /// The object's JSON.
    pub(crate) fn write(&self) -> Vec<u8> {
        // Writing to memory does not fail, and all keys are text.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Part::Null => to.serialize_unit(),
            Part::Text(text) => to.serialize_str(text),
            Part::Owned(text) => to.serialize_str(text),
            Part::Number(number) => to.serialize_u64(*number),
            Part::Json(value) => value.serialize(to),
            Part::Texts(texts) => texts.serialize(to),
            Part::Object(object) => object.serialize(to),
        }
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
