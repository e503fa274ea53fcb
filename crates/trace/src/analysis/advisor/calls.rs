//! What spans say about the calls that they are, from their attributes: kind of call, whether two are the same request, and
//! whether two have the same shape. One pass over the columns.

use super::request_shape::{RequestText, shape_of};
use crate::model::{
    AttributeOwner, AttributeTable, Cell, Outline, SpanColumns, SpanIx, SpanKind, StrIx, Trace, TraceRows,
};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher as _;

/// What kind of call a span is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallType {
    /// None.
    #[default]
    None,
    /// One that says nothing about itself but that it is a client or producer.
    Unknown,
    /// A query of a database.
    Database,
    /// A command of a cache: Redis, Memcached.
    Cache,
    /// An HTTP request.
    Http,
    /// A remote procedure call.
    Rpc,
    /// A message sent.
    Message,
}

/// Facts about calls. Columns are by span; spans whose attributes are still kept as bytes have what their outline says.
#[derive(Debug, Default)]
pub struct Calls {
    /// Kind of call.
    pub call: Vec<CallType>,
    /// A hash of what is requested, parameters included: two spans of one service, operation and request are the same call.
    /// 0 where a span does not say what it requests.
    pub request: Vec<u64>,
    /// A hash of service, operation and statement without their numbers and literals.
    pub shape: Vec<u64>,
    /// Whether it changes something: an SQL `UPDATE`, an HTTP `POST`, a message.
    pub writes: Vec<bool>,
}

/// What an attribute says about a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Unseen,
    /// Parts of the request, but not enough to know it.
    Other,
    /// An answer, a measurement or an address of the caller; two calls may differ in it and be the same.
    Ignored,
    Statement,
    System,
    Operation,
    Url,
    Method,
    Rpc,
    Messaging,
    Parameter,
}

const STATEMENTS: [&str; 6] =
    ["db.query.text", "db.statement", "db.query", "sql.query", "sql", "db.operation.batch.query"];
const URLS: [&str; 6] = ["http.url", "url.full", "http.target", "url.path", "url.query", "http.path"];
const IGNORED_STARTS: [&str; 14] = [
    "otel.",
    "thread.",
    "code.",
    "sampler.",
    "net.",
    "network.",
    "net/",
    "error",
    "exception",
    "http.response",
    "response",
    "db.response",
    "server.port",
    "client.",
];
const IGNORED_ENDS: [&str; 13] = [
    "status_code",
    ".status",
    "length",
    "size",
    "duration",
    ".port",
    "rows",
    "count",
    "message.id",
    "message_id",
    "request_id",
    "request-id",
    "attempt",
];

fn role_of(key: &str) -> Role {
    let starts = |words: &[&str]| words.iter().any(|word| key.starts_with(word));
    match key {
        _ if STATEMENTS.contains(&key) => Role::Statement,
        _ if URLS.contains(&key) => Role::Url,
        "db.system" | "db.system.name" | "db.type" => Role::System,
        "db.operation" | "db.operation.name" => Role::Operation,
        "http.method" | "http.request.method" => Role::Method,
        "rpc.system" | "rpc.service" | "rpc.method" | "grpc.method" => Role::Rpc,
        "span.kind" | "internal.span.format" | "http.resend_count" | "http.request.resend_count" => {
            Role::Ignored
        }
        _ if starts(&IGNORED_STARTS) => Role::Ignored,
        _ if IGNORED_ENDS.iter().any(|end| key.ends_with(end)) => Role::Ignored,
        _ if starts(&["param.", "db.query.parameter.", "db.operation.parameter.", "rpc.request."]) => {
            Role::Parameter
        }
        _ if key.ends_with(".key") => Role::Parameter,
        _ if starts(&["messaging."]) => Role::Messaging,
        _ => Role::Other,
    }
}

impl Calls {
    /// The calls of a trace.
    pub fn of(trace: &Trace) -> Self {
        let outline = trace.outline();
        let mut calls = Calls::of_outline(outline);
        for part in trace.parts() {
            CallReader::of(&part).read(&part, outline, &mut calls);
        }
        // What a client does not say its server may: an address without a path is no request of its own.
        for span in 0..outline.len() {
            let parent = outline.parent[span] as usize;
            let answers =
                outline.kind[span] == SpanKind::Server && outline.kind.get(parent) == Some(&SpanKind::Client);
            if answers {
                calls.request[parent] = match (calls.request[parent], calls.request[span]) {
                    (_, 0) => 0,
                    (own, below) => own.wrapping_add(mixed(1, below)).max(1),
                };
                calls.writes[parent] |= calls.writes[span];
            }
        }
        calls
    }

    fn of_outline(outline: &Outline) -> Self {
        let mut shapes: Vec<Option<u64>> = vec![None; outline.strings.len()];
        let shape = outline.name.iter().zip(&outline.service).map(|(name, service)| {
            let slot = &mut shapes[*name as usize];
            let name = *slot.get_or_insert_with(|| shape_of(outline.strings.get(*name)).hash);
            mixed(u64::from(*service) + 1, name)
        });
        Calls {
            shape: shape.collect(),
            call: (outline.kind.iter())
                .map(|kind| match kind {
                    SpanKind::Client => CallType::Unknown,
                    SpanKind::Producer => CallType::Message,
                    _ => CallType::None,
                })
                .collect(),
            request: vec![0; outline.len()],
            writes: outline.kind.iter().map(|kind| *kind == SpanKind::Producer).collect(),
        }
    }

