//! Ships log records to Datadog, Grafana Loki, CloudWatch Logs or any endpoint that takes JSON.
//!
//! A [`Handler`] takes records into a bounded buffer ([`Handler::emit`] never waits for the network) and sends them from
//! one background thread, so that it works in blocking and in asynchronous programs. [`LogLayer`] takes the events of
//! `tracing`, [`Logger`] those of the `log` crate, and [`Trace`] is a logger with a context of its own. Trace and span
//! ids are those of the current OpenTelemetry context.
//!
//! Delivery is *at least once*: a request whose answer does not arrive whole is sent again.
//!
//! ```no_run
//! use spandrel_logship::{Handler, ServiceType};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let handler = Handler::builder(ServiceType::Grafana)
//!     .api_url("http://127.0.0.1:3100")
//!     .service("billing")
//!     .build()?;
//! handler.info("started");
//! let report = handler.close();
//! assert_eq!(report.unsent, 0);
//! # Ok(())
//! # }
//! ```

mod buffer;
mod build;
mod builder;
mod context;
mod facade;
mod handler;
mod intake;
mod invalid;
mod layer;
mod rate;
mod record;
mod retry;
mod sender;
mod shipper;
mod stats;
mod trace;

pub use builder::{AwsCredentials, Builder, GenericBody, ServiceType, WhenFull};
pub use context::Context;
pub use facade::Logger;
pub use handler::{CloseReport, Handler};
pub use intake::signature::{SigningFailed, sign};
pub use invalid::Invalid;
pub use layer::LogLayer;
pub use rate::RateLimit;
pub use record::{Origin, Record, Severity};
pub use shipper::Undelivered;
pub use stats::Stats;
pub use trace::Trace;
