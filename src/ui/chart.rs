//! Lines over time on a canvas, with a crosshair that several charts share and points that open something.
//!
//! What is seen is one canvas drawn by plotters; what is pointed at, focused and read is one link above it
//! that always stands for the point under the pointer, or for the one that the arrow keys have walked to.

pub mod backend;
pub mod plot;

use crate::ui::canvas::{Frame, SizeWatch, Surface, ThemeWatch};
use backend::Ink;
use leptos::prelude::*;
use plot::{Area, Plot};
use std::cell::Cell;
use std::rc::Rc;
use web_sys::{KeyboardEvent, MouseEvent, PointerEvent};

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

/// A chart with its title, its legend and its points.
#[component]
pub fn Chart(
    /// What is measured.
    #[prop(into)]
    title: String,
    /// The whole window in a few numbers.
    #[prop(into)]
    summary: Signal<String>,
    /// What is drawn.
    #[prop(into)]
    plot: Signal<Plot>,
    /// The moment under the crosshair, shared by charts of the same moments.
    crosshair: RwSignal<Option<usize>>,
    /// What a point says; called for the point that is pointed at or focused.
    #[prop(into)]
    facts: Callback<PointAt, PointFacts>,
    /// Called when a point is followed; the link's own address stays for new tabs.
    #[prop(into)]
    open: Callback<PointAt>,
    /// The name that tests know the chart by.
    kind: &'static str,
) -> impl IntoView {
    let canvas = NodeRef::<leptos::html::Canvas>::new();
    let area = RwSignal::new(Area::default());
    let line = RwSignal::new(0usize);
    let here = RwSignal::new(false);
    let point = Memo::new(move |_| {
        let moment = crosshair.get()?;
        let last = plot.with(|plot| plot.lines.len()).checked_sub(1)?;
        Some(PointAt { line: line.get().min(last), moment })
    });
    let said = Memo::new(move |_| point.get().map(|point| facts.run(point)));
    paint(canvas, plot, area);

    let position = move |point: PointAt| {
        plot.with(|plot| {
            let moment = *plot.moments.get(point.moment)?;
            let value = plot.lines.get(point.line)?.values.get(point.moment).copied()?;
            Some(area.get().place(plot, moment, value.unwrap_or(plot.y.low).min(plot.y.high)))
        })
    };
    let at = Memo::new(move |_| point.get().and_then(position));
    let has_value = Memo::new(move |_| {
        point.get().is_some_and(|at| {
            plot.with(|plot| {
                plot.lines
                    .get(at.line)
                    .is_some_and(|line| line.values.get(at.moment).is_some_and(Option::is_some))
            })
        })
    });

    let moved = move |event: PointerEvent| {
        let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        here.set(true);
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
    let left = move |_: PointerEvent| {
        here.set(false);
        crosshair.set(None);
    };
    let focused = move |_| {
        here.set(true);
        if crosshair.get_untracked().is_none() {
            crosshair.set(plot.with_untracked(last_with_value));
        }
    };
    let blurred = move |_| {
        here.set(false);
        crosshair.set(None);
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
        let Some(point) = point.get_untracked().filter(|_| plain) else { return };
        event.prevent_default();
        event.stop_propagation();
        if has_value.get_untracked() {
            open.run(point);
        }
    };
    let spoken = {
        let title = title.clone();
        move || match said.get() {
            None => format!(
                "{title}: {}. Arrow keys walk the points, Enter opens a point's traces.",
                summary.get()
            ),
            Some(facts) => {
                let line = point.get().map_or(0, |point| point.line);
                let name =
                    plot.with(|plot| plot.lines.get(line).map(|line| line.label.clone()).unwrap_or_default());
                let value = facts.values.get(line).cloned().flatten().unwrap_or_else(|| "nothing".to_owned());
                format!("{title}, {}: {name} {value}, {}. Enter opens these traces.", facts.when, facts.note)
            }
        }
    };
    let legend = move || {
        let several = plot.with(|plot| plot.lines.len() > 1);
        plot.with(|plot| plot.lines.iter().map(|line| (line.label.clone(), line.ink)).collect::<Vec<_>>())
            .into_iter()
            .filter(|_| several)
            .map(|(label, ink)| view! { <li class="chart__key" data-ink=ink.name()>{label}</li> })
            .collect_view()
    };

    view! {
        <figure class="chart" data-test="monitor-chart" data-kind=kind>
            <figcaption class="chart__head">
                <h2 class="chart__title">{title.clone()}</h2>
                <ul class="chart__legend">{legend}</ul>
                <span class="chart__summary">{move || summary.get()}</span>
            </figcaption>
            <div class="chart__plot">
                <canvas class="chart__canvas" node_ref=canvas aria-hidden="true"></canvas>
                <div
                    class="chart__crosshair"
                    hidden=move || at.get().is_none()
                    style:left=move || pixels(at.get().map_or(0.0, |at| at.0))
                    style:top=move || pixels(area.get().top)
                    style:height=move || pixels(area.get().height)
                ></div>
                <div
                    class="chart__dot"
                    hidden=move || !(here.get() && has_value.get())
                    data-ink=move || point.get().map_or(Ink::First.name(), |at| plot.with(|plot| plot.lines.get(at.line).map_or(Ink::First, |line| line.ink).name()))
                    style:left=move || pixels(at.get().map_or(0.0, |at| at.0))
                    style:top=move || pixels(at.get().map_or(0.0, |at| at.1))
                ></div>
                <a
                    class="chart__link"
                    class:chart__link--empty=move || !has_value.get()
                    data-test="point-link"
                    data-bucket=move || point.get().map(|at| at.moment.to_string())
                    href=move || said.get().map(|facts| facts.href).unwrap_or_else(|| "#".to_owned())
                    aria-label=spoken
                    on:pointermove=moved
                    on:pointerleave=left
                    on:focus=focused
                    on:blur=blurred
                    on:keydown=pressed
                    on:click=clicked
                ></a>
                <Tip said=said point=point plot=plot at=at area=area shown=here />
            </div>
        </figure>
    }
}

/// What the point under the crosshair says.
#[component]
fn Tip(
    said: Memo<Option<PointFacts>>,
    point: Memo<Option<PointAt>>,
    plot: Signal<Plot>,
    at: Memo<Option<(f64, f64)>>,
    area: RwSignal<Area>,
    shown: RwSignal<bool>,
) -> impl IntoView {
    let values = move || {
        let facts = said.get()?;
        let active = point.get()?.line;
        let several = facts.values.len() > 1;
        let rows = plot.with(|plot| {
            plot.lines
                .iter()
                .zip(&facts.values)
                .enumerate()
                .map(|(index, (line, value))| (index, line.label.clone(), line.ink, value.clone()))
                .collect::<Vec<_>>()
        });
        let rows = rows.into_iter().rev().map(|(index, label, ink, value)| {
            let value = value.unwrap_or_else(|| "no traces".to_owned());
            view! {
                <div class="chart__value" class:chart__value--active=several && index == active data-ink=ink.name()>
                    <dt>{label}</dt>
                    <dd>{value}</dd>
                </div>
            }
        });
        Some(view! {
            <strong>{facts.when.clone()}</strong>
            <dl class="chart__values">{rows.collect_view()}</dl>
            <span class="chart__note">{facts.note.clone()}</span>
        })
    };
    // Beside the crosshair, on the side with more room.
    let flipped = move || at.get().is_some_and(|(x, _)| x > area.get().left + area.get().width / 2.0);
    view! {
        <div
            class="chart__tip"
            class:chart__tip--left=flipped
            aria-hidden="true"
            hidden=move || !shown.get() || said.get().is_none()
            style:left=move || pixels(at.get().map_or(0.0, |at| at.0))
        >
            {values}
        </div>
    }
}

/// Draws in the frame after the plot, the theme or the size has changed.
fn paint(canvas: NodeRef<leptos::html::Canvas>, plot: Signal<Plot>, area: RwSignal<Area>) {
    Effect::new(move |_| {
        let Some(element) = canvas.get() else { return };
        let Some(surface) = Surface::new(element.clone()) else { return };
        let size = Rc::new(Cell::new((0.0, 0.0)));
        let drawn_size = size.clone();
        let drawn_element = element.clone();
        let frame = Frame::new(move |_| {
            let (width, height) =
                (f64::from(drawn_element.client_width()), f64::from(drawn_element.client_height()));
            drawn_size.set((width, height));
            if let Some(drawn) = plot.try_with_untracked(|plot| plot::draw(&surface, width, height, plot)) {
                area.try_set(drawn);
            }
            false
        });
        let (resized, themed) = (frame.clone(), frame.clone());
        let size_watch = SizeWatch::new(&element, move || resized.request());
        let theme_watch = ThemeWatch::new(move || themed.request());
        Effect::new(move |_| {
            plot.track();
            frame.request();
        });
        let kept = StoredValue::new_local(Some((size_watch, theme_watch)));
        on_cleanup(move || {
            kept.try_update_value(|watches| watches.take());
        });
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
