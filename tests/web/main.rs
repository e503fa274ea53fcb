//! Parts of the viewer, mounted in a real browser: do they show, react and clean up.
//!
//! `cargo xtask test --only wasm` runs them in headless Chromium. Each test mounts what it needs on a `Stage`.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail by panicking, in its own functions too"
)]

use wasm_bindgen_test::wasm_bindgen_test_configure;

mod chart;
mod crash;
mod demo;
mod dependencies;
mod detail;
mod divider;
mod incremental_rows;
mod random;
mod reading;
mod rows;
mod search;
mod stage;
mod table;
mod traces;
mod waterfall;
mod widgets;

wasm_bindgen_test_configure!(run_in_browser);
