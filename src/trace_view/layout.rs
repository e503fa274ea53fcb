//! Layout of a loaded trace: minimap, legend, waterfall, and the details of spans.

use super::actions::Summoned;
use super::colours::{Coloured, Slots, a_frame_later, coloured};
use super::detail::{Around, Whole, detail_body, detail_head};
use super::event_note::event_note;
use super::help::help;
use super::legend::legend;
use super::minimap::Minimap;
use super::palette::palette;
use super::session::Session;
use super::turns::take_turns;
use super::waterfall::{Fill, Note, Waterfall};
use crate::route::Placement;
use crate::state::tasks;
use crate::ui::element::{El, el};
use crate::ui::problem::problem_card;
use crate::ui::split::Divider;
use crate::ui::view::{Nodes, View, effect, part, several, when};
use leptos::html;
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

/// What the engine answered about a span.
pub type Answered = Result<Arc<Whole>, Problem>;

/// Asks for a span in full.
pub type Ask = Rc<dyn Fn(SpanIx) -> Pin<Box<dyn Future<Output = Answered>>>>;

/// Minimap, legend and waterfall of a loaded trace, with the details of spans right of, below or between the rows. `slots`
/// are colour slots by string index, `ask` loads a span's details, `around` answers what else the details need.
#[component]
pub fn TraceLayout(
    /// State of the page.
    session: Session,
    /// Colour slots by string index of the service's name.
    slots: Slots,
    /// Loads a span's details.
    ask: Ask,
    /// What else the details need.
    around: Around,
) -> impl IntoView {
    let coloring = coloured(session, slots);
    let overview = a_frame_later(coloring);
    view! {
        <Minimap session=session coloring=overview/>
        <Nodes make=move || legend(session, overview).into()/>
        <Columns session=session slots=slots coloring=coloring ask=ask around=around/>
    }
}

/// The waterfall and the details right of or below it, with a divider between them.
#[component]
fn Columns(session: Session, slots: Slots, coloring: Coloured, ask: Ask, around: Around) -> impl IntoView {
    take_turns(session);
    let (width, height) = (RwSignal::new(WIDTH), RwSignal::new(HEIGHT));
    let columns = NodeRef::<html::Div>::new();
    let is_below = move || session.placement.get() == Placement::Bottom;
    let docked = Memo::new(move |_| {
        (session.open.get() && session.selected.get().is_some()).then(|| session.placement.get())
    });
    // At most half of the page.
    let widest = Signal::derive(move || ((session.width.get() + width.get()) / 2.0).max(LEAST_WIDTH));
    let highest = Signal::derive(move || {
        let all = columns.get().map_or(0.0, |columns| f64::from(columns.client_height()));
        (all * 0.7).max(LEAST_HEIGHT)
    });
    let (ask_inline, around_inline) = (ask.clone(), around.clone());
    let fill: Fill = Rc::new(move |id| {
        let shown = Memo::new(move |_| session.outline_live().with(|outline| outline.find(id)));
        detail(session, slots, ask_inline.clone(), around_inline.clone(), shown)
    });
    let ask_of_note = ask.clone();
    let note: Note = Rc::new(move |mark| {
        let ask = ask_of_note.clone();
        // Created when a tick is pointed at first, then kept.
        let wanted = Memo::new(move |before| before == Some(&true) || session.ticked.get().is_some());
        when(move || wanted.get(), move || event_note(session, ask.clone(), mark.clone()))
    });
    let parts = StoredValue::new_local((ask, around));
    let details = move || {
        let is_below = docked.get()? == Placement::Bottom;
        let shown = Memo::new(move |_| if session.open.get() { session.selected.get() } else { None });
        let (ask, around) = parts.get_value();
        let divider = match is_below {
            true => view! {
                <Divider label="Resize details" size=height min=LEAST_HEIGHT max=highest after=true horizontal=true/>
            }
            .into_any(),
            false => view! {
                <Divider label="Resize details" size=width min=LEAST_WIDTH max=widest after=true/>
            }
            .into_any(),
        };
        Some(view! {
            <div class="trace-divider">{divider}</div>
            <Nodes make=move || detail(session, slots, ask, around, shown).into()/>
        })
    };
    let panel = move || match session.summoned.get() {
        Some(Summoned::Palette) => view! { <Nodes make=move || palette(session).into()/> }.into_any(),
        Some(Summoned::Help) => view! { <Nodes make=move || help(session).into()/> }.into_any(),
        Some(Summoned::Find) | None => ().into_any(),
    };
    view! {
        <div
            node_ref=columns
            class="trace-columns"
            class:trace-stacked=is_below
            style=("--detail-width", move || format!("{}px", width.get()))
            style=("--detail-height", move || format!("{}px", height.get()))
        >
            <Waterfall session=session slots=slots coloring=coloring fill=fill note=note/>
            {details}
            {panel}
        </div>
    }
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
