//! The detail of a span: what was sent is shown as text, whatever it looks like.

use leptos::prelude::*;
use spandrel::route::{Colour, Placement};
use spandrel::trace_view::detail::{DetailBody, DetailHead};
use spandrel::trace_view::session::Session;
use spandrel::trace_view::span_source::{FixedSpan, SpanSource};
use spandrel_trace::engine::SpanDetail;
use spandrel_trace::model::record::{Attribute, AttributeValue, Event, Link, Resource, SpanRecord};
use spandrel_trace::model::{Flags, SpanIx, StatusCode};
use spandrel_trace::units::{SpanId, TraceId};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlInputElement;

use crate::stage::{Stage, settle};
use crate::traces::wide;

const HOSTILE: &str = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>&amp;\u{202e}";

fn attribute(key: &str, value: AttributeValue) -> Attribute {
    Attribute { key: key.into(), value }
}

fn text(key: &str, text: &str) -> Attribute {
    attribute(key, AttributeValue::String(text.into()))
}

fn hostile_span() -> SpanDetail {
    let hostile = || vec![attribute(HOSTILE, AttributeValue::String(HOSTILE.into()))];
    let record = SpanRecord {
        name: HOSTILE.into(),
        start_unix: 1_700_000_000_000_000_000,
        attributes: [
            hostile(),
            vec![
                attribute("count", AttributeValue::Int(i64::MIN)),
                attribute(
                    "list",
                    AttributeValue::Array(vec![AttributeValue::Bool(true), AttributeValue::Empty]),
                ),
                attribute("long", AttributeValue::String("é".repeat(4_000))),
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
    SpanDetail { record, resource: Default::default(), scope: Default::default() }
}

/// A source with `detail` for every span, two spans that link to it, three traces of the last search and two configured
/// links.
fn source(detail: SpanDetail) -> SpanSource {
    let config = r##"{"topTagPrefixes": ["sku"], "linkPatterns": [{"type": "tags", "key": "sku", "url": "https://shop.example/#{sku}", "text": "Show #{sku}"},
        {"type": "tags", "key": "sku", "url": "javascript:alert(1)", "text": "Run"}]}"##;
    let (linked_from, found) = (vec![2, 3], vec![1, 2, 3, 1 << 40]);
    SpanSource::fixed(FixedSpan { detail, linked_from, found, config: config.to_owned() })
}

fn stage() -> (Stage, Session) {
    stage_of(hostile_span(), HOSTILE)
}

/// The details of the second span of a trace whose second span has links; all its spans have that name.
fn stage_of(detail: SpanDetail, name: &str) -> (Stage, Session) {
    let mut outline = (*wide(30, name)).clone();
    outline.flags[1].set(Flags::HAS_LINKS);
    let session = Session::new(Arc::new(outline));
    (stage_at(session, 1, detail), session)
}

/// The details of a span.
fn stage_at(session: Session, span: SpanIx, detail: SpanDetail) -> Stage {
    Stage::new(move || {
        let (source, slots) = (source(detail.clone()), Arc::default());
        let loaded = Arc::new(detail);
        let detail = Signal::stored(Some(loaded.clone()));
        view! {
            <DetailHead session source span slots detail/>
            <DetailBody session source span detail=loaded/>
        }
    })
}

/// A span with these attributes.
fn with(attributes: Vec<Attribute>) -> SpanDetail {
    SpanDetail { record: SpanRecord { attributes, ..SpanRecord::default() }, ..SpanDetail::default() }
}

/// Opens the menu of the attribute at that place and chooses what is called like that.
async fn choose(stage: &Stage, place: usize, words: &str) {
    stage.all(".attribute .menu-button")[place].click();
    settle().await;
    let items = stage.all("[role^=menuitem]");
    let item = items.iter().find(|item| item.text_content().unwrap_or_default() == words);
    item.unwrap_or_else(|| panic!("no choice is called {words}")).click();
    settle().await;
    assert!(stage.all("[role=menu]").is_empty(), "the list goes when something was chosen");
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
    assert_eq!(stage.text(".value-nested"), "[ true, null ]");
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
    let href = other.get_attribute("href").unwrap_or_default();
    assert!(href.contains(&format!("trace/{:032x}?", 0xb2)), "{href}");
    assert!(href.contains(&format!("span={:016x}", 7)), "{href}");
    stage.find("[data-test=link] button.detail-link").click();
    settle().await;
    assert_eq!(session.selection.span.get_untracked(), Some(0));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn links_are_shown_from_their_other_end_too() {
    let (stage, session) = stage();
    settle().await;
    assert_eq!(stage.all("[data-test=linked-from]").len(), 2);
    stage.find("[data-test=linked-from] button").click();
    settle().await;
    assert_eq!(session.selection.span.get_untracked(), Some(2));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn an_attribute_is_looked_for_coloured_by_and_made_a_column() {
    let (stage, session) =
        stage_of(with(vec![text("sku", "a \"b\""), attribute("tries", AttributeValue::Int(2))]), "GET");
    choose(&stage, 0, "Find spans with this value").await;
    assert_eq!(session.find.query.get_untracked(), r#"sku = "a \"b\"""#);
    choose(&stage, 1, "Find spans with this value").await;
    assert_eq!(session.find.query.get_untracked(), "tries = 2");
    choose(&stage, 0, "Colour spans by this key").await;
    assert_eq!(session.colouring.get_untracked(), Colour::Attribute("sku".into()));
    choose(&stage, 0, "Colour by service again").await;
    assert_eq!(session.colouring.get_untracked(), Colour::Service);
    choose(&stage, 1, "Show as a column").await;
    assert_eq!(session.columns.keys.get_untracked(), ["tries"]);
    choose(&stage, 1, "Remove its column").await;
    assert!(session.columns.keys.get_untracked().is_empty());
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn menus_are_walked_with_keys_and_closed_by_escape() {
    let (stage, session) = stage_of(with(vec![text("sku", "a1")]), "GET");
    let opener = stage.find("[data-test=placement-menu] .menu-button");
    opener.click();
    settle().await;
    let focused =
        || document().active_element().and_then(|element| element.text_content()).unwrap_or_default();
    assert_eq!(focused(), "Right");
    stage.press("[role=menu]", "ArrowDown").await;
    assert_eq!(focused(), "Bottom");
    stage.press("[role=menu]", "Escape").await;
    assert!(stage.all("[role=menu]").is_empty());
    assert_eq!(document().active_element().as_ref(), Some(opener.unchecked_ref()), "the focus goes back");
    opener.click();
    settle().await;
    stage.all("[role=menuitemradio]")[1].click();
    settle().await;
    assert_eq!(session.panels.placement.get_untracked(), Placement::Bottom);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn json_is_a_tree_that_is_built_as_it_is_opened() {
    let json = r#"{"order": 7, "lines": [{"sku": "a1"}, 2], "note": "<b>"}"#;
    let (stage, _) = stage_of(with(vec![text("body", json)]), "GET");
    settle().await;
    assert_eq!(stage.all(".tree").len(), 1);
    assert_eq!(stage.text(".tree-node summary"), "lines [2]");
    stage.find(".tree-node").set_attribute("open", "").expect("an attribute");
    settle().await;
    settle().await;
    assert_eq!(stage.all(".tree").len(), 2);
    assert_eq!(stage.text(".tree .tree .tree-node summary"), "0 {1}");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn all_of_json_is_opened_at_once_and_shown_as_it_was_sent() {
    let json = r#"{"order": 7, "lines": [{"sku": "a1", "tags": ["x"]}, 2]}"#;
    let (stage, _) = stage_of(with(vec![text("body", json)]), "GET");
    settle().await;
    let press = |label: &str| {
        let buttons = stage.all(".json-tool");
        let button = buttons.iter().find(|button| button.text_content().as_deref() == Some(label));
        button.unwrap_or_else(|| panic!("no button {label}")).click();
    };
    press("Expand all");
    settle().await;
    assert_eq!(stage.all(".tree").len(), 4);
    assert!(stage.all(".tree-node").iter().all(|node| node.has_attribute("open")));
    // What was closed by hand is opened by the next press too.
    stage.find(".tree-node").remove_attribute("open").expect("an attribute");
    press("Expand all");
    settle().await;
    assert!(stage.all(".tree-node").iter().all(|node| node.has_attribute("open")));
    press("Collapse all");
    settle().await;
    assert_eq!(stage.all(".tree").len(), 1);
    press("Raw");
    settle().await;
    assert_eq!(stage.text("[data-test=json-raw]"), json);
    assert!(stage.all(".json-raw-unwrapped").is_empty());
    press("Wrap");
    settle().await;
    assert_eq!(stage.all(".json-raw-unwrapped").len(), 1);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn stack_traces_and_statements_are_laid_out() {
    let frames: String = (0..9).map(|at| format!("\n\tat java.util.List.each(List.java:{at})")).collect();
    let trace = format!("java.io.IOException: gone\n\tat com.acme.Cart.add(Cart.java:7){frames}");
    let attributes =
        vec![text("exception.stacktrace", &trace), text("db.query.text", "SELECT a FROM b WHERE c = 1")];
    let (stage, _) = stage_of(with(attributes), "GET");
    settle().await;
    assert_eq!(stage.text(".stack-own").trim(), "at com.acme.Cart.add(Cart.java:7)");
    assert_eq!(stage.text(".stack-fold summary"), "9 lines in libraries");
    let statement = stage.all(".attribute-value");
    assert_eq!(statement[0].text_content().unwrap_or_default(), "SELECT a\nFROM b\nWHERE c = 1");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn the_filter_keeps_what_has_it_in_key_or_value() {
    let mut all: Vec<Attribute> = (0..10).map(|at| text(&format!("key.{at}"), "plain")).collect();
    all.push(text("other", "Needle here"));
    let resource = Resource { attributes: vec![text("needle.name", "x")], ..Resource::default() };
    let (stage, _) = stage_of(SpanDetail { resource, ..with(all) }, "GET");
    settle().await;
    let field: HtmlInputElement = stage.find("[data-test=detail-filter]").unchecked_into();
    field.set_value(" needle ");
    field.dispatch_event(&web_sys::Event::new("input").expect("an event")).expect("a listener");
    settle().await;
    let keys: Vec<_> = stage.all(".attribute-key").iter().filter_map(|key| key.text_content()).collect();
    assert_eq!(keys, ["other", "needle.name"]);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn configured_links_are_there_and_run_nothing() {
    let (stage, _) = stage_of(with(vec![text("sku", "a b"), text("page", "https://a.example/")]), "GET");
    settle().await;
    let links = stage.all(".attribute a");
    let hrefs: Vec<_> = links.iter().filter_map(|link| link.get_attribute("href")).collect();
    assert_eq!(hrefs, ["https://shop.example/a%20b", "https://a.example/"]);
    assert!(links.iter().all(|link| link.get_attribute("rel").as_deref() == Some("noopener noreferrer")));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn where_the_time_went_and_the_rank_are_said_in_words() {
    let (stage, _) = stage_of(with(Vec::new()), "GET");
    settle().await;
    assert_eq!(stage.text("[data-test=detail-time]"), "self 1 ms");
    assert_eq!(stage.text("[data-test=detail-rank]"), "same as all 30 similar spans");
    assert!(stage.all("[data-test=detail-like]").is_empty(), "there is nothing to draw where all are alike");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_root_is_compared_with_the_traces_that_were_found() {
    let session = Session::new(wide(3, "GET"));
    let stage = stage_at(session, 0, with(Vec::new()));
    settle().await;
    assert_eq!(stage.text("[data-test=detail-rank-found]"), "Rank in last search: 2nd slowest of 5");
    stage.strike().await;
    let (stage, _) = stage_of(with(Vec::new()), "GET");
    assert!(stage.all("[data-test=detail-rank-found]").is_empty(), "a span below is no trace");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn the_time_of_day_has_the_day_where_a_trace_goes_on_for_days() {
    let session = Session::new(wide(3, "GET"));
    let stage = stage_at(session, 1, with(Vec::new()));
    settle().await;
    let at = stage.text("[data-test=detail-at]");
    assert!(!at.contains('-'), "a time of a trace within a day needs no day: {at}");
    stage.strike().await;
    let mut outline = (*wide(3, "GET")).clone();
    outline.duration = 50 * 3600 * 1_000_000_000;
    let stage = stage_at(Session::new(Arc::new(outline)), 1, with(Vec::new()));
    settle().await;
    let at = stage.text("[data-test=detail-at]");
    let day = at.strip_prefix("At ").unwrap_or_default().split(' ').next().unwrap_or_default();
    assert_eq!(day.matches('-').count(), 2, "a time of a trace of days has its day: {at}");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn an_exception_stands_above_the_resource_and_is_reached_from_the_error() {
    let mut detail = with(Vec::new());
    detail.record.status = StatusCode::Error;
    detail.record.events = vec![Event { name: "exception".into(), ..Event::default() }];
    let (stage, _) = stage_of(detail, "GET");
    settle().await;
    assert_eq!(stage.text("[data-test=detail-status] b"), "Error");
    assert_eq!(stage.text(".detail-message"), "(no message)");
    let sections: Vec<_> =
        stage.all("section").iter().filter_map(|section| section.get_attribute("data-test")).collect();
    let place = |name: &str| sections.iter().position(|section| section == name);
    assert!(place("detail-events") < place("detail-resource"), "{sections:?}");
    stage.find("[data-test=to-exception]").click();
    stage.strike().await;
}
