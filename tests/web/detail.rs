//! The detail of a span: what was sent is shown as text, whatever it looks like.

use leptos::prelude::*;
use spandrel::pages::trace::detail::{AddressOf, Whole, detail_body, detail_head};
use spandrel::pages::trace::session::Session;
use spandrel::ui::view::several;
use spandrel_trace::model::StatusCode;
use spandrel_trace::model::record::{Attribute, Event, Link, SpanRecord, Value};
use spandrel_trace::units::{SpanId, TraceId};
use std::rc::Rc;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::stage::{Stage, settle};
use crate::traces::wide;

const HOSTILE: &str = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>&amp;\u{202e}";

fn whole() -> Whole {
    let attribute = |key: &str, value| Attribute { key: key.into(), value };
    let hostile = || vec![attribute(HOSTILE, Value::String(HOSTILE.into()))];
    let record = SpanRecord {
        name: HOSTILE.into(),
        begin_unix: 1_700_000_000_000_000_000,
        attributes: [
            hostile(),
            vec![
                attribute("count", Value::Int(i64::MIN)),
                attribute("list", Value::Array(vec![Value::Bool(true), Value::Empty])),
                attribute("long", Value::String("é".repeat(4_000))),
            ],
        ]
        .concat(),
        events: vec![Event {
            time_unix: 1_700_000_000_001_500_000,
            name: HOSTILE.into(),
            attributes: hostile(),
            ..Event::default()
        }],
        links: vec![
            Link { trace_id: TraceId(0xb2), span_id: SpanId(7), attributes: hostile(), ..Link::default() },
            Link { trace_id: TraceId(0xa1), span_id: SpanId(1), ..Link::default() },
        ],
        status: StatusCode::Error,
        status_message: HOSTILE.into(),
        warnings: vec![HOSTILE.into()],
        ..SpanRecord::default()
    };
    Whole { record, resource: Default::default(), scope: Default::default() }
}

fn stage() -> (Stage, Session) {
    let session = Session::new(wide(3, HOSTILE));
    let stage = Stage::new(move || {
        let address_of: AddressOf = Rc::new(|trace, span| format!("trace/{trace}?span={span}"));
        several([detail_head(session, 1, &[]), detail_body(session, whole(), &address_of)])
    });
    (stage, session)
}

#[wasm_bindgen_test]
async fn what_was_sent_is_text_and_never_markup() {
    let (stage, _) = stage();
    settle().await;
    assert!(stage.all("img, script").is_empty());
    assert!(js_sys::Reflect::get(&window(), &"hacked".into()).expect("a window").is_undefined());
    for place in [
        ".detail-name",
        ".detail-service",
        ".attribute-key",
        ".attribute-value",
        ".detail-message",
        ".detail-warnings li",
        ".detail-event-name",
    ] {
        assert_eq!(stage.text(place), HOSTILE, "{place}");
    }
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn values_are_typed_and_long_ones_are_folded() {
    let (stage, _) = stage();
    assert_eq!(stage.text(".value-number"), "-9223372036854775808");
    assert_eq!(stage.text(".value-nested"), "[\n  true,\n  null\n]");
    let values = stage.all("[data-test=detail-attributes] .attribute-value");
    let folded = values[3].text_content().unwrap_or_default();
    assert!(folded.chars().filter(|c| *c == 'é').count() == 1_500, "{}", folded.len());
    stage.find(".value-string .value-more").click();
    settle().await;
    assert_eq!(values[3].text_content().unwrap_or_default(), "é".repeat(4_000));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn links_lead_to_other_traces_and_to_spans_of_this_one() {
    let (stage, session) = stage();
    let other = stage.find("[data-test=link] a");
    assert_eq!(
        other.get_attribute("href").unwrap_or_default(),
        format!("trace/{:032x}?span={:016x}", 0xb2, 7)
    );
    stage.find("[data-test=link] button.detail-link").click();
    settle().await;
    assert_eq!(session.selected.get_untracked(), Some(0));
    stage.strike().await;
}
