//! Requests that the demo makes: a little traffic of its own, traffic and load by command, and the check of a deployment.

pub(crate) mod activity;
mod check;
mod histogram;
mod mix;
mod open_loop;
mod plan;
mod read_back;
mod report;
mod target;
mod verify;

pub use check::{Check, check};
pub use mix::Mode;
pub use open_loop::{Measured, run};
pub use plan::{Plan, Progress};
pub use report::{json_report, markdown_report};
pub use target::{TargetError, target};
pub use verify::{Incomplete, SPANS_OF_AN_ORDER, Verified, verify};
