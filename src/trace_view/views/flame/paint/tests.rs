//! Scrolling the drawn pixels gives the same image as a full redraw, and labels fit their frames.

use super::super::picture::FlamePicture;
use super::*;
use leptos::prelude::document;
use spandrel_trace::analysis::flame::{FrameOrder, flame_frames};
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::model::{NO_SPAN, Outline};
use spandrel_trace::scene::TimeScale;
use spandrel_trace::units::SpanId;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test as test;

const WIDTH: u32 = 400;
const HEIGHT: u32 = 190;
const LANE: f64 = 20.0;

/// Rows of siblings about two pixels wide and about one apart, whose edges are within pixels. The last of each row has the next
/// row below it.
fn rows(rows: u32, siblings: u32) -> Outline {
    let mut outline = Outline::default();
    let mut parent = NO_SPAN;
    for depth in 0..rows {
        let first = outline.id.len() as u32;
        for sibling in 0..siblings {
            let start = u64::from(depth * 11 + sibling * 237);
            outline.id.push(SpanId(outline.id.len() as u64 + 1));
            outline.parent.push(parent);
            outline.depth.push(depth);
            outline.start.push(start);
            outline.end.push(start + 140 + u64::from(sibling * 31 % 83));
            outline.name.push(0);
            outline.service.push(0);
        }
        parent = first + siblings - 1;
    }
    let count = outline.id.len() as u32;
    // The last sibling of a row has all rows below it.
    outline.subtree_end =
        (0..count).map(|span| if (span + 1) % siblings == 0 { count } else { span + 1 }).collect();
    outline.duration = 30_000;
    outline
}

fn canvas() -> (HtmlCanvasElement, CanvasRenderingContext2d) {
    let document = web_sys::window().and_then(|window| window.document()).expect("a document");
    let canvas: HtmlCanvasElement = document.create_element("canvas").expect("an element").unchecked_into();
    canvas.set_width(WIDTH);
    canvas.set_height(HEIGHT);
    let context = canvas.get_context("2d").expect("a context").expect("a context");
    (canvas, context.unchecked_into())
}

/// Draws the part of the graph at each of these tops after one another, as the board does. Returns the last picture.
fn picture(outline: &Outline, frames: &FlameFrames, tops: &[f64]) -> Vec<u8> {
    let (canvas, context) = canvas();
    let (style, look) = (FlameStyle::read(), |frame: u32| ((frame / 2 % 3) as u8, false));
    let (mut before, mut scene): (Option<FlamePicture>, _) = (None, FlameScene::default());
    for top in tops {
        let scale = TimeScale::new(0, outline.duration, f64::from(WIDTH));
        let view = FlameViewport { scale, top: *top, height: f64::from(HEIGHT), lane: LANE, letter: 6.0 };
        let next =
            FlamePicture { view, size: (f64::from(WIDTH), f64::from(HEIGHT), 1.0), outlined: [None, None] };
        let changes = next.changes(before.replace(next), frames);
        scene = match changes.shift {
            None => FlameScene::new(frames, outline, &view, &[]),
            Some(_) => scene.scrolled(frames, outline, &view, &[]),
        };
        shift(&context, &canvas, changes.shift.unwrap_or(0.0), &changes.strips);
        let lanes = &changes.lanes;
        let marks = FlameMarks { look: &look, search: None, current: None, hovered: None, middle: 0, lanes };
        bars(&context, &style, &scene, &view, &marks, 1.0);
    }
    let pixels = context.get_image_data(0.0, 0.0, f64::from(WIDTH), f64::from(HEIGHT)).expect("pixels");
    pixels.data().0
}

#[test]
fn a_graph_that_was_scrolled_looks_like_one_drawn_anew() {
    let style = document().create_element("style").expect("an element");
    style.set_text_content(Some(include_str!("../../../../../assets/css/tokens.css")));
    document().document_element().expect("a root").append_child(&style).expect("a place");
    let outline = rows(40, 120);
    let frames = flame_frames(&outline, FrameOrder::Time, &SpanFilter::default());
    assert!(frames.lanes() >= 40, "{}", frames.lanes());
    for tops in [vec![0.0, 13.0], vec![13.0, 60.0, 47.0], vec![0.0, 33.0, 66.0, 99.0, 132.0, 100.0]] {
        let (scrolled, anew) =
            (picture(&outline, &frames, &tops), picture(&outline, &frames, &tops[tops.len() - 1..]));
        assert!(anew.iter().any(|part| *part > 0), "bars are drawn");
        let differ = scrolled.iter().zip(&anew).filter(|(one, two)| one != two).count();
        assert_eq!(differ, 0, "{tops:?}");
    }
    style.remove();
}

#[test]
fn a_label_is_cut_to_the_room_that_it_has() {
    // Letters are a pixel wide, capitals two.
    let width = |text: &str| text.chars().map(|letter| if letter.is_uppercase() { 2.0 } else { 1.0 }).sum();
    assert_eq!(fitted("order", 5.0, width), "order");
    assert_eq!(fitted("order", 4.0, width), "ord…");
    assert_eq!(fitted("ORder", 6.0, width), "ORd…");
    assert_eq!(fitted("ORDE…", 8.0, width), "ORD…");
    assert_eq!(fitted("ORDER", 1.5, width), "");
    assert_eq!(fitted("order", -3.0, width), "");
}
