//! The viewer: a page that shows traces, and the worker that understands them, in one program.

pub mod app;
pub mod io;
pub mod pages;
pub mod route;
pub mod state;
pub mod trace_view;
pub mod ui;
pub mod worker;

// The tests in these rooms' files run where the rooms do.
#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
