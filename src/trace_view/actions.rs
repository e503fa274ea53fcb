//! Everything that a key or the palette can do to the page, in one table: what the help shows, what the keys obey.

use super::errors::next_error;
use super::event_cursor;
use super::find::focus_matches;
use super::regions::next_region;
use super::session::{OpenPanel, Session};
use super::what_if;
use crate::route::{Colour, Placement, Show, TraceTab, WhatIfChange, WhatIfScope, Zone};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::{Row, Rows, SiblingOrder};

/// Shares of what is shown that a step pans, and a leap.
const PAN: f64 = 0.05;
const FAR: f64 = 0.5;
/// What a step leaves of the stretch when it zooms in, and a leap.
const ZOOM: f64 = 0.8;
const CLOSE: f64 = 0.4;

/// Something that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Selects the next row.
    NextRow,
    /// Selects the row before.
    PreviousRow,
    /// Selects the first row.
    FirstRow,
    /// Selects the last row.
    LastRow,
    /// Selects the row a screen further.
    PageDown,
    /// Selects the row a screen before.
    PageUp,
    /// Expands the selected span, or selects its first child.
    Inward,
    /// Collapses the selected span, or selects its parent.
    Outward,
    /// Opens or closes the detail.
    Detail,
    /// Selects the next match, else the next visible span.
    NextMatch,
    /// Selects the match before, else the visible span before.
    PreviousMatch,
    /// Selects the next span of the selected one's service.
    NextOfService,
    /// Selects the span of that service before.
    PreviousOfService,
    /// Selects the next error, the deepest first.
    NextError,
    /// Selects the previous one.
    PreviousError,
    /// Goes to the selected span's next event.
    NextEvent,
    /// Goes to its event before.
    PreviousEvent,
    /// Shows earlier time.
    Earlier,
    /// Shows much earlier time.
    MuchEarlier,
    /// Shows later time.
    Later,
    /// Shows much later time.
    MuchLater,
    /// Zooms in.
    Closer,
    /// Zooms in by much.
    MuchCloser,
    /// Zooms out.
    Wider,
    /// Zooms out by much.
    MuchWider,
    /// Shows the selected span's time.
    FitSelected,
    /// Shows the whole trace's time.
    Fit,
    /// Undoes the last move in time.
    Undo,
    /// Does it again.
    Redo,
    /// Collapses all.
    CollapseAll,
    /// Expands all.
    ExpandAll,
    /// Collapses one level.
    CollapseLevel,
    /// Expands one level.
    ExpandLevel,
    /// Shows the selected span and what is below it, alone.
    Focus,
    /// Shows the whole trace again.
    Unfocus,
    /// Makes rows of repeated siblings one row, or takes them apart.
    Group,
    /// Puts siblings into an order.
    Order(SiblingOrder),
    /// Puts the cursor into the find field.
    Find,
    /// Clears what is looked for, then closes what if, then the detail, then shows the whole trace, then unselects.
    Escape,
    /// Shows only the matches and what they are in, or everything again.
    FocusMatches,
    /// Decides what becomes of the spans that do not match.
    Show(Show),
    /// Opens or closes the list of findings.
    Findings,
    /// Shows the critical path under the bars, or hides it.
    PathLine,
    /// Shows only the spans on the critical path, or all again.
    PathOnly,
    /// Colours by critical time.
    ColourByCriticalTime,
    /// Colours by slack.
    ColourBySlack,
    /// Colours by service.
    ColourByService,
    /// Colours by kind.
    ColourByKind,
    /// Colours by how spans ended.
    ColourByStatus,
    /// Colours by how long spans were at work themselves.
    ColourBySelfTime,
    /// Colours by how durations compare with those of their like.
    ColourByPercentile,
    /// Colours by an attribute that is asked for.
    ColourByAttribute,
    /// Tries out a change of the selected span, or of those like it.
    WhatIf(WhatIfChange, WhatIfScope),
    /// Shows or hides corrected times.
    Corrected,
    /// Shows or hides the quality of the instrumentation.
    Lint,
    /// Puts the detail there.
    Place(Placement),
    /// Shows times of day on the ruler, or times since the trace's begin.
    Absolute,
    /// Shows times of day on that clock.
    Zone(Zone),
    /// Shows that view of the trace.
    View(TraceTab),
    /// Moves the focus to the next region of the page.
    NextRegion,
    /// Moves it to the region before.
    PreviousRegion,
    /// Shows or hides the palette.
    Palette,
    /// Shows or hides the table of keys.
    Help,
}

