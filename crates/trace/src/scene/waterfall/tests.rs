//! Bars against brute force: what every pixel column of every row must be, straight from the definition.

mod exact;

use super::*;
use crate::analysis::rows::{RowOptions, rows};
use crate::testing::forest::{forest, outlines};
use crate::testing::trace;
use proptest::prelude::*;

fn viewport(start: u64, end: u64, width: f64) -> WaterfallViewport<'static> {
    WaterfallViewport {
        scale: TimeScale::new(start, end, width),
        top: 0.0,
        height: 400.0,
        places: RowPositions { row_height: 24.0, insertions: &[] },
        least_bar: 2.0,
        char_width: 6.0,
    }
}

/// Draws bars as text, one line a row: `#` own, `-` waiting, `_` below, `.` between, and `!` what failed.
fn drawn(scene: &Waterfall, rows: usize, width: usize) -> Vec<String> {
    let mut lines = vec![vec![b' '; width]; rows];
    for bar in 0..scene.len() {
        let pixels = scene.x0[bar] as usize..scene.x1[bar] as usize;
        for cell in &mut lines[scene.row[bar] as usize][pixels] {
            assert_eq!(*cell, b' ', "two bars in one pixel of one row");
            *cell = match scene.pattern[bar] {
                Pattern::Own if scene.colour[bar] == FAILED => b'!',
                Pattern::Own => b'#',
                Pattern::Waiting => b'-',
                Pattern::Below => b'_',
                Pattern::Between => b'.',
            };
        }
    }
    lines.into_iter().map(|line| String::from_utf8(line).unwrap().trim_end().to_owned()).collect()
}

/// The colour of what failed, in these tests.
const FAILED: u8 = 12;

fn laid_as(outline: &Outline, view: &WaterfallViewport, asked: &RowOptions) -> (Rows, Waterfall) {
    let mut scene = Waterfall::default();
    let rows = rows(outline, asked);
    let colour = |span: SpanIx| match outline.flags[span as usize].has(Flags::OWN_ERROR) {
        true => FAILED,
        false => outline.service[span as usize] as u8 % FAILED,
    };
    scene.compute(outline, &rows, view, &mut WaterfallCache::default(), &colour);
    (rows, scene)
}

fn laid(outline: &Outline, view: &WaterfallViewport) -> Waterfall {
    let mut outline = outline.clone();
    outline.flags.iter_mut().for_each(|flags| *flags = Flags(flags.0 & !Flags::OWN_ERROR.0));
    laid_as(&outline, view, &RowOptions::default()).1
}

#[test]
fn an_own_error_differs_from_a_propagated_one() {
    let drawn = trace(
        "
        a: root !          [==========]
          b: passes !       [========]
            c: cause !       [======]
          d: fine            [==]
        ",
    );
    let outline = drawn.outline();
    let view = viewport(0, outline.duration, 100.0);
    let (_, scene) = laid_as(outline, &view, &RowOptions::default());
    let passed: Vec<_> = scene.errors.iter().map(|((row, ..), passed)| (*row, *passed)).collect();
    assert_eq!(passed, [(0, true), (1, true), (2, false)]);
}

#[test]
fn own_time_is_solid_and_waiting_is_faded() {
    // 0: 0..40 waits for 1 (10..30, itself waiting for 2 at 20..30) and 3 (30..40).
    let outline = forest(&[None, Some(0), Some(1), Some(0)]);
    let scene = laid(&outline, &viewport(0, 40, 40.0));
    assert_eq!(
        drawn(&scene, 4, 40),
        [
            "##########------------------------------",
            "          ##########----------",
            "                    ##########",
            "                              ##########",
        ]
    );
    let zoomed = laid(&outline, &viewport(15, 25, 20.0));
    assert_eq!(
        drawn(&zoomed, 3, 20),
        ["--------------------", "##########----------", "          ##########"]
    );
    let texts: Vec<_> = zoomed.labels.iter().map(|label| (label.text.as_str(), label.place)).collect();
    assert_eq!(
        texts,
        [
            ("40 ns", LabelPosition::Upon),
            ("20 ns", LabelPosition::Upon),
            ("10 ns", LabelPosition::Upon),
            ("10 ns ▸", LabelPosition::Edge)
        ]
    );
}

