//! Rows against brute force, and the folding words one by one.

use super::*;
use crate::model::NO_SPAN;
use crate::testing::forest::{forest, outlines, parents};
use crate::units::SpanId;
use proptest::prelude::*;

/// Draws rows as "depth:index" with `+` where something is hidden.
fn drawn(outline: &Outline, fold: &Fold) -> String {
    let rows = rows(outline, &RowOptions { fold: fold.clone(), ..RowOptions::default() });
    let row = |row: &Row| format!("{}{}", row.span, if row.collapsed() { "+" } else { "" });
    rows.as_slice().iter().map(row).collect::<Vec<_>>().join(" ")
}

// 0 ─ 1 ─ 2,3   4 ─ 5 ─ 6   7 (root)
fn tree() -> Outline {
    forest(&[None, Some(0), Some(1), Some(1), Some(0), Some(4), Some(5), None])
}

#[test]
fn a_collapsed_span_hides_its_subtree() {
    let outline = tree();
    let mut fold = Fold::default();
    assert_eq!(drawn(&outline, &fold), "0 1 2 3 4 5 6 7");
    fold.set(&outline, 1, true);
    fold.set(&outline, 5, true);
    assert_eq!(drawn(&outline, &fold), "0 1+ 4 5+ 7");
    fold.set(&outline, 2, true);
    assert_eq!(drawn(&outline, &fold), "0 1+ 4 5+ 7", "a leaf has nothing to hide");
    fold.set(&outline, 1, false);
    assert_eq!(drawn(&outline, &fold), "0 1 2 3 4 5+ 7");
}

#[test]
fn levels_close_from_below_and_open_from_above() {
    let outline = tree();
    let mut fold = Fold::default();
    let step = |fold: &mut Fold, close: bool| {
        let rows = rows(&outline, &RowOptions { fold: fold.clone(), ..RowOptions::default() });
        let changed =
            if close { fold.collapse_level(&outline, &rows) } else { fold.expand_level(&outline, &rows) };
        (changed, drawn(&outline, fold))
    };
    assert_eq!(step(&mut fold, true), (true, "0 1 2 3 4 5+ 7".into()));
    assert_eq!(step(&mut fold, true), (true, "0 1+ 4+ 7".into()));
    fold.set(&outline, 4, false);
    assert_eq!(drawn(&outline, &fold), "0 1+ 4 5+ 7", "an exception to the level");
    assert_eq!(step(&mut fold, true), (true, "0 1+ 4+ 7".into()));
    assert_eq!(step(&mut fold, true), (true, "0+ 7".into()));
    assert_eq!(step(&mut fold, true), (false, "0+ 7".into()));
    assert_eq!(step(&mut fold, false), (true, "0 1+ 4+ 7".into()));
    assert_eq!(step(&mut fold, false), (true, "0 1 2 3 4 5+ 7".into()));
    assert_eq!(step(&mut fold, false), (true, "0 1 2 3 4 5 6 7".into()));
    assert_eq!(step(&mut fold, false), (false, "0 1 2 3 4 5 6 7".into()));
    assert_eq!(fold, Fold::default());
}

#[test]
fn revealing_opens_the_ancestors_and_nothing_else() {
    let outline = tree();
    let mut fold = Fold::default();
    fold.collapse_all();
    assert_eq!(drawn(&outline, &fold), "0+ 7");
    assert!(fold.reveal(&outline, 6));
    assert_eq!(drawn(&outline, &fold), "0 1+ 4 5 6 7");
    assert!(!fold.reveal(&outline, 6));
    fold.expand_all(&outline);
    assert_eq!(drawn(&outline, &fold), "0 1 2 3 4 5 6 7");
}

#[test]
fn an_address_keeps_a_level_where_it_cannot_keep_every_span() {
    let outline = tree();
    let mut fold = Fold::default();
    fold.set(&outline, 1, true);
    fold.set(&outline, 5, true);
    assert_eq!(fold.shortened(&outline, 2), None);
    let short = fold.shortened(&outline, 1).unwrap();
    assert_eq!(drawn(&outline, &short), "0 1+ 4+ 7");
}

