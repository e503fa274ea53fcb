//! Jaeger JSON: bytes where the spans of a trace stand.
#![no_main]

mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::check(b"{\"data\":[{\"traceID\":\"a\",\"spans\":[", bytes));
