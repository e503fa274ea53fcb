//! Rows against brute force, and the folding words one by one.

use super::*;
use crate::model::NO_SPAN;
use crate::testing::forest::{forest, parents};
use crate::units::SpanId;
use proptest::prelude::*;

/// Draws rows as "depth:index" with `+` where something is hidden.
fn drawn(outline: &Outline, fold: &Fold) -> String {
    let rows = rows(outline, &View { fold: fold.clone() });
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
        let rows = rows(&outline, &View { fold: fold.clone() });
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
    assert!(fold.is_open());
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
    fold.expand_all();
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
    let folded = rows(&outline, &View { fold });
    assert_eq!(folded.len(), 50_001);
    assert_eq!(folded.index_showing(&outline, 99_999), Some(50_000));

    let wide: Vec<_> = (0..200_001u32).map(|span| (span > 0).then_some(0)).collect();
    let outline = forest(&wide);
    let mut siblings = Siblings::default();
    assert_eq!(siblings.place(&outline, 0), (1, 1));
    assert_eq!(siblings.place(&outline, 1), (1, 200_000));
    assert_eq!(siblings.place(&outline, 200_000), (200_000, 200_000));
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
        let rows = rows(&outline, &View { fold: fold.clone() });
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
            let family: Vec<_> = (0..outline.len()).filter(|i| outline.parent[*i] == outline.parent[span as usize]).collect();
            let at = family.iter().position(|i| *i == span as usize).unwrap();
            prop_assert_eq!(siblings.place(&outline, span), (at as u32 + 1, family.len() as u32));
        }
    }
}
