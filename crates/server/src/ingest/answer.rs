//! Response bodies for exporters: success, or a `google.rpc.Status` with, where sending again makes sense, the time to wait.

use super::{PartialSuccess, Refusal};
use crate::wire::{put_bytes, put_number};

/// `ExportTraceServiceResponse`: what was not stored is in its `partial_success`.
pub fn done(partial_success: &PartialSuccess) -> Vec<u8> {
    let (text, mut partial, mut out) = (partial_success.text(), Vec::new(), Vec::new());
    put_number(&mut partial, 1, partial_success.rejected);
    if !text.is_empty() {
        put_bytes(&mut partial, 2, text.as_bytes());
    }
    put_bytes(&mut out, 1, &partial);
    out
}

/// `ExportTraceServiceResponse` in JSON: what was not stored is in its `partialSuccess`.
pub fn done_json(partial_success: &PartialSuccess) -> String {
    let (text, mut partial) = (partial_success.text(), serde_json::Map::new());
    if partial_success.rejected > 0 {
        partial.insert("rejectedSpans".to_owned(), partial_success.rejected.to_string().into());
    }
    if !text.is_empty() {
        partial.insert("errorMessage".to_owned(), text.into());
    }
    serde_json::json!({ "partialSuccess": partial }).to_string()
}

/// gRPC's number for a refusal (<https://grpc.io/docs/guides/status-codes/>).
pub fn code(refusal: &Refusal) -> u32 {
    match refusal {
        Refusal::Malformed(_) | Refusal::Encoding(_) => 3,
        Refusal::TooSlow => 4,
        Refusal::TooLarge(_)
        | Refusal::TooMuch(_)
        | Refusal::NeverFits(_)
        | Refusal::Full(_)
        | Refusal::Busy => 8,
        Refusal::Failed(_) => 14,
    }
}

/// HTTP's number for a refusal. OTLP exporters retry after 429, 502, 503 and 504 only, so a full store is 503.
pub fn http_status(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::Malformed(_) => 400,
        Refusal::Encoding(_) => 415,
        Refusal::TooSlow => 408,
        Refusal::TooLarge(_) | Refusal::TooMuch(_) | Refusal::NeverFits(_) => 413,
        Refusal::Full(_) | Refusal::Busy | Refusal::Failed(_) => 503,
    }
}

/// The refusal as `google.rpc.Status` in protobuf, with `google.rpc.RetryInfo` where a retry makes sense.
pub fn status(refusal: &Refusal) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, 1, u64::from(code(refusal)));
    put_bytes(&mut out, 2, refusal.to_string().as_bytes());
    if let Some(seconds) = refusal.retry_after() {
        let mut delay = Vec::new();
        put_number(&mut delay, 1, seconds);
        let mut info = Vec::new();
        put_bytes(&mut info, 1, &delay);
        let mut any = Vec::new();
        put_bytes(&mut any, 1, b"type.googleapis.com/google.rpc.RetryInfo");
        put_bytes(&mut any, 2, &info);
        put_bytes(&mut out, 3, &any);
    }
    out
}

/// The refusal as `google.rpc.Status` in JSON.
pub fn status_json(refusal: &Refusal) -> String {
    serde_json::json!({ "code": code(refusal), "message": refusal.to_string() }).to_string()
}
