//! Requests to a target, made of whole requests that came in or of single spans, none larger than allowed unless a single
//! span is.

use crate::wire::{put_bytes, put_length, varint_length};

/// A request to a target, in protobuf. Spans stand for log lines too, whose messages have the same members.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Spans in it.
    pub spans: u64,
    /// An `ExportTraceServiceRequest` or `ExportLogsServiceRequest`.
    pub bytes: Vec<u8>,
}

/// Collects spans into batches. A message that is a list may be cut between its members and two may be put one after the
/// other: that is how protobuf defines repeated fields.
#[derive(Debug)]
pub struct Batches {
    most_spans: u64,
    most_bytes: usize,
    done: Vec<Batch>,
    now: Batch,
    resource: Vec<u8>,
    scope: Vec<u8>,
    /// Scopes of the resource in the current batch that have ended.
    scopes: Vec<u8>,
    /// Spans of the scope in the current batch.
    spans: Vec<u8>,
}

/// Bytes of the tags and lengths around a resource and a scope.
const FRAME: usize = 24;

impl Batches {
    /// Batches of at most so many spans and bytes.
    pub fn new(most_spans: u64, most_bytes: usize) -> Self {
        Batches {
            most_spans: most_spans.max(1),
            most_bytes,
            done: Vec::new(),
            now: Batch::default(),
            resource: Vec::new(),
            scope: Vec::new(),
            scopes: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// Whether a whole request can be taken as it is.
    pub fn fits(&self, spans: u64, bytes: usize) -> bool {
        spans <= self.most_spans && bytes <= self.most_bytes
    }

    /// Takes a whole request as it is.
    pub fn whole(&mut self, request: &[u8], spans: u64) {
        self.close_resource();
        if self.now.spans + spans > self.most_spans || self.now.bytes.len() + request.len() > self.most_bytes
        {
            self.cut();
        }
        self.now.bytes.extend_from_slice(request);
        self.now.spans += spans;
    }

    /// Spans that follow are of a resource with these fields.
    pub fn resource(&mut self, fields: Vec<u8>) {
        self.close_resource();
        self.resource = fields;
        self.scope.clear();
    }

    /// Spans that follow are of a scope with these fields, of the same resource.
    pub fn scope(&mut self, fields: Vec<u8>) {
        self.close_scope();
        self.scope = fields;
    }

    /// Takes a span.
    pub fn span(&mut self, span: &[u8]) {
        let open = self.now.bytes.len()
            + self.resource.len()
            + self.scopes.len()
            + self.scope.len()
            + self.spans.len();
        let span_bytes = 1 + varint_length(span.len() as u64) + span.len();
        if self.now.spans >= self.most_spans || open + span_bytes + FRAME > self.most_bytes {
            self.cut();
        }
        put_bytes(&mut self.spans, 2, span);
        self.now.spans += 1;
    }

    /// All batches.
    pub fn finish(mut self) -> Vec<Batch> {
        self.cut();
        self.done
    }

    fn cut(&mut self) {
        self.close_resource();
        let batch = std::mem::take(&mut self.now);
        if batch.spans > 0 {
            self.done.push(batch);
        }
    }

    fn close_scope(&mut self) {
        if !self.spans.is_empty() {
            put_length(&mut self.scopes, 2, self.scope.len() + self.spans.len());
            self.scopes.extend_from_slice(&self.scope);
            self.scopes.append(&mut self.spans);
        }
    }

    fn close_resource(&mut self) {
        self.close_scope();
        if !self.scopes.is_empty() {
            put_length(&mut self.now.bytes, 1, self.resource.len() + self.scopes.len());
            self.now.bytes.extend_from_slice(&self.resource);
            self.now.bytes.append(&mut self.scopes);
        }
    }
}
