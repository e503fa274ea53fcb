//! Converts between what is shown and an address. Spans are named by id, so an address survives a reload.

use super::session::Session;
use crate::route::{Colour, OrderParam, Placement, ServiceFilter, TraceView, Zone};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::{Fold, RowOptions, SiblingOrder};
use spandrel_trace::model::{NO_SPAN, Outline, StrIx};
use spandrel_trace::units::SpanId;

/// Maximum number of spans that an address names besides the selected one; beyond that only a level is kept.
const MOST: usize = 40;

/// Notice for a service filter of Jaeger's that does not match the trace.
const STALE: &str =
    "The address hides services of this trace as it was; it has other services now, so all are shown";

/// What is shown now; tracked.
pub fn view_of(session: Session) -> TraceView {
    let outline = session.outline();
    let range = Some(session.viewport.range.get()).filter(|range| *range != session.viewport.full());
    let span = session.selection.span.get().map(|span| outline.id[span as usize]);
    let open = session.panels.details_open.get() && span.is_some();
    let opened = session.panels.inline.with(|opened| opened[opened.len().saturating_sub(MOST)..].to_vec());
    let RowOptions { fold, focus, hidden, order, group, .. } = session.folding.view.get();
    let fold = fold.shortened(&outline, MOST).unwrap_or(fold);
    TraceView {
        tab: session.tab.get(),
        flame: session.flame.get(),
        lanes: session.lanes.get(),
        range,
        span,
        open,
        opened,
        level: fold.level,
        collapsed: sorted(fold.collapsed),
        expanded: sorted(fold.expanded),
        folded: fold.services,
        focus,
        hidden,
        order: ORDERS.into_iter().find(|(_, other)| *other == order).unwrap_or_default().0,
        group,
        detail: session.panels.placement.get(),
        tables: Box::new(session.tables.get()),
        find: session.find.query.get(),
        show: session.find.show.get(),
        findings: session.findings.open.get(),
        path: session.path.show.get(),
        path_rows: session.path.rows.get(),
        // An attribute without a key is still being typed.
        colour: Some(session.colouring.get())
            .filter(|colour| *colour != Colour::Attribute(String::new()))
            .unwrap_or_default(),
        columns: session.columns.keys.get(),
        absolute: session.clock.absolute.get(),
        zone: session.clock.zone.get(),
        corrected: session.clocks.corrected.get(),
        what_if: session.what_if.get(),
        lint: session.lint_open.get(),
        ..TraceView::default()
    }
}

/// Sibling orders of addresses and of rows: addresses do not know how rows are computed.
const ORDERS: [(OrderParam, SiblingOrder); 3] = [
    (OrderParam::Start, SiblingOrder::Start),
    (OrderParam::Duration, SiblingOrder::Duration),
    (OrderParam::SelfTime, SiblingOrder::SelfTime),
];

/// The order of rows that an address names.
pub fn sibling_order(order: OrderParam) -> SiblingOrder {
    ORDERS.into_iter().find(|(other, _)| *other == order).unwrap_or_default().1
}

/// Whether the address leaves out some of what is shown.
pub fn is_shortened(session: Session) -> bool {
    session.folding.view.with(|view| view.fold.shortened(&session.outline(), MOST).is_some())
}

/// Shows what an address says, ignoring spans that the trace lacks.
pub fn apply(session: Session, view: &TraceView) {
    let outline = session.outline();
    let fold = Fold {
        level: view.level,
        collapsed: view.collapsed.iter().copied().collect(),
        expanded: view.expanded.iter().copied().collect(),
        services: view.folded.clone(),
    };
    let order = sibling_order(view.order);
    let (hidden, notice) = hidden(&outline, view);
    let shown = session.folding.view.with_untracked(|view| view.shown.clone());
    change(
        session.folding.view,
        RowOptions { fold, focus: view.focus, hidden, order, group: view.group, shown },
    );
    change(session.tab, view.tab);
    change(session.tables, (*view.tables).clone());
    change(session.flame, view.flame);
    change(session.lanes, view.lanes);
    change(session.notice, notice);
    change(session.panels.placement, view.detail);
    change(session.find.query, view.find.clone());
    change(session.find.show, view.show);
    change(session.findings.open, view.findings);
    change(session.path.show, view.path);
    change(session.path.rows, view.path_rows);
    change(session.colouring, view.colour.clone());
    change(session.columns.keys, view.columns.clone());
    change(session.clock.absolute, view.absolute);
    change(session.clocks.corrected, view.corrected);
    change(session.what_if, view.what_if.clone());
    change(session.lint_open, view.lint);
    // Without a zone in the address, readers keep their own.
    if view.zone == Zone::Utc {
        change(session.clock.zone, view.zone);
    }
    let (start, end) = view.range.unwrap_or(session.viewport.full());
    session.viewport.zoom_to(start, end);
    let span = view.span.and_then(|id| outline.find(id));
    match span {
        Some(span) => session.select(span),
        None => session.selection.span.set(None),
    }
    let (mut open, mut opened) = (view.open && span.is_some(), Vec::new());
    if view.detail == Placement::Inline {
        opened = view.opened.clone();
        let selected = view.span.filter(|id| open && !opened.contains(id));
        opened.extend(selected);
        open = false;
    }
    change(session.panels.inline, opened);
    session.panels.details_open.set(open);
}

