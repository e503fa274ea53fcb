//! The waterfall: names and bars of the rows on screen, the ruler above them, and what pointer, wheel and keys do to
//! them.
//!
//! Rows, bars and ruler are imperative ([`Board`]): they are repainted together in one animation frame, which a
//! reactive list cannot do. The component makes the elements once and hands them over.

mod arrange;
mod board;
mod drawers;
mod heads;
mod mark;
pub mod paint;
mod pointer;
pub mod pool;

pub use board::Board;
pub use drawers::Fill;

use super::colouring::{ColouringMemo, Slots};
use super::parts::Part;
use super::session::Session;
use crate::ui::canvas::{SizeWatch, ThemeWatch};
use crate::ui::progress::Progress;
use crate::ui::sizes::COLUMN;
use crate::ui::split::Divider;
use arrange::ArrangeButton;
use board::Elements;
use gloo_events::EventListener;
use heads::{Breadcrumb, ColumnHeads};
use leptos::html;
use leptos::prelude::*;
use std::rc::Rc;
use web_sys::HtmlElement;

/// Shows the events at a tick; called with the element that stands there.
pub type Note = Rc<dyn Fn(HtmlElement) -> AnyView>;

/// The waterfall of a trace.
#[component]
pub fn Waterfall(
    /// State of the trace.
    session: Session,
    /// Colour slots by string index of the service's name.
    slots: Slots,
    /// What the colours of bars mean.
    colouring: ColouringMemo,
    /// Makes the details of a span, for between the rows.
    fill: Fill,
    /// Shows the events at a tick.
    note: Note,
) -> impl IntoView {
    let refs = Refs::default();
    Effect::new(move |_| {
        if let Some(elements) = refs.elements() {
            StoredValue::new_local(start(session, colouring, fill.clone(), elements));
        }
    });
    let names = move || format!("{}px", left_of_bars(session));
    let widest = Signal::derive(move || (session.viewport.width.get() * 0.7).max(200.0));
    let computing_rows = move || {
        session.folding.computing.get().then(|| {
            view! {
                <div class="waterfall-arranging" data-test="arranging">
                    <Progress text="Sorting rows…"/>
                </div>
            }
        })
    };
    let note = StoredValue::new_local(note);
    let note = move || refs.tick.get().map(|tick| note.with_value(|note| note((*tick).clone())));

    view! {
        <div
            node_ref=refs.root
            class="waterfall"
            style=("--names", names)
            style=("--names-alone", move || format!("{}px", session.viewport.names.get()))
        >
            <Breadcrumb session/>
            <div class="waterfall-board">
                <div node_ref=refs.head class="waterfall-head">
                    <div class="waterfall-head-names">
                        <span class="waterfall-head-title">"Span and service"</span>
                        <FoldButtons session=session/>
                        <ArrangeButton session slots/>
                    </div>
                    <ColumnHeads session/>
                    <canvas node_ref=refs.ruler class="waterfall-ruler" aria-hidden="true"></canvas>
                </div>
                <div
                    node_ref=refs.scroller
                    class="waterfall-scroll"
                    data-part=Part::Rows.name()
                    data-test="waterfall"
                    role="treegrid"
                    tabindex="0"
                    aria-label="Spans of the trace"
                    aria-colcount=move || (2 + session.columns.keys.with(Vec::len)).to_string()
                >
                    <div node_ref=refs.spacer class="waterfall-spacer" role="presentation">
                        <div node_ref=refs.stage class="waterfall-stage" role="presentation">
                            <div node_ref=refs.pool class="waterfall-pool" role="rowgroup"></div>
                            <canvas
                                node_ref=refs.bars
                                class="waterfall-bars"
                                data-test="waterfall-canvas"
                                aria-hidden="true"
                            ></canvas>
                            <div node_ref=refs.tick class="waterfall-tick" aria-hidden="true"></div>
                        </div>
                    </div>
                </div>
                <canvas node_ref=refs.overlay class="waterfall-overlay" aria-hidden="true"></canvas>
                <div class="waterfall-divider"><Divider label="Resize names" size=session.viewport.names min=140.0 max=widest/></div>
                {computing_rows}
            </div>
            {note}
        </div>
    }
}

/// References to the elements that the board fills.
#[derive(Clone, Copy, Default)]
struct Refs {
    root: NodeRef<html::Div>,
    head: NodeRef<html::Div>,
    scroller: NodeRef<html::Div>,
    spacer: NodeRef<html::Div>,
    stage: NodeRef<html::Div>,
    pool: NodeRef<html::Div>,
    tick: NodeRef<html::Div>,
    bars: NodeRef<html::Canvas>,
    ruler: NodeRef<html::Canvas>,
    overlay: NodeRef<html::Canvas>,
}

impl Refs {
    /// The elements, once all of them are in the page.
    fn elements(self) -> Option<Elements> {
        Some(Elements {
            root: self.root.get()?.into(),
            head: self.head.get()?.into(),
            scroller: self.scroller.get()?.into(),
            spacer: self.spacer.get()?.into(),
            stage: self.stage.get()?.into(),
            pool: self.pool.get()?.into(),
            tick: self.tick.get()?.into(),
            bars: self.bars.get()?,
            ruler: self.ruler.get()?,
            overlay: self.overlay.get()?,
        })
    }
}

