//! Lines over time on a canvas, with a crosshair that several charts share and points that open something.
//!
//! What is seen is one canvas drawn by plotters; what is pointed at, focused and read is one link above it
//! that always stands for the point under the pointer, or for the one that the arrow keys have walked to.

pub mod backend;
pub mod plot;

use super::canvas::{Frame, SizeWatch, Surface, ThemeWatch};
use super::element::{El, el};
use super::view::{View, effect, keep, several};
use backend::Ink;
use leptos::prelude::*;
use plot::{Area, Plot};
use web_sys::{FocusEvent, HtmlCanvasElement, KeyboardEvent, MouseEvent, PointerEvent};

/// A point of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointAt {
    /// Which line.
    pub line: usize,
    /// Which moment.
    pub moment: usize,
}

/// What a point says and opens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointFacts {
    /// When: `14:05 to 14:06`.
    pub when: String,
    /// Each line's value then, or `None` in a gap.
    pub values: Vec<Option<String>>,
    /// What else is to be known: `31 traces`.
    pub note: String,
    /// Where the point leads.
    pub href: String,
}

/// What a chart shows.
#[derive(Clone)]
pub struct Charted {
    /// What is measured.
    pub title: &'static str,
    /// The name that tests know the chart by.
    pub kind: &'static str,
    /// The whole window in a few numbers.
    pub summary: Signal<String>,
    /// What is drawn.
    pub plot: Signal<Plot>,
    /// The moment under the crosshair, shared by charts of the same moments.
    pub crosshair: RwSignal<Option<usize>>,
    /// What a point says; called for the point that is pointed at or focused.
    pub facts: Callback<PointAt, PointFacts>,
    /// Called when a point is followed; the link's own address stays for new tabs.
    pub open: Callback<PointAt>,
}

/// The point under the crosshair.
#[derive(Clone, Debug, PartialEq)]
struct Here {
    at: PointAt,
    facts: PointFacts,
    /// Where it is drawn, CSS pixels; in a gap, on the ground.
    place: Option<(f64, f64)>,
    /// It is not in a gap.
    has_value: bool,
    /// Its line.
    label: String,
    ink: Ink,
}

impl Here {
    fn new(plot: &Plot, area: Area, at: PointAt, facts: PointFacts) -> Self {
        let line = plot.lines.get(at.line);
        let value = line.and_then(|line| line.values.get(at.moment).copied());
        let place = value
            .zip(plot.moments.get(at.moment))
            .map(|(value, moment)| area.place(plot, *moment, value.unwrap_or(plot.y.low).min(plot.y.high)));
        Here {
            at,
            facts,
            place,
            has_value: value.flatten().is_some(),
            label: line.map(|line| line.label.clone()).unwrap_or_default(),
            ink: line.map_or(Ink::First, |line| line.ink),
        }
    }
}