#[test]
fn a_hundred_thousand_deep_and_two_hundred_thousand_wide() {
    let deep: Vec<_> = (0..100_000u32).map(|span| span.checked_sub(1)).collect();
    let outline = forest(&deep);
    let mut fold = Fold::default();
    fold.set(&outline, 50_000, true);
    let folded = rows(&outline, &RowOptions { fold, ..RowOptions::default() });
    assert_eq!(folded.len(), 50_001);
    assert_eq!(folded.index_showing(&outline, 99_999), Some(50_000));

    let view = RowOptions { order: SiblingOrder::SelfTime, group: true, ..RowOptions::default() };
    let arranged = rows(&outline, &view);
    assert_eq!((arranged.len(), arranged.index_of(99_999)), (100_000, Some(99_999)));

    let wide: Vec<_> = (0..200_001u32).map(|span| (span > 0).then_some(0)).collect();
    let mut outline = forest(&wide);
    let mut siblings = Siblings::default();
    let all = rows(&outline, &RowOptions::default());
    assert_eq!(siblings.place(&outline, &all, 0), (1, 1));
    assert_eq!(siblings.place(&outline, &all, 1), (1, 200_000));
    assert_eq!(siblings.place(&outline, &all, 200_000), (200_000, 200_000));

    // Every other child is of one kind: one group, and the rest as they were.
    for span in (1..outline.len()).step_by(2) {
        (outline.name[span], outline.service[span]) = (outline.name[0], outline.service[0]);
        outline.end[span] += span as u64;
    }
    let mut view = RowOptions { group: true, order: SiblingOrder::Duration, ..RowOptions::default() };
    let grouped = rows(&outline, &view);
    assert_eq!(grouped.len(), 100_002);
    let place = grouped.index_of(1).unwrap();
    assert_eq!(grouped.members(place).len(), 100_000);
    assert_eq!(grouped.members(place)[0], 199_999, "the longest comes first");
    assert_eq!(grouped.index_showing(&outline, 101), Some(place));
    assert!(view.reveal(&outline, 101));
    let opened = rows(&outline, &view);
    assert_eq!(opened.len(), 200_002);
    let row = opened.get(opened.index_of(101).unwrap()).unwrap();
    assert_eq!((row.span, row.depth(), row.is_group()), (101, 2, false));
}

/// Draws the rows of a view: indented by two, `+` where something is hidden, `×` and the number for a group.
fn sketch(outline: &Outline, view: &RowOptions) -> String {
    let rows = rows(outline, view);
    let mut text = String::new();
    for (index, row) in rows.as_slice().iter().enumerate() {
        let many = if row.is_group() { format!("×{}", rows.members(index).len()) } else { String::new() };
        let more = if row.collapsed() { "+" } else { "" };
        text.push_str(&format!("{}{}{many}{more}\n", "  ".repeat(row.depth() as usize), row.span));
    }
    text
}

/// A parent with seven calls alike, of which the fourth has a child, and one of another kind between them.
fn calls() -> Outline {
    let mut outline =
        forest(&[None, Some(0), Some(0), Some(0), Some(0), Some(4), Some(0), Some(0), Some(0), Some(0)]);
    for span in [1, 2, 4, 6, 7, 8, 9] {
        (outline.name[span], outline.service[span]) = (outline.name[1], outline.service[1]);
    }
    for (span, length) in [(1, 5), (2, 9), (3, 50), (4, 20), (6, 1), (7, 2), (8, 3), (9, 4)] {
        outline.end[span] = outline.start[span] + length;
    }
    outline
}

#[test]
fn repeated_siblings_are_one_row_that_can_be_opened() {
    let outline = calls();
    let mut view = RowOptions { group: true, ..RowOptions::default() };
    assert_eq!(sketch(&outline, &view), "0\n  1×7+\n  3\n");
    let closed = rows(&outline, &view);
    assert_eq!(closed.members(1), [1, 2, 4, 6, 7, 8, 9]);
    assert_eq!((closed.members(0), closed.members(7)), (&[][..], &[][..]));
    assert_eq!((closed.index_of(1), closed.index_of(2), closed.index_of(5)), (Some(1), None, None));
    assert_eq!(closed.index_showing(&outline, 5), Some(1));

    assert!(!view.reveal(&outline, 1), "the first member is what the group shows");
    assert!(view.reveal(&outline, 5));
    assert_eq!(
        sketch(&outline, &view),
        "0\n  1×7\n    1\n    2\n    4\n      5\n    6\n    7\n    8\n    9\n  3\n"
    );
    view.order = SiblingOrder::Duration;
    view.fold.set(&outline, 4, true);
    assert_eq!(sketch(&outline, &view), "0\n  3\n  1×7\n    4+\n    2\n    1\n    9\n    8\n    7\n    6\n");
    let opened = rows(&outline, &view);
    let mut siblings = Siblings::default();
    let places: Vec<_> = (0..opened.len()).map(|row| siblings.place(&outline, &opened, row)).collect();
    assert_eq!(places[..5], [(1, 1), (1, 2), (2, 2), (1, 7), (2, 7)]);

    view.fold.expand_all(&outline);
    assert!(rows(&outline, &view).members(2).len() == 7, "the group is still there...");
    assert!(view.fold.is_group_open(&outline, 1), "...and open");
    view.fold.set_group(&outline, 1, false);
    assert_eq!(sketch(&outline, &view), "0\n  3\n  1×7+\n");
}

