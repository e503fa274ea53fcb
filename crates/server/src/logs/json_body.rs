//! Bodies of JSON, read with the memory that they need.

use super::line::LogLine;
use crate::ingest::Refusal;
use crate::ingest::json_text::{nested_too_deeply, repaired, without_bom};
use crate::ingest::memory::MemoryReservation;
use serde::Deserialize;
use serde_json::Value;

/// Bytes of memory for each place of a JSON text where a value can start.
const VALUE: usize = 96;

/// What reads the lines of one value.
pub(super) type Read = fn(Value) -> Result<Vec<LogLine>, Refusal>;

/// Reads a body of one value. Escapes of unpaired surrogates and bytes that are no UTF-8 become U+FFFD.
pub(super) fn parse(body: &[u8], reserved: &mut MemoryReservation) -> Result<Value, Refusal> {
    parse_with(body, reserved, |json| serde_json::from_slice(json))
}

/// Reads the lines of a body of one value, or of several with white space between them, as one on each line. A body
/// without a value is refused.
pub(super) fn parse_values(
    body: &[u8],
    read: Read,
    reserved: &mut MemoryReservation,
) -> Result<Vec<LogLine>, Refusal> {
    let lines = parse_with(body, reserved, |json| {
        let mut values = serde_json::Deserializer::from_slice(json);
        let mut lines = Vec::new();
        loop {
            match read(Value::deserialize(&mut values)?) {
                Ok(more) => lines.extend(more),
                Err(refusal) => return Ok(Err(refusal)),
            }
            if values.end().is_ok() {
                return Ok(Ok(lines));
            }
        }
    })??;
    reserved.take(lines.iter().map(LogLine::weight).sum())?;
    Ok(lines)
}

/// Takes the memory for the values of a body and parses it; where that fails, again with U+FFFD for what is no Unicode.
fn parse_with<T>(
    body: &[u8],
    reserved: &mut MemoryReservation,
    parse: impl Fn(&[u8]) -> serde_json::Result<T>,
) -> Result<T, Refusal> {
    let json = without_bom(body);
    let starts = json.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{' | b':' | b'\n')).count();
    reserved.take(starts.saturating_mul(VALUE).saturating_add(json.len()))?;
    let error = match parse(json) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    // Each byte that is no UTF-8 becomes three, and the text is copied once more for surrogates.
    let copies = if std::str::from_utf8(json).is_ok() { json.len() } else { json.len().saturating_mul(6) };
    reserved.take(copies)?;
    let again = repaired(json).map(|json| parse(&json));
    reserved.release(copies);
    again.unwrap_or(Err(error)).map_err(|error| {
        let why = error.to_string();
        Refusal::Malformed(nested_too_deeply(&why).unwrap_or_else(|| format!("not JSON: {why}")))
    })
}

/// Reads a text that may be JSON; `None` where it is not.
pub(super) fn parse_text(text: &str) -> Option<Value> {
    let again = |_| serde_json::from_slice(&repaired(text.as_bytes())?).ok();
    serde_json::from_str(text).map_or_else(again, Some)
}

#[cfg(test)]
mod tests {
    use super::super::payloads::objects;
    use super::*;
    use crate::ingest::memory::Memory;
    use serde_json::json;

    fn read(body: &[u8]) -> Result<Value, Refusal> {
        parse(body, &mut Memory::new(1 << 20).reservation())
    }

    #[test]
    fn a_body_is_read_with_a_byte_order_mark_and_unpaired_surrogates() {
        assert_eq!(read(b"\xef\xbb\xbf[1]").unwrap(), json!([1]));
        assert_eq!(
            read(br#"["good", "cut \ud83d", "\ud83c\udf89"]"#).unwrap(),
            json!(["good", "cut \u{fffd}", "🎉"])
        );
        assert_eq!(read(b"[\"caf\xe9\"]").unwrap(), json!(["caf\u{fffd}"]));
        assert_eq!(parse_text(r#"{"m":"\udf89"}"#).unwrap(), json!({"m": "\u{fffd}"}));
        assert_eq!(parse_text(r"a path: C:\ud83d"), None);
    }

    #[test]
    fn values_are_read_one_on_each_line_or_as_one_over_many() {
        let read = |body: &str| {
            let mut reserved = Memory::new(1 << 20).reservation();
            let lines = parse_values(body.as_bytes(), objects, &mut reserved)?;
            Ok::<_, Refusal>(lines.into_iter().map(|line| line.body).collect::<Vec<_>>())
        };
        for body in [
            "{\"msg\":\"a\"}\n{\"msg\":\"\\ud83d\"}",
            "\u{feff}{\"msg\":\"a\"}\r\n\r\n[{\"msg\":\"\\ud83d\"}]\n",
            "[\n{\"msg\":\"a\"},\n{\n\"msg\":\"\\ud83d\"}\n]",
        ] {
            assert_eq!(read(body).unwrap(), ["a", "\u{fffd}"], "{body}");
        }
        let said = |body: &str| read(body).unwrap_err().to_string();
        assert_eq!(said("{}\n{}\n{"), "not JSON: EOF while parsing an object at line 3 column 1");
        assert_eq!(said("{}\n7"), "not a JSON object or an array of objects");
        assert!(said("{},\n{}").starts_with("not JSON: "));
        assert!(said(" \n").starts_with("not JSON: EOF"));
    }

    #[test]
    fn a_refusal_says_what_is_wrong_and_where() {
        let said = |body: &str| read(body.as_bytes()).unwrap_err().to_string();
        assert_eq!(said(r#"["\ud83d", nothing]"#), "not JSON: expected ident at line 1 column 13");
        let deep = said(&"[".repeat(200));
        assert!(deep.starts_with("JSON is nested too deeply") && deep.ends_with("column 128"), "{deep}");
    }
}
