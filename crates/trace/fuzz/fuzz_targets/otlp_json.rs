//! OTLP JSON: bytes where a request's resources stand.
#![no_main]

mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::check(b"{\"resourceSpans\":[", bytes));
