//! The messages of Jaeger's query API v3 in protobuf (`jaeger.api_v3`), beside OTLP's. Field numbers: jaeger-idl,
//! `proto/api_v3/query_service.proto`.

use crate::jaeger::filter::messages::Call;
use std::collections::HashMap;

/// `google.protobuf.Timestamp` and `Duration`: seconds and nanoseconds.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Seconds {
    /// Seconds; of a timestamp since the Unix epoch.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds beside them.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// Asks for one trace.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetTraceRequest {
    /// Hexadecimal.
    #[prost(string, tag = "1")]
    pub trace_id: String,
    /// Where storage may look for it; not needed here.
    #[prost(message, optional, tag = "2")]
    pub start_time: Option<Seconds>,
    /// Likewise.
    #[prost(message, optional, tag = "3")]
    pub end_time: Option<Seconds>,
    /// Times and orders as sent.
    #[prost(bool, tag = "4")]
    pub raw_traces: bool,
}

/// What one span of a trace has to be.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TraceQueryParameters {
    /// Its service.
    #[prost(string, tag = "1")]
    pub service_name: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub operation_name: String,
    /// Its attributes, as text.
    #[prost(map = "string, string", tag = "3")]
    pub attributes: HashMap<String, String>,
    /// It starts then or later.
    #[prost(message, optional, tag = "4")]
    pub start_time_min: Option<Seconds>,
    /// It starts then or earlier.
    #[prost(message, optional, tag = "5")]
    pub start_time_max: Option<Seconds>,
    /// It takes so long at least.
    #[prost(message, optional, tag = "6")]
    pub duration_min: Option<Seconds>,
    /// And so long at most.
    #[prost(message, optional, tag = "7")]
    pub duration_max: Option<Seconds>,
    /// Traces at most.
    #[prost(int32, tag = "8")]
    pub search_depth: i32,
    /// Times and orders as sent.
    #[prost(bool, tag = "9")]
    pub raw_traces: bool,
    /// What its spans have to be, instead of service, operation, attributes and durations.
    #[prost(message, optional, tag = "10")]
    pub filter: Option<Call>,
}

/// Asks for traces or for their summaries.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FindTracesRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub query: Option<TraceQueryParameters>,
}

/// The names of services.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetServicesResponse {
    /// Sorted.
    #[prost(string, repeated, tag = "1")]
    pub services: Vec<String>,
}

/// Asks for the operations of a service.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetOperationsRequest {
    /// Its name.
    #[prost(string, tag = "1")]
    pub service: String,
    /// Of which kind; empty for all.
    #[prost(string, tag = "2")]
    pub span_kind: String,
}

/// An operation.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Operation {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// `server`, `client`, …
    #[prost(string, tag = "2")]
    pub span_kind: String,
}

/// The operations of a service.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetOperationsResponse {
    /// Sorted.
    #[prost(message, repeated, tag = "1")]
    pub operations: Vec<Operation>,
}

/// Asks for calls between services.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetDependenciesRequest {
    /// Of traces from then on.
    #[prost(message, optional, tag = "1")]
    pub start_time: Option<Seconds>,
    /// Until then.
    #[prost(message, optional, tag = "2")]
    pub end_time: Option<Seconds>,
}

/// Calls from one service to another.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Dependency {
    /// Who calls.
    #[prost(string, tag = "1")]
    pub parent: String,
    /// Who is called.
    #[prost(string, tag = "2")]
    pub child: String,
    /// How often.
    #[prost(uint64, tag = "3")]
    pub call_count: u64,
}

/// All calls.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DependenciesResponse {
    /// Sorted by caller and callee.
    #[prost(message, repeated, tag = "1")]
    pub dependencies: Vec<Dependency>,
}

/// A service in a trace.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ServiceSummary {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its spans.
    #[prost(int32, tag = "2")]
    pub span_count: i32,
    /// Those of them that failed.
    #[prost(int32, tag = "3")]
    pub error_span_count: i32,
}

/// What a list shows of a trace.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TraceSummary {
    /// 32 hexadecimal digits.
    #[prost(string, tag = "1")]
    pub trace_id: String,
    /// Service of the first span without a parent.
    #[prost(string, tag = "2")]
    pub root_service_name: String,
    /// Its name.
    #[prost(string, tag = "3")]
    pub root_operation_name: String,
    /// Nanoseconds since the Unix epoch.
    #[prost(fixed64, tag = "4")]
    pub min_start_time_unix_nano: u64,
    /// Nanoseconds since the Unix epoch.
    #[prost(fixed64, tag = "5")]
    pub max_end_time_unix_nano: u64,
    /// Spans.
    #[prost(int32, tag = "6")]
    pub span_count: i32,
    /// Those of them that failed.
    #[prost(int32, tag = "7")]
    pub error_span_count: i32,
    /// Spans whose parent is not there.
    #[prost(int32, tag = "8")]
    pub orphan_span_count: i32,
    /// Sorted by name.
    #[prost(message, repeated, tag = "9")]
    pub services: Vec<ServiceSummary>,
}

/// Some summaries.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FindTraceSummariesResponse {
    /// One at least.
    #[prost(message, repeated, tag = "1")]
    pub summaries: Vec<TraceSummary>,
}

impl TraceSummary {
    /// A summary as a message.
    pub fn of(summary: &spandrel_trace::model::TraceSummary) -> Self {
        let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        let services = summary.services.iter().map(|service| ServiceSummary {
            name: service.name.clone(),
            span_count: count(service.spans),
            error_span_count: count(service.errors),
        });
        TraceSummary {
            trace_id: summary.trace_id.to_string(),
            root_service_name: summary.root_service.clone(),
            root_operation_name: summary.root_operation.clone(),
            min_start_time_unix_nano: summary.start_unix,
            max_end_time_unix_nano: summary.start_unix.saturating_add(summary.duration),
            span_count: count(summary.spans),
            error_span_count: count(summary.errors),
            orphan_span_count: count(summary.orphans),
            services: services.collect(),
        }
    }
}
