//! Spans as OTLP JSON, in the batches in which services would send them.

use spandrel_trace::format::write::{Envelope, OtlpJson};
use spandrel_trace::model::record::{Resource, Scope};
use spandrel_trace::units::sort_by_number;

use crate::recorder::{SimulatedSpan, attribute};

/// Nanoseconds for which a service collects finished spans before it sends them.
const DELAY: u64 = 100_000_000;

/// Spans that arrive together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanBatch {
    /// When they arrive, nanoseconds since the Unix epoch.
    pub arrived_unix: u64,
    /// One OTLP JSON request, with a line end after it: batches after each other are a file of JSON lines.
    pub otlp: Vec<u8>,
}

/// The spans in batches, in the order in which they arrive.
pub fn batches(spans: &[SimulatedSpan]) -> Vec<SpanBatch> {
    let mut sorted: Vec<&SimulatedSpan> = spans.iter().collect();
    sort_by_number(&mut sorted, |span| arrival(span));
    let batches = sorted.chunk_by(|one, other| arrival(one) == arrival(other));
    // Writing to memory does not fail.
    let batch = |spans: &[&SimulatedSpan]| Some((arrival(spans.first()?), write(spans)?));
    batches.filter_map(batch).map(|(arrived_unix, otlp)| SpanBatch { arrived_unix, otlp }).collect()
}

/// When a span arrives: its service sends what has ended since it sent the last batch.
fn arrival(span: &SimulatedSpan) -> u64 {
    (span.sent_unix / DELAY + 1).saturating_mul(DELAY)
}

fn write(spans: &[&SimulatedSpan]) -> Option<Vec<u8>> {
    let scope = Scope {
        name: "spandrel.simulation".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Scope::default()
    };
    let mut writer = OtlpJson::new(Vec::new(), Envelope::Plain, false).ok()?;
    let mut resource = Resource::default();
    for span in spans {
        if resource.service != span.service {
            resource = resource_of(span.service);
        }
        writer.span(&resource, &scope, &span.record).ok()?;
    }
    let mut bytes = writer.finish().ok()?;
    bytes.push(b'\n');
    Some(bytes)
}

/// The resource of a service says that it is simulated.
fn resource_of(service: &str) -> Resource {
    Resource {
        service: service.to_owned(),
        attributes: vec![
            attribute("service.name", service),
            attribute("service.namespace", "spandrel-demo"),
            attribute("service.version", env!("CARGO_PKG_VERSION")),
            attribute("service.instance.id", format!("{service}-simulated")),
            attribute("host.name", "simulated"),
            attribute("deployment.environment.name", "simulation"),
        ],
        ..Resource::default()
    }
}
