//! Any bytes at all: whatever the sniffing makes of them.
#![no_main]

mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::check(b"", bytes));
