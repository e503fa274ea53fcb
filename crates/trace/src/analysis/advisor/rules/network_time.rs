//! Time between a client's span and its server's: on the network, and in queues before the server starts or after it ends. And
//! how long messages wait for their consumers.
//!
//! A client's duration less its server's is right whatever the clocks say. On which side of the server the time lies is said
//! only where no call between the two contradicts equal clocks.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity};
use crate::analysis::rpc::server_of;
use crate::analysis::skew::clocks;
use crate::model::{SpanIx, SpanKind, StrIx};
use crate::units::{count, duration, sort_by_number_descending};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashSet};

/// The rule's name.
pub const NAME: &str = "network-time";

/// The share of the time that has to lie on one side of the server to say so.
const ONE_SIDE: f64 = 0.75;
/// Pairs of services that are named at most.
const PAIRS: usize = 3;

/// Calls from one service to another.
#[derive(Default)]
struct Between {
    /// Caller and callee.
    pair: (StrIx, StrIx),
    /// Whether their clocks differ.
    is_skewed: bool,
    clients: Vec<SpanIx>,
    /// On the critical path, nanoseconds.
    time: u64,
    /// Before the server starts and after it ends, by the clocks as they are.
    before: i128,
    after: i128,
}

impl Between {
    /// On which side of the server most of the time lies, as a sentence.
    fn side(&self, callee: &str) -> String {
        let both = self.before + self.after;
        let most = |part: i128| !self.is_skewed && both > 0 && part as f64 >= both as f64 * ONE_SIDE;
        if most(self.before) {
            format!(
                " Most of it passes before {callee} starts: it may wait for a connection, a thread or a place in a queue."
            )
        } else if most(self.after) {
            format!(
                " Most of it passes after {callee} has ended: the answer may be large, or wait for its reader."
            )
        } else {
            String::new()
        }
    }
}

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    let mut calls: IndexMap<(StrIx, StrIx), Between, FxBuildHasher> = IndexMap::default();
    let mut waits: IndexMap<(StrIx, StrIx), (u64, Vec<SpanIx>), FxBuildHasher> = IndexMap::default();
    for span in 0..outline.len() as SpanIx {
        let at = span as usize;
        if let Some(server) = server_of(outline, span).map(|server| server as usize)
            && outline.service[server] != outline.service[at]
            && context.critical[at] > 0
        {
            let between = calls.entry((outline.service[at], outline.service[server])).or_default();
            between.clients.push(span);
            // Where clocks differ, the server may lie outside of the call: no more than the difference of their durations is
            // time between them.
            let is_outside =
                outline.start[server] < outline.start[at] || outline.end[server] > outline.end[at];
            let between_them =
                outline.duration_of(span).saturating_sub(outline.duration_of(server as SpanIx));
            let most = if is_outside { between_them } else { u64::MAX };
            between.time = between.time.saturating_add(context.critical[at].min(most));
            between.before += i128::from(outline.start[server]) - i128::from(outline.start[at]);
            between.after += i128::from(outline.end[at]) - i128::from(outline.end[server]);
        }
        if let Some(producer) = outline.parent_of(span).map(|parent| parent as usize)
            && (outline.kind[producer], outline.kind[at]) == (SpanKind::Producer, SpanKind::Consumer)
        {
            let wait = outline.start[at].saturating_sub(outline.end[producer]);
            let (longest, spans) = waits.entry((outline.service[producer], outline.service[at])).or_default();
            *longest = (*longest).max(wait);
            spans.push(span);
        }
    }
    waits.retain(|_, (longest, _)| {
        context.share(*longest) >= context.thresholds.network_share
            && *longest >= context.thresholds.least_saving
    });
    let whole: u64 = calls.values().map(|between| between.time).fold(0, u64::saturating_add);
    let is_worth = context.share(whole) >= context.thresholds.network_share && context.is_worth(whole / 2);
    if !is_worth && waits.is_empty() {
        return Vec::new();
    }
    let skewed: FxHashSet<String> = clocks(outline, context.thresholds.clock_skew)
        .offsets
        .into_iter()
        .flat_map(|one| [one.service, one.reference])
        .collect();
    let is_skewed = |(one, other): (StrIx, StrIx)| {
        [one, other].iter().all(|service| skewed.contains(outline.strings.get(*service)))
    };
    let mut found = Vec::new();
    if is_worth {
        let mut calls: Vec<Between> = calls
            .into_iter()
            .map(|(pair, between)| Between { pair, is_skewed: is_skewed(pair), ..between })
            .collect();
        sort_by_number_descending(&mut calls, |between| between.time);
        found.extend(of_calls(context, &calls, whole));
    }
    let of_waits = waits.into_iter().filter(|(pair, _)| !is_skewed(*pair));
    found.extend(of_waits.filter_map(|(pair, (longest, spans))| of_wait(context, pair, longest, spans)));
    found
}

