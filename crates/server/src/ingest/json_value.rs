//! The small pieces of OTLP JSON: members, numbers, attribute values.

use crate::wire::{put_bytes, put_varint};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use std::fmt;

/// A member that is not what it must be.
#[derive(Debug)]
pub struct Bad(String);

impl Bad {
    /// Says what `key` should have been.
    pub fn new(key: &str, wanted: &str) -> Self {
        Bad(format!("{key} is not {wanted}"))
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object whose nulls count as absent.
pub struct Object<'v>(&'v Map<String, Value>);

impl<'v> Object<'v> {
    /// Takes an object; an error naming `what` for anything else.
    pub fn of(value: &'v Value, what: &str) -> Result<Self, Bad> {
        value.as_object().map(Object).ok_or_else(|| Bad::new(what, "an object"))
    }

    /// Members that are not null.
    pub fn members(&self) -> impl Iterator<Item = (&'v str, &'v Value)> {
        self.0.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.as_str(), value))
    }
}

/// An integer as number or text; negative ones wrap as they do on the wire.
pub fn number(key: &str, value: &Value) -> Result<u64, Bad> {
    let found = match value {
        Value::Number(number) => {
            number.as_u64().or_else(|| number.as_i64().map(|n| n as u64)).or_else(|| whole(number.as_f64()?))
        }
        Value::String(text) => {
            text.parse::<u64>().ok().or_else(|| text.parse::<i64>().ok().map(|n| n as u64))
        }
        _ => None,
    };
    found.ok_or_else(|| Bad::new(key, "an integer"))
}

/// Some senders write integers as `1e3` or `5.0`.
fn whole(number: f64) -> Option<u64> {
    const BIGGEST: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= BIGGEST).then_some(number as i64 as u64)
}

/// Hexadecimal digits in any case as bytes.
pub fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?) as u8)).collect()
}

/// Appends a list of `KeyValue` as fields `number`.
pub fn attributes(out: &mut Vec<u8>, number: u32, value: &Value) -> Result<(), Bad> {
    let Value::Array(list) = value else { return Err(Bad::new("attributes", "a list")) };
    for item in list.iter().filter(|item| !item.is_null()) {
        let inner = key_value(item)?;
        put_bytes(out, number, &inner);
    }
    Ok(())
}

fn key_value(item: &Value) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::new();
    for (key, value) in Object::of(item, "attribute")?.members() {
        match key {
            "key" => put_bytes(&mut out, 1, value.as_str().ok_or_else(|| Bad::new(key, "text"))?.as_bytes()),
            "value" => put_bytes(&mut out, 2, &any(value)?),
            _ => {}
        }
    }
    Ok(out)
}

/// Writes an `AnyValue`. The JSON reader bounds the depth.
fn any(value: &Value) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::new();
    for (key, value) in Object::of(value, "value")?.members() {
        match key {
            "stringValue" | "string_value" => {
                put_bytes(&mut out, 1, value.as_str().ok_or_else(|| Bad::new(key, "text"))?.as_bytes());
            }
            "boolValue" | "bool_value" => {
                let flag = value.as_bool().ok_or_else(|| Bad::new(key, "true or false"))?;
                out.extend_from_slice(&[2 << 3, u8::from(flag)]);
            }
            "intValue" | "int_value" => {
                out.push(3 << 3);
                put_varint(&mut out, number(key, value)?);
            }
            "doubleValue" | "double_value" => {
                out.push(4 << 3 | 1);
                out.extend_from_slice(&double(key, value)?.to_le_bytes());
            }
            "arrayValue" | "array_value" => put_bytes(&mut out, 5, &list(key, value, any)?),
            "kvlistValue" | "kvlist_value" => put_bytes(&mut out, 6, &list(key, value, key_value)?),
            "bytesValue" | "bytes_value" => {
                let text = value.as_str().ok_or_else(|| Bad::new(key, "text"))?;
                let bytes = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
                    .iter()
                    .find_map(|engine| engine.decode(text).ok())
                    .ok_or_else(|| Bad::new(key, "base64"))?;
                put_bytes(&mut out, 7, &bytes);
            }
            _ => {}
        }
    }
    Ok(out)
}

fn list(key: &str, value: &Value, item: fn(&Value) -> Result<Vec<u8>, Bad>) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::new();
    for (inner, value) in Object::of(value, key)?.members() {
        if inner == "values" {
            let Value::Array(values) = value else { return Err(Bad::new(key, "a list")) };
            for value in values {
                // A null in a list is a value without content: dropping it would move the others.
                let bytes = if value.is_null() { Vec::new() } else { item(value)? };
                put_bytes(&mut out, 1, &bytes);
            }
        }
    }
    Ok(out)
}

fn double(key: &str, value: &Value) -> Result<f64, Bad> {
    let found = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            other => other.parse().ok(),
        },
        _ => None,
    };
    found.ok_or_else(|| Bad::new(key, "a number"))
}
