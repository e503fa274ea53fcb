//! The companion server: takes spans in over OTLP, keeps them durably, answers as Jaeger's query API does, serves
//! the viewer and forwards to the demo.

pub mod config;
pub mod demo_proxy;
mod durations;
mod etag;
pub mod eval_track;
pub mod explain;
pub mod facts;
pub mod files;
pub mod forwarding;
pub mod guard;
mod health;
pub mod ingest;
pub mod jaeger;
pub mod jaeger_grpc;
pub mod jaeger_v1;
pub mod jaeger_v3;
pub mod live;
pub mod logs;
pub mod machine;
pub mod matching;
mod metrics;
mod protocol;
mod routes;
mod run;
mod serve;
mod services;
pub mod store;
pub mod tenants;
pub mod terms;
mod tls;
pub mod tools;
pub mod wire;

pub use run::{Running, start};
