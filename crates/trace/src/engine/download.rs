//! Exports the spans of a trace in chunks, because the text may be too large for memory.

use super::Engine;
use crate::analysis::narrowed::SpanFilter;
use crate::format::write::{Envelope, Export, JaegerJson, OtlpJson};
use crate::model::{SpanIx, SpanSet};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// Number of spans per chunk.
const SLICE: SpanIx = 2_000;

/// An export in progress.
pub struct Download {
    trace: String,
    next: SpanIx,
    /// The spans to export; all if `None`.
    shown: Option<SpanSet>,
    writer: Writer,
    written: Pieces,
}

enum Writer {
    Jaeger(JaegerJson<Pieces>),
    Otlp(OtlpJson<Pieces>),
    Done,
}

/// Output that was not taken yet.
#[derive(Clone, Default)]
struct Pieces(Rc<RefCell<Vec<u8>>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Download {
    /// Starts the export of the spans of an open trace that a filter lets through; `None` if it is not open, or if the
    /// filter is of a version with another number of spans.
    pub fn begin(engine: &Engine, trace: &str, filter: &SpanFilter, format: Export) -> Option<Self> {
        let outline = engine.outline(trace)?;
        if filter.only.as_ref().is_some_and(|only| only.spans() != outline.len()) {
            return None;
        }
        let written = Pieces::default();
        // Writing to memory cannot fail.
        let writer = match format {
            Export::Jaeger => {
                let mut writer = JaegerJson::new(written.clone()).ok()?;
                writer.begin_trace(outline.trace_id, &outline.foreign_trace_id, &[]).ok()?;
                Writer::Jaeger(writer)
            }
            Export::Otlp => Writer::Otlp(OtlpJson::new(written.clone(), Envelope::Plain, true).ok()?),
        };
        let shown = filter.spans(outline);
        Some(Download { trace: trace.to_owned(), next: 0, shown, writer, written })
    }

    /// The next chunk; `None` at the end, or if the trace was closed.
    pub fn next(&mut self, engine: &Engine) -> Option<Vec<u8>> {
        let trace = &engine.traces.get(&self.trace)?.trace;
        let end = trace.outline().len() as SpanIx;
        let slice = self.next..self.next.saturating_add(SLICE).min(end);
        self.next = slice.end;
        for span in slice {
            if self.shown.as_ref().is_some_and(|shown| !shown.contains(span)) {
                continue;
            }
            let (resource, scope, record) =
                (trace.resource(span), trace.scope(span), trace.record_as_sent(span));
            match &mut self.writer {
                Writer::Jaeger(writer) => writer.span(&resource, &scope, &record).ok()?,
                Writer::Otlp(writer) => writer.span(&resource, &scope, &record).ok()?,
                Writer::Done => {}
            }
        }
        if self.next == end {
            match std::mem::replace(&mut self.writer, Writer::Done) {
                Writer::Jaeger(writer) => drop(writer.finish().ok()?),
                Writer::Otlp(writer) => drop(writer.finish().ok()?),
                Writer::Done => return None,
            }
        }
        Some(self.written.0.take())
    }

    /// Whether the export is complete.
    pub fn is_done(&self) -> bool {
        matches!(self.writer, Writer::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ExpectedInput;
    use crate::format::Reader;

    /// A chain of spans as OTLP JSON, more than a slice of them; in whole microseconds, which is what Jaeger writes.
    fn chain(spans: u32) -> String {
        let span = |at: u32| {
            format!(
                r#"{{"traceId":"{:032x}","spanId":"{:016x}","parentSpanId":"{:016x}","name":"span {at}","startTimeUnixNano":"{}","endTimeUnixNano":"{}"}}"#,
                7,
                at + 1,
                at,
                1_000_000 + at * 1_000,
                900_000_000
            )
        };
        let spans: Vec<String> = (0..spans).map(span).collect();
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, spans.join(","))
    }

    #[test]
    fn a_text_in_slices_is_read_again_as_it_was() {
        let mut engine = Engine::default();
        let mut response =
            engine.begin(ExpectedInput::File { name: "a.json".into(), first: true }, 200, None);
        response.push(chain(5_000).as_bytes()).unwrap();
        engine.finish(response);
        let key = format!("{:032x}", 7);
        for format in [Export::Jaeger, Export::Otlp] {
            let mut download = Download::begin(&engine, &key, &SpanFilter::default(), format).unwrap();
            let mut pieces = Vec::new();
            while let Some(piece) = download.next(&engine) {
                pieces.push(piece);
            }
            assert!(download.is_done());
            assert_eq!(pieces.len(), 3, "{format:?}");
            let mut reader = Reader::new();
            reader.push(&pieces.concat()).unwrap();
            let read = reader.finish().unwrap().traces.remove(0);
            let (read, held) = (read.outline(), engine.outline(&key).unwrap());
            assert_eq!(
                (&read.id, &read.parent, &read.end),
                (&held.id, &held.parent, &held.end),
                "{format:?}"
            );
        }
        assert!(Download::begin(&engine, "other", &SpanFilter::default(), Export::Otlp).is_none());
        let other = SpanFilter { only: Some(SpanSet::none(4)), ..SpanFilter::default() };
        assert!(Download::begin(&engine, &key, &other, Export::Otlp).is_none());
        let mut only = SpanSet::none(5_000);
        [0, 2_000, 4_999].into_iter().for_each(|span| only.insert(span));
        let filter = SpanFilter { only: Some(only), ..SpanFilter::default() };
        let mut download = Download::begin(&engine, &key, &filter, Export::Jaeger).unwrap();
        let text = std::iter::from_fn(|| download.next(&engine)).flatten().collect::<Vec<u8>>();
        let mut reader = Reader::new();
        reader.push(&text).unwrap();
        let names = reader.finish().unwrap().traces.remove(0);
        let names: Vec<&str> = (0..3).map(|span| names.outline().name_of(span)).collect();
        assert_eq!(names, ["span 0", "span 2000", "span 4999"]);
    }
}