/// An action with its name and its keys.
pub struct Known {
    /// Which.
    pub action: Action,
    /// What it does, as the help and the palette say it.
    pub name: &'static str,
    /// Keys that do it where a row has the focus; what has no keys at all is done from the palette.
    pub on_rows: &'static [&'static str],
    /// Keys that do it elsewhere on the page, and on rows too unless they mean something else there.
    pub keys: &'static [&'static str],
}

const fn known(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    on_rows: &'static [&'static str],
) -> Known {
    Known { action, name, on_rows, keys }
}

/// The table, in the order in which people read it: groups with their titles.
pub const GROUPS: &[(&str, &[Known])] = &[
    (
        "Rows",
        &[
            known(Action::NextRow, "Next row", &["j"], &["ArrowDown"]),
            known(Action::PreviousRow, "Previous row", &["k"], &["ArrowUp"]),
            known(Action::FirstRow, "First row", &[], &["Home"]),
            known(Action::LastRow, "Last row", &[], &["End"]),
            known(Action::PageDown, "Page down", &["s"], &["PageDown"]),
            known(Action::PageUp, "Page up", &["w"], &["PageUp"]),
            known(Action::Inward, "Expand, or go to the first child", &["l"], &["ArrowRight"]),
            known(Action::Outward, "Collapse, or go to the parent", &["h"], &["ArrowLeft"]),
            known(Action::NextMatch, "Next match, else next visible span", &["f"], &[]),
            known(Action::PreviousMatch, "Previous match, else previous visible span", &["b"], &[]),
            known(Action::NextOfService, "Next span of the same service", &["."], &[]),
            known(Action::PreviousOfService, "Previous span of the same service", &[","], &[]),
            known(Action::NextError, "Next error, deepest first", &["x"], &[]),
            known(Action::PreviousError, "Previous error", &["Shift+x"], &[]),
            known(Action::NextEvent, "Next event of the selected span", &["e"], &[]),
            known(Action::PreviousEvent, "Previous event of the selected span", &["Shift+e"], &[]),
            known(Action::Detail, "Open or close the detail", &["Enter", " "], &[]),
        ],
    ),
    (
        "Time",
        &[
            known(Action::Earlier, "Pan to the left", &["a", "ArrowLeft"], &[]),
            known(Action::Later, "Pan to the right", &["d", "ArrowRight"], &[]),
            known(Action::MuchEarlier, "Pan far to the left", &["Shift+a", "Shift+ArrowLeft"], &[]),
            known(Action::MuchLater, "Pan far to the right", &["Shift+d", "Shift+ArrowRight"], &[]),
            known(Action::Closer, "Zoom in", &["+", "ArrowUp"], &[]),
            known(Action::Wider, "Zoom out", &["-", "ArrowDown"], &[]),
            known(Action::MuchCloser, "Zoom in faster", &["Shift++", "Shift+ArrowUp"], &[]),
            known(Action::MuchWider, "Zoom out faster", &["Shift+-", "Shift+ArrowDown"], &[]),
            known(Action::FitSelected, "Fit the selected span", &["z"], &[]),
            known(Action::Fit, "Fit the whole trace", &["0"], &[]),
            known(Action::Undo, "Undo zoom", &["u"], &[]),
            known(Action::Redo, "Redo zoom", &["Shift+u"], &[]),
        ],
    ),
    (
        "Tree",
        &[
            known(Action::CollapseAll, "Collapse all", &["]"], &[]),
            known(Action::ExpandAll, "Expand all", &["["], &[]),
            known(Action::CollapseLevel, "Collapse one level", &["p"], &[]),
            known(Action::ExpandLevel, "Expand one level", &["o"], &[]),
            known(Action::Focus, "Focus on the selected span and its descendants", &[], &[]),
            known(Action::Unfocus, "Leave the focus, show the whole trace", &[], &[]),
            known(Action::Group, "Group repeated siblings, or ungroup them", &[], &[]),
            known(Action::Order(SiblingOrder::Start), "Order siblings by start", &[], &[]),
            known(Action::Order(SiblingOrder::Duration), "Order siblings by duration", &[], &[]),
            known(Action::Order(SiblingOrder::SelfTime), "Order siblings by self time", &[], &[]),
        ],
    ),
    (
        "Views",
        &[
            known(Action::View(TraceTab::Waterfall), "View: waterfall", &["1"], &[]),
            known(Action::View(TraceTab::Statistics), "View: statistics", &["2"], &[]),
            known(Action::View(TraceTab::Flame), "View: flame graph", &["3"], &[]),
            known(Action::View(TraceTab::Spans), "View: table of spans", &["4"], &[]),
            known(Action::View(TraceTab::Events), "View: table of events", &["5"], &[]),
            known(Action::View(TraceTab::Graph), "View: graph of operations", &["6"], &[]),
            known(Action::View(TraceTab::Sequence), "View: sequence diagram", &["7"], &[]),
            known(Action::View(TraceTab::Lanes), "View: lanes", &["8"], &[]),
            known(Action::View(TraceTab::Json), "View: JSON", &["9"], &[]),
            known(Action::View(TraceTab::CriticalPath), "View: critical path as a table", &["t"], &[]),
            known(Action::View(TraceTab::Logs), "View: logs", &["g"], &[]),
        ],
    ),
    (
        "Display",
        &[
            known(Action::FocusMatches, "Focus on the matches, or leave that", &[], &[]),
            known(Action::Show(Show::All), "Find: highlight the matches", &[], &[]),
            known(Action::Show(Show::Dim), "Find: dim the others", &[], &[]),
            known(Action::Show(Show::Matches), "Find: only the matches", &[], &[]),
            known(Action::Show(Show::Ancestors), "Find: only the matches and their ancestors", &[], &[]),
            known(Action::Findings, "Show or hide the findings", &["i"], &[]),
            known(Action::PathLine, "Show or hide the critical path", &["c"], &[]),
            known(Action::PathOnly, "Critical path only, or all spans", &["Shift+c"], &[]),
            known(Action::ColourByService, "Colour by service", &[], &[]),
            known(Action::ColourByKind, "Colour by kind", &[], &[]),
            known(Action::ColourByStatus, "Colour by status", &[], &[]),
            known(Action::ColourBySelfTime, "Colour by self time", &[], &[]),
            known(Action::ColourByCriticalTime, "Colour by time on the critical path", &[], &[]),
            known(Action::ColourBySlack, "Colour by slack", &[], &[]),
            known(Action::ColourByPercentile, "Colour by percentile of the operation", &[], &[]),
            known(Action::ColourByAttribute, "Colour by an attribute", &[], &[]),
            known(
                Action::WhatIf(WhatIfChange::Faster(200), WhatIfScope::Spans),
                "What if the selected span were twice as fast",
                &["Shift+f"],
                &[],
            ),
            known(
                Action::WhatIf(WhatIfChange::Gone, WhatIfScope::Spans),
                "What if the selected span were gone",
                &[],
                &[],
            ),
            known(
                Action::WhatIf(WhatIfChange::Cached, WhatIfScope::Operation),
                "What if all spans of this operation were cached",
                &[],
                &[],
            ),
            known(
                Action::WhatIf(WhatIfChange::Parallel, WhatIfScope::Siblings),
                "What if the selected span and its like ran in parallel",
                &[],
                &[],
            ),
            known(Action::Corrected, "Show corrected times, or times as sent, where clocks differ", &[], &[]),
            known(Action::Lint, "Show or hide the quality of the instrumentation", &["Shift+i"], &[]),
            known(Action::Place(Placement::Right), "Detail beside the waterfall", &[], &[]),
            known(Action::Place(Placement::Bottom), "Detail below the waterfall", &[], &[]),
            known(Action::Place(Placement::Inline), "Detail between the rows", &[], &[]),
            known(Action::Absolute, "Ruler: clock time or time since the start", &[], &[]),
            known(Action::Zone(Zone::Local), "Time zone: local", &[], &[]),
            known(Action::Zone(Zone::Utc), "Time zone: UTC", &[], &[]),
        ],
    ),
    (
        "Page",
        &[
            known(Action::Find, "Find spans", &["/", "Ctrl+b"], &[]),
            known(
                Action::Escape,
                "Clear the find, then close the detail, leave the focus, unselect",
                &["Escape"],
                &[],
            ),
            known(Action::NextRegion, "Focus the next region: view, details, find", &["F6"], &[]),
            known(Action::PreviousRegion, "Focus the previous region", &["Shift+F6"], &[]),
            known(Action::Palette, "Go to an action, a span or a service by name", &["Ctrl+k"], &[]),
            known(Action::Help, "Show or hide these keys", &["?"], &[]),
        ],
    ),
];

