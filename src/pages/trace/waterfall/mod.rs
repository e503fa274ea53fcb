//! The waterfall: names and bars of the rows on screen, the ruler above them, and what pointer, wheel and
//! keys do to them.

mod board;
mod keys;
mod paint;
mod pointer;
pub mod pool;

pub use board::Board;
pub use paint::FAILED;

use super::session::Session;
use crate::ui::canvas::{Listener, SizeWatch, ThemeWatch};
use crate::ui::split::Divider;
use board::Elements;
use leptos::{html, prelude::*};
use std::rc::Rc;
use std::sync::Arc;
use web_sys::{HtmlElement, KeyboardEvent};

/// What must live as long as the waterfall: listeners and watches; dropped with the page.
struct Kept {
    _board: Rc<Board>,
    _listeners: Vec<Listener>,
    _sizes: SizeWatch,
    _theme: ThemeWatch,
}

/// The waterfall of `session`. `slots` gives the colour slot of a service by its name's string index.
#[component]
pub fn Waterfall(
    /// The page's state.
    session: Session,
    /// Colour slots by string index.
    slots: Arc<Vec<u8>>,
) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let head = NodeRef::<html::Div>::new();
    let scroller = NodeRef::<html::Div>::new();
    let spacer = NodeRef::<html::Div>::new();
    let stage = NodeRef::<html::Div>::new();
    let pool = NodeRef::<html::Div>::new();
    let bars = NodeRef::<html::Canvas>::new();
    let ruler = NodeRef::<html::Canvas>::new();
    let overlay = NodeRef::<html::Canvas>::new();

    let kept = StoredValue::new_local(None::<Kept>);
    Effect::new(move |_| {
        let parts = (|| {
            Some((
                root.get()?,
                head.get()?,
                Elements {
                    scroller: scroller.get()?.into(),
                    spacer: spacer.get()?.into(),
                    stage: stage.get()?.into(),
                    pool: pool.get()?.into(),
                    bars: bars.get()?,
                    ruler: ruler.get()?,
                    overlay: overlay.get()?,
                },
            ))
        })();
        let Some((root, head, elements)) = parts else { return };
        kept.set_value(start(session, slots.clone(), root.into(), head.into(), elements));
    });

    let (names, set_names) = (session.names, Callback::new(move |width| session.names.set(width)));
    let most = Signal::derive(move || (session.width.get() * 0.7).max(200.0));
    view! {
        <div class="waterfall" node_ref=root style:--names=move || format!("{}px", names.get())>
            <div class="waterfall-head" node_ref=head>
                <div class="waterfall-head-names">
                    <span class="waterfall-head-title">"Span and service"</span>
                    <FoldButtons session=session/>
                </div>
                <canvas class="waterfall-ruler" node_ref=ruler aria-hidden="true"></canvas>
            </div>
            <div
                class="waterfall-scroll"
                node_ref=scroller
                data-test="waterfall"
                role="treegrid"
                tabindex="0"
                aria-label="Spans of the trace"
                aria-colcount="2"
                aria-rowcount=move || session.rows.with(|rows| rows.len()).to_string()
            >
                <div class="waterfall-spacer" node_ref=spacer role="presentation">
                    <div class="waterfall-stage" node_ref=stage role="presentation">
                        <div class="waterfall-pool" node_ref=pool role="rowgroup"></div>
                        <canvas
                            class="waterfall-bars"
                            node_ref=bars
                            data-test="waterfall-canvas"
                            aria-hidden="true"
                        ></canvas>
                    </div>
                </div>
            </div>
            <canvas class="waterfall-overlay" node_ref=overlay aria-hidden="true"></canvas>
            <div class="waterfall-divider">
                <Divider label="Width of the names" size=names.into() resize=set_names least=140.0 most=most/>
            </div>
        </div>
    }
}

#[component]
fn FoldButtons(session: Session) -> impl IntoView {
    view! {
        <span class="waterfall-folds">
            <button type="button" class="waterfall-fold" data-test="expand-level" title="Expand one level (o)"
                aria-label="+1: expand one level" on:click=move |_| session.expand_level()>"+1"</button>
            <button type="button" class="waterfall-fold" data-test="collapse-level" title="Collapse one level (p)"
                aria-label="−1: collapse one level" on:click=move |_| session.collapse_level()>"−1"</button>
            <button type="button" class="waterfall-fold" data-test="expand-all" title="Expand all ([)"
                aria-label="All: expand all" on:click=move |_| session.expand_all()>"All"</button>
            <button type="button" class="waterfall-fold" data-test="collapse-all" title="Collapse all (])"
                aria-label="None: collapse all" on:click=move |_| session.collapse_all()>"None"</button>
        </span>
    }
}

fn start(
    session: Session,
    slots: Arc<Vec<u8>>,
    root: HtmlElement,
    head: HtmlElement,
    elements: Elements,
) -> Option<Kept> {
    let scroller = elements.scroller.clone();
    let board = Board::new(session, slots, elements)?;

    let sized = Rc::downgrade(&board);
    let watched = scroller.clone();
    let sizes = SizeWatch::new(&watched, {
        let (root, scroller) = (root.clone(), scroller.clone());
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
            board.measure(session.names.get_untracked());
        }
    });
    let themed = Rc::downgrade(&board);
    let theme = ThemeWatch::new(move || {
        if let Some(board) = themed.upgrade() {
            board.theme_changed();
        }
    });

    let weak = Rc::downgrade(&board);
    Effect::new(move |_| {
        session.rows.track();
        session.range.track();
        session.selected.track();
        if let Some(board) = weak.upgrade() {
            board.request();
        }
    });
    let weak = Rc::downgrade(&board);
    Effect::new(move |_| {
        let names = session.names.get();
        if let Some(board) = weak.upgrade() {
            board.measure(names);
        }
    });
    let weak = Rc::downgrade(&board);
    Effect::new(move |_| {
        session.reveal.track();
        let span = session.selected.get_untracked();
        let index = span.and_then(|span| session.rows.with_untracked(|rows| rows.index_of(span)));
        if let (Some(board), Some(index)) = (weak.upgrade(), index) {
            board.show_row(index);
        }
    });

    let mut listeners = pointer::listen(session, &board, &scroller, &head);
    if let Some(window) = web_sys::window() {
        let board = Rc::downgrade(&board);
        listeners.push(Listener::new(&window, "keydown", move |event: KeyboardEvent| {
            if let Some(board) = board.upgrade() {
                keys::pressed(session, &board, &scroller, &event);
            }
        }));
    }
    Some(Kept { _board: board, _listeners: listeners, _sizes: sizes, _theme: theme })
}