#[test]
fn only_rows_on_screen_are_laid() {
    let outline = forest(&(0..200_001u32).map(|span| (span > 0).then_some(0)).collect::<Vec<_>>());
    let mut view = viewport(0, outline.duration, 1000.0);
    view.top = 24.0 * 100_000.0 + 12.0;
    let scene = laid(&outline, &view);
    let mut shown = scene.row.clone();
    shown.dedup();
    assert_eq!(shown, (100_000..100_018).collect::<Vec<_>>());
    assert_eq!(view.y_of(100_001), 12.0);
    view.top = 0.0;
    let scene = laid(&outline, &view);
    assert!(scene.len() < 100, "200,000 children are no more bars than pixels: {}", scene.len());

    // All of them in one row, whether as a group or below a collapsed parent that ended before they began.
    let mut outline = outline;
    let (name, service) = (outline.name[1], outline.service[1]);
    outline.name.fill(name);
    outline.service.fill(service);
    let (rows, scene) = laid_as(&outline, &view, &RowOptions { group: true, ..RowOptions::default() });
    assert_eq!((rows.len(), rows.members(1).len()), (2, 200_000));
    assert!(scene.len() <= 2000, "{}", scene.len());
    outline.end[0] = 5;
    outline.flags[150_000].set(Flags::OWN_ERROR);
    outline.flags[0].set(Flags::ERROR_BELOW);
    let mut collapsed = RowOptions::default();
    collapsed.fold.collapse_all();
    let (rows, scene) = laid_as(&outline, &view, &collapsed);
    assert_eq!(rows.len(), 1);
    assert!(scene.len() <= 1000, "{}", scene.len());
    assert_eq!(scene.failures, [(0, 750.0, 752.0)]);
}

#[test]
fn a_row_shows_what_it_hides() {
    let drawn_trace = trace(
        "
        a: root               [==================]
          b: call              [===]
            c: queue             [====]
              d: late !               [====]
          e: get               [=]
          e: get                  [=]
          e: get !                  [=]
          e: get                       [=]
          e: get                          [===]
            f: slow                         [====]
        ",
    );
    let outline = drawn_trace.outline();
    let view = viewport(0, outline.duration, outline.duration as f64 / 1e6);
    let mut asked = RowOptions { group: true, ..RowOptions::default() };
    asked.fold.set(outline, 1, true);
    let (rows, scene) = laid_as(outline, &view, &asked);
    assert_eq!((rows.len(), rows.members(2).len()), (3, 5));
    assert_eq!(
        drawn(&scene, rows.len(), view.scale.width as usize),
        ["#-------#--#----###", " ##--________", " ##.##!!.##.####___"],
        "the call's time and what it set off; the gets, what is between them and what one of them set off"
    );
    assert_eq!(scene.failures, [(1, 8.0, 13.0)]);
    let texts: Vec<_> = scene.labels.iter().map(|label| label.text.as_str()).collect();
    assert_eq!(texts, ["19 ms", "4 ms", "15 ms"], "no room for more");
}

#[test]
fn a_collapsed_client_shows_its_server() {
    let drawn_trace = trace(
        "
        a: call (client)      [==================]
          b: answer (server)      [=======]
        ",
    );
    let outline = drawn_trace.outline();
    let view = viewport(0, outline.duration, outline.duration as f64 / 1e6);
    let mut asked = RowOptions::default();
    assert_eq!(laid_as(outline, &view, &asked).1.served, []);
    asked.fold.collapse_all();
    let service = outline.service[1] as u8;
    assert_eq!(laid_as(outline, &view, &asked).1.served, [((0, 4.0, 12.0), service)]);
}

