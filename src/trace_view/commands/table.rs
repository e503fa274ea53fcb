//! The table of commands.

use super::super::regions::next_region;
use super::super::session::{HeaderAction, OpenPanel, Session};
use super::super::what_if;
use super::Command;
use super::errors::{has_errors, next_error};
use super::escape::{can_escape, escape};
use super::events::{self, has_events};
use super::matches::{can_focus_matches, focus_matches};
use super::rows::{inward, matching, of_service, outward, step};
use crate::route::{Colour, Placement, Show, TraceTab, WhatIfChange, WhatIfScope, Zone};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::SiblingOrder;
use spandrel_trace::format::write::Export;

/// Shares of the visible range that panning moves by, and panning far.
const PAN: f64 = 0.05;
const FAR: f64 = 0.5;
/// What zooming in leaves of the visible range, and zooming in faster.
const ZOOM: f64 = 0.8;
const CLOSE: f64 = 0.4;

/// Selects the next match, or the next row where nothing is searched for.
pub const NEXT_MATCH: Command =
    Command::new("Next match, else next visible span", |session| matching(session, true)).keys(&["f"]);

/// Selects the previous match, or the previous row where nothing is searched for.
pub const PREVIOUS_MATCH: Command =
    Command::new("Previous match, else previous visible span", |session| matching(session, false))
        .keys(&["b"]);

/// Shows only the matches and their ancestors, or all spans again.
pub const FOCUS_MATCHES: Command =
    Command::new("Focus on the matches, or leave that", focus_matches).when(can_focus_matches);

/// All commands, in groups with their titles, in the order in which people read them.
pub static GROUPS: &[(&str, &[Command])] =
    &[("Rows", ROWS), ("Time", TIME), ("Tree", TREE), ("Views", VIEWS), ("Display", DISPLAY), ("Page", PAGE)];

const ROWS: &[Command] = &[
    Command::new("Next row", |session| step(session, 1)).keys(&["j"]).on_rows(&["ArrowDown"]),
    Command::new("Previous row", |session| step(session, -1)).keys(&["k"]).on_rows(&["ArrowUp"]),
    Command::new("First row", |session| step(session, isize::MIN)).on_rows(&["Home"]),
    Command::new("Last row", |session| step(session, isize::MAX)).on_rows(&["End"]),
    Command::new("Page down", |session| step(session, screen(session))).keys(&["s"]).on_rows(&["PageDown"]),
    Command::new("Page up", |session| step(session, -screen(session))).keys(&["w"]).on_rows(&["PageUp"]),
    Command::new("Expand, or go to the first child", inward).keys(&["l"]).on_rows(&["ArrowRight"]),
    Command::new("Collapse, or go to the parent", outward).keys(&["h"]).on_rows(&["ArrowLeft"]),
    NEXT_MATCH,
    PREVIOUS_MATCH,
    Command::new("Next span of the same service", |session| of_service(session, true)).keys(&["."]),
    Command::new("Previous span of the same service", |session| of_service(session, false)).keys(&[","]),
    Command::new("Next error, deepest first", |session| next_error(session, true))
        .keys(&["x"])
        .when(has_errors),
    Command::new("Previous error", |session| next_error(session, false)).keys(&["Shift+x"]).when(has_errors),
    Command::new("Next event or log line of the selected span", |session| events::step(session, true))
        .keys(&["e"])
        .when(has_events),
    Command::new("Previous event or log line of the selected span", |session| events::step(session, false))
        .keys(&["Shift+e"])
        .when(has_events),
    Command::new("Open or close the details", toggle_detail).keys(&["Enter", " "]).when(has_selection),
];

const TIME: &[Command] = &[
    Command::new("Pan to the left", |session| session.viewport.pan_by(-PAN)).keys(&["a", "ArrowLeft"]),
    Command::new("Pan to the right", |session| session.viewport.pan_by(PAN)).keys(&["d", "ArrowRight"]),
    Command::new("Pan far to the left", |session| session.viewport.pan_by(-FAR))
        .keys(&["Shift+a", "Shift+ArrowLeft"]),
    Command::new("Pan far to the right", |session| session.viewport.pan_by(FAR))
        .keys(&["Shift+d", "Shift+ArrowRight"]),
    Command::new("Zoom in", |session| session.viewport.zoom_by(ZOOM, 0.5)).keys(&["+", "ArrowUp"]),
    Command::new("Zoom out", |session| session.viewport.zoom_by(1.0 / ZOOM, 0.5)).keys(&["-", "ArrowDown"]),
    Command::new("Zoom in faster", |session| session.viewport.zoom_by(CLOSE, 0.5))
        .keys(&["Shift++", "Shift+ArrowUp"]),
    Command::new("Zoom out faster", |session| session.viewport.zoom_by(1.0 / CLOSE, 0.5))
        .keys(&["Shift+-", "Shift+ArrowDown"]),
    Command::new("Fit the selected span", |session| session.fit_selected()).keys(&["z"]),
    Command::new("Fit the whole trace", |session| session.viewport.fit()).keys(&["0"]),
    Command::new("Undo zoom", |session| session.viewport.undo()).keys(&["u"]),
    Command::new("Redo zoom", |session| session.viewport.redo()).keys(&["Shift+u"]),
];

