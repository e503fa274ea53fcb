//! What is found: drawn traces with the spans expected, Jaeger's own cases, and any query on any trace against a
//! finder that puts every span together and asks it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod jaeger;
mod laws;
mod naive;
mod table;
mod typed;

use spandrel_trace::analysis::query::{find, read};
use spandrel_trace::model::Trace;

/// The spans that a text finds.
#[track_caller]
fn found(trace: &Trace, text: &str) -> Vec<u32> {
    let reading = read(text).unwrap_or_else(|mistake| panic!("{text}: {mistake}"));
    find(trace, &reading).iter().collect()
}
