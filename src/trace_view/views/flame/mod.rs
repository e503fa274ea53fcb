//! The flame graph of a trace: frames in the order of time, merged by call path, or callers and callees of an operation.
//!
//! Bars and ruler are drawn imperatively ([`board`]) in one animation frame. What is read is DOM: the tip at the pointer,
//! and the current frame in words, which is what assistive technology finds in the graph.

mod axis;
mod board;
mod choose;
mod input;
mod load;
mod paint;
mod picture;
mod tools;
mod words;

use super::super::colouring::ColouringMemo;
use super::super::nothing_to_show::{AllFiltered, NoSpans};
use super::super::parts::Part;
use super::super::session::Session;
use super::super::span_source::SpanSource;
use crate::route::FlameLayout;
use crate::ui::canvas::{SizeWatch, ThemeWatch};
use crate::ui::empty::EmptyState;
use crate::ui::problem::ProblemCard;
use board::FlameBoard;
use choose::OperationChoice;
use input::Gestures;
use leptos::html;
use leptos::prelude::*;
pub use load::{FlameLoad, LoadedFrames};
use std::rc::Rc;
use tools::FlameTools;
use web_sys::{HtmlElement, MouseEvent};
use words::FrameWords;

/// What is drawn with, once the canvases are mounted.
type Graph = StoredValue<Option<Rc<Gestures>>, LocalStorage>;

/// The tip at the pointer: its position in the view, CSS pixels, and the words.
type Tip = RwSignal<Option<((f64, f64), FrameWords)>>;

/// The flame graph with its tools.
#[component]
pub fn FlameGraph(
    /// State of the trace.
    session: Session,
    /// What the colours mean.
    colouring: ColouringMemo,
    /// Where frames come from.
    source: SpanSource,
) -> impl IntoView {
    let state = load::load(session, source);
    let what = Memo::new(move |_| {
        state.with(|state| match state {
            FlameLoad::Loading => FlameContent::Loading,
            FlameLoad::NoOperation => FlameContent::NoOperation,
            FlameLoad::Failed(_) => FlameContent::Failed,
            FlameLoad::Loaded(loaded) if loaded.outline.is_empty() => FlameContent::NoSpans,
            FlameLoad::Loaded(loaded) if loaded.frames.is_empty() => FlameContent::AllFiltered,
            FlameLoad::Loaded(loaded)
                if loaded.layout == FlameLayout::Time && loaded.outline.duration == 0 =>
            {
                FlameContent::NoDurations
            }
            FlameLoad::Loaded(_) => FlameContent::Graph,
        })
    });
    let label = Signal::derive(move || {
        let how = match session.flame.get().layout {
            FlameLayout::Time => "Flame graph in the order of time",
            FlameLayout::LeftHeavy => "Flame graph of merged call paths, largest first",
            FlameLayout::Sandwich => "Callers and callees",
        };
        format!("{how}. Arrow keys move between frames, Z zooms to one, Enter opens its details.")
    });
    let shown = move || match what.get() {
        FlameContent::Loading => {
            view! { <p class="flame-loading" role="status">"Computing frames…"</p> }.into_any()
        }
        FlameContent::NoOperation => view! { <OperationChoice session/> }.into_any(),
        FlameContent::NoDurations => {
            let next = "In the order of time all frames are at one point. The other layouts compare numbers of spans instead.";
            view! { <EmptyState title="No span has a duration" next=vec![next.to_owned()]/> }.into_any()
        }
        FlameContent::NoSpans => view! { <NoSpans/> }.into_any(),
        FlameContent::AllFiltered => view! { <AllFiltered/> }.into_any(),
        FlameContent::Failed => match state.get() {
            FlameLoad::Failed(problem) => view! { <ProblemCard problem/> }.into_any(),
            _ => ().into_any(),
        },
        FlameContent::Graph => view! { <FrameGraph session colouring state label/> }.into_any(),
    };
    view! {
        <div class="flame" data-part=Part::Frames.name() data-test="flame-view">
            <FlameTools session state/>
            {shown}
        </div>
    }
}

