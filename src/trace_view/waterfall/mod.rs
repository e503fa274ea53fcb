//! The waterfall: names and bars of the rows on screen, the ruler above them, and what pointer, wheel and
//! keys do to them.

mod arrange;
mod board;
mod drawers;
mod keys;
mod mark;
mod paint;
mod pointer;
pub mod pool;

pub use board::Board;
pub use drawers::Fill;

use super::colours::{Coloured, Slots};
use super::session::Session;
use crate::state::tasks::after_yield;
use crate::ui::canvas::{Listener, SizeWatch, ThemeWatch};
use crate::ui::element::{El, button, el};
use crate::ui::progress::progress;
use crate::ui::split::Divider;
use crate::ui::view::{View, effect, keep, leptos};
use arrange::{arrange_button, breadcrumb, column_heads};
use board::Elements;
use leptos::prelude::*;
use std::rc::Rc;
use web_sys::{HtmlElement, KeyboardEvent, MouseEvent};

/// What must live as long as the waterfall: listeners and watches; dropped with the page.
struct Kept {
    _board: Rc<Board>,
    _listeners: Vec<Listener>,
    _sizes: SizeWatch,
    _theme: ThemeWatch,
}

/// What tells of events that are looked at; it is given the mark at their tick.
pub type Note = Rc<dyn Fn(HtmlElement) -> View>;

/// The waterfall of `session`; `fill` makes the details that are opened between its rows, `note` tells of events.
pub fn waterfall(session: Session, slots: Slots, coloured: Coloured, fill: Fill, note: Note) -> El {
    // Elements, buttons and what fills the elements are made in tasks of their own.
    let made = after_yield();
    let ruler = el("canvas", "waterfall-ruler").attr("aria-hidden", "true");
    let bars = el("canvas", "waterfall-bars").test("waterfall-canvas").attr("aria-hidden", "true");
    let overlay = el("canvas", "waterfall-overlay").attr("aria-hidden", "true");
    let tick = el("div", "waterfall-tick").attr("aria-hidden", "true");
    let pool = el("div", "waterfall-pool").attr("role", "rowgroup");
    let stage = el("div", "waterfall-stage").attr("role", "presentation").children([
        pool.clone(),
        bars.clone(),
        tick.clone(),
    ]);
    let spacer = el("div", "waterfall-spacer").attr("role", "presentation").child(stage.clone());
    let scroller = el("div", "waterfall-scroll")
        .test("waterfall")
        .attr("role", "treegrid")
        .attr("tabindex", "0")
        .attr("aria-label", "Spans of the trace")
        .live_attr("aria-colcount", move || 2 + session.columns.with(Vec::len))
        .child(spacer.clone());
    let titles = el("div", "waterfall-head-names")
        .child(el("span", "waterfall-head-title").text("Span and service"))
        .when(move || made.get(), move || [fold_buttons(session), arrange_button(session, slots)]);
    let head = el("div", "waterfall-head").child(titles).child(column_heads(session)).child(ruler.clone());
    let root = el("div", "waterfall")
        .live_style("--names", move || format!("{}px", left_of_bars(session)))
        .live_style("--names-alone", move || format!("{}px", session.names.get()));

    let elements = Elements {
        scroller: scroller.node(),
        spacer: spacer.node(),
        stage: stage.node(),
        pool: pool.node(),
        bars: bars.node(),
        ruler: ruler.node(),
        overlay: overlay.node(),
        tick: tick.node(),
    };
    let (around, above, filled) = (root.node::<HtmlElement>(), head.node::<HtmlElement>(), after_yield());
    effect(move || {
        if filled.get() {
            keep(start(session, coloured, fill.clone(), around.clone(), above.clone(), elements.clone()));
        }
    });

    let most = Signal::derive(move || (session.width.get() * 0.7).max(200.0));
    let divider = leptos(view! { <Divider label="Resize names" size=session.names min=140.0 max=most/> });
    let board = el("div", "waterfall-board").children([head, scroller, overlay]);
    let board = board.child(el("div", "waterfall-divider").child(divider));
    let arranging = || {
        let bar = progress(Signal::stored("Putting the rows in order".to_owned()), Signal::stored(None));
        el("div", "waterfall-arranging").test("arranging").child(bar)
    };
    let board = board.when(move || session.arranging.get(), arranging);
    root.child(breadcrumb(session)).child(board).child(note(tick.node()))
}