/// Every action.
pub fn all() -> impl Iterator<Item = &'static Known> {
    GROUPS.iter().flat_map(|(_, group)| group.iter())
}

/// What a key does, on a row or elsewhere. `key` is written as in the table.
pub fn of_key(key: &str, on_row: bool) -> Option<Action> {
    let has = |keys: &[&str]| keys.contains(&key);
    let on_rows = all().find(|known| on_row && has(known.on_rows));
    on_rows.or_else(|| all().find(|known| has(known.keys))).map(|known| known.action)
}

impl Action {
    /// Does it. Whether there was anything to do.
    pub fn act(self, session: Session) -> bool {
        let page = session.viewport.screen.get_value().1;
        match self {
            Action::NextRow => step(session, 1),
            Action::PreviousRow => step(session, -1),
            Action::FirstRow => step(session, isize::MIN),
            Action::LastRow => step(session, isize::MAX),
            Action::PageDown => step(session, page as isize),
            Action::PageUp => step(session, -(page as isize)),
            Action::Inward => inward(session),
            Action::Outward => outward(session),
            Action::Detail => {
                let Some(span) = session.selection.span.get_untracked() else { return false };
                session.toggle_detail(span);
                session.show_detail(span);
            }
            Action::NextMatch => matching(session, true),
            Action::PreviousMatch => matching(session, false),
            Action::NextOfService => of_service(session, true),
            Action::PreviousOfService => of_service(session, false),
            Action::NextError => return next_error(session, true),
            Action::PreviousError => return next_error(session, false),
            Action::NextEvent => return event_cursor::step(session, true),
            Action::PreviousEvent => return event_cursor::step(session, false),
            Action::Earlier => session.viewport.pan_by(-PAN),
            Action::MuchEarlier => session.viewport.pan_by(-FAR),
            Action::Later => session.viewport.pan_by(PAN),
            Action::MuchLater => session.viewport.pan_by(FAR),
            Action::Closer => session.viewport.zoom_by(ZOOM, 0.5),
            Action::MuchCloser => session.viewport.zoom_by(CLOSE, 0.5),
            Action::Wider => session.viewport.zoom_by(1.0 / ZOOM, 0.5),
            Action::MuchWider => session.viewport.zoom_by(1.0 / CLOSE, 0.5),
            Action::FitSelected => session.fit_selected(),
            Action::Fit => session.viewport.fit(),
            Action::Undo => session.viewport.undo(),
            Action::Redo => session.viewport.redo(),
            Action::CollapseAll => session.collapse_all(),
            Action::ExpandAll => session.expand_all(),
            Action::CollapseLevel => session.collapse_level(),
            Action::ExpandLevel => session.expand_level(),
            Action::Focus => {
                let Some(span) = session.selection.span.get_untracked() else { return false };
                session.focus(Some(span));
            }
            Action::Unfocus => session.focus(None),
            Action::Group => session.change(|view| view.group = !view.group),
            Action::Order(order) => session.change(|view| view.order = order),
            Action::Find => session.panels.open.set(Some(OpenPanel::Find)),
            Action::FocusMatches => return focus_matches(session),
            Action::Show(show) => session.find.show.set(show),
            Action::Findings => session.findings.open.update(|is_open| *is_open = !*is_open),
            Action::PathLine => session.path.toggle_line(),
            Action::PathOnly => session.path.toggle_only(),
            Action::ColourByCriticalTime => session.coloring.set(Colour::CriticalTime),
            Action::ColourBySlack => session.coloring.set(Colour::Slack),
            Action::ColourByService => session.coloring.set(Colour::Service),
            Action::ColourByKind => session.coloring.set(Colour::Kind),
            Action::ColourByStatus => session.coloring.set(Colour::Status),
            Action::ColourBySelfTime => session.coloring.set(Colour::SelfTime),
            Action::ColourByPercentile => session.coloring.set(Colour::Percentile),
            Action::ColourByAttribute => session.coloring.set(Colour::Attribute(String::new())),
            Action::WhatIf(change, scope) => {
                let Some(span) = session.selection.span.get_untracked() else { return false };
                what_if::try_out(session, change, scope, &[span]);
            }
            Action::Corrected => session.clocks.corrected.update(|is_on| *is_on = !*is_on),
            Action::Lint => session.lint_open.update(|is_open| *is_open = !*is_open),
            Action::Place(place) => session.panels.placement.set(place),
            Action::Absolute => session.clock.absolute.update(|absolute| *absolute = !*absolute),
            Action::Zone(zone) => session.set_zone(zone),
            Action::View(tab) => session.tab.set(tab),
            Action::NextRegion => return next_region(true),
            Action::PreviousRegion => return next_region(false),
            Action::Palette => session.panels.toggle(OpenPanel::Palette),
            Action::Help => session.panels.toggle(OpenPanel::Help),
            Action::Escape if session.events.get_untracked().is_some() => session.events.set(None),
            Action::Escape if !session.find.query.with_untracked(String::is_empty) => {
                session.find.query.set(String::new())
            }
            Action::Escape if session.what_if.with_untracked(Option::is_some) => session.what_if.set(None),
            Action::Escape if session.close_detail() => {}
            Action::Escape if session.folding.view.with_untracked(|view| view.focus.is_some()) => {
                session.focus(None)
            }
            Action::Escape if session.selection.span.get_untracked().is_some() => {
                session.selection.span.set(None)
            }
            Action::Escape => return false,
        }
        true
    }
}