fn of_calls(context: &Context, calls: &[Between], whole: u64) -> Option<Finding> {
    let name = |service: StrIx| context.outline.strings.get(service);
    let main = calls.first()?;
    let (caller, callee) = (name(main.pair.0), name(main.pair.1));
    let mut clients: Vec<SpanIx> = calls.iter().flat_map(|between| &between.clients).copied().collect();
    clients.sort_unstable_by_key(|span| (std::cmp::Reverse(context.critical[*span as usize]), *span));
    let number = match clients.len() as u64 {
        1 => "one call".to_owned(),
        many => format!("{} calls", count(many)),
    };
    let between = match calls {
        [_] => format!("between {caller} and {callee}"),
        _ if main.time * 2 >= whole => format!("between services, most of it between {caller} and {callee}"),
        _ => "between services".to_owned(),
    };
    let headline = format!(
        "{} of {} is network and queue time {between} ({} in {number})",
        context.percent(whole),
        context.whole(),
        duration(whole),
    );
    let saves = whole / 2;
    let mut finding = Finding::new(NAME, headline, Evidence::of(clients.iter().copied()));
    let parts: Vec<String> = (calls.iter().take(PAIRS))
        .map(|between| {
            format!("{} from {} to {}", duration(between.time), name(between.pair.0), name(between.pair.1))
        })
        .collect();
    let parts = if calls.len() > 1 { format!(": {}", parts.join(", ")) } else { String::new() };
    let longer = match clients.len() {
        1 => format!("The client span is {} longer than the server span below it", duration(whole)),
        _ => "The client spans are longer than the server spans below them".to_owned(),
    };
    finding.explanation = format!(
        "{longer}, whatever the clocks say{parts}.{} Half as long, {}.",
        main.side(callee),
        context.instead(saves),
    );
    finding.advice = "Look at what lies between these services: distance, connection setup (keep connections open), proxies, \
                      the size of messages, and requests that wait for a free worker."
        .to_owned();
    finding.saves = Some(saves);
    finding.severity = context.severity(saves);
    finding.confidence = Confidence::Low;
    Some(finding)
}

