//! What is recognised and not read, each by its name, with what to try instead.

/// Something that is no trace of a format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nothing at all, or only white space.
    Empty,
    /// A page.
    Html,
    /// Text that is no JSON.
    Text,
    /// Bytes of no known kind.
    Binary,
    /// A container format.
    Archive,
    /// Zipkin v1, or something like it.
    Zipkin,
    /// Tempo's trace by id.
    TempoTrace,
    /// Tempo's search.
    TempoSearch,
    /// The Go SDK's stdout exporter.
    GoStdout,
    /// Jaeger's domain model as protobuf JSON.
    JaegerModel,
    /// Spans of Jaeger without a trace around them.
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

impl Refused {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Refused::Empty => "nothing",
            Refused::Html => "HTML",
            Refused::Text => "text",
            Refused::Binary => "binary",
            Refused::Archive => "archive",
            Refused::Zipkin => "Zipkin JSON",
            Refused::TempoTrace => "Tempo trace",
            Refused::TempoSearch => "Tempo search result",
            Refused::GoStdout => "Go SDK stdout",
            Refused::JaegerModel => "Jaeger model JSON",
            Refused::JaegerSpans => "Jaeger spans without a trace",
            Refused::Dependencies => "dependency list",
            Refused::MetricFamily => "metrics (MetricFamily)",
            Refused::OtherSignal => "OTLP metrics or logs",
            Refused::Prometheus => "Prometheus answer",
            Refused::Elasticsearch => "Elasticsearch answer",
            Refused::Summaries => "trace summaries",
            Refused::Names => "list of names",
            Refused::OtherJson => "JSON",
        }
    }

    /// What it is and what to try.
    pub fn advice(self) -> &'static str {
        match self {
            Refused::Empty => "the file is empty; was the download complete?",
            Refused::Html => {
                "this is a web page, not a trace: the address may be wrong, a login may be in the way, or the \
                 server answers unknown paths with its page; try the address of the API"
            }
            Refused::Text => {
                "this is text, but neither JSON nor OTLP protobuf; Jaeger JSON, OTLP JSON (also one object a line) \
                 and OTLP protobuf are read, plain or gzipped"
            }
            Refused::Binary => {
                "these bytes are no OTLP protobuf and nothing else that is known; Jaeger JSON, OTLP JSON and OTLP \
                 protobuf are read, plain or gzipped"
            }
            Refused::Archive => {
                "this is an archive or a compression other than gzip; unpack it and open what is inside"
            }
            Refused::Zipkin => {
                "these are no spans of Zipkin's version 2; version 1 is not supported: a collector with a Zipkin \
                 receiver and an OTLP exporter turns it into OTLP"
            }
            Refused::TempoTrace => {
                "Tempo's `batches` are not supported yet; ask Tempo for `Accept: application/protobuf`, or a collector \
                 for OTLP"
            }
            Refused::TempoSearch => "this is a list of found traces, not a trace; open one of them by its id",
            Refused::GoStdout => {
                "this is what the Go SDK's stdout exporter prints, not OTLP; use an OTLP exporter, or the \
                 collector's file exporter"
            }
            Refused::JaegerModel => {
                "this is Jaeger's inner model (ids in base64, values as vStr), not what its API answers; fetch the \
                 trace from /api/traces/{id}"
            }
            Refused::JaegerSpans => {
                "these are single Jaeger spans (storage format), not a trace; fetch the trace from /api/traces/{id}"
            }
            Refused::Dependencies => "this is a list of calls between services, not a trace",
            Refused::MetricFamily => "these are metrics, not a trace",
            Refused::OtherSignal => "these are metrics or logs in OTLP; only traces (resourceSpans) are read",
            Refused::Prometheus => "these are metrics from Prometheus, not a trace",
            Refused::Elasticsearch => {
                "this is a search answer of Elasticsearch, not a trace; fetch the trace from Jaeger"
            }
            Refused::Summaries => "these are summaries of traces; open one of them by its id",
            Refused::Names => "this is a list of names (services or operations), not a trace",
            Refused::OtherJson => {
                "this is JSON, but there are no spans in it; a Jaeger trace has `data` or `spans`, OTLP has \
                 `resourceSpans`"
            }
        }
    }

    /// What the name of a member gives away, if it stands where a trace or request should be.
    pub(super) fn by_member(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"batches" => Refused::TempoTrace,
            b"SpanContext" | b"InstrumentationLibrary" => Refused::GoStdout,
            b"localEndpoint" | b"binaryAnnotations" | b"annotations" | b"parentId" => Refused::Zipkin,
            b"callCount" => Refused::Dependencies,
            b"metricPoints" => Refused::MetricFamily,
            b"resourceMetrics" | b"resource_metrics" | b"resourceLogs" | b"resource_logs" => {
                Refused::OtherSignal
            }
            b"resultType" => Refused::Prometheus,
            b"aggregations" | b"hits" | b"timed_out" => Refused::Elasticsearch,
            b"summaries" => Refused::Summaries,
            b"operations" => Refused::Names,
            b"spanID" | b"operationName" => Refused::JaegerSpans,
            _ => return None,
        })
    }
}
