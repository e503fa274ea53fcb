//! Exports spans for copying and downloading.

use super::{Envelope, JaegerJson, OtlpJson};
use crate::model::{SpanIx, Trace};
use serde::{Deserialize, Serialize};
use std::io;

/// An export format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Export {
    /// Jaeger JSON, as from its query API.
    Jaeger,
    /// OTLP JSON, as for collectors.
    Otlp,
}

/// Exports the spans as sent: without repairs, and without other spans.
pub fn export(trace: &Trace, spans: impl Iterator<Item = SpanIx>, format: Export) -> Vec<u8> {
    // Writing to memory cannot fail.
    match format {
        Export::Jaeger => jaeger(trace, spans),
        Export::Otlp => otlp(trace, spans),
    }
    .unwrap_or_default()
}

fn jaeger(trace: &Trace, spans: impl Iterator<Item = SpanIx>) -> io::Result<Vec<u8>> {
    let outline = trace.outline();
    let mut writer = JaegerJson::new(Vec::new())?;
    writer.begin_trace(outline.trace_id, &outline.foreign_trace_id, &[])?;
    for span in spans {
        writer.span(&trace.resource(span), &trace.scope(span), &trace.record_as_sent(span))?;
    }
    writer.finish()
}

fn otlp(trace: &Trace, spans: impl Iterator<Item = SpanIx>) -> io::Result<Vec<u8>> {
    let mut writer = OtlpJson::new(Vec::new(), Envelope::Plain, true)?;
    for span in spans {
        writer.span(&trace.resource(span), &trace.scope(span), &trace.record_as_sent(span))?;
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Reader;
    use crate::testing::trace;

    #[test]
    fn a_subtree_is_read_again_as_it_was() {
        let whole = trace(
            "
            gateway: POST /orders (server)  [==========]
              order: create !                [==*====]    id=c0 size=3
                stock: get (client)            [==]       sku=a1
              email: send                             [=]
            ",
        );
        for format in [Export::Jaeger, Export::Otlp] {
            let text = export(&whole, 1..3, format);
            let mut reader = Reader::new();
            reader.push(&text).unwrap();
            let read = reader.finish().unwrap().traces.remove(0);
            assert_eq!(read.outline().len(), 2, "{format:?}");
            for (at, from) in [(0, 1), (1, 2)] {
                let (read, whole) = (read.record_as_sent(at), whole.record_as_sent(from));
                assert_eq!(
                    (read.span_id, &read.name, read.status),
                    (whole.span_id, &whole.name, whole.status)
                );
                assert_eq!(read.parent_span_id, whole.parent_span_id);
                assert_eq!(read.events.len(), whole.events.len());
                let kept = |key: &str| read.attributes.iter().find(|attribute| attribute.key == key).cloned();
                assert!(
                    whole.attributes.iter().all(|attribute| kept(&attribute.key).as_ref() == Some(attribute))
                );
            }
        }
    }
}
