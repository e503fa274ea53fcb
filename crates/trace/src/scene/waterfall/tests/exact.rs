//! All that is drawn, compared with brute force for random traces, views and viewports: whatever is collapsed, grouped,
//! hidden, focused or found, no pixel shows more than there is, and errors and selected spans stay visible.

use super::*;
use crate::analysis::rows::{RowFilter, RowOptions, SiblingOrder};
use crate::model::SpanKind;
use crate::units::{SpanId, duration};
use std::sync::Arc;

const MOST: usize = 50;

/// Outlines in which siblings repeat, clients call servers, producers send to consumers, and many take no time.
fn manifold() -> impl Strategy<Value = Outline> {
    let looks = proptest::collection::vec((0usize..3, 0u64..6, 0u8..6), MOST);
    (outlines(MOST), looks).prop_map(|(mut outline, looks)| {
        for (span, (like, kind, long)) in looks.into_iter().take(outline.len()).enumerate() {
            let like = like.min(outline.len() - 1);
            outline.name[span] = outline.name[like];
            outline.service[span] = outline.service[like];
            outline.kind[span] = SpanKind::from_number(kind);
            if long == 0 {
                outline.end[span] = outline.start[span];
            }
        }
        outline.duration = outline.end.iter().copied().max().unwrap_or(0);
        // Some end with a span that takes no time.
        if outline.duration % 2 == 0
            && let Some(last) = outline.start.last_mut()
        {
            *last = outline.duration;
            outline.end.pop();
            outline.end.push(outline.duration);
        }
        outline
    })
}

/// Options of a view of such an outline.
#[derive(Clone, Debug)]
struct Asked {
    folded: (Vec<u64>, Option<u32>, Option<u8>),
    group: Option<u32>,
    order: u8,
    hidden: Option<u8>,
    focus: Option<u64>,
    found: Option<(Vec<u32>, bool)>,
}

fn asked() -> impl Strategy<Value = Asked> {
    let span = 0u64..MOST as u64;
    let folded = (
        prop::collection::vec(span.clone(), 0..12),
        prop::option::of(0u32..4),
        prop::option::weighted(0.2, 0u8..5),
    );
    let found = (prop::collection::vec(0u32..MOST as u32, 0..20), any::<bool>());
    let rare = (
        prop::option::weighted(0.3, 0u8..5),
        prop::option::weighted(0.2, span),
        prop::option::weighted(0.3, found),
    );
    (folded, prop::option::of(0u32..MOST as u32), 0u8..3, rare).prop_map(
        |(folded, group, order, (hidden, focus, found))| Asked { folded, group, order, hidden, focus, found },
    )
}

impl Asked {
    fn of(self, outline: &Outline) -> RowOptions {
        let service = |number: u8| format!("service {number}");
        let mut view = RowOptions { group: self.group.is_some(), ..RowOptions::default() };
        let (collapsed, level, services) = self.folded;
        view.fold.collapsed = collapsed.into_iter().map(|id| SpanId(id + 1)).collect();
        view.fold.level = level;
        view.fold.services = services.map(service).into_iter().collect();
        if let Some(open) = self.group {
            view.fold.set_group(outline, open.min(outline.len() as u32 - 1), true);
        }
        view.order =
            [SiblingOrder::Start, SiblingOrder::Duration, SiblingOrder::SelfTime][usize::from(self.order)];
        view.hidden = self.hidden.map(service).into_iter().collect();
        view.focus = self.focus.map(|id| SpanId(id + 1));
        view.shown = self.found.map(|(spans, above)| Arc::new(RowFilter::of(outline, spans, above)));
        view
    }
}

/// Whether the options hide a span: it is elsewhere than the focus, below a service that is hidden, or not
/// looked for.
fn left_out(outline: &Outline, view: &RowOptions, span: SpanIx) -> bool {
    let mut above = std::iter::successors(Some(span), |span| outline.parent_of(*span));
    !view.extent(outline).contains(&span)
        || above.any(|span| view.hidden.iter().any(|service| service == outline.service_of(span)))
        || view.shown.as_ref().is_some_and(|shown| !shown.has(span))
}

/// Pixel columns of a stretch of time, straight from the definition; none where it is out of sight.
fn columns(view: &WaterfallViewport, (start, end): (u64, u64), last: u64) -> std::ops::Range<usize> {
    let (from, to, width) = (view.scale.start, view.scale.end, view.scale.width);
    let inside = end > from && start < to;
    let at_edge = start == end && end == from || start == to && start == last;
    if !(inside || at_edge) {
        return 0..0;
    }
    let x = |time: u64| ((time as f64 - from as f64) / (to - from) as f64 * width).clamp(0.0, width).round();
    let first = x(start).min(width - 2.0);
    first as usize..x(end).max(first + 2.0) as usize
}

