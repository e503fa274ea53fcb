//! Lines over time on a canvas, with a crosshair that several charts share and a link for the point under it.
//!
//! The canvas is drawn by plotters, imperatively, in the frame after its data, size or theme has changed. Pointer, keyboard
//! and screen reader use one link above it, which stands for the point nearest to the pointer or reached by arrow keys.

pub mod backend;
pub mod plot;

use super::canvas::{Frame, SizeWatch, Surface, ThemeWatch};
use backend::Ink;
use leptos::html::Canvas;
use leptos::prelude::*;
use plot::{Area, Plot};
use web_sys::{HtmlCanvasElement, KeyboardEvent, MouseEvent, PointerEvent};

/// Identifies a point of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointAt {
    /// Index of the line.
    pub line: usize,
    /// Index of the moment.
    pub moment: usize,
}

/// Texts and link of a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointFacts {
    /// The time: `14:05 to 14:06`.
    pub when: String,
    /// Each line's value at that time; `None` in a gap.
    pub values: Vec<Option<String>>,
    /// A note below the values: `31 traces`.
    pub note: String,
    /// Address of the link.
    pub href: String,
}

/// The point under the crosshair.
#[derive(Clone, Debug, PartialEq)]
struct CurrentPoint {
    at: PointAt,
    facts: PointFacts,
    /// Its position in the canvas, CSS pixels; in a gap, on the time axis.
    place: Option<(f64, f64)>,
    has_value: bool,
    /// Label of its line.
    label: String,
    ink: Ink,
}

impl CurrentPoint {
    fn new(plot: &Plot, area: Area, at: PointAt, facts: PointFacts) -> Self {
        let line = plot.lines.get(at.line);
        let value = line.and_then(|line| line.values.get(at.moment).copied());
        let place = value
            .zip(plot.moments.get(at.moment))
            .map(|(value, moment)| area.place(plot, *moment, value.unwrap_or(plot.y.low).min(plot.y.high)));
        CurrentPoint {
            at,
            facts,
            place,
            has_value: value.flatten().is_some(),
            label: line.map(|line| line.label.clone()).unwrap_or_default(),
            ink: line.map_or(Ink::First, |line| line.ink),
        }
    }
}