/// Width of the names and of the attribute columns beside them, CSS pixels.
fn left_of_bars(session: Session) -> f64 {
    session.viewport.names.get() + session.columns.keys.with(Vec::len) as f64 * COLUMN
}

/// Buttons that collapse and expand rows.
#[component]
fn FoldButtons(session: Session) -> impl IntoView {
    let button =
        move |test: &'static str, face: &'static str, name: &'static str, key: &str, act: fn(&Session)| {
            view! {
                <button
                    type="button"
                    class="waterfall-fold"
                    data-test=test
                    title=format!("{name} ({key})")
                    aria-label=name
                    on:click=move |_| act(&session)
                >
                    {face}
                </button>
            }
        };
    view! {
        <span class="waterfall-folds">
            {button("expand-level", "▾", "Expand one level", "o", Session::expand_level)}
            {button("collapse-level", "▸", "Collapse one level", "p", Session::collapse_level)}
            {button("expand-all", "▾▾", "Expand all", "[", Session::expand_all)}
            {button("collapse-all", "▸▸", "Collapse all", "]", Session::collapse_all)}
        </span>
    }
}

/// What lives as long as the waterfall: its board, listeners and observers.
struct Running {
    _board: Rc<Board>,
    _listeners: Vec<EventListener>,
    _sizes: SizeWatch,
    _theme: ThemeWatch,
}

/// Fills `elements` and keeps them up to date. `None` if the browser has no canvas.
fn start(session: Session, colouring: ColouringMemo, fill: Fill, elements: Elements) -> Option<Running> {
    let (root, head, scroller) = (elements.root.clone(), elements.head.clone(), elements.scroller.clone());
    let board = Board::new(session, colouring, elements, fill)?;
    let sizes = watch_size(session, &board, root, scroller.clone());
    let themed = Rc::downgrade(&board);
    let theme = ThemeWatch::new(move || {
        if let Some(board) = themed.upgrade() {
            board.theme_changed();
        }
    });
    repaint_on_changes(session, colouring, &board);

    let listeners = pointer::listen(session, &board, &scroller, &head);
    Some(Running { _board: board, _listeners: listeners, _sizes: sizes, _theme: theme })
}

/// Measures the board whenever its scroller changes size.
fn watch_size(session: Session, board: &Rc<Board>, root: HtmlElement, scroller: HtmlElement) -> SizeWatch {
    let board = Rc::downgrade(board);
    let observed = scroller.clone();
    let mut measured = false;
    SizeWatch::new(&observed, move || {
        let Some(board) = board.upgrade() else { return };
        let width = f64::from(scroller.client_width());
        // Until a person resizes it, the column of names leaves most of a narrow page to the bars. The width of the page
        // counts, not what open details leave of it: an address shows the same, opened or reloaded.
        if session.viewport.width.get_untracked() == 0.0 && width > 0.0 {
            let page = document().document_element().map_or(width, |page| f64::from(page.client_width()));
            session.viewport.names.update(|names| *names = names.min((page * 0.32).max(200.0)));
        }
        session.viewport.width.set(width);
        // The ruler and the overlay end where the scrollbar starts.
        let bar = scroller.offset_width() - scroller.client_width();
        let _ = root.style().set_property("--scrollbar", &format!("{bar}px"));
        board.measure(untrack(|| left_of_bars(session)));
        if !std::mem::replace(&mut measured, true) {
            // A row that was selected before the board had a size.
            board.show_selected();
        }
    })
}

/// Requests a frame whenever something that the board paints has changed.
fn repaint_on_changes(session: Session, colouring: ColouringMemo, board: &Rc<Board>) {
    let on_change = |track: Box<dyn Fn()>, act: fn(&Board)| {
        let board = Rc::downgrade(board);
        Effect::new(move |_| {
            track();
            if let Some(board) = board.upgrade() {
                act(&board);
            }
        });
    };
    on_change(
        Box::new(move || {
            session.folding.rows.with(|_| ());
            session.viewport.range.track();
            session.panels.inline.track();
            session.clock.absolute.track();
            session.clock.zone.track();
            session.find.matches.track();
            session.find.show.track();
            session.added.track();
            session.path.show.track();
        }),
        Board::request,
    );
    on_change(Box::new(move || session.selection.span.track()), Board::selection_changed);
    on_change(
        Box::new(move || {
            colouring.with(|_| ());
            session.columns.values.track();
            session.columns.keys.track();
            session.path.path.track();
            session.log_marks.track();
        }),
        Board::renew,
    );
    on_change(Box::new(move || session.events.track()), Board::cursor_changed);
    on_change(Box::new(move || session.selection.reveal.track()), Board::show_selected);
    let board = Rc::downgrade(board);
    Effect::new(move |_| {
        let left = left_of_bars(session);
        // Before the first measurement this would force a layout.
        if let (Some(board), true) = (board.upgrade(), session.viewport.width.get_untracked() > 0.0) {
            board.measure(left);
        }
    });
}
