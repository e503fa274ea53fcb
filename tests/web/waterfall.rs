//! The waterfall: as many rows as the screen is high, written as one scrolls, heard as a tree, gone when done.

use leptos::prelude::*;
use spandrel::route::Placement;
use spandrel::trace_view::keys;
use spandrel::trace_view::session::Session;
use spandrel::trace_view::waterfall::{Fill, Waterfall};
use spandrel::trace_view::{colouring, slots_by_string};
use spandrel_trace::scene::palette;
use spandrel_trace::testing::trace;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlCanvasElement, HtmlElement, PointerEvent, PointerEventInit};

use crate::stage::{Stage, frame, settle};
use crate::traces::session;

/// Height of the stage for these tests, and what of it the ruler takes, CSS pixels.
const HEIGHT: usize = 500;
const RULER: usize = 27;
const ROW: usize = 24;

pub async fn shown(session: Session) -> Stage {
    let stage = mounted(session, HEIGHT);
    settle().await;
    // Rows are made eight a frame.
    for _ in 0..4 {
        frame().await;
    }
    stage
}

/// A waterfall on a stage that is `height` CSS pixels high, before its first frame.
fn mounted(session: Session, height: usize) -> Stage {
    let outline = session.outline();
    Stage::new(move || {
        let slots =
            Memo::new(move |_| Arc::new(slots_by_string(&outline, |names| palette::slots(names, |_| None))));
        // Keys are those of the page that shows the trace, whatever view it shows.
        keys::listen(session);
        view! {
            <style>{include_str!("../../assets/css/tokens.css")}</style>
            <style>{include_str!("../../assets/css/base.css")}</style>
            <style>{include_str!("../../src/trace_view/waterfall.css")}</style>
            <div style:display="flex" style:width="900px" style:height=format!("{height}px")>
                <Waterfall
                    session=session
                    slots=slots
                    colouring=colouring(session, slots)
                    fill=fill()
                    note=Rc::new(|_| ().into_any())
                />
            </div>
        }
    })
}

/// A detail that is as high as three rows, and half a row.
fn fill() -> Fill {
    Rc::new(|id| {
        view! { <aside class="detail" data-span-id=id.to_string() style:height="84px"></aside> }.into_any()
    })
}

fn rows(stage: &Stage) -> Vec<HtmlElement> {
    stage.all("[data-test=span-row]")
}

fn attribute(row: &HtmlElement, name: &str) -> String {
    row.get_attribute(name).unwrap_or_default()
}

/// How many of the canvas's pixels are not empty.
fn painted(stage: &Stage) -> usize {
    let canvas: HtmlCanvasElement = stage.find("[data-test=waterfall-canvas]").unchecked_into();
    let context = canvas.get_context("2d").expect("a context").expect("a context");
    let context: web_sys::CanvasRenderingContext2d = context.unchecked_into();
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    let pixels = context.get_image_data(0.0, 0.0, width, height).expect("pixels").data();
    pixels.0.chunks_exact(4).filter(|pixel| pixel[3] > 0).count()
}

