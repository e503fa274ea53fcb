//! The W3C trace context of a record: `traceparent` (<https://www.w3.org/TR/trace-context/>).

use crate::units::{SpanId, TraceId, parse_hex};

/// Trace id and span id of a `traceparent`; `None` where it is invalid.
pub(super) fn parse(traceparent: &str) -> Option<(TraceId, SpanId)> {
    let text = traceparent.trim();
    let mut fields = text.split('-');
    let (version, trace, span, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let is_hex = |field: &str, digits: usize| {
        field.len() == digits && field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let valid =
        is_hex(version, 2) && version != "ff" && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
    if !valid || version == "00" && fields.next().is_some() {
        return None;
    }
    let trace = parse_hex(trace.as_bytes(), 32).filter(|trace| *trace != 0)?;
    let span = parse_hex(span.as_bytes(), 16).filter(|span| *span != 0)?;
    Some((TraceId(trace), SpanId(span as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_recommendation_allows_is_a_context() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let read = Some((TraceId(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c), SpanId(0xb7ad_6b71_6920_3331)));
        assert_eq!(parse(good), read);
        assert_eq!(parse(&format!("01{}-what", &good[2..])), read, "a version of the future");
        for bad in [
            "",
            "00",
            &format!("{good}-x"),
            &format!("ff{}", &good[2..]),
            &good.to_uppercase(),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