/// A chart with title, legend, summary and a link for each of its points.
#[component]
pub fn Chart(
    /// What is measured.
    #[prop(into)]
    title: Signal<String>,
    /// `data-kind` of the chart.
    kind: &'static str,
    /// The values of the whole time range.
    #[prop(into)]
    summary: Signal<String>,
    /// Why a part of the time axis has no data.
    #[prop(optional, into)]
    gap: Signal<&'static str>,
    /// What is drawn.
    #[prop(into)]
    plot: Signal<Plot>,
    /// Index of the moment under the crosshair; charts of the same moments share it.
    crosshair: RwSignal<Option<usize>>,
    /// Returns the texts and the link of a point that is pointed at or focused.
    facts: Callback<PointAt, PointFacts>,
    /// Called when a point is clicked or opened by Enter. Its link is used for new tabs.
    open: Callback<PointAt>,
    /// What Enter does at a point.
    #[prop(default = "opens a point's traces")]
    enter: &'static str,
) -> impl IntoView {
    let area = RwSignal::new(Area::default());
    let line = RwSignal::new(0usize);
    let is_active = RwSignal::new(false);
    let point = Memo::new(move |_| {
        let moment = crosshair.get()?;
        let last = plot.with(|plot| plot.lines.len()).checked_sub(1)?;
        let at = PointAt { line: line.get().min(last), moment };
        Some(plot.with(|plot| CurrentPoint::new(plot, area.get(), at, facts.run(at))))
    });
    let has_value = move || point.with(|point| point.as_ref().is_some_and(|point| point.has_value));
    let place = move || point.with(|point| point.as_ref().and_then(|point| point.place));
    let left = move || pixels(place().map_or(0.0, |place| place.0));
    let ink = move || point.with(|point| point.as_ref().map_or(Ink::First, |point| point.ink)).name();
    let label = move || match point.get() {
        None => {
            let (title, summary) = (title.get(), summary.get());
            format!("{title}: {summary}. Arrow keys move between points, Enter {enter}.")
        }
        Some(CurrentPoint { at, facts, label, .. }) => {
            let value = facts.values.get(at.line).cloned().flatten().unwrap_or_else(|| "none".to_owned());
            let title = title.get();
            format!("{title}, {}: {label} {value}, {}. Enter {enter}.", facts.when, facts.note)
        }
    };
    let legend = move || {
        let keys: Vec<_> = plot.with(|plot| {
            let drawn = plot.lines.iter().filter(|line| line.values.iter().any(Option::is_some));
            drawn.map(|line| (line.label.clone(), line.ink.name())).collect()
        });
        let keys = if keys.len() > 1 { keys } else { Vec::new() };
        let key = |(label, ink)| view! { <li class="chart__key" data-ink=ink>{label}</li> };
        keys.into_iter().map(key).collect_view()
    };
    let point_at = move |event: PointerEvent| {
        is_active.set(true);
        let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        let nearest = plot.with_untracked(|plot| nearest(plot, area.get_untracked(), x, y));
        if let Some(at) = nearest {
            crosshair.set(Some(at.moment));
            line.set(at.line);
        }
    };
    let leave = move || {
        is_active.set(false);
        crosshair.set(None);
    };
    let focus = move |_| {
        is_active.set(true);
        if crosshair.get_untracked().is_none() {
            crosshair.set(plot.with_untracked(last_with_value));
        }
    };
    let press = move |event: KeyboardEvent| {
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
    let click = move |event: MouseEvent| {
        let plain = event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key();
        let Some(point) = point.get_untracked().filter(|_| plain) else { return };
        event.prevent_default();
        event.stop_propagation();
        if point.has_value {
            open.run(point.at);
        }
    };
    // The tip is on the side of the crosshair that has more room.
    let is_left = move || place().is_some_and(|(x, _)| x > area.get().left + area.get().width / 2.0);
    let tip =
        move || point.with(|point| point.as_ref().map(|point| plot.with(|plot| values_at(plot, point))));
    let uncovered = move || {
        let area = area.get();
        let (from, to) = plot.with(|plot| Some(area.span(plot, plot.uncovered?)))?;
        (to - from > 1.0).then(|| {
            view! {
                <div
                    class="chart__uncovered"
                    style:left=pixels(from)
                    style:width=pixels(to - from)
                    style:top=pixels(area.top)
                    style:height=pixels(area.height)
                >
                    {gap}
                </div>
            }
        })
    };
    let canvas = NodeRef::<Canvas>::new();
    canvas.on_load(move |canvas| paint_when_changed(canvas, plot, area));

    view! {
        <figure class="chart" data-test="monitor-chart" data-kind=kind>
            <figcaption class="chart__head">
                <h2 class="chart__title">{title}</h2>
                <ul class="chart__legend">{legend}</ul>
                <span class="chart__summary">{summary}</span>
            </figcaption>
            <div class="chart__plot">
                <canvas class="chart__canvas" aria-hidden="true" node_ref=canvas></canvas>
                {uncovered}
                <div
                    class="chart__crosshair"
                    hidden=move || place().is_none()
                    style:left=left
                    style:top=move || pixels(area.get().top)
                    style:height=move || pixels(area.get().height)
                ></div>
                <div
                    class="chart__dot"
                    hidden=move || !(is_active.get() && has_value())
                    data-ink=ink
                    style:left=left
                    style:top=move || pixels(place().map_or(0.0, |place| place.1))
                ></div>
                <a
                    class="chart__link"
                    class=("chart__link--empty", move || !has_value())
                    data-test="point-link"
                    data-bucket=move || point.with(|point| point.as_ref().map(|point| point.at.moment.to_string()))
                    href=move || {
                        point.with(|point| point.as_ref().map_or_else(|| "#".to_owned(), |it| it.facts.href.clone()))
                    }
                    aria-label=label
                    on:pointermove=point_at
                    on:pointerleave=move |_| leave()
                    on:focus=focus
                    on:blur=move |_| leave()
                    on:keydown=press
                    on:click=click
                ></a>
                <div
                    class="chart__tip"
                    class=("chart__tip--left", is_left)
                    aria-hidden="true"
                    hidden=move || !is_active.get() || point.with(Option::is_none)
                    style:left=left
                >
                    {tip}
                </div>
            </div>
        </figure>
    }
}

/// Content of the tip: the values at the crosshair.
fn values_at(plot: &Plot, point: &CurrentPoint) -> impl IntoView + use<> {
    let facts = &point.facts;
    let several_lines = facts.values.len() > 1;
    let row = |(index, (line, value)): (usize, (&plot::ChartLine, &Option<String>))| {
        let is_current = several_lines && index == point.at.line;
        let label = line.label.clone();
        let value = value.clone().unwrap_or_else(|| "none".to_owned());
        view! {
            <div class="chart__value" class=("chart__value--active", is_current) data-ink=line.ink.name()>
                <dt>{label}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let rows = plot.lines.iter().zip(&facts.values).enumerate().rev().map(row).collect_view();
    let (when, note) = (facts.when.clone(), facts.note.clone());
    view! {
        <strong>{when}</strong>
        <dl class="chart__values">{rows}</dl>
        <span class="chart__note">{note}</span>
    }
}

/// Draws `plot` in the frame after it, the theme or the canvas' size has changed, and sets `area` to where it was drawn.
fn paint_when_changed(canvas: HtmlCanvasElement, plot: Signal<Plot>, area: RwSignal<Area>) {
    let Some(surface) = Surface::new(canvas.clone()) else { return };
    let drawn_on = canvas.clone();
    let frame = Frame::new(move |_| {
        let (width, height) = (f64::from(drawn_on.client_width()), f64::from(drawn_on.client_height()));
        // The frame may come after the page has gone.
        if !area.is_disposed() {
            area.set(plot.with_untracked(|plot| plot::draw(&surface, width, height, plot)));
        }
        false
    });
    let (resized, themed) = (frame.clone(), frame.clone());
    StoredValue::new_local((
        SizeWatch::new(&canvas, move || resized.request()),
        ThemeWatch::new(move || themed.request()),
    ));
    Effect::new(move |_| {
        plot.with(|_| ());
        frame.request();
    });
}

/// The point nearest to a position in the canvas, CSS pixels: the nearest moment, and of its values the nearest one.
fn nearest(plot: &Plot, area: Area, x: f64, y: f64) -> Option<PointAt> {
    let moment = area.nearest(plot, x)?;
    let distance = |values: &[Option<f64>]| {
        let value = values.get(moment).copied().flatten()?;
        Some((area.place(plot, plot.moments[moment], value).1 - y).abs())
    };
    let lines = plot.lines.iter().enumerate();
    let nearest = lines.filter_map(|(index, line)| Some((distance(&line.values)?, index)));
    let line = nearest.min_by(|one, other| one.0.total_cmp(&other.0)).map_or(0, |(_, line)| line);
    Some(PointAt { line, moment })
}

/// The next moment in that direction with a value on any line; without `from`, the first one.
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
