//! Tests of completion.

use super::*;
use crate::testing::trace;

/// The first completions at `|`, and the text that they replace.
#[track_caller]
fn check_complete(text: &str, replaced: &str, expected: &str) {
    let trace = trace(
        "
        gateway: POST /orders (server)        [=========]  http.status_code=500 http.method=POST
          cart: get item (client)               [=*=]      http.status_code=200 db.system=redis and=1
          cart: get all !                         [==]     http.status_code=200 db.system=post/gres
        ",
    );
    let cursor = text.find('|').unwrap();
    let text = text.replace('|', "");
    let found = complete(&trace, &text, cursor);
    assert_eq!(&text[found.from as usize..found.to as usize], replaced, "{text}");
    let shown = |item: &Completion| match item.count {
        0 => item.text.clone(),
        count => format!("{}×{count}", item.text),
    };
    let shown: Vec<String> = found.items.iter().take(expected.split("; ").count()).map(shown).collect();
    assert_eq!(shown.join("; "), expected, "{text}");
}

#[test]
fn what_may_stand_there_is_offered() {
    for (text, replaced, expected) in [
        ("|", "", "service; operation; duration; self"),
        ("http|", "http", "http.status_code×3; http.method×1"),
        ("STAT|", "STAT", "status; status.message; tracestate; http.status_code×3"),
        ("not sta|tus = ok", "status", "status; status.message; start"),
        ("under(ser|", "ser", "service; service.name×3"),
        ("has(db|", "db", "db.system×2"),
        ("service |", "", "=; !=; contains; ~"),
        ("service con|", "con", "contains"),
        ("kind |", "", "=; !=; in; and"),
        ("duration|", "duration", "duration"),
        ("duration |", "", ">; >=; <"),
        ("service = |", "", "cart×2; gateway×1"),
        ("service = g|", "g", "gateway×1"),
        ("service in (cart, |", "", "cart×2; gateway×1"),
        ("service in |", "", "("),
        ("service in (cart|)", "cart", "cart×2"),
        ("service in (cart |", "", ",; )"),
        ("operation = get|", "get", "\"get all\"×1; \"get item\"×1"),
        ("operation = \"get i|", "\"get i", "\"get item\"×1"),
        ("operation = \"get i|tem\" and", "\"get item\"", "\"get item\"×1"),
        ("http.status_code = |", "", "200×2; 500×1"),
        ("kind = |", "", "client×1; server×1; unspecified×1; consumer; internal"),
        ("error = |", "", "below×1; own×1; false; true"),
        ("service = cart |", "", "and; or"),
        ("service = cart and du|", "du", "duration"),
        ("(error or service = cart) |", "", "and; or"),
        ("duration > |", "", ""),
        ("\"and\" |", "", "=; !="),
        ("!err|", "err", "error"),
        ("!error and !ser|", "ser", "service; service.name×3"),
        ("!service = g|", "g", "gateway×1"),
        ("! |", "", "service; operation"),
        ("an|", "an", "\"and\"×1; descendants; link.span"),
    ] {
        check_complete(text, replaced, expected);
    }
}

#[test]
fn any_cursor_will_do() {
    let trace = trace("a: é [==]");
    for cursor in 0..20 {
        complete(&trace, "é = \"ü ( and", cursor);
    }
}
