//! Tests of the hints.

use super::*;
use crate::analysis::query::{find, hints, read};
use crate::model::Trace;
use crate::testing::trace;

fn drawn() -> Trace {
    trace(
        "
        gateway: POST /orders (server)        [=========]  http.status_code=500 http.method=POST
          cart: get item (client)               [=*=]      http.status_code=200 db.system=redis
          cart: get all                           [==]     http.status_code=200 Retries=3
        ",
    )
}

fn hints_of(trace: &Trace, text: &str) -> Vec<FindHint> {
    let reading = read(text).unwrap();
    let found = find(trace, &reading);
    hints(trace, text, &reading, &found)
}

/// The hints for a text: `name → nearest`, `found → instead`, or `found: expected`.
fn hints_for(text: &str) -> Vec<String> {
    let hints = hints_of(&drawn(), text).into_iter().map(|hint| match hint {
        FindHint::UnknownName { name, nearest } => format!("{name} → {}", nearest.unwrap_or_default()),
        FindHint::UnknownValue { found, instead }
        | FindHint::OtherNotation { found, instead }
        | FindHint::Words { found, instead }
        | FindHint::OnlyExcluded { found, instead } => format!("{found} → {instead}"),
        FindHint::Mistake { found, expected } => format!("{found}: {expected}"),
    });
    hints.collect()
}

#[test]
fn unknown_names_are_told_with_the_most_similar_one() {
    for (text, expected) in [
        ("http.statuscode = 500", &["http.statuscode → http.status_code"][..]),
        ("http.metod=GET", &["http.metod → http.method"]),
        ("HTTP.Status_Code > 300", &["HTTP.Status_Code → http.status_code"]),
        ("status_code = 500", &["status_code → http.status_code"]),
        ("span.http.method = GET", &["span.http.method → http.method"]),
        ("servce = cart and latency > 20ms", &["servce → service", "latency → "]),
        ("not has(db.sistem)", &["db.sistem → db.system"]),
        ("attribute.\"db system\" = x", &["attribute.\"db system\" → db.system"]),
        ("retries=4", &["retries → Retries"]),
        ("http.response.status_code >= 500", &["http.response.status_code → http.status_code"]),
        ("db.redis = 1", &["db.redis → "]),
        // These are understood, whether they find something or not.
        ("http.method = GET", &[]),
        ("http.method=POST", &[]),
        ("Retries=4", &[]),
        ("service = nobody", &[]),
        ("nothing at all", &[]),
        ("http.method=POST nothing=1", &[]),
    ] {
        assert_eq!(hints_for(text), expected, "{text}");
    }
}

#[test]
fn other_notations_are_told_with_ours() {
    for (text, expected) in [
        ("status:error", &["status:error → status = error"][..]),
        ("http.status_code:>500", &["http.status_code:>500 → http.status_code > 500"]),
        ("duration gt 20s", &["duration gt 20s → duration > 20s"]),
        ("operation like nobody", &["operation like nobody → operation contains nobody"]),
        ("{ service = \"nobody\" }", &["{ service = \"nobody\" } → service = \"nobody\""]),
        ("duration=7s", &["duration=7s → duration = 7s"]),
        ("https://example.com:80", &[]),
        ("nobody is here", &[]),
    ] {
        assert_eq!(hints_for(text), expected, "{text}");
    }
}

#[test]
fn a_typed_name_asks_for_its_field() {
    assert_eq!(has_field("http.method"), "has(http.method)");
    assert_eq!(has_field("my key"), "has(\"my key\")");
    assert_eq!(has_field(""), "");
}

#[test]
fn values_that_no_span_has_are_told_with_the_most_similar_one() {
    for (text, expected) in [
        ("service = crat", &["service = crat → service = cart"][..]),
        ("service = Cart", &["service = Cart → service = cart"]),
        ("service=crat", &["service=crat → service=cart"]),
        ("error or service = crat", &["service = crat → service = cart"]),
        ("!error and !!service==crat and error", &["service==crat → service==cart"]),
        ("resource.service.name=gatway", &["resource.service.name=gatway → resource.service.name=gateway"]),
        ("operation = orders", &["operation = orders → operation = \"POST /orders\""]),
        ("service in (crat, \"gate way\")", &["crat → cart", "\"gate way\" → gateway"]),
        (
            "service not in (cart, gateway) and db.system = rediss",
            &["db.system = rediss → db.system = redis"],
        ),
        ("http.method=PSOT", &["http.method=PSOT → http.method=POST"]),
        ("kind=servr", &["kind=servr → kind=server"]),
        ("duration = 4h", &["duration = 4h → duration < 4h"]),
        ("duration = 0s", &["duration = 0s → duration >= 0s"]),
        // Known values, and values that are similar to none.
        ("service = cart and error", &[]),
        ("service=nobody", &[]),
        ("http.status_code = 404", &[]),
        ("service = \"\"", &[]),
    ] {
        assert_eq!(hints_for(text), expected, "{text}");
    }
}