/// A chart with its title, its legend and its points.
pub fn chart(charted: Charted) -> El {
    let Charted { title, kind, summary, plot, crosshair, facts, open } = charted;
    let area = RwSignal::new(Area::default());
    let line = RwSignal::new(0usize);
    let pointed = RwSignal::new(false);
    let here = Memo::new(move |_| {
        let moment = crosshair.get()?;
        let last = plot.with(|plot| plot.lines.len()).checked_sub(1)?;
        let at = PointAt { line: line.get().min(last), moment };
        Some(plot.with(|plot| Here::new(plot, area.get(), at, facts.run(at))))
    });
    let has_value = move || here.with(|here| here.as_ref().is_some_and(|here| here.has_value));
    let place = move || here.with(|here| here.as_ref().and_then(|here| here.place));

    let moved = move |event: PointerEvent| {
        let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        pointed.set(true);
        let area = area.get_untracked();
        plot.with_untracked(|plot| {
            let Some(moment) = area.nearest(plot, x) else { return };
            crosshair.set(Some(moment));
            let distance = |values: &[Option<f64>]| {
                let value = values.get(moment).copied().flatten()?;
                Some((area.place(plot, plot.moments[moment], value).1 - y).abs())
            };
            let nearest = plot
                .lines
                .iter()
                .enumerate()
                .filter_map(|(index, line)| Some((distance(&line.values)?, index)));
            if let Some((_, nearest)) = nearest.min_by(|one, other| one.0.total_cmp(&other.0)) {
                line.set(nearest);
            }
        });
    };
    let left = move || {
        pointed.set(false);
        crosshair.set(None);
    };
    let focused = move |_: FocusEvent| {
        pointed.set(true);
        if crosshair.get_untracked().is_none() {
            crosshair.set(plot.with_untracked(last_with_value));
        }
    };
    let pressed = move |event: KeyboardEvent| {
        let lines = plot.with_untracked(|plot| plot.lines.len()).max(1);
        let now = crosshair.get_untracked();
        let next = match event.key().as_str() {
            "ArrowLeft" => plot.with_untracked(|plot| step(plot, now, -1)),
            "ArrowRight" => plot.with_untracked(|plot| step(plot, now, 1)),
            "Home" => plot.with_untracked(|plot| step(plot, None, 1)),
            "End" => plot.with_untracked(last_with_value),
            "ArrowUp" | "ArrowDown" => {
                let by = if event.key() == "ArrowUp" { 1 } else { lines - 1 };
                line.update(|line| *line = (*line + by) % lines);
                now
            }
            _ => return,
        };
        event.prevent_default();
        crosshair.set(next.or(now));
    };
    let clicked = move |event: MouseEvent| {
        let plain = event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key();
        let Some(here) = here.get_untracked().filter(|_| plain) else { return };
        event.prevent_default();
        event.stop_propagation();
        if here.has_value {
            open.run(here.at);
        }
    };
    let spoken = move || match here.get() {
        None => {
            let summary = summary.get();
            format!("{title}: {summary}. Arrow keys walk the points, Enter opens a point's traces.")
        }
        Some(Here { at, facts, label, .. }) => {
            let value = facts.values.get(at.line).cloned().flatten().unwrap_or_else(|| "nothing".to_owned());
            format!("{title}, {}: {label} {value}, {}. Enter opens these traces.", facts.when, facts.note)
        }
    };
    let legend = move || {
        let keys: Vec<_> =
            plot.with(|plot| plot.lines.iter().map(|line| (line.label.clone(), line.ink)).collect());
        if keys.len() > 1 { keys } else { Vec::new() }
    };
    let left_of = move |place: Option<(f64, f64)>| pixels(place.map_or(0.0, |place| place.0));
    let canvas = el("canvas", "chart__canvas").attr("aria-hidden", "true");
    paint(canvas.node(), plot, area);
    let line_above = el("div", "chart__crosshair")
        .live_attr("hidden", move || place().is_none())
        .live_style("left", move || left_of(place()))
        .live_style("top", move || pixels(area.get().top))
        .live_style("height", move || pixels(area.get().height));
    let dot = el("div", "chart__dot")
        .live_attr("hidden", move || !(pointed.get() && has_value()))
        .live_attr("data-ink", move || here.get().map_or(Ink::First, |here| here.ink).name())
        .live_style("left", move || left_of(place()))
        .live_style("top", move || pixels(place().map_or(0.0, |place| place.1)));
    let link = el("a", "chart__link")
        .live_class("chart__link--empty", move || !has_value())
        .test("point-link")
        .live_attr("data-bucket", move || here.get().map(|here| here.at.moment))
        .live_attr("href", move || here.get().map_or_else(|| "#".to_owned(), |here| here.facts.href))
        .live_attr("aria-label", spoken)
        .on("pointermove", moved)
        .on("pointerleave", move |_: PointerEvent| left())
        .on("focus", focused)
        .on("blur", move |_: FocusEvent| left())
        .on("keydown", pressed)
        .on("click", clicked);
    // Beside the crosshair, on the side with more room.
    let flipped = move || place().is_some_and(|(x, _)| x > area.get().left + area.get().width / 2.0);
    let tip = el("div", "chart__tip")
        .live_class("chart__tip--left", flipped)
        .attr("aria-hidden", "true")
        .live_attr("hidden", move || !pointed.get() || here.with(Option::is_none))
        .live_style("left", move || left_of(place()))
        .part(move || here.get(), move |here| here.map(|here| plot.with(|plot| said(plot, &here))));
    let head = el("figcaption", "chart__head")
        .child(el("h2", "chart__title").text(title))
        .child(el("ul", "chart__legend").part(legend, |keys| {
            let key =
                |(label, ink): (String, Ink)| el("li", "chart__key").attr("data-ink", ink.name()).text(label);
            several(keys.into_iter().map(key))
        }))
        .child(el("span", "chart__summary").live_text(move || summary.get()));
    el("figure", "chart")
        .test("monitor-chart")
        .attr("data-kind", kind)
        .child(head)
        .child(el("div", "chart__plot").children([canvas, line_above, dot, link, tip]))
}

/// What the point under the crosshair says.
fn said(plot: &Plot, here: &Here) -> View {
    let facts = &here.facts;
    let several_lines = facts.values.len() > 1;
    let rows = plot.lines.iter().zip(&facts.values).enumerate().rev().map(|(index, (line, value))| {
        el("div", "chart__value")
            .class_if("chart__value--active", several_lines && index == here.at.line)
            .attr("data-ink", line.ink.name())
            .child(el("dt", "").text(&line.label))
            .child(el("dd", "").text(value.as_deref().unwrap_or("no traces")))
    });
    several([
        el("strong", "").text(&facts.when),
        el("dl", "chart__values").children(rows),
        el("span", "chart__note").text(&facts.note),
    ])
}

/// Draws in the frame after the plot, the theme or the size has changed.
fn paint(canvas: HtmlCanvasElement, plot: Signal<Plot>, area: RwSignal<Area>) {
    let Some(surface) = Surface::new(canvas.clone()) else { return };
    let drawn_on = canvas.clone();
    let frame = Frame::new(move |_| {
        let (width, height) = (f64::from(drawn_on.client_width()), f64::from(drawn_on.client_height()));
        // A frame that was asked for before the page changed finds nothing to draw.
        if !area.is_disposed() {
            area.set(plot.with_untracked(|plot| plot::draw(&surface, width, height, plot)));
        }
        false
    });
    let (resized, themed) = (frame.clone(), frame.clone());
    keep((SizeWatch::new(&canvas, move || resized.request()), ThemeWatch::new(move || themed.request())));
    effect(move || {
        plot.track();
        frame.request();
    });
}

/// The next moment in that direction that has a value on any line; from no moment, the first.
fn step(plot: &Plot, from: Option<usize>, by: isize) -> Option<usize> {
    let has_value =
        |moment: &usize| plot.lines.iter().any(|line| line.values.get(*moment).is_some_and(Option::is_some));
    match (from, by < 0) {
        (None, _) => (0..plot.moments.len()).find(has_value),
        (Some(from), false) => (from + 1..plot.moments.len()).find(has_value),
        (Some(from), true) => (0..from).rev().find(has_value),
    }
}

fn last_with_value(plot: &Plot) -> Option<usize> {
    step(plot, Some(plot.moments.len()), -1)
}

fn pixels(number: f64) -> String {
    format!("{number:.1}px")
}
