//! Interprets what is typed or pasted into "Open a trace".

use super::Route;
use super::query::decode;
use spandrel_trace::units::{TraceId, base64_decode};

/// Normalizes a trace id: hexadecimal digits (any case, padded or not, with dashes and spaces as in other tools) or 16
/// bytes in base64, as in OTLP's protobuf JSON.
pub fn trace_id(text: &str) -> Option<String> {
    let text = text.trim();
    let plain: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let id = TraceId::parse(&plain).or_else(|| base64(text));
    id.filter(|id| id.0 != 0).map(|id| id.to_string())
}

/// 16 bytes in base64, of either alphabet, with or without padding.
fn base64(text: &str) -> Option<TraceId> {
    let bytes = base64_decode(text.as_bytes())?.try_into().ok()?;
    // 22 digits are 132 bits; the last 4 must be zero.
    let ends_well = text.trim_end_matches('=').ends_with(['A', 'Q', 'g', 'w']);
    ends_well.then(|| TraceId(u128::from_be_bytes(bytes)))
}

/// An id with fewer digits than one has, as it is shown in lists of other tools; in lower case.
fn shortened(text: &str) -> Option<String> {
    let is_short = (4..32).contains(&text.len()) && text.len() != 16;
    (is_short && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| text.to_lowercase())
}

/// The route for an id, a `traceparent`, or a URL of Spandrel or a Jaeger below any prefix; `None` for anything else.
pub fn find(text: &str) -> Option<Route> {
    let text = text.trim();
    // The server knows whether this is an id without its leading zeros or the start of one.
    if let Some(id) = shortened(text).or_else(|| trace_id(text)) {
        return Some(Route::trace(id));
    }
    // W3C traceparent: version, trace, span, flags.
    let parts: Vec<&str> = text.split('-').collect();
    if let [version, trace, span, flags] = parts.as_slice()
        && (version.len(), trace.len(), span.len(), flags.len()) == (2, 32, 16, 2)
    {
        return trace_id(trace).map(Route::trace);
    }
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    let address = address.split('#').next().unwrap_or_default().trim_end_matches('/');
    let query = query.split('#').next().unwrap_or_default();
    if let Some((_, id)) = address.rsplit_once("/trace/") {
        let route = Route::parse(&format!("/trace/{id}"), query);
        return match &route {
            Route::Trace { id, .. } if trace_id(&decode(id)).is_none() => None,
            Route::Trace { .. } => Some(route),
            _ => None,
        };
    }
    let (_, page) = address.rsplit_once('/')?;
    matches!(page, "search" | "dependencies" | "monitor").then(|| Route::parse(&format!("/{page}"), query))
}
