//! Logs: taken in (`receive`) as OTLP (`otlp`) or as Datadog, Loki, CloudWatch and plain JSON clients send them
//! (`payloads`, `loki`; `json_body`), with limits on attributes (`limit`), forwarded (`otlp_request`), kept in files of their own (`store`, `segment`), found by
//! trace, span, service, time, severity and text (`query`). See `docs/adr/0025`.

mod criteria;
mod fields;
mod json_body;
mod limit;
mod line;
mod loki;
mod otlp;
mod otlp_request;
mod payloads;
pub mod query;
pub mod receive;
mod segment;
mod store;

pub use criteria::LogQuery;
pub use line::{LogLine, severity_name, severity_number};
pub use store::{LogLimits, LogStatus, LogStore};