/// Selects the row `by` rows further, or the first one on screen where none was selected.
fn step(session: Session, by: isize) {
    let rows = session.folding.rows.get_untracked();
    let Some(last) = rows.len().checked_sub(1) else { return };
    let wanted = match current(session, &rows) {
        Some((index, _)) => index.saturating_add_signed(by).min(last),
        None if by == isize::MAX => last,
        None if by == isize::MIN => 0,
        None => session.viewport.screen.get_value().0.min(last),
    };
    // An open group has no span to select: its members' rows have them all.
    let open_group = rows.get(wanted).is_some_and(|row| row.is_group() && !row.collapsed());
    let on = if open_group { wanted.saturating_add_signed(by.signum()) } else { wanted };
    let on = if on == wanted && open_group { wanted + 1 } else { on };
    if let Some(row) = rows.get(on.min(last)) {
        session.select(row.span);
    }
}

/// The row of the selected span.
fn current(session: Session, rows: &Rows) -> Option<(usize, Row)> {
    let index = rows.index_of(session.selection.span.get_untracked()?)?;
    Some((index, rows.get(index)?))
}

/// Selects the next match or the one before, and goes round at the ends; where nothing is looked for, the next or
/// the previous row.
fn matching(session: Session, after: bool) {
    let Some(found) = session.find.matches.get_untracked() else {
        return step(session, if after { 1 } else { -1 });
    };
    let selected = session.selection.span.get_untracked();
    let spans = &found.spans;
    let span = match after {
        true => spans.at_or_after(selected.map_or(0, |span| span + 1)).or_else(|| spans.at_or_after(0)),
        false => spans.last_before(selected.unwrap_or(0)).or_else(|| spans.last_before(u32::MAX)),
    };
    if let Some(span) = span {
        session.select(span);
    }
}

