//! Diagrams of drawn and random traces.

use super::*;
use crate::testing::forest::{forest, outlines};
use crate::testing::trace;
use proptest::prelude::*;

fn drawn(drawing: &str) -> (CallSequence, Vec<String>) {
    let trace = trace(drawing);
    let sequence = call_sequence(trace.outline(), &SpanFilter::default(), None);
    let line = |message: &SequenceMessage| {
        let name = |lifeline: u32| sequence.lifelines[lifeline as usize].as_str();
        let arrow = if message.is_return { "-->" } else { "->" };
        format!("{} {arrow} {}: {}", name(message.from), name(message.to), label(message))
    };
    let lines = sequence.messages.iter().map(line).collect();
    (sequence, lines)
}

const SHOP: &str = "
    web: GET /            [===========]
      web: handle          [=========]
        stock: get          [==]
        stock: get               [==]
          db: select !            []
      mail: send (consumer)        [===]
";

#[test]
fn calls_between_services_are_messages_there_and_back_in_the_order_of_time() {
    let (sequence, lines) = drawn(SHOP);
    assert_eq!(
        lines,
        [
            "web -> stock: get",
            "stock --> web: 3 ms",
            "web -> stock: get",
            "stock -> db: select",
            "db --> stock: 1 ms, error",
            "web -> mail: send",
            "stock --> web: 3 ms",
        ]
    );
    assert_eq!((sequence.lifelines.len(), sequence.calls, sequence.left_out), (4, 4, 0));
    assert_eq!((sequence.fold, sequence.messages[3].span), (SequenceFold::Nothing, 4));
}

#[test]
fn it_is_written_for_other_tools() {
    let (mut sequence, _) = drawn("a#;: one [====]\n  b \"x\": two\\three; four [=]");
    assert_eq!(
        mermaid(&sequence),
        "sequenceDiagram\n    participant s0 as a#35;#59;\n    participant s1 as b \"x\"\n    \
         s0->>s1: two\\three#59; four\n    s1-->>s0: 2 ms\n"
    );
    sequence.messages[1].errors = 1;
    assert_eq!(
        plant_uml(&sequence),
        "@startuml\nparticipant \"a#;\" as s0\nparticipant \"b 'x'\" as s1\n\
         s0 -> s1 : two\\\\three; four\ns1 -->x s0 : 2 ms, error\n@enduml\n"
    );
}

#[test]
fn a_call_without_length_comes_before_its_return() {
    let (_, lines) = drawn("a: one [==]\n  b: two |\n  c: three |");
    assert_eq!(lines, ["a -> b: two", "b --> a: 0 ns", "a -> c: three", "c --> a: 0 ns"]);
}

#[test]
fn repeated_calls_are_folded_if_there_are_too_many_messages() {
    let mut drawing = "web: root [==============]\n".to_owned();
    for index in 0..120 {
        let name = if index % 3 == 0 { "put" } else { "get" };
        drawing.push_str(&format!("  db: {name} [=]\n"));
    }
    let (sequence, lines) = drawn(&drawing);
    assert_eq!(sequence.fold, SequenceFold::Operations);
    assert_eq!(lines[..2], ["web -> db: put ×40", "web -> db: get ×80"]);
    for index in 0..120 {
        drawing.push_str(&format!("  db: select {index} [=]\n"));
    }
    let (sequence, lines) = drawn(&drawing);
    assert_eq!(sequence.fold, SequenceFold::Services);
    assert_eq!(lines[0], "web -> db: put and 121 other operations ×240");
    assert_eq!(sequence.left_out, 0);
}

#[test]
fn of_too_many_folded_calls_the_longest_are_kept() {
    let mut drawing = "web: root [=======================]\n".to_owned();
    for index in 0..150 {
        drawing.push_str(&format!("  s{index}: get [{}]\n", "=".repeat(index / 10 + 1)));
    }
    let (sequence, lines) = drawn(&drawing);
    assert_eq!((sequence.fold, sequence.calls, sequence.left_out), (SequenceFold::Longest, 150, 50));
    assert_eq!(lines.len(), MAX_MESSAGES);
    assert!(lines.contains(&"web -> s149: get".to_owned()) && !lines.contains(&"web -> s0: get".to_owned()));
}

#[test]
fn without_calls_between_services_there_are_no_messages() {
    let (sequence, _) = drawn("web: root [==]\n  web: child []");
    assert_eq!(sequence, CallSequence::default());
    assert_eq!(call_sequence(&Outline::default(), &SpanFilter::default(), None), CallSequence::default());
}

#[test]
fn a_deep_chain_of_services_takes_near_linear_time() {
    let chain: Vec<Option<u32>> = (0..100_000u32).map(|span| span.checked_sub(1)).collect();
    let sequence = call_sequence(&forest(&chain), &SpanFilter::default(), None);
    assert_eq!((sequence.calls, sequence.messages.len()), (99_999, MAX_MESSAGES));
}

proptest! {
    #[test]
    fn messages_are_in_the_order_of_time_and_go_there_before_they_come_back(outline in outlines(80)) {
        let sequence = call_sequence(&outline, &SpanFilter::default(), None);
        prop_assert!(sequence.messages.is_sorted_by_key(|message| message.time));
        for (at, message) in sequence.messages.iter().enumerate().filter(|(_, it)| it.is_return) {
            let before = &sequence.messages[..at];
            let call = before.iter().find(|it| it.span == message.span && !it.is_return);
            prop_assert!(call.is_some_and(|call| (call.from, call.to) == (message.to, message.from)));
        }
        let there = sequence.messages.iter().filter(|it| !it.is_return);
        prop_assert_eq!(there.map(|it| it.calls).sum::<u32>(), sequence.calls);
    }
}

#[test]
fn marked_spans_are_counted_in_the_message_that_they_belong_to() {
    let trace = trace(
        "
        shop: order (server)        [==============]
          shop: GET (client)         [====]
            cart: list (server)       [==]
              cart: sort               []
          shop: POST (client)              [===]
            bank: pay (server)              [=]
        ",
    );
    let mut marked = SpanSet::none(6);
    [0, 3, 4].into_iter().for_each(|span| marked.insert(span));
    let sequence = call_sequence(trace.outline(), &SpanFilter::default(), Some(&marked));
    let marks: Vec<(u32, bool)> = sequence.messages.iter().map(|it| (it.marked, it.is_return)).collect();
    assert_eq!(marks, [(1, false), (1, true), (1, false), (1, true)], "what works below, and a client");
}

#[test]
fn a_call_that_its_caller_gave_up_has_an_error() {
    let trace = trace(
        "
        shop: order (server)        [==============]
          shop: POST (client) !      [====]
            bank: pay (server)       [=============]
          shop: GET (client)               [===]
            cart: list (server)             [=]
        ",
    );
    let sequence = call_sequence(trace.outline(), &SpanFilter::default(), None);
    let calls: Vec<(&str, u32)> =
        sequence.messages.iter().filter(|it| !it.is_return).map(|it| (it.name.as_str(), it.errors)).collect();
    assert_eq!(calls, [("pay", 1), ("list", 0)]);
}
