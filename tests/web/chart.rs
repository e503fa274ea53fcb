//! Charts: lines are drawn where values are and nowhere else, and every point can be reached and opened.

use leptos::prelude::*;
use spandrel::ui::canvas::Surface;
use spandrel::ui::chart::backend::Ink;
use spandrel::ui::chart::plot::{Area, ChartLine, Plot, draw};
use spandrel::ui::chart::{Chart, PointAt, PointFacts};
use spandrel_trace::scene::series::{ChartAxis, Unit, value_axis};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlCanvasElement;

use crate::stage::{Stage, settle};

const LINK: &str = "[data-test=point-link]";

fn plot(values: &[Option<f64>]) -> Plot {
    let last = values.len() as f64 - 1.0;
    Plot {
        x: ChartAxis { low: 0.0, high: last, ticks: Vec::new() },
        y: ChartAxis { low: 0.0, high: 10.0, ticks: Vec::new() },
        moments: (0..values.len()).map(|at| at as f64).collect(),
        lines: vec![ChartLine {
            label: "p50".into(),
            ink: Ink::First,
            filled: true,
            values: values.to_vec(),
        }],
        uncovered: None,
        is_flush: false,
    }
}

/// Draws on a canvas of its own; `true` for every device pixel that has ink, by rows.
fn inked(plot: &Plot) -> (Area, Vec<Vec<bool>>) {
    let canvas: HtmlCanvasElement =
        document().create_element("canvas").expect("an element").dyn_into().expect("a canvas");
    let surface = Surface::new(canvas.clone()).expect("a context");
    let area = draw(&surface, 300.0, 150.0, plot);
    let (width, height) = (canvas.width(), canvas.height());
    let pixels =
        surface.context().get_image_data(0.0, 0.0, width.into(), height.into()).expect("pixels").data();
    let row = |row: &[u8]| row.chunks(4).map(|pixel| pixel[3] > 0).collect();
    (area, pixels.chunks(width as usize * 4).map(row).collect())
}

fn column_has_ink(pixels: &[Vec<bool>], area: Area, share: f64) -> bool {
    let ratio = pixels[0].len() as f64 / 300.0;
    let x = ((area.left + area.width * share) * ratio) as usize;
    pixels.iter().any(|row| row[x])
}

#[wasm_bindgen_test]
fn a_gap_in_the_values_is_a_gap_in_the_line() {
    let (area, pixels) = inked(&plot(&[Some(5.0), Some(6.0), None, None, Some(5.0), Some(4.0), Some(4.0)]));
    for (share, expected) in [(0.08, true), (0.3, false), (0.5, false), (0.75, true), (0.95, true)] {
        assert_eq!(column_has_ink(&pixels, area, share), expected, "at {share}");
    }
}

#[wasm_bindgen_test]
fn a_value_without_neighbours_is_a_dot() {
    let (area, pixels) = inked(&plot(&[None, None, Some(5.0), None, None]));
    assert!(column_has_ink(&pixels, area, 0.5));
    assert!(!column_has_ink(&pixels, area, 0.4) && !column_has_ink(&pixels, area, 0.6));
}

#[wasm_bindgen_test]
fn another_drawing_leaves_nothing_of_the_one_before() {
    let canvas: HtmlCanvasElement =
        document().create_element("canvas").expect("an element").dyn_into().expect("a canvas");
    let surface = Surface::new(canvas.clone()).expect("a context");
    draw(&surface, 300.0, 150.0, &plot(&[Some(5.0), Some(6.0), Some(5.0)]));
    draw(&surface, 300.0, 150.0, &plot(&[None, None, None]));
    let size = (canvas.width().into(), canvas.height().into());
    let pixels = surface.context().get_image_data(0.0, 0.0, size.0, size.1).expect("pixels").data();
    assert!(pixels.iter().all(|part| *part == 0));
}

#[wasm_bindgen_test]
fn labels_take_the_room_that_they_need() {
    let wide = Plot { y: value_axis(9e9, Unit::Count, 4), ..plot(&[Some(1.0), Some(2.0)]) };
    let narrow = Plot { y: value_axis(4.0, Unit::Count, 4), ..plot(&[Some(1.0), Some(2.0)]) };
    assert!(inked(&wide).0.left > inked(&narrow).0.left + 20.0);
}

#[wasm_bindgen_test]
async fn keys_walk_the_points_past_gaps_and_a_click_opens_the_one_reached() {
    let opened = RwSignal::new(Vec::<PointAt>::new());
    let crosshair = RwSignal::new(None);
    let stage = Stage::new(move || {
        let facts = |at: PointAt| PointFacts {
            when: format!("moment {}", at.moment),
            values: vec![Some("5 ms".into())],
            note: "2 traces".into(),
            href: format!("search?at={}", at.moment),
        };
        let shown = plot(&[Some(5.0), None, None, Some(5.0), Some(6.0), None]);
        let plot = Signal::stored(shown);
        let open = move |at: PointAt| opened.update(|opened| opened.push(at));
        view! {
            <Chart
                title="Latency"
                kind="latency"
                summary="p50 5 ms"
                plot=plot
                crosshair=crosshair
                facts=Callback::new(facts)
                open=Callback::new(open)
            />
        }
    });
    settle().await;
    assert!(stage.attribute(LINK, "aria-label").contains("p50 5 ms"));
    stage.press(LINK, "End").await;
    assert_eq!(crosshair.get_untracked(), Some(4));
    stage.press(LINK, "ArrowLeft").await;
    stage.press(LINK, "ArrowLeft").await;
    assert_eq!(crosshair.get_untracked(), Some(0), "over the gap");
    stage.press(LINK, "ArrowLeft").await;
    assert_eq!(crosshair.get_untracked(), Some(0), "there is nothing further");
    assert_eq!(stage.attribute(LINK, "href"), "search?at=0");
    assert!(stage.attribute(LINK, "aria-label").contains("moment 0"));
    stage.find(LINK).click();
    settle().await;
    assert_eq!(opened.get_untracked(), [PointAt { line: 0, moment: 0 }]);
    crosshair.set(Some(1));
    settle().await;
    stage.find(LINK).click();
    settle().await;
    assert_eq!(opened.get_untracked().len(), 1, "a gap opens nothing");
    stage.strike().await;
}
