//! Formats that are recognised but not supported, with advice.

/// An unsupported input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsupportedInput {
    /// Nothing at all, or only white space.
    Empty,
    /// HTML.
    Html,
    /// Text that is not JSON.
    Text,
    /// Unknown binary data.
    Binary,
    /// A container format.
    Archive,
    /// Zipkin v1, or something like it.
    Zipkin,
    /// Tempo's trace by id.
    TempoTrace,
    /// Tempo's search results.
    TempoSearch,
    /// The Go SDK's stdout exporter.
    GoStdout,
    /// Jaeger's domain model as protobuf JSON.
    JaegerModel,
    /// Jaeger spans without a trace.
    JaegerSpans,
    /// Service graph.
    Dependencies,
    /// Metrics as Jaeger answers them.
    MetricFamily,
    /// OTLP metrics or logs.
    OtherSignal,
    /// What Prometheus answers.
    Prometheus,
    /// What Elasticsearch answers.
    Elasticsearch,
    /// Summaries of traces.
    Summaries,
    /// Names of services or operations.
    Names,
    /// Any other JSON.
    OtherJson,
}

impl UnsupportedInput {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            UnsupportedInput::Empty => "nothing",
            UnsupportedInput::Html => "HTML",
            UnsupportedInput::Text => "text",
            UnsupportedInput::Binary => "binary",
            UnsupportedInput::Archive => "archive",
            UnsupportedInput::Zipkin => "Zipkin JSON",
            UnsupportedInput::TempoTrace => "Tempo trace",
            UnsupportedInput::TempoSearch => "Tempo search result",
            UnsupportedInput::GoStdout => "Go SDK stdout",
            UnsupportedInput::JaegerModel => "Jaeger model JSON",
            UnsupportedInput::JaegerSpans => "Jaeger spans without a trace",
            UnsupportedInput::Dependencies => "dependency list",
            UnsupportedInput::MetricFamily => "metrics (MetricFamily)",
            UnsupportedInput::OtherSignal => "OTLP metrics or logs",
            UnsupportedInput::Prometheus => "Prometheus answer",
            UnsupportedInput::Elasticsearch => "Elasticsearch answer",
            UnsupportedInput::Summaries => "trace summaries",
            UnsupportedInput::Names => "list of names",
            UnsupportedInput::OtherJson => "JSON",
        }
    }

    /// What it is and what to try, in sentences.
    pub fn advice(self) -> &'static str {
        match self {
            UnsupportedInput::Empty => "The file is empty. Was the download complete?",
            UnsupportedInput::Html => {
                "This is a web page, not a trace. The address may be wrong, a login may be in the way, or the server \
                 answers unknown paths with its page. Try the address of the API."
            }
            UnsupportedInput::Text => "This is text, but neither JSON nor OTLP protobuf.",
            UnsupportedInput::Binary => "These bytes are neither OTLP protobuf nor gzip or zstd.",
            UnsupportedInput::Archive => {
                "This is an archive, or a compression other than gzip and zstd. Unpack it and open what is inside."
            }
            UnsupportedInput::Zipkin => {
                "Zipkin's version 1 is not supported. A collector with a Zipkin receiver and an OTLP exporter turns it \
                 into OTLP."
            }
            UnsupportedInput::TempoTrace => {
                "Tempo's `batches` are not supported. Ask Tempo for `Accept: application/protobuf`, or a collector for \
                 OTLP."
            }
            UnsupportedInput::TempoSearch => {
                "This is a list of found traces, not a trace. Open one of them by its ID."
            }
            UnsupportedInput::GoStdout => {
                "This is the output of the Go SDK's stdout exporter, not OTLP. Use an OTLP exporter, or the collector's \
                 file exporter."
            }
            UnsupportedInput::JaegerModel => {
                "This is Jaeger's internal model (IDs in base64, values as vStr), not an answer of its API. Fetch the \
                 trace from /api/traces/{id}."
            }
            UnsupportedInput::JaegerSpans => {
                "These are single Jaeger spans (storage format), not a trace. Fetch the trace from /api/traces/{id}."
            }
            UnsupportedInput::Dependencies => "This is a list of calls between services, not a trace.",
            UnsupportedInput::MetricFamily => "These are metrics, not a trace.",
            UnsupportedInput::OtherSignal => {
                "These are metrics or logs in OTLP. Only traces (resourceSpans) are read."
            }
            UnsupportedInput::Prometheus => "These are metrics from Prometheus, not a trace.",
            UnsupportedInput::Elasticsearch => {
                "This is a search answer of Elasticsearch, not a trace. Fetch the trace from Jaeger."
            }
            UnsupportedInput::Summaries => "These are summaries of traces. Open one of them by its ID.",
            UnsupportedInput::Names => "This is a list of names (services or operations), not a trace.",
            UnsupportedInput::OtherJson => {
                "This is JSON without spans. A Jaeger trace has `data` or `spans`, OTLP has `resourceSpans`."
            }
        }
    }

    /// The format that is recognised by the name of a top-level member, if any.
    pub(super) fn by_member(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"batches" => UnsupportedInput::TempoTrace,
            b"SpanContext" | b"InstrumentationLibrary" => UnsupportedInput::GoStdout,
            b"localEndpoint" | b"binaryAnnotations" | b"annotations" | b"parentId" => {
                UnsupportedInput::Zipkin
            }
            b"callCount" => UnsupportedInput::Dependencies,
            b"metricPoints" => UnsupportedInput::MetricFamily,
            b"resourceMetrics" | b"resource_metrics" | b"resourceLogs" | b"resource_logs" => {
                UnsupportedInput::OtherSignal
            }
            b"resultType" => UnsupportedInput::Prometheus,
            b"aggregations" | b"hits" | b"timed_out" => UnsupportedInput::Elasticsearch,
            b"summaries" => UnsupportedInput::Summaries,
            b"operations" => UnsupportedInput::Names,
            b"spanID" | b"operationName" => UnsupportedInput::JaegerSpans,
            _ => return None,
        })
    }
}
