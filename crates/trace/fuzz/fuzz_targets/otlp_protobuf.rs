//! OTLP protobuf: bytes behind the beginning of a request.
#![no_main]

mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::check(b"\x0a\x80\x01", bytes));
