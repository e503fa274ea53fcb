//! Where the calls of a trace go, as their clients say, and which of them have a span of the service that they call.

use crate::analysis::advisor::{CallType, Context};
use crate::model::{Flags, SpanIx, SpanKind, StrIx};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

/// Clients whose attributes are read at most.
const READ: usize = 20_000;
/// Attributes that name a destination, best first.
const KEYS: [&str; 7] = [
    "peer.service",
    "service.peer.name",
    "rpc.service",
    "server.address",
    "net.peer.name",
    "http.host",
    "peer.hostname",
];

/// Calls by caller and destination.
#[derive(Debug, Default)]
pub(super) struct Destinations {
    /// In the order in which they come up. A destination is a host without its port and domain, or a service.
    pub(super) calls: IndexMap<(StrIx, String), Calls, FxBuildHasher>,
}

/// Calls from one service to one destination that did not fail.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// How many have a span of another service below.
    pub(super) answered: u32,
    /// Those that have none.
    pub(super) unanswered: Vec<SpanIx>,
}

/// Reads where clients send requests to other services. Databases, caches and messages have no spans to answer with, and
/// failed calls may not have arrived.
pub(super) fn destinations(context: &Context) -> Destinations {
    let outline = context.outline;
    let mut found = Destinations::default();
    let is_request = |span: &SpanIx| {
        let at = *span as usize;
        outline.kind[at] == SpanKind::Client
            && matches!(context.calls.call[at], CallType::Http | CallType::Rpc | CallType::Unknown)
            && !outline.flags[at].has(Flags::OWN_ERROR)
    };
    for span in (0..outline.len() as SpanIx).filter(is_request).take(READ) {
        let Some(destination) = destination(context, span) else { continue };
        let at = span as usize;
        let calls = found.calls.entry((outline.service[at], destination)).or_default();
        match outline.children(span).any(|child| outline.service[child as usize] != outline.service[at]) {
            true => calls.answered += 1,
            false => calls.unanswered.push(span),
        }
    }
    found
}

fn destination(context: &Context, span: SpanIx) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    context.trace.attributes(span, &mut |key, value| {
        let Some(place) = KEYS.iter().position(|known| *known == key) else { return };
        if best.as_ref().is_none_or(|(known, _)| place < *known) {
            best = Some((place, value.text().into_owned()));
        }
    });
    let (_, text) = best?;
    let is_address = text.starts_with('[') || text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let host = text.split(':').next().unwrap_or_default();
    let name = if is_address { host } else { host.split('.').next().unwrap_or_default() };
    let is_known = !name.is_empty() && !matches!(name, "localhost" | "127" | "0");
    is_known.then(|| name.to_ascii_lowercase())
}