    /// Whether two spans are the same request, and say so.
    pub fn are_same_request(&self, one: SpanIx, other: SpanIx) -> bool {
        let (one, other) = (one as usize, other as usize);
        self.request[one] != 0
            && self.request[one] == self.request[other]
            && self.shape[one] == self.shape[other]
    }
}

/// The statement of a query as the span has it.
pub fn statement(trace: &Trace, span: SpanIx) -> Option<String> {
    let mut found = None;
    trace.attributes(span, &mut |key, value| {
        if found.is_none() && STATEMENTS.contains(&key) {
            found = Some(value.text().into_owned());
        }
    });
    found.filter(|text| !text.trim().is_empty())
}

fn mixed(one: u64, other: u64) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u64(one);
    hasher.write_u64(other);
    hasher.finish().rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// What is known of the keys and texts of one set of columns; each is looked at once.
struct CallReader<'a> {
    columns: &'a SpanColumns,
    cells: AttributeTable<'a>,
    roles: Vec<Role>,
    hashes: Vec<u64>,
    statements: FxHashMap<StrIx, RequestText>,
}

impl<'a> CallReader<'a> {
    fn of(part: &TraceRows<'a>) -> Self {
        let strings = if part.rows.is_empty() { 0 } else { part.columns.strings().len() };
        CallReader {
            columns: part.columns,
            cells: part.columns.cells(AttributeOwner::Span),
            roles: vec![Role::Unseen; strings],
            hashes: vec![0; strings],
            statements: FxHashMap::default(),
        }
    }

    fn read(&mut self, part: &TraceRows<'a>, outline: &Outline, calls: &mut Calls) {
        for (row, span) in &part.rows {
            let mut so_far = Call { call: calls.call[*span as usize], ..Call::default() };
            for at in self.columns.row(*row).attributes {
                self.attribute(self.cells.key(at), self.cells.value(at), &mut so_far);
            }
            let at = *span as usize;
            let answers = matches!(outline.kind[at], SpanKind::Server | SpanKind::Consumer);
            calls.call[at] = if answers { CallType::None } else { so_far.call };
            calls.request[at] =
                if so_far.is_told && !so_far.has_placeholders { so_far.request.max(1) } else { 0 };
            calls.writes[at] |= so_far.writes;
            if so_far.statement != 0 {
                calls.shape[at] = mixed(calls.shape[at], so_far.statement);
            }
        }
    }

    fn attribute(&mut self, key: StrIx, value: Cell, call: &mut Call) {
        let slot = &mut self.roles[key as usize];
        if *slot == Role::Unseen {
            *slot = role_of(self.columns.strings().get(key));
        }
        let role = *slot;
        if role == Role::Ignored {
            return;
        }
        // Attributes count in any order, so their hashes are added.
        let number = self.value_hash(value);
        call.request = call.request.wrapping_add(mixed(self.text_hash(key), number));
        match role {
            Role::Statement => {
                let Cell::Str(text) = value else { return };
                let columns = self.columns;
                let of_text = || shape_of(columns.strings().get(text));
                let statement = *self.statements.entry(text).or_insert_with(of_text);
                call.statement = statement.hash;
                call.has_placeholders |= statement.has_placeholders;
                call.is_told = true;
                call.writes |= statement.writes;
                call.be(CallType::Database);
            }
            Role::System => {
                let system = self.columns.text(value);
                let is_cache = ["redis", "memcached", "valkey"].contains(&&*system);
                call.be(if is_cache { CallType::Cache } else { CallType::Database });
            }
            Role::Operation => {
                call.writes |= shape_of(&self.columns.text(value)).writes;
                call.be(CallType::Database);
            }
            Role::Url => {
                let text = self.columns.text(value);
                let path = text.split_once("://").map_or(&*text, |(_, rest)| rest);
                call.is_told |= path.contains(['/', '?']);
                call.be(CallType::Http);
            }
            Role::Method => {
                let method = self.columns.text(value);
                call.writes |= !["GET", "HEAD", "OPTIONS", "QUERY"].contains(&&*method.to_ascii_uppercase());
                call.be(CallType::Http);
            }
            Role::Rpc => call.be(CallType::Rpc),
            Role::Messaging => call.be(CallType::Message),
            Role::Parameter => call.is_told = true,
            Role::Other | Role::Ignored | Role::Unseen => {}
        }
    }

    fn text_hash(&mut self, text: StrIx) -> u64 {
        let slot = &mut self.hashes[text as usize];
        if *slot == 0 {
            *slot = hash(self.columns.strings().get(text)).max(1);
        }
        *slot
    }

    fn value_hash(&mut self, value: Cell) -> u64 {
        match value {
            Cell::Empty => 0,
            Cell::Str(text) => self.text_hash(text),
            Cell::Bool(flag) => 2 + u64::from(flag),
            Cell::Int(number) => number as u64,
            Cell::Double(number) => number.to_bits(),
            Cell::Other(_) => hash(&self.columns.text(value)),
        }
    }
}

/// A call while its attributes are read.
#[derive(Default)]
struct Call {
    call: CallType,
    request: u64,
    statement: u64,
    is_told: bool,
    has_placeholders: bool,
    writes: bool,
}

impl Call {
    /// It is of this kind, unless it is known to be of a more special one: a database may be called by HTTP.
    fn be(&mut self, call: CallType) {
        let order = |call: CallType| match call {
            CallType::None | CallType::Unknown => 0,
            CallType::Http => 1,
            CallType::Rpc => 2,
            CallType::Message => 3,
            CallType::Database => 4,
            CallType::Cache => 5,
        };
        if order(call) > order(self.call) {
            self.call = call;
        }
    }
}
