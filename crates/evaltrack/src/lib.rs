//! Client and capture layer of the eval-track API.
//!
//! A [`Client`] sends records of calls to a collector that speaks the API (`PUT {base}/traces/{id}`): what was asked, what
//! was answered, how long it took, whether it failed. It never blocks and never fails its caller: records wait in a queue
//! that is bounded in number and in bytes, a background task sends them, and what cannot be kept is counted ([`Counts`]).
//!
//! - [`Client::capture_response`] is a [`tower::Layer`] for HTTP services: one record per call, with the start of both
//!   bodies, the status, the times and the error. Bodies pass through as they come.
//! - [`Client::capture`] does the same for an async function.
//! - [`Client::put`] sends any JSON object under any id; [`Client::send`] a [`Record`].
//! - [`Client::list`] and [`Client::aggregate`] read what the collector holds.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use spandrel_evaltrack::Client;
//! use std::time::Duration;
//!
//! let client = Client::builder("http://127.0.0.1:16686/eval-track").service("orders").build()?;
//! let total: Result<u64, std::io::Error> =
//!     client.capture("add", &serde_json::json!({ "left": 1, "right": 2 }), async { Ok(1 + 2) }).await;
//! assert_eq!(total?, 3);
//! for function in client.aggregate(1000).await? {
//!     println!("{}: {} calls, {:.0} % errors", function.function_name, function.calls, 100.0 * function.error_rate());
//! }
//! let counts = client.close(Duration::from_secs(5)).await;
//! println!("{} records sent, {} dropped", counts.sent, counts.dropped);
//! # Ok(())
//! # }
//! ```
//!
//! The JSON of a [`Record`] has the members that the API's Python, TypeScript, Go and Rust clients send, so that records
//! of all of them can be listed and aggregated together.

mod aggregate;
mod body;
mod builder;
mod capture;
mod client;
mod counts;
mod http_call;
mod id;
mod layer;
mod list;
mod open_call;
mod prefix;
mod record;
mod sender;

pub use aggregate::{FunctionStats, aggregate};
pub use body::{RequestBody, ResponseBody};
pub use builder::{BuildError, ClientBuilder};
pub use capture::Captured;
pub use client::Client;
pub use counts::Counts;
pub use http_call::CallId;
pub use id::new_id;
pub use layer::{CaptureLayer, CaptureService, ResponseFuture};
pub use list::{ListError, ListQuery, StoredRecord};
pub use record::{CallState, Record};