/// Sets a signal, notifying only if the value changes.
fn change<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|now| *now != value) {
        signal.set(value);
    }
}

/// The services that an address hides, by its own parameter or Jaeger's, and a notice about it. As in Jaeger, the service
/// of a single root is always shown, and a filter that would leave no root is ignored.
fn hidden(outline: &Outline, view: &TraceView) -> (Vec<String>, Option<&'static str>) {
    if !view.hidden.is_empty() || view.service_filter.is_empty() {
        return (view.hidden.clone(), None);
    }
    let mut seen = vec![false; outline.strings.len()];
    let mut roots: Vec<&str> = Vec::new();
    for span in 0..outline.len() {
        seen[outline.service[span] as usize] = true;
        let service = outline.service_of(span as u32);
        if outline.parent[span] == NO_SPAN && !roots.contains(&service) {
            roots.push(service);
        }
    }
    let services: Vec<&str> =
        (0..seen.len()).filter(|at| seen[*at]).map(|at| outline.strings.get(at as StrIx)).collect();
    match ServiceFilter::read(&view.service_filter, &services) {
        ServiceFilter::Nothing => (Vec::new(), None),
        ServiceFilter::Stale => (Vec::new(), Some(STALE)),
        ServiceFilter::Hides(mut hidden) => {
            let is_hidden = |root: &&str| hidden.iter().any(|service| service == root);
            match roots.as_slice() {
                [root] => hidden.retain(|service| service != root),
                roots if roots.iter().all(is_hidden) => hidden.clear(),
                _ => {}
            }
            (hidden, None)
        }
    }
}