#[test]
fn gaps_and_overruns_are_marked() {
    let drawn_trace = trace(
        "
        a: root               [==================]
          b: early          [==]
          b: late                           [========]
          b: sent (producer)    [=]
            c: taken (consumer)     [==============]
        ",
    );
    let outline = drawn_trace.outline();
    let view = viewport(0, outline.duration, outline.duration as f64 / 1e6);
    let scene = laid(outline, &view);
    let names = |stretches: &[RowInterval]| -> Vec<_> {
        stretches.iter().map(|(row, x0, x1)| (outline.name_of(*row).to_owned(), *x0, *x1)).collect()
    };
    assert_eq!(names(&scene.overruns), [("early".into(), 0.0, 2.0), ("late".into(), 21.0, 25.0)]);
    assert_eq!(names(&scene.gaps), [("root".into(), 6.0, 16.0)]);
}

proptest! {
    #[test]
    fn every_pixel_equals_the_definition(
        outline in outlines(30), from in 0u64..500, span in 1u64..600, width in 4u32..300, top in 0.0..300.0f64,
    ) {
        let width = f64::from(width);
        let mut view = viewport(from, from + span, width);
        view.top = top;
        let scene = laid(&outline, &view);
        let lines = drawn(&scene, outline.len(), width as usize);
        let on_screen = view.rows(outline.len());
        for (row, line) in lines.iter().enumerate() {
            let line = line.as_bytes();
            let shown = row as f64 * 24.0 < top + 400.0 && (row + 1) as f64 * 24.0 > top;
            prop_assert_eq!(on_screen.contains(&row), shown);
            let (start, end) = (outline.start[row], outline.end[row]);
            let x_of = |time: u64| (time as f64 - from as f64) / span as f64 * width;
            // Outside the shown time there is nothing; inside, never nothing.
            let seen = end > from && start < from + span
                || start == end && end == from
                || start == from + span && start == outline.duration;
            prop_assert_eq!(!line.is_empty(), shown && seen, "row {} {}..{}", row, start, end);
            if line.is_empty() {
                continue;
            }
            let first = x_of(start).clamp(0.0, width).round().min(width - 2.0) as usize;
            let last = (x_of(end).clamp(0.0, width).round() as usize).max(first + 2);
            prop_assert_eq!(line.len(), last);
            for (x, cell) in line.iter().enumerate() {
                if x < first {
                    prop_assert_eq!(*cell, b' ');
                    continue;
                }
                // A thousand samples of the column's time that belong to the span.
                let time = |x: f64| from as f64 + x / width * span as f64;
                let (a, b) = (time(x as f64).max(start as f64), time(x as f64 + 1.0).min(end as f64));
                let share = if a < b {
                    let waiting = |at: f64| outline.children(row as u32).any(|child| {
                        outline.start[child as usize] as f64 <= at && at < outline.end[child as usize] as f64
                    });
                    let hits = (0..1000).filter(|i| waiting(a + (b - a) * (f64::from(*i) + 0.5) / 1000.0)).count();
                    hits as f64 / 1000.0
                } else {
                    0.0
                };
                if share > 0.503 {
                    prop_assert_eq!(*cell, b'-', "row {} column {}: {}", row, x, share);
                } else if share < 0.497 {
                    prop_assert_eq!(*cell, b'#', "row {} column {}: {}", row, x, share);
                }
            }
            prop_assert_eq!(view.y_of(row), row as f64 * 24.0 - top);
        }
        for label in &scene.labels {
            let wide = label.text.chars().count() as f64 * 6.0;
            prop_assert!(label.x >= 0.0);
            prop_assert!(f64::from(label.x) + wide <= width + 0.01 || wide + 15.0 > width, "{:?}", label);
        }
        for pair in scene.events.windows(2) {
            prop_assert!(pair[0] != pair[1]);
        }
    }
}
