//! The viewer: a page that shows traces, and the worker that understands them, in one program.

pub mod app;
pub mod io;
pub mod pages;
pub mod route;
pub mod state;
pub mod ui;
pub mod worker;
