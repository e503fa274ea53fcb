//! Where the spans of one service go: its tracer provider, its resource and its propagators.
//!
//! The `OTEL_*` variables mean what the OpenTelemetry specification says. The SDK reads the sampler, the span limits,
//! the batch settings, the resource attributes and the exporter's settings itself; what it does not read
//! (`OTEL_SDK_DISABLED`, `OTEL_TRACES_EXPORTER`, `OTEL_PROPAGATORS`, the attribute limits of events and links) is read
//! here. An empty variable counts as not set, a wrong one is warned about and ignored.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::global::BoxedTracer;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::trace::noop::NoopTracer;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, TracerProviderBuilder,
};
use opentelemetry_semantic_conventions::attribute;

use super::exporter::FaultExporter;
use super::logs::Logs;
use super::tls::install_tls;

pub use opentelemetry_otlp::Protocol;

/// Batch delay where `OTEL_BSP_SCHEDULE_DELAY` is not set: short, so that traces appear soon in the viewer.
const BATCH_DELAY: Duration = Duration::from_millis(200);

/// Length of the queue where `OTEL_BSP_MAX_QUEUE_SIZE` is not set: one fault makes 5,000 at once.
const QUEUE: usize = 16_384;

/// The path that OTLP/HTTP adds to a general endpoint.
const TRACES_PATH: &str = "/v1/traces";

/// One place that spans are sent to. What is `None` is taken from the environment, else from the specification.
#[derive(Clone, Debug, Default)]
pub struct Destination {
    /// The base URL of an OTLP receiver, such as `http://127.0.0.1:4318`; for OTLP/HTTP `/v1/traces` is added to it.
    pub endpoint: Option<String>,
    /// How the spans are written.
    pub protocol: Option<Protocol>,
}

/// The telemetry of one service.
pub(crate) struct Telemetry {
    pub(crate) tracer: Arc<BoxedTracer>,
    pub(crate) propagator: Arc<dyn TextMapPropagator + Send + Sync>,
    pub(crate) logs: Logs,
    provider: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Must be called inside a tokio runtime: the gRPC exporter starts its connection there.
    ///
    /// # Errors
    /// When an exporter cannot be built, for instance because an endpoint is not a URL.
    pub(crate) fn open(
        service: &'static str,
        destinations: &[Destination],
    ) -> Result<Self, ExporterBuildError> {
        install_tls();
        let propagator = Arc::new(propagators(setting("OTEL_PROPAGATORS").as_deref()));
        if setting("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Self {
                tracer: Arc::new(BoxedTracer::new(Box::new(NoopTracer::new()))),
                propagator,
                logs: Logs::default(),
                provider: None,
            });
        }
        let mut builder = limits(SdkTracerProvider::builder()).with_resource(resource(service));
        if exports(setting("OTEL_TRACES_EXPORTER").as_deref()) {
            for destination in destinations {
                builder = builder.with_span_processor(batches(exporter(destination)?));
            }
        }
        let provider = builder.build();
        let scope =
            InstrumentationScope::builder("spandrel.demo").with_version(env!("CARGO_PKG_VERSION")).build();
        Ok(Self {
            tracer: Arc::new(BoxedTracer::new(Box::new(provider.tracer_with_scope(scope)))),
            propagator,
            logs: Logs::open(
                service,
                setting("SPANDREL_DEMO_LOGS"),
                setting("SPANDREL_DEMO_LOGS_URL"),
                destinations.first().and_then(|first| first.endpoint.clone()),
            ),
            provider: Some(provider),
        })
    }

    /// Sends what is left and stops. Blocks: call it from a thread that may wait.
    pub(crate) fn close(self) -> OTelSdkResult {
        self.logs.close();
        match self.provider {
            Some(provider) => provider.shutdown(),
            None => Ok(()),
        }
    }
}

/// The service names itself: by the specification what the program gives wins over `OTEL_SERVICE_NAME` and
/// `OTEL_RESOURCE_ATTRIBUTES`, which would otherwise make one service of five.
fn resource(service: &'static str) -> Resource {
    let instance = format!("{service}-{}", std::process::id());
    let mut attributes = vec![
        KeyValue::new(attribute::SERVICE_NAMESPACE, "spandrel-demo"),
        KeyValue::new(attribute::SERVICE_VERSION, env!("CARGO_PKG_VERSION")),
        KeyValue::new(attribute::SERVICE_INSTANCE_ID, instance),
        KeyValue::new(attribute::PROCESS_PID, i64::from(std::process::id())),
    ];
    attributes.extend(host().map(|host| KeyValue::new(attribute::HOST_NAME, host)));
    // What the environment says of the deployment wins over the default.
    let environment = setting("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    if !environment.contains(attribute::DEPLOYMENT_ENVIRONMENT_NAME) {
        attributes.push(KeyValue::new(attribute::DEPLOYMENT_ENVIRONMENT_NAME, "demo"));
    }
    Resource::builder().with_service_name(service).with_attributes(attributes).build()
}

/// The name of this computer, where the system tells it.
fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| setting("HOSTNAME"))?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

fn limits(mut builder: TracerProviderBuilder) -> TracerProviderBuilder {
    if let Some(count) = number("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT") {
        builder = builder.with_max_attributes_per_event(count);
    }
    if let Some(count) = number("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT") {
        builder = builder.with_max_attributes_per_link(count);
    }
    builder
}

