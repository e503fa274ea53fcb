//! Loki's push in both of its forms: JSON, and protobuf packed with Snappy, which Promtail, Grafana Alloy and Loki's own
//! client send. Sources: <https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs>, Loki's
//! `pkg/push/push.proto`; labels are written as in Prometheus, `{name="value", …}` with the escapes of Go.

use super::fields::time;
use super::line::LogLine;
use super::payloads::from_object;
use crate::ingest::Refusal;
use crate::ingest::memory::MemoryReservation;
use crate::wire::{TypedField, Walk};
use serde_json::{Map, Value};

/// Labels that name the program where none is called a service, in Loki's order.
const SERVICES: [&str; 13] = [
    "app",
    "application",
    "app_name",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "k8s_container_name",
    "component",
    "workload",
    "job",
    "k8s_job_name",
    "syslog_app_name",
];

fn malformed(why: impl std::fmt::Display) -> Refusal {
    Refusal::Malformed(format!("Loki: {why}"))
}

/// JSON: `{"streams": [{"stream": {label: text}, "values": [[nanoseconds, line, {metadata}?]]}]}`.
pub(super) fn from_json(value: Value) -> Result<Vec<LogLine>, Refusal> {
    let streams = match value {
        Value::Object(mut push) => push.remove("streams"),
        _ => None,
    };
    let Some(Value::Array(streams)) = streams else { return Err(malformed("no streams")) };
    let mut lines = Vec::new();
    for stream in streams {
        let Value::Object(mut stream) = stream else { return Err(malformed("a stream is not an object")) };
        let labels = stream.remove("stream").and_then(as_object).unwrap_or_default();
        let Some(Value::Array(values)) = stream.remove("values") else {
            return Err(malformed("a stream has no values"));
        };
        for value in values {
            let Value::Array(value) = value else { return Err(malformed("a value is not an array")) };
            let mut parts = value.into_iter();
            let (stamp, text) = (parts.next(), parts.next());
            let Some((stamp @ Value::String(_), Value::String(text))) = stamp.zip(text) else {
                return Err(malformed("a value needs its time in nanoseconds, as text, and a line"));
            };
            let time = time(&stamp).ok_or_else(|| malformed(format!("{stamp} is not a time")))?;
            lines.push(line(&labels, time, text, parts.next().and_then(as_object).unwrap_or_default()));
        }
    }
    Ok(lines)
}

/// A `PushRequest` packed with Snappy (one block, without the framing of its streams). Memory is taken from `room` before
/// it is used; `limit` is the most bytes after unpacking.
pub(super) fn from_snappy(
    packed: &[u8],
    limit: usize,
    reserved: &mut MemoryReservation,
) -> Result<Vec<LogLine>, Refusal> {
    let length = snap::raw::decompress_len(packed).map_err(malformed)?;
    if length > limit {
        return Err(Refusal::TooLarge(limit));
    }
    reserved.take(length)?;
    let push = snap::raw::Decoder::new().decompress_vec(packed).map_err(malformed)?;
    let mut lines = Vec::new();
    let mut walk = Walk::new(&push);
    while let Some((number, field)) = walk.next()? {
        if number == 1 {
            stream(field.bytes(1)?, reserved, &mut lines)?;
        }
    }
    Ok(lines)
}

/// `StreamAdapter`: labels and entries, in any order.
fn stream(message: &[u8], reserved: &mut MemoryReservation, lines: &mut Vec<LogLine>) -> Result<(), Refusal> {
    let mut labels = Map::new();
    let mut walk = Walk::new(message);
    while let Some((number, field)) = walk.next()? {
        if number == 1 {
            labels = read_labels(&text(field.bytes(1)?))?;
        }
    }
    let mut walk = Walk::new(message);
    while let Some((number, field)) = walk.next()? {
        if number == 2 {
            let line = entry(field.bytes(2)?, &labels)?;
            reserved.take(line.weight())?;
            lines.push(line);
        }
    }
    Ok(())
}

