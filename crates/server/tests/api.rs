//! The server from outside: its real binary, real ports, real bytes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity)]

#[path = "api/any_body.rs"]
mod any_body;
#[path = "api/asking.rs"]
mod asking;
#[path = "api/conformance.rs"]
mod conformance;
#[path = "api/crash.rs"]
mod crash;
#[path = "api/damage.rs"]
mod damage;
#[path = "api/dashboard.rs"]
mod dashboard;
#[path = "api/eval_track.rs"]
mod eval_track;
#[path = "api/forms.rs"]
mod forms;
#[path = "api/forwarding.rs"]
mod forwarding;
#[path = "api/forwarding_logs.rs"]
mod forwarding_logs;
#[path = "api/full_disk.rs"]
#[cfg(target_os = "linux")]
mod full_disk;
#[path = "api/fuzz.rs"]
#[cfg(target_os = "linux")]
mod fuzz;
#[path = "api/grpc.rs"]
mod grpc;
#[path = "api/guard.rs"]
mod guard;
#[path = "api/inputs.rs"]
mod inputs;
#[path = "api/large_traces.rs"]
#[cfg(target_os = "linux")]
mod large_traces;
#[path = "api/limits.rs"]
mod limits;
#[path = "api/live.rs"]
mod live;
#[path = "api/logs.rs"]
mod logs;
#[path = "api/lossless.rs"]
mod lossless;
#[path = "api/merging.rs"]
mod merging;
#[path = "api/mutated.rs"]
mod mutated;
#[path = "api/otlp.rs"]
mod otlp;
#[path = "api/printed.rs"]
mod printed;
#[path = "api/queries.rs"]
mod queries;
#[path = "api/query_service.rs"]
mod query_service;
#[path = "api/receiver.rs"]
mod receiver;
#[path = "api/recorded.rs"]
mod recorded;
#[path = "api/slow.rs"]
mod slow;
#[path = "api/support.rs"]
mod support;
#[path = "api/tenant_data.rs"]
mod tenant_data;
#[path = "api/tenants.rs"]
mod tenants;
#[path = "api/tls.rs"]
mod tls;
#[path = "api/viewer.rs"]
mod viewer;
#[path = "api/zipkin.rs"]
mod zipkin;
