//! Sources of traces, and the requests for each task. No I/O, no clock.
//!
//! Jaeger's API v3 is tried first (the newest Jaeger has no v1 search), v1 is the fallback. v3 query parameters are
//! in snake_case, which every version accepts; `num_traces` is sent along with `search_depth` for Jaeger before 2.19.

mod base;
mod query;
mod request;
mod task;

pub use base::Base;
pub use query::{MetricsMeasure, SearchQuery, ServiceMetricsQuery, parse_tags, print_tags};
pub use request::{Api, Request, plan, tags_as_json};
pub use task::{Source, Task};