/// `EntryAdapter`: a `google.protobuf.Timestamp`, the line, structured metadata.
fn entry(message: &[u8], labels: &Map<String, Value>) -> Result<LogLine, Refusal> {
    let (mut seconds, mut nanoseconds, mut body, mut metadata) = (0u64, 0u64, String::new(), Map::new());
    let mut walk = Walk::new(message);
    while let Some((number, field)) = walk.next()? {
        match number {
            1 => {
                let mut stamp = Walk::new(field.bytes(1)?);
                while let Some((number, field)) = stamp.next()? {
                    match number {
                        1 => seconds = field.number(1)?,
                        2 => nanoseconds = field.number(2)?,
                        _ => {}
                    }
                }
            }
            2 => body = text(field.bytes(2)?),
            3 => {
                let (mut name, mut value) = (String::new(), String::new());
                let mut pair = Walk::new(field.bytes(3)?);
                while let Some((number, field)) = pair.next()? {
                    match number {
                        1 => name = text(field.bytes(1)?),
                        2 => value = text(field.bytes(2)?),
                        _ => {}
                    }
                }
                metadata.insert(name, value.into());
            }
            _ => {}
        }
    }
    let time = seconds.checked_mul(1_000_000_000).and_then(|whole| whole.checked_add(nanoseconds));
    let time = time.filter(|time| i64::try_from(*time).is_ok());
    Ok(line(labels, time.ok_or_else(|| malformed("an entry's time is out of range"))?, body, metadata))
}

fn line(labels: &Map<String, Value>, time: u64, text: String, metadata: Map<String, Value>) -> LogLine {
    let mut all = labels.clone();
    all.extend(metadata);
    all.insert("message".to_owned(), text.into());
    let line = LogLine { time, ..from_object(all) };
    let named = SERVICES.iter().find_map(|name| labels.get(*name).and_then(Value::as_str));
    match named {
        Some(service) if line.service.is_empty() => LogLine { service: service.to_owned(), ..line },
        _ => line,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn as_object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// Labels as Loki's clients write them.
fn read_labels(written: &str) -> Result<Map<String, Value>, Refusal> {
    let wrong = || malformed(format!("{written:?} are not labels"));
    let inside = written.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let mut rest = inside.ok_or_else(wrong)?.trim_start();
    let mut labels = Map::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or_else(wrong)?;
        let (value, after) = quoted(after.trim_start()).ok_or_else(wrong)?;
        labels.insert(name.trim().to_owned(), value.into());
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if after.is_empty() => after,
            None => return Err(wrong()),
        };
    }
    Ok(labels)
}