#[wasm_bindgen_test]
async fn there_are_as_many_rows_as_the_screen_is_high() {
    let stage = shown(session(50_000)).await;
    let count = rows(&stage).len();
    let visible = (HEIGHT - RULER).div_ceil(ROW);
    assert!((visible..=visible + 1).contains(&count), "{count} rows for {visible}");
    assert_eq!(stage.attribute("[role=treegrid]", "aria-rowcount"), "50001");
    let first = &rows(&stage)[0];
    assert_eq!(attribute(first, "data-span-id"), "0000000000000001");
    assert_eq!(
        (attribute(first, "aria-level"), attribute(first, "aria-expanded")),
        ("1".into(), "true".into())
    );
    let second = &rows(&stage)[1];
    assert_eq!(attribute(second, "aria-level"), "2");
    assert_eq!(
        (attribute(second, "aria-posinset"), attribute(second, "aria-setsize")),
        ("1".into(), "50000".into())
    );
    assert!(!second.has_attribute("aria-expanded"));
    assert!(painted(&stage) > 1000, "bars are painted");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn rows_of_a_high_screen_are_made_over_several_frames() {
    let stage = mounted(session(50_000), 2000);
    let mut counts = Vec::new();
    for _ in 0..20 {
        frame().await;
        counts.push(rows(&stage).len());
    }
    let most = counts.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(most.is_some_and(|most| (1..=16).contains(&most)), "{counts:?}");
    assert!(counts.last().is_some_and(|all| *all >= (2000 - 2 * RULER) / ROW), "{counts:?}");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn scrolling_writes_other_spans_into_the_same_rows() {
    let stage = shown(session(50_000)).await;
    let before: Vec<String> = rows(&stage).iter().map(|row| row.id()).collect();
    let scroller = stage.find("[role=treegrid]");
    for (top, first) in [(240, 10), (24 * 30_000, 30_000), (24 * 29_999, 29_999), (0, 0)] {
        scroller.set_scroll_top(top);
        frame().await;
        frame().await;
        let now = rows(&stage);
        let numbers: Vec<usize> =
            now.iter().map(|row| attribute(row, "aria-rowindex").parse().expect("a number")).collect();
        let expected: Vec<usize> = (first + 1..=first + numbers.len()).collect();
        assert_eq!(numbers, expected, "in the order of the trace");
        // The root is span 1 and the rows below it are numbered on.
        assert_eq!(attribute(&now[1], "data-span-id"), format!("{:016x}", first + 2));
        let mut ids: Vec<String> = now.iter().map(|row| row.id()).collect();
        ids.retain(|id| !before.contains(id));
        assert!(ids.len() <= 1, "no new elements but for a row that is cut: {ids:?}");
    }
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_million_rows_can_be_reached_to_the_last() {
    let stage = shown(session(400_000)).await;
    let scroller = stage.find("[role=treegrid]");
    assert!(scroller.scroll_height() <= 8_000_001);
    scroller.set_scroll_top(scroller.scroll_height());
    frame().await;
    frame().await;
    let last = rows(&stage).pop().expect("a row");
    assert_eq!(attribute(&last, "aria-rowindex"), "400001");
    let bottom = last.get_bounding_client_rect().bottom();
    assert!((bottom - scroller.get_bounding_client_rect().bottom()).abs() < 1.0, "wholly seen");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn keys_walk_the_tree_and_fold_it() {
    let session = session(100);
    let stage = shown(session).await;
    const TREE: &str = "[role=treegrid]";
    stage.press(TREE, "ArrowDown").await;
    assert_eq!(session.selection.span.get_untracked(), Some(0));
    stage.press(TREE, "ArrowRight").await;
    assert_eq!(session.selection.span.get_untracked(), Some(1));
    stage.press(TREE, "End").await;
    frame().await;
    frame().await;
    assert_eq!(session.selection.span.get_untracked(), Some(100));
    let active = stage.attribute(TREE, "aria-activedescendant");
    assert_eq!(stage.attribute(&format!("#{active}"), "data-span-id"), format!("{:016x}", 101));
    assert_eq!(stage.attribute(&format!("#{active}"), "aria-selected"), "true");
    stage.press(TREE, "ArrowLeft").await;
    assert_eq!(session.selection.span.get_untracked(), Some(0), "the parent");
    stage.press(TREE, "ArrowLeft").await;
    frame().await;
    frame().await;
    assert_eq!(rows(&stage).len(), 1, "collapsed");
    assert_eq!(stage.attribute("[data-test=span-row]", "aria-expanded"), "false");
    let folded = format!("+{}", session.outline().len() - 1);
    assert_eq!(stage.text(".span-row-folded"), folded, "how many are folded away");
    stage.press(TREE, "Enter").await;
    assert!(session.panels.details_open.get_untracked());
    stage.press(TREE, "Escape").await;
    assert!(!session.panels.details_open.get_untracked());
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn repeated_siblings_become_a_row_that_opens_and_closes() {
    let session = session(100);
    let stage = shown(session).await;
    const TREE: &str = "[role=treegrid]";
    stage.find("[data-test=arrange]").click();
    settle().await;
    stage.find("[data-test=group]").click();
    settle().await;
    frame().await;
    frame().await;
    assert_eq!(rows(&stage).len(), 2, "the root and its hundred children");
    assert_eq!(stage.text(".span-row:nth-child(2) .span-row-pill"), "× 100");
    let words = stage.attribute(".span-row:nth-child(2) .span-row-bar", "aria-label");
    assert!(words.starts_with("100 spans within 100 ms, one after the other: from 1 ms to 1 ms"), "{words}");
    stage.press(TREE, "End").await;
    stage.press(TREE, "ArrowRight").await;
    frame().await;
    frame().await;
    assert_eq!(stage.attribute(TREE, "aria-rowcount"), "102");
    assert_eq!(session.selection.span.get_untracked(), Some(1), "its first member");
    stage.press(TREE, "ArrowUp").await;
    assert_eq!(session.selection.span.get_untracked(), Some(0), "an open group is passed over");
    stage.press(TREE, "End").await;
    stage.press(TREE, "ArrowLeft").await;
    frame().await;
    frame().await;
    assert_eq!(stage.attribute(TREE, "aria-rowcount"), "2", "from a member it closes");
    assert_eq!(session.selection.span.get_untracked(), Some(1));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn focus_leaves_a_subtree_and_the_way_back() {
    let session = session(20);
    let stage = shown(session).await;
    session.focus(Some(5));
    frame().await;
    frame().await;
    assert_eq!(rows(&stage).len(), 1);
    assert_eq!(stage.all("[data-test=breadcrumb] button").len(), 3, "the whole trace, the root, the span");
    stage.find("[data-test=unfocus]").click();
    settle().await;
    frame().await;
    frame().await;
    assert!(rows(&stage).len() > 5);
    assert_eq!(stage.all("[data-test=breadcrumb]").len(), 0);
    assert_eq!(session.selection.span.get_untracked(), Some(5), "it is still selected");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn moves_in_time_are_undone_and_services_walked_along() {
    let session = session(50);
    let stage = shown(session).await;
    const TREE: &str = "[role=treegrid]";
    let full = session.viewport.range.get_untracked();
    stage.press(TREE, "+").await;
    let zoomed = session.viewport.range.get_untracked();
    assert_ne!(zoomed, full);
    stage.press(TREE, "u").await;
    assert_eq!(session.viewport.range.get_untracked(), full);
    session.viewport.redo();
    assert_eq!(session.viewport.range.get_untracked(), zoomed);
    session.select(0);
    stage.press(TREE, ".").await;
    assert_eq!(session.selection.span.get_untracked(), Some(1));
    stage.press(TREE, ",").await;
    assert_eq!(session.selection.span.get_untracked(), Some(0));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn nothing_listens_when_it_is_gone() {
    let session = session(10);
    let stage = shown(session).await;
    stage.strike().await;
    let event = web_sys::KeyboardEvent::new("keydown").expect("an event");
    // Its signals are gone with it: a listener left behind would panic here.
    window().dispatch_event(&event).expect("nobody throws");
    window().dispatch_event(&web_sys::Event::new("resize").expect("an event")).expect("nobody throws");
    frame().await;
}

#[wasm_bindgen_test]
async fn a_drawer_takes_its_room_between_rows_and_goes_when_it_is_out_of_sight() {
    let session = session(400_000);
    session.panels.placement.set(Placement::Inline);
    let stage = shown(session).await;
    session.press(2);
    frame().await;
    frame().await;
    let drawer = stage.find("[data-test=span-drawer]");
    assert_eq!(drawer.offset_height(), 84);
    let edge = |row: &HtmlElement| row.get_bounding_client_rect().top();
    let list = rows(&stage);
    assert_eq!(edge(&list[3]) - edge(&list[2]), 24.0 + 84.0);
    assert_eq!(attribute(&list[2], "aria-details"), drawer.id());
    assert_eq!(attribute(&list[3], "aria-rowindex"), "5", "the drawer is a row of its own");
    assert_eq!(stage.attribute("[role=treegrid]", "aria-rowcount"), "400002");
    // Content that grows takes more room, in the same frame.
    stage.find(".detail").style().set_property("height", "200px").expect("a height");
    frame().await;
    frame().await;
    assert_eq!(edge(&rows(&stage)[3]) - edge(&rows(&stage)[2]), 24.0 + 200.0);
    let scroller = stage.find("[role=treegrid]");
    scroller.set_scroll_top(scroller.scroll_height());
    frame().await;
    frame().await;
    assert!(stage.all("[data-test=span-drawer]").is_empty());
    let last = rows(&stage).pop().expect("a row");
    assert_eq!(attribute(&last, "aria-rowindex"), "400002", "the last row can be reached");
    session.close_detail();
    scroller.set_scroll_top(0);
    frame().await;
    frame().await;
    assert!(stage.all("[data-test=span-drawer]").is_empty());
    assert!(!rows(&stage)[2].has_attribute("aria-details"));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn the_row_under_the_pointer_lights_the_guides_of_its_ancestors_wherever_they_are() {
    let drawn = trace(
        "
        a: root      [==========]
          b: get      [===]
            c: read   [=]
            d: seek     [=]
          e: put          [====]
            f: lock       [=]
        ",
    );
    let session = Session::new(drawn.outline().clone());
    let stage = shown(session).await;
    let lit = |stage: &Stage| -> Vec<String> {
        let indents = stage.all(".span-row-indent");
        let of = |row: &HtmlElement| row.style().get_property_value("--lit").unwrap_or_default();
        indents.iter().map(of).map(|lit| if lit.is_empty() { "0".to_owned() } else { lit }).collect()
    };
    let widths = |stage: &Stage| -> Vec<i32> {
        stage.all(".span-row-indent").iter().map(HtmlElement::offset_width).collect()
    };
    let before = widths(&stage);
    assert_eq!(lit(&stage), ["0"; 6], "nothing is pointed at, nothing is selected");
    point(&stage, "pointermove", 3).await;
    assert_eq!(lit(&stage), ["0", "1", "2", "2", "1", "1"]);
    assert_eq!(widths(&stage), before, "nothing moves");
    point(&stage, "pointermove", 5).await;
    assert_eq!(lit(&stage), ["0", "1", "1", "1", "1", "2"]);
    // Without a pointer it is the row that keys act on.
    session.select(1);
    point(&stage, "pointerleave", 5).await;
    assert_eq!(lit(&stage), ["0", "1", "1", "1", "1", "1"]);
    session.selection.span.set(None);
    frame().await;
    frame().await;
    assert_eq!(lit(&stage), ["0"; 6]);
    stage.strike().await;
}

/// Lets a pointer do something over the name of the row at a place.
async fn point(stage: &Stage, event: &str, row: usize) {
    let edge = rows(stage)[row].get_bounding_client_rect();
    let how = PointerEventInit::new();
    how.set_client_x((edge.left() + 60.0) as i32);
    how.set_client_y((edge.top() + 12.0) as i32);
    let event = PointerEvent::new_with_event_init_dict(event, &how).expect("an event");
    stage.find("[role=treegrid]").dispatch_event(&event).expect("a listener");
    frame().await;
    frame().await;
}