#[test]
fn a_group_aggregates_durations_and_concurrency_of_its_members() {
    let mut outline = calls();
    outline.flags[7].set(crate::model::Flags::OWN_ERROR);
    outline.flags[4].set(crate::model::Flags::ERROR_BELOW);
    let group = Group::of(&outline, &[1, 2, 4, 6, 7, 8, 9]);
    assert_eq!(
        group,
        Group {
            count: 7,
            least: 1,
            middle: 4,
            most: 20,
            total: 44,
            start: 10,
            end: 94,
            at_once: 1,
            failed: 1,
            failed_below: true
        }
    );
    outline.end[1] = 65;
    assert_eq!(Group::of(&outline, &[1, 2, 4, 6, 7]).at_once, 2, "10 to 65 over the others, one by one");
    assert_eq!(Group::of(&outline, &[]), Group::default());
}

#[test]
fn focus_shows_a_subtree_from_its_own_depth() {
    let outline = tree();
    let mut view = RowOptions { focus: Some(SpanId(5)), ..RowOptions::default() };
    assert_eq!(sketch(&outline, &view), "4\n  5\n    6\n");
    let rows = rows(&outline, &view);
    assert_eq!(Siblings::default().place(&outline, &rows, 0), (1, 1));
    assert_eq!((rows.index_showing(&outline, 0), rows.index_showing(&outline, 2)), (None, None));
    view.order = SiblingOrder::Duration;
    assert_eq!(sketch(&outline, &view), "4\n  5\n    6\n");
    assert!(view.reveal(&outline, 7), "what is elsewhere ends the focus");
    assert_eq!(view.focus, None);
    view.focus = Some(SpanId(99));
    assert_eq!(sketch(&outline, &view).lines().count(), 8, "a span that is not there is passed over");
}

#[test]
fn services_can_be_collapsed_and_left_out() {
    let outline = tree();
    let mut view = RowOptions::default();
    // Service 4 has span 4 and its subtree; service 1 has spans 1 and 6.
    view.fold.set_service(&outline, "service 4", true);
    view.fold.set_service(&outline, "service 1", true);
    assert_eq!(sketch(&outline, &view), "0\n  1+\n  4+\n7\n");
    view.fold.set(&outline, 1, false);
    assert_eq!(sketch(&outline, &view), "0\n  1\n    2\n    3\n  4+\n7\n");
    view.fold.set_service(&outline, "service 1", true);
    assert_eq!(sketch(&outline, &view), "0\n  1+\n  4+\n7\n", "asked for again it is collapsed again");
    let shown = rows(&outline, &view);
    assert!(view.fold.expand_level(&outline, &shown));
    assert_eq!(sketch(&outline, &view).lines().count(), 8);
    view.fold.set_service(&outline, "service 4", false);
    view.hidden = vec!["service 1".into(), "service 3".into()];
    assert_eq!(sketch(&outline, &view), "0\n  4\n    5\n7\n");
    view.shown = Some(Arc::new(RowFilter::of(&outline, [2, 5, 7], false)));
    assert_eq!(sketch(&outline, &view), "5\n7\n");
}

#[test]
fn what_does_not_match_can_go_with_or_without_its_ancestors() {
    let outline = tree();
    let mut view =
        RowOptions { shown: Some(Arc::new(RowFilter::of(&outline, [2, 6], false))), ..RowOptions::default() };
    assert_eq!(sketch(&outline, &view), "2\n6\n");
    view.fold.collapse_all();
    assert_eq!(sketch(&outline, &view), "2\n6\n", "what has no row hides nothing");
    view.shown = Some(Arc::new(RowFilter::of(&outline, [2, 6, 77], true)));
    assert_eq!(sketch(&outline, &view), "0+\n");
    view.fold.expand_all(&outline);
    assert_eq!(sketch(&outline, &view), "0\n  1\n    2\n  4\n    5\n      6\n");
    let all = RowFilter::of(&outline, 0..8, false);
    assert_eq!((all.len(), all.is_empty(), RowFilter::default().is_empty()), (8, false, true));
}

