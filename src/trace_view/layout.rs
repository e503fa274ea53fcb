//! Layout of a loaded trace: tabs, minimap, legend, the view that is chosen, and the details of spans.

use super::colouring::{ColouringMemo, Slots, colouring, defer_one_frame};
use super::detail::DetailPanel;
use super::event_note::EventNote;
use super::filters::Filters;
use super::keys;
use super::legend::Legend;
use super::logs::load_logs;
use super::minimap::Minimap;
use super::nothing_to_show::NoSpans;
use super::other_views::{Dialogs, ViewInputs, other_views};
use super::regions::{PANEL, keep_focus};
use super::session::Session;
use super::session::incremental_rows::compute_incrementally;
use super::span_source::SpanSource;
use super::tables::BackToTable;
use super::tabs::{TraceTabs, id_of};
use super::waterfall::{Fill, Note, Waterfall};
use super::with_part::WithPart;
use crate::route::{FlameLayout, Placement, TraceTab};
use crate::state::busy;
use crate::state::tasks::{after_yield, next_frame, spawn_scoped};
use crate::ui::split::Divider;
use leptos::html;
use leptos::prelude::*;
use std::rc::Rc;

/// Sizes of the detail before anyone has moved it, and the least of each, CSS pixels.
const WIDTH: f64 = 376.0;
const HEIGHT: f64 = 320.0;
const LEAST_WIDTH: f64 = 260.0;
const LEAST_HEIGHT: f64 = 120.0;

/// Tabs, minimap, legend and the chosen view of a loaded trace, with the details of spans right of or below the view, or
/// between the rows of the waterfall. The view is built in a task of its own.
#[component]
pub fn TraceLayout(
    /// State of the page.
    session: Session,
    /// Colour slots by string index of the service's name.
    slots: Slots,
    /// Where details come from.
    source: SpanSource,
) -> impl IntoView {
    // Fields for names of attributes suggest those of this trace.
    provide_context(source);
    let colouring = colouring(session, slots);
    let overview = defer_one_frame(colouring);
    keys::listen(session);
    load_logs(session, source);
    let has_columns = after_yield();
    let has_time_axis = Memo::new(move |_| match session.tab.get() {
        TraceTab::Waterfall | TraceTab::Lanes => true,
        TraceTab::Flame => session.flame.get().layout == FlameLayout::Time,
        TraceTab::Statistics | TraceTab::Spans | TraceTab::Events | TraceTab::Json => false,
        TraceTab::Graph | TraceTab::Sequence | TraceTab::CriticalPath | TraceTab::Logs => false,
    });
    // A reload may bring the first spans.
    let is_empty = Memo::new(move |_| session.outline_live().with(|outline| outline.is_empty()));
    view! {
        <TraceTabs session source/>
        <Show when=move || has_time_axis.get() && !is_empty.get()>
            <Minimap session=session colouring=overview/>
        </Show>
        <Show when=move || session.tab.get() != TraceTab::Json && !is_empty.get()>
            <Legend session colouring=overview/>
        </Show>
        <Filters session/>
        <BackToTable session/>
        <Show when=move || has_columns.get()>
            <Columns session slots colouring source/>
        </Show>
    }
}

/// The chosen view and the details right of or below it, with a divider between them.
#[component]
fn Columns(session: Session, slots: Slots, colouring: ColouringMemo, source: SpanSource) -> impl IntoView {
    compute_incrementally(session);
    keep_focus(session);
    let (width, height) = (RwSignal::new(WIDTH), RwSignal::new(HEIGHT));
    let columns = NodeRef::<html::Div>::new();
    let is_below = move || session.panels.placement.get() == Placement::Bottom;
    let tab = Memo::new(move |_| session.tab.get());
    let docked = opened_after_paint(Memo::new(move |_| {
        let place = session.panels.placement.get();
        let span = session.selection.span.get()?;
        // Only the waterfall has rows that details can be between.
        if place == Placement::Inline && tab.get() != TraceTab::Waterfall {
            let id = session.outline_live().with(|outline| outline.id.get(span as usize).copied())?;
            let is_open = session.panels.inline.with(|inline| inline.contains(&id));
            return is_open.then_some(Placement::Right);
        }
        session.panels.details_open.get().then_some(place)
    }));
    // At most half of the page.
    let widest = Signal::derive(move || {
        let all = columns.get().map_or(0.0, |columns| f64::from(columns.client_width()));
        (all / 2.0).max(LEAST_WIDTH)
    });
    let highest = Signal::derive(move || {
        let all = columns.get().map_or(0.0, |columns| f64::from(columns.client_height()));
        (all * 0.7).max(LEAST_HEIGHT)
    });
    let fill: Fill = Rc::new(move |id| {
        let shown = Memo::new(move |_| session.outline_live().with(|outline| outline.find(id)));
        view! { <DetailPanel session slots source shown/> }.into_any()
    });
    let note: Note = Rc::new(move |mark| view! { <EventNote session source mark/> }.into_any());
    let details = move || {
        let is_below = docked.get()? == Placement::Bottom;
        let shown = Memo::new(move |_| docked.get().and_then(|_| session.selection.span.get()));
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
            <DetailPanel session slots source shown/>
        })
    };
    let waterfall = StoredValue::new_local((fill, note));
    let is_empty = Memo::new(move |_| session.outline_live().with(|outline| outline.is_empty()));
    let chosen = move || match tab.get() {
        TraceTab::Waterfall if is_empty.get() => {
            let next = [
                "It was found, but no span of it was stored or exported.",
                "If the request is still running, refresh: spans are sent when they have ended.",
            ];
            view! { <NoSpans next=next.map(str::to_owned).to_vec()/> }.into_any()
        }
        TraceTab::Waterfall => {
            let (fill, note) = waterfall.get_value();
            view! { <Waterfall session=session slots=slots colouring=colouring fill=fill note=note/> }
                .into_any()
        }
        tab => {
            let inputs = ViewInputs { session, slots, colouring, source };
            let build = move |view_of: fn(TraceTab, ViewInputs) -> AnyView| view_of(tab, inputs);
            view! { <WithPart load=other_views what="this view" view=build/> }.into_any()
        }
    };
    view! {
        <div
            node_ref=columns
            class="trace-columns"
            class:trace-stacked=is_below
            style=("--detail-width", move || format!("{}px", width.get()))
            style=("--detail-height", move || format!("{}px", height.get()))
        >
            <div class="trace-view" id=PANEL role="tabpanel" tabindex="-1" aria-labelledby=move || id_of(tab.get())>
                {chosen}
            </div>
            {details}
            <Dialogs session/>
        </div>
    }
}

/// Where the details are, as in `place`; where they were closed, one frame later: the selection is painted before they are
/// built. The page counts as busy until then.
fn opened_after_paint(place: Memo<Option<Placement>>) -> Signal<Option<Placement>> {
    let shown = RwSignal::new(None);
    Effect::new(move |_| {
        let place = place.get();
        if place.is_none() || untrack(|| shown.with(Option::is_some)) {
            shown.set(place);
            return;
        }
        let busy = busy::hold();
        spawn_scoped(async move {
            next_frame().await;
            shown.set(place);
            drop(busy);
        });
    });
    Memo::new(move |_| shown.get()).into()
}
