//! Where traces come from and what is asked there. Plans requests and reads nothing: no I/O, no clock.
//!
//! Jaeger's v3 API comes first (the newest Jaeger has lost the legacy search), v1 is the fallback. Query names
//! of v3 are the snake_case ones, which every version takes; `num_traces` goes along with `search_depth` for
//! Jaegers before 2.19.

mod base;
mod query;
mod request;
mod task;

pub use base::Base;
pub use query::{SearchQuery, parse_tags, print_tags};
pub use request::{Api, Request, plan, tags_as_json};
pub use task::{Source, Task};