/// A text in double quotes with Go's escapes, or in backquotes without any; and what follows.
fn quoted(written: &str) -> Option<(String, &str)> {
    if let Some(raw) = written.strip_prefix('`') {
        let (text, rest) = raw.split_once('`')?;
        return Some((text.to_owned(), rest));
    }
    let mut bytes = Vec::new();
    let mut rest = written.strip_prefix('"')?;
    loop {
        let mut letters = rest.chars();
        let letter = letters.next()?;
        rest = letters.as_str();
        match letter {
            '"' => return Some((String::from_utf8_lossy(&bytes).into_owned(), rest)),
            '\\' => rest = escape(rest, &mut bytes)?,
            letter => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// What follows a backslash, by <https://go.dev/ref/spec#String_literals>; answers the rest.
fn escape<'a>(written: &'a str, bytes: &mut Vec<u8>) -> Option<&'a str> {
    let letter = written.chars().next()?;
    let mut numbered = |skip: usize, digits: usize, radix: u32| {
        let end = skip + digits;
        let number = u32::from_str_radix(written.get(skip..end)?, radix).ok()?;
        match (letter, u8::try_from(number)) {
            ('u' | 'U', _) => {
                bytes.extend_from_slice(char::from_u32(number)?.encode_utf8(&mut [0; 4]).as_bytes());
            }
            (_, byte) => bytes.push(byte.ok()?),
        }
        written.get(end..)
    };
    match letter {
        'x' => return numbered(1, 2, 16),
        'u' => return numbered(1, 4, 16),
        'U' => return numbered(1, 8, 16),
        '0'..='7' => return numbered(0, 3, 8),
        _ => {}
    }
    bytes.push(match letter {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' | '"' | '\'' => letter as u8,
        _ => return None,
    });
    written.get(1..)
}

#[cfg(test)]
mod tests {
    use super::super::fields::trace_id;
    use super::*;
    use crate::ingest::memory::Memory;
    use crate::wire::{put_bytes, put_number};
    use proptest::prelude::*;
    use serde_json::json;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_push_in_json_carries_labels_and_metadata() {
        let push = json!({"streams": [{"stream": {"service_name": "a", "level": "error"}, "values": [
            ["1758449472000000001", "x", {"trace_id": TRACE, "span_id": "00f067aa0ba902b7", "k": "v"}],
            ["1758449472000000002", "y"],
        ]}]});
        let lines = from_json(push).unwrap();
        assert_eq!(lines[0].time, 1_758_449_472_000_000_001);
        assert_eq!((lines[0].trace, lines[0].span), (trace_id(TRACE), Some(0x00f0_67aa_0ba9_02b7)));
        assert_eq!((lines[1].service.as_str(), lines[1].severity, lines[1].trace), ("a", 17, None));
        for wrong in
            [json!([]), json!({"streams": [{"stream": {}}]}), json!({"streams": [{"values": [[1, "x"]]}]})]
        {
            assert!(matches!(from_json(wrong), Err(Refusal::Malformed(_))));
        }
    }

    /// A push of one stream with one entry.
    fn push(labels: &str, seconds: u64, line: &str, metadata: &[(&str, &str)]) -> Vec<u8> {
        let (mut stamp, mut entry, mut stream, mut push) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        put_number(&mut stamp, 1, seconds);
        put_number(&mut stamp, 2, 5);
        put_bytes(&mut entry, 1, &stamp);
        put_bytes(&mut entry, 2, line.as_bytes());
        for (name, value) in metadata {
            let mut pair = Vec::new();
            put_bytes(&mut pair, 1, name.as_bytes());
            put_bytes(&mut pair, 2, value.as_bytes());
            put_bytes(&mut entry, 3, &pair);
        }
        put_bytes(&mut stream, 2, &entry);
        put_bytes(&mut stream, 1, labels.as_bytes());
        put_bytes(&mut push, 1, &stream);
        snap::raw::Encoder::new().compress_vec(&push).unwrap()
    }

    fn read(packed: &[u8]) -> Result<Vec<LogLine>, Refusal> {
        from_snappy(packed, 1 << 20, &mut Memory::new(8 << 20).reservation())
    }

    #[test]
    fn a_push_in_snappy_and_protobuf_is_the_same_line() {
        let labels = r#"{job="varlogs", level="warn", filename="C:\\a\t\"b\"\u00fc"}"#;
        let lines = read(&push(labels, 1_758_449_472, "late", &[("trace_id", TRACE)])).unwrap();
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!((line.time, line.severity, line.trace), (1_758_449_472_000_000_005, 13, trace_id(TRACE)));
        assert_eq!((line.body.as_str(), line.service.as_str()), ("late", "varlogs"));
        let attributes: Value = serde_json::from_str(&line.attributes).unwrap();
        assert_eq!(attributes, json!({"job": "varlogs", "filename": "C:\\a\t\"b\"ü"}));
    }

    #[test]
    fn what_is_not_a_push_is_refused_and_so_is_what_unpacks_to_too_much() {
        for wrong in ["{a=1}", "{a=\"1\" b=\"2\"}", "a=\"1\"", "{a=\"1}", "{a=\"\\q\"}"] {
            assert!(matches!(read(&push(wrong, 1, "x", &[])), Err(Refusal::Malformed(_))), "{wrong}");
        }
        assert!(matches!(read(b"{\"streams\":[]}"), Err(Refusal::Malformed(_) | Refusal::TooLarge(_))));
        let large = snap::raw::Encoder::new().compress_vec(&vec![0; 2 << 20]).unwrap();
        assert!(matches!(read(&large), Err(Refusal::TooLarge(_))));
        assert!(matches!(
            from_snappy(&large, 8 << 20, &mut Memory::new(1 << 20).reservation()),
            Err(Refusal::TooMuch(_) | Refusal::Busy)
        ));
        assert_eq!(read(&push("{}", u64::MAX, "x", &[])).unwrap_err().retry_after(), None);
    }

    proptest! {
        #[test]
        fn labels_are_what_they_were(pairs in prop::collection::btree_map("[a-z_]{1,6}", "[ -~ü\n\t]{0,12}", 0..5)) {
            let written: Vec<String> = pairs.iter().map(|(name, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
                format!("{name}=\"{value}\"")
            }).collect();
            let read = read_labels(&format!("{{{}}}", written.join(", "))).unwrap();
            let expected: Map<String, Value> =
                pairs.into_iter().map(|(name, value)| (name, value.into())).collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,40}") {
            let _ = read(&bytes);
            let _ = read_labels(&format!("{{{text}}}"));
            let _ = read_labels(&format!("{{a=\"{text}"));
        }
    }
}
