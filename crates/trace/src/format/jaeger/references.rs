//! References of a span: its parent, and links.

use crate::format::ids::{self, IdText};
use crate::format::json::{Cursor, Scan, text};
use crate::units::{SpanId, bytes_equal};

/// One reference.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference<'a> {
    /// `CHILD_OF`; else `FOLLOWS_FROM`.
    pub(super) child: bool,
    /// Trace id, as written; `None` if absent.
    pub(super) trace: Option<IdText<'a>>,
    /// Span id, as written.
    pub(super) span: IdText<'a>,
}

impl Reference<'_> {
    /// Whether it refers to the trace with the id `own`.
    pub(super) fn within(&self, own: Option<IdText<'_>>) -> bool {
        match (self.trace, own) {
            (Some(trace), Some(own)) => {
                trace.is_empty() || bytes_equal(trace.bytes, own.bytes) || trace.trace().0 == own.trace().0
            }
            _ => true,
        }
    }
}

/// The references of a span; most spans have one.
#[derive(Default)]
pub(super) struct References<'a> {
    only: Option<Reference<'a>>,
    more: Vec<Reference<'a>>,
}

impl<'a> References<'a> {
    /// Adds a reference.
    pub(super) fn push(&mut self, reference: Reference<'a>) {
        match self.only {
            None => self.only = Some(reference),
            Some(first) => {
                if self.more.is_empty() {
                    self.more.push(first);
                }
                self.more.push(reference);
            }
        }
    }

    /// All references.
    pub(super) fn all(&self) -> &[Reference<'a>] {
        if self.more.is_empty() { self.only.as_slice() } else { &self.more }
    }
}

/// Reads a reference; `None` if it has no span id.
pub(super) fn reference<'a>(cursor: &mut Cursor<'a>) -> Scan<Option<Reference<'a>>> {
    let mut ahead = cursor.clone();
    let reference = match compact_reference(&mut ahead) {
        Some(reference) => {
            *cursor = ahead;
            reference
        }
        None => any_reference(cursor)?,
    };
    Ok(Some(reference).filter(|reference| !reference.span.span().0.is_none()))
}

/// Reads a reference in Jaeger's own compact form: these members in this order, without white space.
#[inline]
fn compact_reference<'a>(cursor: &mut Cursor<'a>) -> Option<Reference<'a>> {
    cursor.literal(br#"{"refType":"CHILD_OF","traceID":"#)?;
    let trace = Some(IdText::text(cursor.string().ok()?.bytes));
    cursor.literal(br#","spanID":"#)?;
    let span = IdText::text(cursor.string().ok()?.bytes);
    cursor.literal(b"}")?;
    Some(Reference { child: true, trace, span })
}

fn any_reference<'a>(cursor: &mut Cursor<'a>) -> Scan<Reference<'a>> {
    let mut reference = Reference { child: true, trace: None, span: IdText::default() };
    cursor.object(|cursor, key| {
        match key.bytes {
            b"refType" => {
                let kind = text(cursor, "references")?;
                reference.child = !kind.bytes.eq_ignore_ascii_case(b"FOLLOWS_FROM");
            }
            b"traceID" => reference.trace = Some(ids::id(cursor, "references")?),
            b"spanID" => reference.span = ids::id(cursor, "references")?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(reference)
}

/// Index of the reference to the parent.
pub(super) fn parent(references: &[Reference<'_>], own: Option<IdText<'_>>) -> Option<usize> {
    let within = |child: bool| {
        references.iter().position(|reference| reference.child == child && reference.within(own))
    };
    within(true).or_else(|| within(false))
}

/// The span id, and its text if it is not hexadecimal.
pub(super) fn span_of<'a>(reference: &Reference<'a>) -> (SpanId, std::borrow::Cow<'a, str>) {
    reference.span.span()
}

/// Whether its span id is the trace id.
pub(super) fn names_trace(reference: &Reference<'_>, own: IdText<'_>) -> bool {
    !reference.span.span().1.is_empty() && reference.span.trace().0 == own.trace().0
}