/// What stands in the view.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FlameContent {
    Loading,
    NoOperation,
    NoDurations,
    NoSpans,
    AllFiltered,
    Failed,
    Graph,
}

/// Frames in lanes.
#[component]
pub fn FrameGraph(
    /// State of the trace.
    session: Session,
    /// What the colours mean.
    colouring: ColouringMemo,
    /// The frames.
    state: RwSignal<FlameLoad>,
    /// Accessible name.
    label: Signal<String>,
) -> impl IntoView {
    let refs = Refs::default();
    let graph: Graph = StoredValue::new_local(None);
    let (height, current) = (RwSignal::new(0.0), RwSignal::new(None));
    Effect::new(move |_| {
        if let Some((board, scroller)) = refs.start(session, colouring, current) {
            graph.set_value(Some(Rc::new(Gestures::new(board.clone(), scroller.clone()))));
            follow(session, colouring, state, height, &board, &scroller);
        }
    });
    let with = move |act: &mut dyn FnMut(&Rc<Gestures>)| {
        graph.with_value(|graph| graph.iter().for_each(&mut *act));
    };
    let loaded = move || {
        state.with(|state| if let FlameLoad::Loaded(loaded) = state { Some(loaded.clone()) } else { None })
    };
    let tip: Tip = RwSignal::new(None);
    let words = move |frame: Option<usize>| Some(FrameWords::of(&untrack(loaded)?, frame?));
    let point = move |event: MouseEvent| {
        with(&mut |graph| {
            let at = graph.place(&event);
            let (frame, shown) = (graph.point(&event), tip.with_untracked(Option::is_some));
            match words(frame) {
                Some(words) => tip.set(Some((at, words))),
                None if shown => tip.set(None),
                None => {}
            }
        });
    };
    let release = move |event: MouseEvent| {
        with(&mut |graph| {
            let Some((frame, loaded)) = graph.release(&event).zip(untrack(loaded)) else { return };
            graph.choose(frame);
            session.press(loaded.frames.span(frame));
        });
    };
    let zoom = move |_| {
        with(&mut |graph| {
            if let Some(frame) = graph.current() {
                graph.zoom_to(frame);
            }
        });
    };
    let leave = move |_| {
        tip.set(None);
        with(&mut |graph| graph.leave());
    };
    let is_timed = move || loaded().is_some_and(|loaded| loaded.total().is_none());
    view! {
        <div class="flame-board">
            <canvas class="flame-ruler" hidden=move || !is_timed() aria-hidden="true" node_ref=refs.ruler></canvas>
            <div
                class="flame-scroll"
                data-part=Part::View.name()
                data-test="flame"
                role="tree"
                tabindex="0"
                aria-label=label
                aria-activedescendant="flame-frame"
                node_ref=refs.scroller
                on:scroll=move |_| with(&mut |graph| graph.scrolled())
                on:keydown=move |event| with(&mut |graph| graph.key(&event))
                on:wheel=move |event| with(&mut |graph| graph.wheel(&event))
                on:pointerdown=move |event| with(&mut |graph| graph.press(&event))
                on:pointermove=move |event| point(event.into())
                on:pointerup=move |event| release(event.into())
                on:pointerleave=leave
                on:dblclick=zoom
            >
                <div class="flame-spacer" role="presentation" style:height=move || format!("{}px", height.get())>
                    <div class="flame-stage" role="presentation">
                        <canvas class="flame-bars" data-test="flame-canvas" aria-hidden="true" node_ref=refs.bars></canvas>
                        <Current state current/>
                    </div>
                </div>
            </div>
            <FrameTip tip/>
        </div>
    }
}

