//! Writes the formatted JSON of one span of a text at a time.

use super::JsonText;
use crate::format::write::{Envelope, Export, Indenter, JaegerJson, OtlpJson};
use crate::model::{SpanIx, Trace};
use std::io;
use std::ops::Range;

/// Spans of a text, ascending.
#[derive(Debug)]
enum Spans {
    Range(Range<SpanIx>),
    Listed(Vec<SpanIx>),
}

impl Spans {
    fn len(&self) -> usize {
        match self {
            Spans::Range(range) => range.len(),
            Spans::Listed(spans) => spans.len(),
        }
    }

    fn at(&self, index: usize) -> SpanIx {
        match self {
            Spans::Range(range) => range.start + index as SpanIx,
            Spans::Listed(spans) => spans.get(index).copied().unwrap_or_default(),
        }
    }

    fn find(&self, span: SpanIx) -> Option<usize> {
        match self {
            Spans::Range(range) => range.contains(&span).then(|| (span - range.start) as usize),
            Spans::Listed(spans) => spans.binary_search(&span).ok(),
        }
    }
}

/// Writes any span of a text as it is in the whole text.
#[derive(Debug)]
pub(super) struct SpanWriter {
    /// The spans of the text.
    spans: Spans,
    /// The format.
    format: Export,
    /// Has written the indexed spans in order, so that processes are numbered as in the whole text.
    jaeger: Option<JaegerJson<Vec<u8>>>,
    /// Formatter state before every span but the first: the nesting is the same for all.
    indenter: Indenter,
}

impl SpanWriter {
    /// A writer of the spans of a text, as far as the trace has them.
    pub(super) fn new(trace: &Trace, text: &JsonText) -> Self {
        let outline = trace.outline();
        let end = text.end.min(outline.len() as SpanIx);
        let range = text.start.min(end)..end;
        let spans = match text.filter.spans(outline) {
            None => Spans::Range(range),
            Some(kept) => Spans::Listed(kept.iter().filter(|span| range.contains(span)).collect()),
        };
        let jaeger = || {
            let mut writer = JaegerJson::new(Vec::new())?;
            writer.begin_trace(outline.trace_id, &outline.foreign_trace_id, &[])?;
            io::Result::Ok(writer)
        };
        // Writing to memory cannot fail.
        let jaeger = (text.format == Export::Jaeger).then(jaeger).and_then(Result::ok);
        SpanWriter { spans, format: text.format, jaeger, indenter: Indenter::default() }
    }

    /// Number of spans of the text.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// A span of the text, counted from 0.
    pub(super) fn span(&self, index: usize) -> SpanIx {
        self.spans.at(index)
    }

    /// Which of the text's spans a span is; `None` if the text does not have it.
    pub(super) fn find(&self, span: SpanIx) -> Option<usize> {
        self.spans.find(span)
    }

    /// The lines of a span, including the text before the first and after the last span. For the first time in order.
    pub(super) fn written(&mut self, trace: &Trace, at: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut indenter = if at == 0 { Indenter::default() } else { self.indenter };
        // Writing to memory cannot fail.
        let piece = match self.format {
            Export::Jaeger => self.jaeger_piece(trace, at),
            Export::Otlp => self.otlp_piece(trace, at),
        };
        let (head, piece, tail) = piece.unwrap_or_default();
        indenter.push(&head, &mut out);
        let before = out.len();
        // The comma is at the end of the previous line.
        let comma = piece.first() == Some(&b',');
        indenter.push(&piece, &mut out);
        if at == 0 {
            self.indenter = indenter;
        } else {
            let layout = before + usize::from(comma) + 1;
            out.drain(before..layout.min(out.len()));
        }
        indenter.push(&tail, &mut out);
        if tail.is_empty() && self.is_followed_by_comma(trace, at) {
            out.push(b',');
        }
        out
    }

    /// Text before the first span, the span with its separator, text after the last span.
    fn jaeger_piece(&mut self, trace: &Trace, at: usize) -> io::Result<(Vec<u8>, Vec<u8>, Vec<u8>)> {
        let (span, is_last) = (self.spans.at(at), at + 1 == self.len());
        let Some(writer) = &mut self.jaeger else { return Ok(Default::default()) };
        let mut head = std::mem::take(writer.get_mut());
        writer.span(&trace.resource(span), &trace.scope(span), &trace.record_as_sent(span))?;
        let mut piece = std::mem::take(writer.get_mut());
        if at == 0 {
            if head.is_empty() {
                // The span was written before, so the writer does not repeat the prologue, and writes a comma.
                let outline = trace.outline();
                let mut first = JaegerJson::new(Vec::new())?;
                first.begin_trace(outline.trace_id, &outline.foreign_trace_id, &[])?;
                head = std::mem::take(first.get_mut());
                piece.remove(0);
            }
        } else {
            head.clear();
        }
        let tail = if is_last { writer.clone().finish()? } else { Vec::new() };
        Ok((head, piece, tail))
    }

    fn otlp_piece(&self, trace: &Trace, at: usize) -> io::Result<(Vec<u8>, Vec<u8>, Vec<u8>)> {
        let span = self.spans.at(at);
        let mut writer = OtlpJson::new(Vec::new(), Envelope::Plain, true)?;
        let mut write = |span: SpanIx| {
            writer.span(&trace.resource(span), &trace.scope(span), &trace.record_as_sent(span))?;
            io::Result::Ok(std::mem::take(writer.get_mut()))
        };
        if at > 0 {
            write(self.spans.at(at - 1))?;
        }
        let piece = write(span)?;
        let tail = if at + 1 == self.len() { writer.finish()? } else { Vec::new() };
        Ok((Vec::new(), piece, tail))
    }

    /// Whether the next span is in the same list.
    fn is_followed_by_comma(&self, trace: &Trace, at: usize) -> bool {
        let (span, next) = (self.spans.at(at), self.spans.at(at + 1));
        self.format == Export::Jaeger
            || trace.resource(span) == trace.resource(next) && trace.scope(span) == trace.scope(next)
    }
}
