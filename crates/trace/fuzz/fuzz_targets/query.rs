//! Any text as a query: read or refused within its bounds, and what is printed reads back the same.
#![no_main]

use spandrel_trace::analysis::query::{SearchText, complete, find, parse, read};
use spandrel_trace::testing::trace;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let drawn = trace(
        "
        gateway: POST /orders (server)   [=====]  http.status_code=500
          cart: get !                      [*=]   cached=true size=9.5
        ",
    );
    match parse(text) {
        Ok(query) => {
            assert_eq!(parse(&query.to_string()).as_ref(), Ok(&query));
            find(&drawn, &SearchText::Query(query));
        }
        Err(mistake) => assert!(text.get(mistake.at as usize..(mistake.at + mistake.len) as usize).is_some()),
    }
    if let Ok(reading) = read(text) {
        find(&drawn, &reading);
    }
    complete(&drawn, text, text.len() / 2);
});