const TREE: &[Command] = &[
    Command::new("Collapse all", |session| session.collapse_all()).keys(&["]"]),
    Command::new("Expand all", |session| session.expand_all()).keys(&["["]),
    Command::new("Collapse one level", |session| session.collapse_level()).keys(&["p"]),
    Command::new("Expand one level", |session| session.expand_level()).keys(&["o"]),
    Command::new("Focus on the selected span and its descendants", |session| {
        session.focus(session.selection.span.get_untracked())
    })
    .when(has_selection),
    Command::new("Leave the focus, show the whole trace", |session| session.focus(None))
        .when(|session| session.folding.view.with_untracked(|view| view.focus.is_some())),
    Command::new("Group repeated siblings, or ungroup them", |session| {
        session.change(|view| view.group = !view.group)
    }),
    Command::new("Order siblings by start", |session| order(session, SiblingOrder::Start)),
    Command::new("Order siblings by duration", |session| order(session, SiblingOrder::Duration)),
    Command::new("Order siblings by self time", |session| order(session, SiblingOrder::SelfTime)),
];

const VIEWS: &[Command] = &[
    view("View: waterfall", TraceTab::Waterfall, |session| session.tab.set(TraceTab::Waterfall)).keys(&["1"]),
    view("View: statistics", TraceTab::Statistics, |session| session.tab.set(TraceTab::Statistics))
        .keys(&["2"]),
    view("View: flame graph", TraceTab::Flame, |session| session.tab.set(TraceTab::Flame)).keys(&["3"]),
    view("View: table of spans", TraceTab::Spans, |session| session.tab.set(TraceTab::Spans)).keys(&["4"]),
    view("View: table of events", TraceTab::Events, |session| session.tab.set(TraceTab::Events)).keys(&["5"]),
    view("View: graph of operations", TraceTab::Graph, |session| session.tab.set(TraceTab::Graph))
        .keys(&["6"]),
    view("View: sequence diagram", TraceTab::Sequence, |session| session.tab.set(TraceTab::Sequence))
        .keys(&["7"]),
    view("View: lanes", TraceTab::Lanes, |session| session.tab.set(TraceTab::Lanes)).keys(&["8"]),
    view("View: JSON", TraceTab::Json, |session| session.tab.set(TraceTab::Json)).keys(&["9"]),
    view("View: critical path as a table", TraceTab::CriticalPath, |session| {
        session.tab.set(TraceTab::CriticalPath)
    })
    .keys(&["t"]),
    view("View: logs", TraceTab::Logs, |session| session.tab.set(TraceTab::Logs))
        .keys(&["g"])
        .when(|session| session.has_logs.get_untracked()),
];