/// The current frame in words, for assistive technology.
#[component]
fn Current(state: RwSignal<FlameLoad>, current: RwSignal<Option<usize>>) -> impl IntoView {
    let words = move || match (current.get(), state.get()) {
        (Some(frame), FlameLoad::Loaded(loaded)) if frame < loaded.frames.len() => {
            FrameWords::of(&loaded, frame).sentence()
        }
        _ => "No frame is selected".to_owned(),
    };
    view! {
        <span class="unseen" id="flame-frame" data-test="flame-frame" role="treeitem" aria-selected="true">
            {words}
        </span>
    }
}

/// The words of the frame under the pointer.
#[component]
fn FrameTip(tip: Tip) -> impl IntoView {
    // Left of the pointer in the right half of the view, so that it is not cut off.
    let place = move |of: fn((f64, f64)) -> f64| {
        format!("{:.0}px", tip.with(|tip| tip.as_ref().map_or(0.0, |(at, _)| of(*at))))
    };
    let text = move || {
        let (_, words) = tip.get()?;
        Some(view! {
            <strong>{words.name}</strong>
            <span>{words.service}</span>
            {words.facts.into_iter().map(|fact| view! { <span>{fact}</span> }).collect_view()}
        })
    };
    view! {
        <div
            class="flame-tip"
            data-test="flame-tip"
            aria-hidden="true"
            hidden=move || tip.with(Option::is_none)
            style=("--x", move || place(|at| at.0))
            style=("--y", move || place(|at| at.1))
        >
            {text}
        </div>
    }
}

#[derive(Clone, Copy, Default)]
struct Refs {
    scroller: NodeRef<html::Div>,
    bars: NodeRef<html::Canvas>,
    ruler: NodeRef<html::Canvas>,
}

impl Refs {
    /// The board over the elements and the scroller, once all of them are in the page.
    fn start(
        self,
        session: Session,
        colouring: ColouringMemo,
        current: RwSignal<Option<usize>>,
    ) -> Option<(Rc<FlameBoard>, HtmlElement)> {
        let scroller: HtmlElement = self.scroller.get()?.into();
        let (bars, ruler) = (self.bars.get()?, self.ruler.get()?);
        Some((FlameBoard::new(session, colouring, current, scroller.clone(), bars, ruler)?, scroller))
    }
}

/// Redraws whenever something that the board draws has changed.
fn follow(
    session: Session,
    colouring: ColouringMemo,
    state: RwSignal<FlameLoad>,
    height: RwSignal<f64>,
    board: &Rc<FlameBoard>,
    scroller: &HtmlElement,
) {
    let (sized, themed) = (Rc::downgrade(board), Rc::downgrade(board));
    StoredValue::new_local((
        SizeWatch::new(scroller, move || sized.upgrade().iter().for_each(|board| board.request())),
        ThemeWatch::new(move || themed.upgrade().iter().for_each(|board| board.theme_changed())),
    ));
    let on_change = |track: Box<dyn Fn()>, act: Box<dyn Fn(&FlameBoard)>| {
        let board = board.clone();
        Effect::new(move |_| {
            track();
            act(&board);
        });
    };
    on_change(
        Box::new(move || state.with(|_| ())),
        Box::new(move |board| {
            let loaded: Option<LoadedFrames> = match state.get_untracked() {
                FlameLoad::Loaded(loaded) => Some(loaded),
                _ => None,
            };
            board.show(loaded);
            height.set(board.content_height());
        }),
    );
    on_change(
        Box::new(move || {
            session.viewport.range.track();
            session.flame.track();
            session.find.show.track();
            session.clock.absolute.track();
            session.clock.zone.track();
            colouring.with(|_| ());
        }),
        Box::new(FlameBoard::request),
    );
    on_change(Box::new(move || session.find.matches.track()), Box::new(FlameBoard::mark_matches));
    on_change(
        Box::new(move || {
            session.selection.span.track();
            session.selection.reveal.track();
        }),
        Box::new(FlameBoard::follow_selection),
    );
}