/// What the rows of a view are, straight from the definition: span, depth, whether collapsed, number of members.
fn expected(outline: &Outline, view: &RowOptions, own: &[u64]) -> Vec<(SpanIx, u32, bool, usize)> {
    struct Walk<'a>(&'a Outline, &'a RowOptions, &'a [u64], Vec<(SpanIx, u32, bool, usize)>);
    impl Walk<'_> {
        fn shown(&self, span: SpanIx) -> bool {
            let mut above = span;
            while above != NO_SPAN {
                if self.1.hidden.iter().any(|service| service == self.0.service_of(above)) {
                    return false;
                }
                above = self.0.parent[above as usize];
            }
            self.1.shown.as_ref().is_none_or(|shown| shown.has(span))
        }
        fn span(&mut self, span: SpanIx, depth: u32) {
            let children: Vec<_> = self.0.children(span).collect();
            let below = (span + 1..self.0.subtree_end[span as usize]).any(|below| self.shown(below));
            if !self.shown(span) {
                return self.siblings(children, depth);
            }
            let collapsed = below && self.1.fold.is_collapsed(self.0, span);
            self.3.push((span, depth, collapsed, 0));
            if !collapsed {
                self.siblings(children, depth + 1);
            }
        }
        fn siblings(&mut self, mut siblings: Vec<SpanIx>, depth: u32) {
            match self.1.order {
                SiblingOrder::Start => {}
                SiblingOrder::Duration => {
                    siblings.sort_by_key(|span| std::cmp::Reverse(self.0.duration_of(*span)))
                }
                SiblingOrder::SelfTime => {
                    siblings.sort_by_key(|span| std::cmp::Reverse(self.2[*span as usize]))
                }
            }
            let mut done = Vec::new();
            for span in siblings.clone() {
                let alike = group::group_key(self.0, span);
                let is_member =
                    |other: &SpanIx| group::group_key(self.0, *other) == alike && self.shown(*other);
                let members: Vec<_> = siblings.iter().copied().filter(is_member).collect();
                if !self.1.group || members.len() < REPEATED || !self.shown(span) {
                    self.span(span, depth);
                } else if !done.contains(&alike) {
                    done.push(alike);
                    let first = members.iter().copied().min().unwrap();
                    let open = self.1.fold.is_group_open(self.0, first);
                    self.3.push((first, depth, !open, members.len()));
                    for member in members.into_iter().filter(|_| open) {
                        self.span(member, depth + 1);
                    }
                }
            }
        }
    }
    let mut walk = Walk(outline, view, own, Vec::new());
    match view.focus.and_then(|id| outline.find(id)) {
        Some(focus) => walk.span(focus, 0),
        None => {
            let roots = (0..outline.len() as SpanIx).filter(|span| outline.parent[*span as usize] == NO_SPAN);
            walk.siblings(roots.collect(), 0);
        }
    }
    walk.3
}