fn sorted(ids: impl IntoIterator<Item = SpanId>) -> Vec<SpanId> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{FlameLayout, FlameView, LaneGroup, PathRows, Show, ShowPath, TableViews, TraceTab};
    use spandrel_trace::model::{Flags, SpanKind, StatusCode, Strings};
    use std::sync::Arc;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A chain of spans, one per service, with ids from 1; spans in `roots` have no parent.
    fn chain(services: &[&str], roots: &[u32], start_unix: u64) -> Arc<Outline> {
        let mut strings = Strings::default();
        let service = services.iter().map(|name| strings.intern(name)).collect();
        let spans = services.len() as u32;
        let is_root = |span: u32| span == 0 || roots.contains(&span);
        let end_of = |span: u32| (span + 1..spans).find(|next| is_root(*next)).unwrap_or(spans);
        Arc::new(Outline {
            start_unix,
            duration: 1_000,
            id: (1..=u64::from(spans)).map(SpanId).collect(),
            parent: (0..spans).map(|span| if is_root(span) { NO_SPAN } else { span - 1 }).collect(),
            subtree_end: (0..spans).map(end_of).collect(),
            depth: (0..spans)
                .map(|span| (0..=span).rev().take_while(|up| !is_root(*up)).count() as u32)
                .collect(),
            start: vec![0; services.len()],
            end: vec![1_000; services.len()],
            name: vec![0; services.len()],
            service,
            kind: vec![SpanKind::Server; services.len()],
            status: vec![StatusCode::Unset; services.len()],
            flags: vec![Flags::default(); services.len()],
            event_start: vec![0; services.len() + 1],
            strings,
            ..Outline::default()
        })
    }

    fn within(check: impl FnOnce()) {
        let owner = Owner::new();
        owner.with(check);
    }

    fn shown(session: Session) -> TraceView {
        untrack(|| view_of(session))
    }

    #[test]
    fn what_an_address_says_is_what_the_page_says_back() {
        within(|| {
            let session = Session::new(chain(&["api", "auth", "cache", "db"], &[], 0));
            let view = TraceView {
                tab: TraceTab::Flame,
                tables: Box::new(TableViews { by: "kind".into(), ..TableViews::default() }),
                flame: FlameView { layout: FlameLayout::LeftHeavy, ..FlameView::default() },
                lanes: LaneGroup::Thread,
                range: Some((10, 900)),
                span: Some(SpanId(2)),
                open: true,
                detail: Placement::Bottom,
                level: Some(2),
                folded: vec!["cache".into()],
                focus: Some(SpanId(1)),
                hidden: vec!["db".into()],
                order: OrderParam::SelfTime,
                group: true,
                find: "card -id".into(),
                show: Show::Ancestors,
                path: ShowPath::Only,
                path_rows: PathRows::Operation,
                colour: Colour::Attribute("http.route".into()),
                columns: vec!["http.route".into(), "db.system".into()],
                absolute: true,
                zone: Zone::Utc,
                ..TraceView::default()
            };
            apply(session, &view);
            assert_eq!(shown(session), view);
            let inline = TraceView {
                open: false,
                opened: vec![SpanId(3), SpanId(9)],
                detail: Placement::Inline,
                ..view
            };
            apply(session, &inline);
            assert_eq!(shown(session), inline);
            apply(session, &TraceView { open: true, ..inline.clone() });
            let opened = [3, 9, 2].map(SpanId).to_vec();
            assert_eq!(shown(session), TraceView { opened, ..inline }, "the selected span's is one of them");
            apply(session, &TraceView::default());
            let before = TraceView { zone: Zone::Utc, ..TraceView::default() };
            assert_eq!(shown(session), before, "going back takes all of it away but the reader's clock");
        });
    }

    #[test]
    fn jaegers_service_filter_hides_what_it_hides_there() {
        let services = ["api", "auth", "cache", "db"];
        let of = |roots: &[u32], filter: &str| {
            hidden(
                &chain(&services, roots, 0),
                &TraceView { service_filter: filter.into(), ..TraceView::default() },
            )
        };
        assert_eq!(of(&[], "7d06.9"), (vec!["auth".to_owned(), "cache".to_owned()], None));
        assert_eq!(of(&[], "7d06.8"), (vec!["auth".to_owned(), "cache".to_owned()], None), "the root stays");
        assert_eq!(of(&[1], "7d06.2").0, ["api", "cache", "db"], "one of two roots may go");
        assert_eq!(of(&[1], "7d06.8"), (Vec::new(), None), "but not both");
        assert_eq!(of(&[], "1234.9"), (Vec::new(), Some(STALE)));
        let own =
            TraceView { service_filter: "7d06.9".into(), hidden: vec!["db".into()], ..TraceView::default() };
        assert_eq!(hidden(&chain(&services, &[], 0), &own).0, ["db"], "our own words come first");
    }

    #[test]
    fn a_refresh_keeps_what_is_looked_at() {
        within(|| {
            let session = Session::new(chain(&["api", "auth", "db"], &[], 5_000));
            session.select(1);
            session.set_collapsed(session.folding.rows.get_untracked().get(1).expect("a row"), true);
            session.panels.details_open.set(true);
            session.viewport.zoom_to(100, 600);
            // One more span above all others that starts 50 ns before them.
            let mut more = (*chain(&["new", "api", "auth", "db"], &[], 4_950)).clone();
            more.id = [9, 1, 2, 3].map(SpanId).to_vec();
            session.renew(Arc::new(more));
            let view = shown(session);
            assert_eq!((view.span, view.open, view.range), (Some(SpanId(2)), true, Some((150, 650))));
            assert_eq!((session.selection.span.get_untracked(), view.collapsed), (Some(2), vec![SpanId(2)]));
            session.renew(chain(&["api"], &[], 5_000));
            let view = shown(session);
            assert_eq!((view.span, view.open), (None, false), "a span that is gone is not selected");
        });
    }

    #[test]
    fn a_whole_trace_stays_whole_when_it_grows() {
        within(|| {
            let session = Session::new(chain(&["api", "db"], &[], 0));
            let mut longer = (*chain(&["api", "db"], &[], 0)).clone();
            longer.duration = 7_000;
            session.renew(Arc::new(longer));
            assert!(untrack(|| session.viewport.is_fitted()));
            assert_eq!(session.viewport.range.get_untracked(), (0, 7_000));
        });
    }
}
