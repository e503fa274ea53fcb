//! A request to the gateway, and its answer.

use serde::{Deserialize, Serialize};
use spandrel_trace::units::{SpanId, TraceId};

/// A request as the demo's gateway takes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulatedRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// The path at the gateway, such as `/orders`.
    pub path: String,
    /// The body; empty where there is none.
    pub body: String,
    /// The header `x-demo-fault`.
    pub fault: Option<String>,
    /// The trace that the request continues.
    pub trace_id: TraceId,
    /// The span of the caller, below which the gateway's span is.
    pub parent: SpanId,
    /// When the request is sent, nanoseconds since the Unix epoch.
    pub start_unix: u64,
    /// Decides latencies and IDs: the same seed gives the same ones.
    pub seed: u64,
}

/// The answer of the gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulatedAnswer {
    /// HTTP status.
    pub status: u16,
    /// Media type.
    pub media_type: String,
    /// The header `x-correlation-id`.
    pub correlation_id: String,
    /// JSON.
    pub body: String,
    /// When the answer has arrived, nanoseconds since the Unix epoch.
    pub end_unix: u64,
}
