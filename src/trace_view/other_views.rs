//! The views of a trace beside the waterfall, the panels above it and the dialogs, in a part of the program of their own.

use super::app_actions::AppActions;
use super::colouring::{ColouringMemo, Slots};
use super::help::Help;
use super::keys::listen_without_trace;
use super::lint::LintPanel;
use super::palette::Palette;
use super::session::{OpenPanel, Session};
use super::span_source::SpanSource;
use super::tables::events::EventsTable;
use super::tables::json::JsonView;
use super::tables::logs::LogsTable;
use super::tables::spans::SpansTable;
use super::tables::statistics::StatisticsTable;
use super::views::critical_path::CriticalPathTable;
use super::views::flame::FlameGraph;
use super::views::lanes::Lanes;
use super::views::operations::OperationMap;
use super::views::sequence::SequenceDiagram;
use super::what_if::WhatIfBar;
use super::with_part::WithPart;
use crate::route::TraceTab;
use crate::state::data::Data;
use crate::state::part::part;
use leptos::prelude::*;

/// What a view needs.
#[derive(Clone, Copy)]
pub struct ViewInputs {
    /// State of the trace.
    pub session: Session,
    /// Colour slots by string index of the service's name.
    pub slots: Slots,
    /// What the colours of bars mean.
    pub colouring: ColouringMemo,
    /// Where details come from.
    pub source: SpanSource,
}

/// What a panel needs.
#[derive(Clone, Copy)]
pub struct PanelInputs {
    /// State of the trace.
    pub session: Session,
    /// Colour slots by string index of the service's name.
    pub slots: Slots,
    /// Where the trace comes from.
    pub data: Data,
    /// Id of the trace in the address.
    pub id: StoredValue<String>,
}

part! {
    /// Builds the view of a tab; nothing for the waterfall.
    pub fn other_views in views -> fn(TraceTab, ViewInputs) -> AnyView = view_of;
}

part! {
    /// Builds the bar of what is tried out.
    fn what_if_bar in views -> fn(PanelInputs) -> AnyView = |PanelInputs { session, slots, data, id }| {
        view! { <WhatIfBar session slots data id/> }.into_any()
    };
}

part! {
    /// Builds the panel of the instrumentation.
    fn lint_panel in views -> fn(PanelInputs) -> AnyView = |PanelInputs { session, data, id, .. }| {
        view! { <LintPanel session data id/> }.into_any()
    };
}

part! {
    /// Builds the command palette.
    fn palette in views -> fn(DialogInputs) -> AnyView = |DialogInputs { session, open }| {
        view! { <Palette session open/> }.into_any()
    };
}

part! {
    /// Builds the dialog of keys and marks.
    fn help in views -> fn(DialogInputs) -> AnyView = |DialogInputs { open, .. }| {
        view! { <Help on_close=move |()| open.set(None)/> }.into_any()
    };
}

/// What a dialog needs.
#[derive(Clone, Copy)]
struct DialogInputs {
    /// State of the trace; `None` on a page without one.
    session: Option<Session>,
    /// The dialog that is open.
    open: RwSignal<Option<OpenPanel>>,
}

/// The dialog that is open on a page without a trace, with the keys that open it.
#[component]
pub fn PageDialogs() -> impl IntoView {
    let actions = expect_context::<AppActions>();
    listen_without_trace(actions);
    dialogs(DialogInputs { session: None, open: actions.open })
}

/// The dialog that is open.
#[component]
pub fn Dialogs(
    /// State of the trace.
    session: Session,
) -> impl IntoView {
    dialogs(DialogInputs { session: Some(session), open: session.panels.open })
}

fn dialogs(inputs: DialogInputs) -> impl IntoView {
    let build = move |dialog: fn(DialogInputs) -> AnyView| dialog(inputs);
    move || match inputs.open.get() {
        Some(OpenPanel::Palette) => {
            view! { <WithPart load=palette what="the palette" view=build/> }.into_any()
        }
        Some(OpenPanel::Help) => view! { <WithPart load=help what="the keys" view=build/> }.into_any(),
        Some(OpenPanel::Find) | None => ().into_any(),
    }
}

/// What is tried out and how well the trace is instrumented, each while it is open.
#[component]
pub fn Panels(
    /// What they need.
    inputs: PanelInputs,
) -> impl IntoView {
    let has_what_if = Memo::new(move |_| inputs.session.what_if.with(Option::is_some));
    let has_lint = inputs.session.lint_open;
    let build = move |panel: fn(PanelInputs) -> AnyView| panel(inputs);
    view! {
        <Show when=move || has_what_if.get()>
            <WithPart load=what_if_bar what="what if" view=build/>
        </Show>
        <Show when=move || has_lint.get()>
            <WithPart load=lint_panel what="the instrumentation" view=build/>
        </Show>
    }
}

fn view_of(tab: TraceTab, inputs: ViewInputs) -> AnyView {
    let ViewInputs { session, slots, colouring, source } = inputs;
    match tab {
        TraceTab::Waterfall => ().into_any(),
        TraceTab::Statistics => view! { <StatisticsTable session slots source/> }.into_any(),
        TraceTab::Spans => view! { <SpansTable session slots source/> }.into_any(),
        TraceTab::Events => view! { <EventsTable session slots source/> }.into_any(),
        TraceTab::Json => view! { <JsonView session source/> }.into_any(),
        TraceTab::Flame => view! { <FlameGraph session colouring source/> }.into_any(),
        TraceTab::Graph => view! { <OperationMap session slots source/> }.into_any(),
        TraceTab::Lanes => view! { <Lanes session colouring source/> }.into_any(),
        TraceTab::Sequence => view! { <SequenceDiagram session source/> }.into_any(),
        TraceTab::CriticalPath => view! { <CriticalPathTable session slots source/> }.into_any(),
        TraceTab::Logs => view! { <LogsTable session slots source/> }.into_any(),
    }
}
