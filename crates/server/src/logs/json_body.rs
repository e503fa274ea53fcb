//! Bodies of JSON, read with the memory that they need.

use crate::ingest::Refusal;
use crate::ingest::json_text::{nested_too_deeply, replace_unpaired_surrogates, without_bom};
use crate::ingest::memory::MemoryReservation;
use serde_json::Value;

/// Bytes of memory for each place of a JSON text where a value can start.
const VALUE: usize = 96;

/// Reads a body. Escapes of unpaired surrogates become U+FFFD.
pub(super) fn parse(body: &[u8], reserved: &mut MemoryReservation) -> Result<Value, Refusal> {
    let json = without_bom(body);
    let starts = json.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{' | b':')).count();
    reserved.take(starts.saturating_mul(VALUE).saturating_add(json.len()))?;
    let error = match serde_json::from_slice(json) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    reserved.take(json.len())?;
    let again = replace_unpaired_surrogates(json).map(|json| serde_json::from_slice(&json));
    reserved.release(json.len());
    again.unwrap_or(Err(error)).map_err(|error| {
        let why = error.to_string();
        Refusal::Malformed(nested_too_deeply(&why).unwrap_or_else(|| format!("not JSON: {why}")))
    })
}

/// Reads a text that may be JSON; `None` where it is not.
pub(super) fn parse_text(text: &str) -> Option<Value> {
    let again = |_| serde_json::from_slice(&replace_unpaired_surrogates(text.as_bytes())?).ok();
    serde_json::from_str(text).map_or_else(again, Some)
}

#[cfg(test)]
mod tests {
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
        assert_eq!(parse_text(r#"{"m":"\udf89"}"#).unwrap(), json!({"m": "\u{fffd}"}));
        assert_eq!(parse_text(r"a path: C:\ud83d"), None);
    }

    #[test]
    fn a_refusal_says_what_is_wrong_and_where() {
        let said = |body: &str| read(body.as_bytes()).unwrap_err().to_string();
        assert_eq!(said(r#"["\ud83d", nothing]"#), "not JSON: expected ident at line 1 column 13");
        let deep = said(&"[".repeat(200));
        assert!(deep.starts_with("JSON is nested too deeply") && deep.ends_with("column 128"), "{deep}");
    }
}