fn batches(exporter: SpanExporter) -> BatchSpanProcessor {
    let mut config = BatchConfigBuilder::default();
    if setting("OTEL_BSP_SCHEDULE_DELAY").is_none() {
        config = config.with_scheduled_delay(BATCH_DELAY);
    }
    if setting("OTEL_BSP_MAX_QUEUE_SIZE").is_none() {
        config = config.with_max_queue_size(QUEUE);
    }
    BatchSpanProcessor::builder(FaultExporter(exporter)).with_batch_config(config.build()).build()
}

fn exporter(destination: &Destination) -> Result<SpanExporter, ExporterBuildError> {
    let protocol = destination.protocol.unwrap_or_else(protocol_of_environment);
    let endpoint = destination.endpoint.as_deref();
    match protocol {
        Protocol::Grpc => {
            let mut builder = SpanExporter::builder().with_tonic();
            if let Some(endpoint) = endpoint {
                builder = builder.with_endpoint(endpoint);
            }
            builder.build()
        }
        // HTTP, and whatever a later SDK adds: it says itself what it cannot do.
        _ => {
            let mut builder = SpanExporter::builder().with_http().with_protocol(protocol);
            if let Some(endpoint) = endpoint {
                builder = builder.with_endpoint(traces_endpoint(endpoint));
            }
            builder.build()
        }
    }
}

fn traces_endpoint(base: &str) -> String {
    format!("{}{TRACES_PATH}", base.trim_end_matches('/'))
}

/// `http/protobuf` unless the variables say otherwise. Read here and not by the exporter, whose own default depends on
/// what it was compiled with.
fn protocol_of_environment() -> Protocol {
    let named =
        setting("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL").or_else(|| setting("OTEL_EXPORTER_OTLP_PROTOCOL"));
    protocol(named.as_deref())
}

fn protocol(name: Option<&str>) -> Protocol {
    match name.map(str::to_ascii_lowercase).as_deref() {
        None | Some("http/protobuf") => Protocol::HttpBinary,
        Some("http/json") => Protocol::HttpJson,
        Some("grpc") => Protocol::Grpc,
        Some(other) => {
            tracing::warn!("unknown OTLP protocol `{other}`: sending http/protobuf");
            Protocol::HttpBinary
        }
    }
}

/// Whether `OTEL_TRACES_EXPORTER` (a list) asks for OTLP, which it does when it is not set.
fn exports(names: Option<&str>) -> bool {
    let Some(names) = names else { return true };
    let mut otlp = false;
    for name in names.split(',').map(str::trim) {
        match name {
            "otlp" => otlp = true,
            "none" => {}
            other => tracing::warn!("unknown traces exporter `{other}`: only otlp and none are"),
        }
    }
    otlp
}

/// The propagators of `OTEL_PROPAGATORS` (a list), `tracecontext,baggage` when it is not set.
fn propagators(names: Option<&str>) -> TextMapCompositePropagator {
    let mut chosen: Vec<Box<dyn TextMapPropagator + Send + Sync>> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for name in names.unwrap_or("tracecontext,baggage").split(',').map(str::trim) {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        match name {
            "tracecontext" => chosen.push(Box::new(TraceContextPropagator::new())),
            "baggage" => chosen.push(Box::new(BaggagePropagator::new())),
            "none" => {}
            other => {
                tracing::warn!("unknown propagator `{other}`: only tracecontext and baggage are");
            }
        }
    }
    TextMapCompositePropagator::new(chosen)
}

fn setting(name: &str) -> Option<String> {
    env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn number(name: &str) -> Option<u32> {
    let text = setting(name)?;
    let number = text.parse().ok();
    if number.is_none() {
        tracing::warn!("{name} is not a number: `{text}` is ignored");
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocol_is_protobuf_unless_told() {
        assert_eq!(protocol(None), Protocol::HttpBinary);
        assert_eq!(protocol(Some("HTTP/JSON")), Protocol::HttpJson);
        assert_eq!(protocol(Some("grpc")), Protocol::Grpc);
        assert_eq!(protocol(Some("carrier pigeon")), Protocol::HttpBinary);
    }

    #[test]
    fn the_exporter_list_is_read() {
        assert!(exports(None));
        assert!(exports(Some("console, otlp")));
        assert!(!exports(Some("none")));
    }

    #[test]
    fn the_general_endpoint_gets_the_path() {
        assert_eq!(traces_endpoint("http://127.0.0.1:4318/"), "http://127.0.0.1:4318/v1/traces");
        assert_eq!(traces_endpoint("http://c/otlp"), "http://c/otlp/v1/traces");
    }

    #[test]
    fn the_service_keeps_its_name() {
        let resource = resource("order");
        let name = resource.get(&opentelemetry::Key::new("service.name"));
        assert_eq!(name.map(|value| value.to_string()), Some("order".into()));
    }

    #[test]
    fn propagators_are_chosen_by_name() {
        let both: Vec<String> = propagators(None).fields().map(str::to_owned).collect();
        for field in ["traceparent", "tracestate", "baggage"] {
            assert!(both.iter().any(|name| name == field), "{field} in {both:?}");
        }
        assert_eq!(propagators(Some("none")).fields().count(), 0);
        let fields: Vec<String> = propagators(Some("baggage,b3")).fields().map(str::to_owned).collect();
        assert_eq!(fields, ["baggage"]);
    }
}