proptest! {
    #[test]
    fn rows_are_the_spans_without_a_collapsed_ancestor(
        parents in parents(60),
        collapsed in proptest::collection::vec(0u64..60, 0..12),
        expanded in proptest::collection::vec(0u64..60, 0..12),
        level in proptest::option::of(0u32..6),
    ) {
        let outline = forest(&parents);
        let fold = Fold {
            level,
            collapsed: collapsed.into_iter().map(|id| SpanId(id + 1)).collect(),
            expanded: expanded.into_iter().map(|id| SpanId(id + 1)).collect(),
            ..Fold::default()
        };
        let hidden = |span: SpanIx| {
            let mut above = outline.parent[span as usize];
            while above != NO_SPAN {
                if fold.is_collapsed(&outline, above) {
                    return true;
                }
                above = outline.parent[above as usize];
            }
            false
        };
        let expected: Vec<_> = (0..outline.len() as SpanIx).filter(|span| !hidden(*span)).collect();
        let rows = rows(&outline, &RowOptions { fold: fold.clone(), ..RowOptions::default() });
        let shown: Vec<_> = rows.as_slice().iter().map(|row| row.span).collect();
        prop_assert_eq!(&shown, &expected);
        let mut siblings = Siblings::default();
        for span in 0..outline.len() as SpanIx {
            let place = shown.iter().position(|other| *other == span);
            prop_assert_eq!(rows.index_of(span), place);
            let mut visible = span;
            while hidden(visible) {
                visible = outline.parent[visible as usize];
            }
            prop_assert_eq!(
                rows.index_showing(&outline, span),
                shown.iter().position(|other| *other == visible)
            );
            let Some(place) = place else { continue };
            let family: Vec<_> = (0..outline.len()).filter(|i| outline.parent[*i] == outline.parent[span as usize]).collect();
            let at = family.iter().position(|i| *i == span as usize).unwrap();
            prop_assert_eq!(siblings.place(&outline, &rows, place), (at as u32 + 1, family.len() as u32));
        }
    }

    #[test]
    fn rows_equal_those_of_the_definition(
        mut outline in outlines(60),
        alike in proptest::collection::vec(0usize..3, 60),
        collapsed in proptest::collection::vec(0u64..60, 0..6),
        opened in proptest::collection::vec(0u32..60, 0..20),
        (level, focus) in (proptest::option::weighted(0.3, 0u32..6), proptest::option::weighted(0.3, 0u64..60)),
        matches in proptest::option::weighted(0.5, proptest::collection::vec(0u32..60, 0..60)),
        (order, group, ancestors, hide, fold) in (0usize..3, any::<bool>(), any::<bool>(), 0usize..8, 0usize..8),
    ) {
        // Few names, so that siblings are alike.
        for (span, name) in alike.into_iter().take(outline.len()).enumerate() {
            outline.name[span] = outline.name[name.min(outline.len() - 1)];
            outline.service[span] = outline.service[name.min(outline.len() - 1)];
        }
        let mut view = RowOptions {
            focus: focus.map(|id| SpanId(id + 1)),
            order: [SiblingOrder::Start, SiblingOrder::Duration, SiblingOrder::SelfTime][order],
            group,
            shown: matches.map(|spans| Arc::new(RowFilter::of(&outline, spans, ancestors))),
            ..RowOptions::default()
        };
        view.hidden.extend((hide < 3).then(|| format!("service {hide}")));
        view.fold.services.extend((fold < 3).then(|| format!("service {fold}")));
        view.fold.level = level;
        view.fold.collapsed = collapsed.into_iter().map(|id| SpanId(id + 1)).collect();
        for first in opened.into_iter().filter(|first| (*first as usize) < outline.len()) {
            view.fold.set_group(&outline, first, true);
        }
        let rows = rows(&outline, &view);
        if view.is_arranged() {
            let mut arranging = IncrementalRows::new(Arc::new(outline.clone()), view.clone());
            while !arranging.step(3) {}
            prop_assert!(arranging.rows() == rows);
        }
        let own = crate::analysis::child_coverage::self_times(&outline);
        let drawn: Vec<_> = (0..rows.len())
            .map(|index| (rows.as_slice()[index], rows.members(index).len()))
            .map(|(row, members)| (row.span, row.depth(), row.collapsed(), members))
            .collect();
        prop_assert_eq!(&drawn, &expected(&outline, &view, &own));
        let mut siblings = Siblings::default();
        for (index, row) in rows.as_slice().iter().enumerate() {
            prop_assert_eq!(row.is_group(), !rows.members(index).is_empty());
            // A closed group is where its first member is found, an open one is not.
            let expected = if row.is_group() && !row.collapsed() { Some(index + 1) } else { Some(index) };
            let listed = rows.members(index).first() == Some(&row.span);
            if !row.is_group() || row.collapsed() || listed {
                prop_assert_eq!(rows.index_of(row.span), expected);
            }
            prop_assert_eq!(rows.index_showing(&outline, row.span), rows.index_of(row.span));
            for member in rows.members(index) {
                prop_assert_eq!(rows.index_showing(&outline, *member).is_some_and(|at| at > index), !row.collapsed());
            }
            let depth = |index: usize| drawn[index].1;
            let start = (0..index).rev().find(|above| depth(*above) < row.depth()).map_or(0, |above| above + 1);
            let end = (index..drawn.len()).find(|below| depth(*below) < row.depth()).unwrap_or(drawn.len());
            let family: Vec<_> = (start..end).filter(|other| depth(*other) == row.depth()).collect();
            let at = family.iter().position(|other| *other == index).unwrap();
            prop_assert_eq!(siblings.place(&outline, &rows, index), (at as u32 + 1, family.len() as u32));
        }
        // Every revealed span is visible, unless it is filtered out.
        for span in 0..outline.len() as SpanIx {
            let mut view = view.clone();
            view.reveal(&outline, span);
            let is_shown = view.filter(&outline).is_none_or(|shown| shown.has(span));
            prop_assert_eq!(super::rows(&outline, &view).index_of(span).is_some(), is_shown, "span {}", span);
        }
    }
}