#[test]
fn comparisons_of_other_tools_without_blanks_are_told_with_ours() {
    for (text, expected) in [
        ("duration >> 5ms", &["duration >> 5ms → duration > 5ms"][..]),
        ("duration>>5ms", &["duration>>5ms → duration > 5ms"]),
        ("service===cart", &["service===cart → service = cart"]),
        ("service<>cart", &["service<>cart → service != cart"]),
        ("http.status_code≥500", &["http.status_code≥500 → http.status_code >= 500"]),
        ("status:=error", &["status:=error → status = error"]),
        ("operation LIKE '%item%'", &["operation LIKE '%item%' → operation contains item"]),
        ("operation = 'get item'", &["operation = 'get item' → operation = \"get item\""]),
        ("service in ('cart', 'x')", &["service in ('cart', 'x') → service in (\"cart\", \"x\")"]),
        ("{service=\"cart\"}", &["{service=\"cart\"} → service=\"cart\""]),
        (
            "{ service = gateway } >> { name = \"get item\" }",
            &[
                "{ service = gateway } >> { name = \"get item\" } → (name = \"get item\") and under(service = gateway)",
            ],
        ),
        (
            "{ service = cart } < { service = gateway }",
            &["{ service = cart } < { service = gateway } → (service = gateway) and child(service = cart)"],
        ),
        ("{ error } && { duration>1ns}", &["{ error } && { duration>1ns} → (error) or (duration>1ns)"]),
        ("{\"cart\": [1]}", &[]),
        ("service in cart", &["service in cart → service in (cart)"]),
        ("http.status_code not in 200", &["http.status_code not in 200 → http.status_code not in (200)"]),
        ("don't 'a b'", &[]),
        ("operation in progress", &[]),
        ("name in gateway", &[]),
        ("{}", &[]),
    ] {
        assert_eq!(hints_for(text), expected, "{text}");
    }
}

#[test]
fn words_that_read_like_conditions_are_told_as_a_query() {
    for (text, expected) in [
        ("not redis", &["not redis → not \"redis\""][..]),
        ("cart and not redis", &["cart and not redis → \"cart\" and not \"redis\""]),
        ("cart and redis", &["cart and redis → \"cart\" and \"redis\""]),
        ("!redis", &["!redis → not \"redis\""]),
        ("!(redis)", &["!(redis) → not \"redis\""]),
        ("(redis)", &["(redis) → \"redis\""]),
        ("-redis", &["-redis → not \"redis\""]),
        ("-error -redis", &["-error -redis → not error and not \"redis\""]),
        // These are usual words.
        ("cart or redis", &[]),
        ("redis not there", &[]),
        ("!redis cart", &[]),
        ("cart -redis", &[]),
        ("-", &[]),
    ] {
        assert_eq!(hints_for(text), expected, "{text}");
    }
}

#[test]
fn mistakes_in_words_that_find_nothing_are_told() {
    let duration = "a duration with its unit, such as 20ms";
    for (text, expected) in [
        ("duration>slow", format!("duration>slow: {duration}")),
        ("duration=20", format!("duration=20: {duration}")),
        ("status=500", "status=500: one of error, ok, unset".into()),
        ("kind>server", "kind>server: an operator (=, !=, in) after kind".into()),
        ("depth=x", "depth=x: a number".into()),
        ("service=", "service=: a value".into()),
        (
            "http.status_code>x",
            "http.status_code>x: a number, a duration such as 20ms, or a text in quotes".into(),
        ),
    ] {
        assert_eq!(hints_for(text), [expected], "{text}");
    }
    for text in ["Foo>x", "a->b", "a=b=c d->e", "x(y"] {
        assert!(!hints_for(text).iter().any(|hint| hint.contains(':')), "{text}");
    }
}

/// Taking hints leads to spans, or to a mistake that explains itself.
#[test]
fn a_hint_that_is_taken_works() {
    let drawn = drawn();
    for text in [
        "not redis",
        "!redis",
        "-redis",
        "(redis)",
        "cart and redis",
        "service = crat",
        "servce = crat",
        "service===crat",
        "service:crat",
        "service=crat",
        "span.http.method=POST",
        "{resource.service.name=cart}",
        "{.db.system=\"redis\" && duration>0ns}",
        "{ service = gateway } >> { service = cart }",
        "duration >> 0ms",
        "duration=7s",
        "duration = 4h",
        "service in cart",
        "http.status_code not in 200",
        "operation like '%item'",
        "operation = 'get item'",
        "http.statuscode>400",
    ] {
        let mut taken = text.to_owned();
        let mut reading = read(&taken).unwrap();
        for _ in 0..4 {
            let next = hints_of(&drawn, &taken).into_iter().next().map(|hint| match hint {
                FindHint::UnknownName { name, nearest } => (name, nearest.unwrap()),
                FindHint::UnknownValue { found, instead }
                | FindHint::OtherNotation { found, instead }
                | FindHint::Words { found, instead }
                | FindHint::OnlyExcluded { found, instead } => (found, instead),
                FindHint::Mistake { .. } => panic!("{text}: {taken}"),
            });
            let Some((found, instead)) = next else { break };
            assert!(taken.contains(&found), "{text}: {found} in {taken}");
            taken = taken.replacen(&found, &instead, 1);
            reading = read(&taken).unwrap_or_else(|mistake| panic!("{text}: {taken}: {mistake}"));
        }
        assert_ne!(taken, text);
        assert!(find(&drawn, &reading).count() > 0, "{text}: {taken} finds nothing");
        assert_eq!(hints_of(&drawn, &taken), [], "{text}: {taken}");
    }
}