fn of_wait(context: &Context, pair: (StrIx, StrIx), longest: u64, mut spans: Vec<SpanIx>) -> Option<Finding> {
    let outline = context.outline;
    let (producer, consumer) = (outline.strings.get(pair.0), outline.strings.get(pair.1));
    spans.sort_unstable_by_key(|span| {
        let end = outline.parent_of(*span).map_or(0, |parent| outline.end[parent as usize]);
        (std::cmp::Reverse(outline.start[*span as usize].saturating_sub(end)), *span)
    });
    let first = *spans.first()?;
    let sender = match pair.0 == pair.1 {
        true => format!("{producer} to itself"),
        false => producer.to_owned(),
    };
    let receiver = if pair.0 == pair.1 { String::new() } else { format!(" for {consumer}") };
    let headline = match spans.len() {
        1 => format!("A message from {sender} waited {}{receiver}", duration(longest)),
        many => format!(
            "{} messages from {sender} waited up to {}{receiver}",
            count(many as u64),
            duration(longest)
        ),
    };
    let mut finding = Finding::new(NAME, headline, Evidence::of(spans.iter().copied()));
    finding.explanation = format!(
        "{} starts that long after the message was sent. Nothing waits for it on the critical path, but what it does is \
         that late.",
        context.name(first)
    );
    finding.advice =
        "Look at the length of the queue: more consumers, larger batches, or a shorter poll interval."
            .to_owned();
    finding.confidence = Confidence::Medium;
    if longest >= context.thresholds.message_wait {
        finding.severity = Severity::Warning;
    }
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::advisor::rules::tests::found_by;

    #[test]
    fn a_client_that_is_longer_than_its_server_waits_on_the_network() {
        let found = found_by(
            NAME,
            "
            shop: order (server)      [==============================================]
              shop: call (client)      [======================]
                stock: get (server)                     [====]
              shop: call (client)                              [================]
                stock: get (server)                                       [====]
            ",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].headline,
            "64 % of this request is network and queue time between shop and stock (30 ms in 2 calls)"
        );
        assert!(found[0].explanation.contains("before stock starts"), "{}", found[0].explanation);
        assert_eq!(found[0].evidence.spans, [1, 3]);
    }

    #[test]
    fn with_clocks_that_differ_no_side_is_told() {
        let found = found_by(
            NAME,
            "
            shop: order (server)      [==============================================]
              shop: call (client)      [======================]
                stock: get (server)  [====]
            ",
        );
        assert_eq!(found.len(), 1);
        assert!(!found[0].explanation.contains("Most of it"), "{}", found[0].explanation);
    }

    #[test]
    fn a_server_whose_clock_is_ahead_adds_no_network_time() {
        let ahead = "
            shop: order (server)      [==================================================]
              shop: call (client)      [=================]
                stock: get (server)                        [===============]
        ";
        assert_eq!(found_by(NAME, ahead), [], "3 of 52 columns are less than a tenth");
    }

    #[test]
    fn a_server_that_takes_most_of_its_call_is_no_network_time() {
        let most = "
            shop: order (server)      [==================================================]
              shop: call (client)      [=============================================]
                stock: get (server)       [========================================]
        ";
        assert_eq!(found_by(NAME, most), [], "4 of 51 columns are less than a tenth");
        let more = "
            shop: order (server)      [==================================================]
              shop: call (client)      [=============================================]
                stock: get (server)        [=====================================]
        ";
        assert_eq!(found_by(NAME, more).len(), 1, "7 of 51 are more");
    }

    #[test]
    fn a_message_that_waits_long_is_noted() {
        let drawing = |gap: &str| {
            format!(
                "
                shop: order (server)    [=======]
                  shop: send (producer)  [=]
                    mail: take (consumer)  {gap}[====================]
                "
            )
        };
        let found = found_by(NAME, &drawing("              "));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].headline, "A message from shop waited 14 ms for mail");
        assert_eq!((found[0].saves, found[0].severity), (None, Severity::Note));
        assert_eq!(found_by(NAME, &drawing("")), []);
    }

    #[test]
    fn a_message_of_a_service_to_itself_names_it_once_and_one_call_is_one() {
        let found = found_by(
            NAME,
            "
            shop: order (server)    [=======]
              shop: send (producer)  [=]
                shop: take (consumer)                [====================]
            ",
        );
        assert_eq!(found[0].headline, "A message from shop to itself waited 14 ms");
        let found = found_by(
            NAME,
            "
            shop: order (server)      [==============================================]
              shop: call (client)      [======================]
                stock: get (server)                     [====]
            ",
        );
        assert!(
            found[0].explanation.starts_with("The client span is 18 ms longer than the server span below it"),
            "{}",
            found[0].explanation
        );
    }
}