const DISPLAY: &[Command] = &[
    FOCUS_MATCHES,
    Command::new("Find: highlight the matches", |session| session.find.show.set(Show::All)),
    Command::new("Find: dim the others", |session| session.find.show.set(Show::Dim)),
    Command::new("Find: only the matches", |session| session.find.show.set(Show::Matches)),
    Command::new("Find: only the matches and their ancestors", |session| {
        session.find.show.set(Show::Ancestors)
    }),
    Command::new("Show or hide the findings", |session| toggle(session.findings.open)).keys(&["i"]),
    Command::new("Show or hide the critical path", |session| session.path.toggle_line()).keys(&["c"]),
    Command::new("Critical path only, or all spans", |session| session.path.toggle_only()).keys(&["Shift+c"]),
    Command::new("Colour by service", |session| session.colouring.set(Colour::Service)),
    Command::new("Colour by kind", |session| session.colouring.set(Colour::Kind)),
    Command::new("Colour by status", |session| session.colouring.set(Colour::Status)),
    Command::new("Colour by self time", |session| session.colouring.set(Colour::SelfTime)),
    Command::new("Colour by time on the critical path", |session| {
        session.colouring.set(Colour::CriticalTime)
    }),
    Command::new("Colour by slack", |session| session.colouring.set(Colour::Slack)),
    Command::new("Colour by percentile of the operation", |session| {
        session.colouring.set(Colour::Percentile)
    }),
    Command::new("Colour by an attribute", |session| session.colouring.set(Colour::Attribute(String::new()))),
    Command::new("What if the selected span were twice as fast", |session| {
        what_if(session, WhatIfChange::Faster(200), WhatIfScope::Spans)
    })
    .keys(&["Shift+f"])
    .when(has_selection),
    Command::new("What if the selected span were gone", |session| {
        what_if(session, WhatIfChange::Gone, WhatIfScope::Spans)
    })
    .when(has_selection),
    Command::new("What if all spans of this operation were cached", |session| {
        what_if(session, WhatIfChange::Cached, WhatIfScope::Operation)
    })
    .when(has_selection),
    Command::new("What if the selected span and its like ran in parallel", |session| {
        what_if(session, WhatIfChange::Parallel, WhatIfScope::Siblings)
    })
    .when(has_selection),
    Command::new("Show corrected times, or times as sent, where clocks differ", |session| {
        toggle(session.clocks.corrected)
    })
    .when(|session| {
        session
            .clocks
            .found
            .with_untracked(|found| found.as_ref().is_some_and(|found| !found.offsets.is_empty()))
    }),
    Command::new("Show or hide the quality of the instrumentation", |session| toggle(session.lint_open))
        .keys(&["Shift+i"]),
    Command::new("Details right of the waterfall", |session| session.panels.placement.set(Placement::Right)),
    Command::new("Details below the waterfall", |session| session.panels.placement.set(Placement::Bottom)),
    Command::new("Details between the rows", |session| session.panels.placement.set(Placement::Inline)),
    Command::new("Ruler: clock time or time since the start", |session| toggle(session.clock.absolute)),
    Command::new("Time zone: local", |session| session.set_zone(Zone::Local)),
    Command::new("Time zone: UTC", |session| session.set_zone(Zone::Utc)),
];

const PAGE: &[Command] = &[
    Command::new("Copy a link to this view", |session| request(session, HeaderAction::CopyLink)).for_empty(),
    Command::new("Download as Jaeger JSON", |session| {
        request(session, HeaderAction::Download(Export::Jaeger))
    }),
    Command::new("Download as OTLP JSON", |session| request(session, HeaderAction::Download(Export::Otlp))),
    Command::new("Refresh: reload the trace", |session| request(session, HeaderAction::Reload))
        .for_empty()
        .when(can_reload),
    Command::new("Live: reload automatically until no new spans arrive, or stop", |session| {
        request(session, HeaderAction::Follow)
    })
    .for_empty()
    .when(can_reload),
    Command::new("Find spans", |session| session.panels.open.set(Some(OpenPanel::Find)))
        .keys(&["/", "Ctrl+b"]),
    Command::new("Clear the find, then close the details, leave the focus, unselect", escape)
        .keys(&["Escape"])
        .when(can_escape),
    Command::new("Focus the next region: view, details, find", |session| next_region(session, true))
        .keys(&["F6"])
        .for_empty(),
    Command::new("Focus the previous region", |session| next_region(session, false))
        .keys(&["Shift+F6"])
        .for_empty(),
    Command::new("Go to an action, a span or a service by name", |session| {
        session.panels.toggle(OpenPanel::Palette)
    })
    .keys(&["Ctrl+k"])
    .for_empty()
    // The palette does not offer itself.
    .when(|session| session.panels.open.get_untracked() != Some(OpenPanel::Palette)),
    Command::new("Show or hide these keys", |session| session.panels.toggle(OpenPanel::Help))
        .keys(&["?"])
        .for_empty(),
];

const fn view(name: &'static str, tab: TraceTab, run: fn(Session)) -> Command {
    let mut command = Command::new(name, run);
    (command.view, command.is_for_empty) = (Some(tab), true);
    command
}

fn request(session: Session, action: HeaderAction) {
    session.header.requested.set(Some(action));
}

fn can_reload(session: Session) -> bool {
    session.header.can_reload.get_untracked()
}

fn has_selection(session: Session) -> bool {
    session.selection.span.get_untracked().is_some()
}

/// Rows that fit on the screen.
fn screen(session: Session) -> isize {
    session.viewport.screen.get_value().1 as isize
}

fn toggle(switch: RwSignal<bool>) {
    switch.update(|is_on| *is_on = !*is_on);
}

fn order(session: Session, order: SiblingOrder) {
    session.change(|view| view.order = order);
}

fn toggle_detail(session: Session) {
    if let Some(span) = session.selection.span.get_untracked() {
        session.toggle_detail(span);
        session.show_detail(span);
    }
}

fn what_if(session: Session, change: WhatIfChange, scope: WhatIfScope) {
    if let Some(span) = session.selection.span.get_untracked() {
        what_if::try_out(session, change, scope, &[span]);
    }
}