/// Selects the nearest row of the selected span's service, after it or before; stays where there is none. Where
/// nothing is selected, the first row on screen is.
fn of_service(session: Session, after: bool) {
    let (rows, outline) = (session.folding.rows.get_untracked(), session.outline());
    let Some((index, row)) = current(session, &rows) else { return step(session, 1) };
    let service = outline.service[row.span as usize];
    // An open group shows its first member again, which has a row of its own.
    let is_same =
        |row: &&Row| outline.service[row.span as usize] == service && (!row.is_group() || row.collapsed());
    let (before, rest) = rows.as_slice().split_at(index);
    let found = match after {
        true => rest.iter().skip(1).find(is_same),
        false => before.iter().rfind(is_same),
    };
    if let Some(row) = found {
        session.select(row.span);
    }
}

/// Expands the selected row, or goes to its first child.
fn inward(session: Session) {
    let rows = session.folding.rows.get_untracked();
    let Some((index, row)) = current(session, &rows) else { return };
    if row.collapsed() {
        session.set_collapsed(row, false);
    } else if let Some(below) = rows.get(index + 1).filter(|below| below.depth() > row.depth()) {
        session.select(below.span);
    }
}

/// Collapses the selected row, or goes to its parent; from a group's member it closes the group.
fn outward(session: Session) {
    let rows = session.folding.rows.get_untracked();
    let Some((index, row)) = current(session, &rows) else { return };
    if row.has_children() && !row.collapsed() {
        return session.set_collapsed(row, true);
    }
    let above = rows.as_slice()[..index].iter().rev().find(|above| above.depth() < row.depth());
    match above {
        Some(group) if group.is_group() => session.set_collapsed(*group, true),
        Some(parent) => session.select(parent.span),
        None => {}
    }
}