struct Case {
    outline: Outline,
    asked: RowOptions,
    view: WaterfallViewport<'static>,
    rows: Rows,
    scene: Waterfall,
    lines: Vec<String>,
}

impl Case {
    fn new(outline: Outline, asked: Asked, (from, span, width): (u64, u64, u32)) -> Self {
        let asked = asked.of(&outline);
        // Half of the viewports start where a span does, and half of them end with the trace.
        let from = if from % 2 == 0 { outline.start[from as usize % outline.len()] } else { from };
        let to = if span % 2 == 0 { outline.duration.max(from + 1) } else { from + span };
        let mut view = viewport(from, to, f64::from(width));
        view.height = 24.0 * 60.0;
        let (rows, scene) = laid_as(&outline, &view, &asked);
        let lines = drawn(&scene, rows.len(), width as usize);
        Case { outline, asked, view, rows, scene, lines }
    }

    fn width(&self) -> usize {
        self.view.scale.width as usize
    }

    fn columns(&self, span: SpanIx) -> std::ops::Range<usize> {
        let times = (self.outline.start[span as usize], self.outline.end[span as usize]);
        columns(&self.view, times, self.outline.duration)
    }

    fn failed(&self, span: SpanIx) -> bool {
        self.outline.flags[span as usize].has(Flags::OWN_ERROR)
    }

    fn colour(&self, span: SpanIx) -> u8 {
        if self.failed(span) { FAILED } else { self.outline.service[span as usize] as u8 % FAILED }
    }

    fn cell(&self, row: usize, x: usize) -> u8 {
        self.lines[row].as_bytes().get(x).copied().unwrap_or(b' ')
    }

    fn in_any(stretches: &[RowInterval], row: usize, x: usize) -> bool {
        stretches.iter().any(|(of, x0, x1)| *of as usize == row && (*x0 as usize..*x1 as usize).contains(&x))
    }

