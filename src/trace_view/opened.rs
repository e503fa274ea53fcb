//! The page once its trace is there: header, minimap, waterfall and the detail docked beside or below it.

use super::actions::Summoned;
use super::colours::{Coloured, Slots, a_frame_later, coloured};
use super::detail::{Around, Whole, detail_body, detail_head};
use super::event_note::event_note;
use super::help::help;
use super::legend::legend;
use super::minimap::minimap;
use super::palette::palette;
use super::session::Session;
use super::turns::take_turns;
use super::waterfall::{Fill, Note, waterfall};
use crate::route::Placement;
use crate::state::tasks;
use crate::ui::element::{El, el};
use crate::ui::problem::problem_card;
use crate::ui::split::Divider;
use crate::ui::view::{View, effect, keyed, leptos, part, several, when};
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;
use spandrel_trace::units::Problem;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// Sizes of the detail before anyone has moved it, and the least of each, CSS pixels.
const WIDTH: f64 = 376.0;
const HEIGHT: f64 = 320.0;
const LEAST_WIDTH: f64 = 260.0;
const LEAST_HEIGHT: f64 = 120.0;

/// Waterfall, header, minimap and legend are built one after the other.
pub const STEPS: u32 = 4;

/// What the engine answered about a span.
pub type Answered = Result<Arc<Whole>, Problem>;

/// Asks for a span in full.
pub type Ask = Rc<dyn Fn(SpanIx) -> Pin<Box<dyn Future<Output = Answered>>>>;

/// The page on an open trace: `slots` are colour slots by string index, `ask` is where the detail comes from, `around`
/// what else it asks. It is built in [`STEPS`], of which so many are `built`.
pub fn opened(
    session: Session,
    built: RwSignal<u32>,
    header: impl Fn() -> El + 'static,
    slots: Slots,
    ask: Ask,
    around: Around,
) -> View {
    let coloured = coloured(session, slots);
    let overview = a_frame_later(coloured);
    several([
        when(move || built.get() >= 2, header),
        when(move || built.get() >= 3, move || minimap(session, overview)),
        when(move || built.get() >= STEPS, move || legend(session, overview)),
        when(
            move || built.get() >= 1,
            move || columns(session, slots, coloured, ask.clone(), around.clone()),
        ),
    ])
}

/// The waterfall and the detail beside or below it.
fn columns(session: Session, slots: Slots, coloured: Coloured, ask: Ask, around: Around) -> El {
    take_turns(session);
    let (width, height) = (RwSignal::new(WIDTH), RwSignal::new(HEIGHT));
    let columns = el("div", "trace-columns");
    // Half of what there is: the waterfall is what the page is for.
    let widest = Signal::derive(move || ((session.width.get() + width.get()) / 2.0).max(LEAST_WIDTH));
    let room = StoredValue::new_local(columns.node::<web_sys::Element>());
    let highest = Signal::derive(move || {
        room.with_value(|room| f64::from(room.client_height()) * 0.7).max(LEAST_HEIGHT)
    });
    let is_below = move || session.placement.get() == Placement::Bottom;
    let is_shown = move || session.open.get() && session.selected.get().is_some();
    let (for_drawer, ask_for_drawer) = (around.clone(), ask.clone());
    let fill: Fill = Rc::new(move |id| {
        let shown = Memo::new(move |_| session.outline_live().with(|outline| outline.find(id)));
        detail(session, slots, ask_for_drawer.clone(), for_drawer.clone(), shown)
    });
    let ask_for_note = ask.clone();
    let note: Note = Rc::new(move |mark| {
        let ask = ask_for_note.clone();
        // The first tick that is pointed at has it made; it stays for all others.
        let wanted = Memo::new(move |before| before == Some(&true) || session.ticked.get().is_some());
        when(move || wanted.get(), move || event_note(session, ask.clone(), mark.clone()))
    });
    let docked = move |(shown, is_below): (bool, bool)| -> View {
        if !shown {
            return View::NONE;
        }
        let divider = if is_below {
            leptos(view! {
                <Divider label="Resize details" size=height min=LEAST_HEIGHT max=highest after=true horizontal=true/>
            })
        } else {
            leptos(
                view! { <Divider label="Resize details" size=width min=LEAST_WIDTH max=widest after=true/> },
            )
        };
        let shown = Memo::new(move |_| if session.open.get() { session.selected.get() } else { None });
        let detail = detail(session, slots, ask.clone(), around.clone(), shown);
        several([el("div", "trace-divider").child(divider), detail])
    };
    let columns = columns
        .live_class("trace-stacked", is_below)
        .live_style("--detail-width", move || format!("{}px", width.get()))
        .live_style("--detail-height", move || format!("{}px", height.get()))
        .child(waterfall(session, slots, coloured, fill, note))
        .child(keyed(move || (is_shown(), is_below()), docked));
    let summoned = move |what, make: fn(Session) -> View| {
        when(move || session.summoned.get() == Some(what), move || make(session))
    };
    columns.children([
        summoned(Summoned::Palette, |session| palette(session).into()),
        summoned(Summoned::Help, |session| help(session).into()),
    ])
}

/// The span whose detail is there, if one is.
type Looked = Memo<Option<SpanIx>>;

/// The detail of the span that is `shown`.
fn detail(session: Session, slots: Slots, ask: Ask, around: Around, shown: Looked) -> El {
    el("aside", "detail")
        .test("detail")
        .live_attr("data-span-id", move || {
            shown.get().map(|span| session.outline().id[span as usize].to_string())
        })
        .attr("aria-label", "Detail of the span")
        .attr("tabindex", "-1")
        .child(inside(session, slots, ask, around, shown))
}

fn inside(session: Session, slots: Slots, ask: Ask, around: Around, shown: Looked) -> View {
    let answer = RwSignal::new(None::<(SpanIx, Answered)>);
    effect(move || {
        session.outline_live().track();
        let Some(span) = shown.get() else { return };
        let asked = ask(span);
        // The newest question wins, and a page that is gone wants no answer.
        tasks::spawn_scoped(async move {
            let answered = asked.await;
            answer.set(Some((span, answered)));
        });
    });
    let arrived: Rc<dyn Fn() -> Option<Arc<Whole>>> = Rc::new(move || match answer.get_untracked()? {
        (span, Ok(whole)) if Some(span) == shown.get_untracked() => Some(whole),
        _ => None,
    });
    let for_head = around.clone();
    let head = part(
        move || {
            session.outline_live().track();
            (shown.get(), slots.get())
        },
        move |(shown, slots)| {
            shown.map(|span| detail_head(session, span, &slots, &for_head, arrived.clone()))
        },
    );
    let answered = move || answer.get().filter(|(span, _)| Some(*span) == shown.get());
    let body = part(answered, move |answered| -> View {
        match answered {
            Some((span, Ok(whole))) => detail_body(session, span, whole, &around),
            Some((_, Err(problem))) => problem_card(problem, None).into(),
            None => el("p", "detail-loading").text("Loading…").into(),
        }
    });
    several([el("div", "detail-head").child(head), el("div", "detail-body").child(body)])
}