/// Width of the names and the columns beside them, CSS pixels.
fn left_of_bars(session: Session) -> f64 {
    session.names.get() + session.columns.with(Vec::len) as f64 * board::COLUMN
}

fn fold_buttons(session: Session) -> El {
    let fold = |test: &str, face: &str, title: &str, label: &str, act: fn(&Session)| {
        button("waterfall-fold")
            .test(test)
            .attr("title", title)
            .attr("aria-label", label)
            .on("click", move |_: MouseEvent| act(&session))
            .text(face)
    };
    el("span", "waterfall-folds").children([
        fold("expand-level", "+1", "Expand one level (o)", "+1: expand one level", Session::expand_level),
        fold(
            "collapse-level",
            "–1",
            "Collapse one level (p)",
            "–1: collapse one level",
            Session::collapse_level,
        ),
        fold("expand-all", "All", "Expand all ([)", "All: expand all", Session::expand_all),
        fold("collapse-all", "None", "Collapse all (])", "None: collapse all", Session::collapse_all),
    ])
}

fn start(
    session: Session,
    coloured: Coloured,
    fill: Fill,
    root: HtmlElement,
    head: HtmlElement,
    elements: Elements,
) -> Option<Kept> {
    let scroller = elements.scroller.clone();
    let board = Board::new(session, coloured, elements, fill)?;

    let sized = Rc::downgrade(&board);
    let watched = scroller.clone();
    let sizes = SizeWatch::new(&watched, {
        let (root, scroller) = (root.clone(), scroller.clone());
        let mut measured = false;
        move || {
            let Some(board) = sized.upgrade() else { return };
            let width = f64::from(scroller.client_width());
            // Until the column is moved by hand it leaves most of a narrow screen to the bars. The whole page counts,
            // not what a detail leaves of it: an address shows the same, whether the detail was opened or reloaded.
            if session.width.get_untracked() == 0.0 && width > 0.0 {
                let page = root.owner_document().and_then(|document| document.document_element());
                let page = page.map_or(width, |page| f64::from(page.client_width()));
                session.names.update(|names| *names = names.min((page * 0.32).max(200.0)));
            }
            session.width.set(width);
            // The ruler and the overlay end where the scrollbar begins.
            let bar = scroller.offset_width() - scroller.client_width();
            let _ = root.style().set_property("--scrollbar", &format!("{bar}px"));
            board.measure(untrack(|| left_of_bars(session)));
            if !std::mem::replace(&mut measured, true) {
                // Asked for before anything could be seen.
                board.show_selected();
            }
        }
    });
    let themed = Rc::downgrade(&board);
    let theme = ThemeWatch::new(move || {
        if let Some(board) = themed.upgrade() {
            board.theme_changed();
        }
    });

    let weak = Rc::downgrade(&board);
    effect(move || {
        session.rows.track();
        session.range.track();
        session.selected.track();
        session.opened.track();
        session.absolute.track();
        session.zone.track();
        session.matches.track();
        session.show.track();
        session.added.track();
        if let Some(board) = weak.upgrade() {
            board.request();
        }
    });
    let weak = Rc::downgrade(&board);
    effect(move || {
        coloured.track();
        session.told.track();
        session.columns.track();
        if let Some(board) = weak.upgrade() {
            board.renew();
        }
    });
    let weak = Rc::downgrade(&board);
    effect(move || {
        let names = left_of_bars(session);
        // What has no size yet is measured when it has one: asking sooner lays the page out in this task.
        if let (Some(board), true) = (weak.upgrade(), session.width.get_untracked() > 0.0) {
            board.measure(names);
        }
    });
    let weak = Rc::downgrade(&board);
    effect(move || {
        session.ticked.track();
        if let Some(board) = weak.upgrade() {
            board.tick_changed();
        }
    });
    let weak = Rc::downgrade(&board);
    effect(move || {
        session.reveal.track();
        if let Some(board) = weak.upgrade() {
            board.show_selected();
        }
    });

    let mut listeners = pointer::listen(session, &board, &scroller, &head);
    if let Some(window) = web_sys::window() {
        listeners.push(Listener::new(&window, "keydown", move |event: KeyboardEvent| {
            keys::pressed(session, &scroller, &event);
        }));
    }
    Some(Kept { _board: board, _listeners: listeners, _sizes: sizes, _theme: theme })
}