    /// Who may be drawn in a row's bars: its span, or the members of its group.
    fn own(&self, index: usize) -> Vec<SpanIx> {
        let row = self.rows.as_slice()[index];
        if row.is_group() { self.rows.members(index).to_vec() } else { vec![row.span] }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_pixel_of_hidden_spans_equals_the_definition(
        outline in manifold(), asked in asked(), seen in (0u64..500, 1u64..600, 4u32..300),
    ) {
        let case = Case::new(outline, asked, seen);
        let outline = &case.outline;
        // The colour of each pixel.
        let mut colours = vec![vec![None; case.width()]; case.rows.len()];
        for bar in 0..case.scene.len() {
            let (x0, x1) = (case.scene.x0[bar] as usize, case.scene.x1[bar] as usize);
            colours[case.scene.row[bar] as usize][x0..x1].fill(Some(case.scene.colour[bar]));
        }
        for (index, row) in case.rows.as_slice().iter().enumerate() {
            let own = case.own(index);
            // What is below, left out or not, and whether it lies within the time of the member (or span) above it.
            let mut below = Vec::new();
            for top in own.iter().map(|top| *top as usize).filter(|_| row.collapsed()) {
                below.extend((top as SpanIx + 1..outline.subtree_end[top]).map(|span| {
                    let at = span as usize;
                    (span, outline.start[at] >= outline.start[top] && outline.end[at] <= outline.end[top])
                }));
            }
            let start = own.iter().map(|span| outline.start[*span as usize]).min().unwrap();
            let end = own.iter().map(|span| outline.end[*span as usize]).max().unwrap();
            let hull = columns(&case.view, (start, end), outline.duration);
            for (x, &colour) in colours[index].iter().enumerate() {
                let here: Vec<_> = own.iter().filter(|span| case.columns(**span).contains(&x)).collect();
                let under: Vec<_> = below.iter().filter(|(span, _)| case.columns(*span).contains(&x)).collect();
                let failed_below = under.iter().any(|(span, _)| case.failed(*span));
                prop_assert_eq!(Case::in_any(&case.scene.failures, index, x), failed_below);
                let cell = case.cell(index, x);
                let mut outside = under.iter().filter(|(_, within)| !within).peekable();
                if !here.is_empty() {
                    prop_assert!(matches!(cell, b'!' | b'#' | b'-'), "row {} column {}", index, x);
                    prop_assert!(here.iter().any(|span| Some(case.colour(**span)) == colour));
                    // In a group what failed wins its pixel.
                    let failed = here.iter().any(|span| case.failed(**span));
                    prop_assert!(!row.is_group() || (cell == b'!') == failed);
                } else if outside.peek().is_some() {
                    prop_assert_eq!(cell, b'_', "row {} column {}", index, x);
                    prop_assert!(outside.any(|(span, _)| Some(case.colour(*span)) == colour));
                } else if hull.contains(&x) {
                    prop_assert_eq!((cell, colour), (b'.', Some(case.colour(row.span))));
                } else {
                    prop_assert_eq!(cell, b' ', "row {} column {}", index, x);
                }
            }
        }
    }

    #[test]
    fn what_is_not_left_out_is_seen(
        outline in manifold(), asked in asked(), seen in (0u64..500, 1u64..600, 4u32..300),
    ) {
        let case = Case::new(outline, asked, seen);
        for span in 0..case.outline.len() as SpanIx {
            if left_out(&case.outline, &case.asked, span) {
                prop_assert_eq!(case.rows.index_of(span), None, "span {}", span);
                continue;
            }
            // A selected span has a row that shows it, and pixels wherever its time is visible.
            let Some(row) = case.rows.index_showing(&case.outline, span) else {
                return Err(TestCaseError::fail(format!("no row stands for span {span}")));
            };
            let (start, end) = (case.outline.start[span as usize], case.outline.end[span as usize]);
            let top = case.own(row).into_iter().find(|top| {
                (*top..case.outline.subtree_end[*top as usize]).contains(&span)
            });
            let Some(top) = top else {
                return Err(TestCaseError::fail(format!("row {row} does not stand for span {span}")));
            };
            // The least width of a bar reaches beyond its time; within the time of what hides it that one's bar does.
            let within = start >= case.outline.start[top as usize] && end <= case.outline.end[top as usize];
            let reach = case.columns(top);
            let own = case.rows.as_slice()[row].span == span;
            for x in case.columns(span) {
                let cell = case.cell(row, x);
                let inked = cell != b' ' && cell != b'.';
                prop_assert!(inked || within && !reach.contains(&x), "span {} in row {}, column {}", span, row, x);
                let strip = Case::in_any(&case.scene.failures, row, x);
                // Errors are visible in the row that shows the span; its own row is marked where it waits as well.
                prop_assert!(!case.failed(span) || cell == b'!' || strip || own && cell == b'-');
            }
        }
    }

    #[test]
    fn marks_and_labels_equal_the_definition(
        outline in manifold(), asked in asked(), seen in (0u64..500, 1u64..600, 4u32..300),
    ) {
        let case = Case::new(outline, asked, seen);
        let outline = &case.outline;
        let times = |span: SpanIx| (outline.start[span as usize], outline.end[span as usize]);
        let (from, to) = (case.view.scale.start, case.view.scale.end);
        let (mut ticks, mut labels) = (Vec::new(), case.scene.labels.iter());
        for (index, row) in case.rows.as_slice().iter().enumerate() {
            let label = labels.next().unwrap();
            prop_assert_eq!(label.row as usize, index, "each row has one label");
            if row.is_group() {
                continue;
            }
            let span = row.span;
            let (start, end) = times(span);
            let seen = !case.columns(span).is_empty();
            prop_assert!(label.text.contains(&duration(end - start)) && seen != (label.place == LabelPosition::Edge));
            // An event's tick is in the pixel of its time, and two in one pixel are one.
            if seen {
                let width = case.view.scale.width;
                let x = |time: u64| ((time - from) as f64 / (to - from) as f64 * width).round().min(width - 1.0);
                let events = outline.events_of(span).iter().filter(|time| (from..=to).contains(*time));
                ticks.extend(events.map(|time| (index as u32, x(*time) as f32)));
            }
            let parent = outline.parent_of(span).filter(|parent| {
                outline.kind[span as usize] != SpanKind::Consumer && outline.kind[*parent as usize] != SpanKind::Producer
            });
            let server = row.collapsed().then(|| rpc::server_of(outline, span)).flatten();
            for x in 0..case.width() {
                let overrun = parent.is_some_and(|parent| {
                    let (earliest, latest) = times(parent);
                    let before = (start, end.min(earliest));
                    let after = (start.max(latest), end);
                    [before, after].iter().any(|(from, to)| from < to && columns(&case.view, (*from, *to), *to).contains(&x))
                });
                prop_assert_eq!(seen && overrun, Case::in_any(&case.scene.overruns, index, x), "row {} column {}", index, x);
                let served = server.is_some_and(|server| columns(&case.view, times(server), times(server).1).contains(&x));
                let stretches: Vec<_> = case.scene.served.iter().map(|(stretch, _)| *stretch).collect();
                prop_assert_eq!(served, Case::in_any(&stretches, index, x));
            }
        }
        ticks.dedup();
        prop_assert_eq!(&case.scene.events, &ticks);
    }
}
