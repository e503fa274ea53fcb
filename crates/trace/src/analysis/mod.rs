//! What can be said about traces, computed from the model alone: rows, times, who calls whom, how fast and how badly.

pub mod added;
pub mod advisor;
pub mod breakdown;
pub mod critical_path;
pub mod dependencies;
pub mod event_list;
pub mod gaps;
pub mod key_order;
pub mod layout;
pub mod link_pattern;
pub mod lint;
pub mod metrics;
pub mod missing;
pub mod names;
pub mod peers;
pub mod query;
pub mod ranks;
pub mod reading;
pub mod rows;
pub mod rpc;
pub mod self_bands;
pub mod skew;
pub mod standing;
pub mod statistics;
pub mod waiting;
pub mod what_if;
