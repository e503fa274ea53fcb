//! Highlighting of rows: a match, not a match, or just added.

use super::super::session::Session;
use crate::route::Show;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::{Row, Rows};
use spandrel_trace::engine::Matches;
use spandrel_trace::model::{Outline, SpanIx};
use std::sync::Arc;

/// How a row is highlighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Not at all.
    #[default]
    Plain,
    /// It matches the query.
    Match,
    /// It hides a match.
    Hides,
    /// It does not match, and is dimmed.
    Other,
    /// A reload has just added it.
    Added,
}

impl Mark {
    /// Value of the row's `data-mark`; `None` if it is not highlighted.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Mark::Plain => None,
            Mark::Match => Some("match"),
            Mark::Hides => Some("hides"),
            Mark::Other => Some("other"),
            Mark::Added => Some("added"),
        }
    }
}

/// The current highlighting.
pub struct Marks {
    found: Option<Arc<Matches>>,
    dims: bool,
    added: Arc<Vec<SpanIx>>,
}

impl Marks {
    /// Reads matches and added spans from the session, untracked.
    pub fn of(session: Session, outline: &Outline) -> Self {
        let found = session.find.matches.get_untracked();
        // Matches of another version of the trace do not apply.
        let found = found.filter(|found| found.error.is_none() && found.spans.spans() == outline.len());
        Marks {
            found,
            dims: session.find.show.get_untracked() == Show::Dim,
            added: session.added.get_untracked(),
        }
    }

    /// Highlighting of the row at `index`. A collapsed group represents its members and hides their descendants.
    pub fn at(&self, outline: &Outline, rows: &Rows, index: usize, row: Row) -> Mark {
        if self.added.binary_search(&row.span).is_ok() {
            return Mark::Added;
        }
        let Some(found) = &self.found else { return Mark::Plain };
        let is_found = |span: &SpanIx| found.spans.contains(*span);
        let alone = [row.span];
        // Members of an expanded group have their own rows.
        let own = match row.is_group() {
            true if row.collapsed() => rows.members(index),
            true => &[],
            false => &alone,
        };
        let is_below = |top: &SpanIx| {
            let end = outline.subtree_end[*top as usize];
            found.spans.at_or_after(top + 1).is_some_and(|span| span < end)
        };
        match () {
            () if own.iter().any(is_found) => Mark::Match,
            () if row.collapsed() && own.iter().any(is_below) => Mark::Hides,
            () if self.dims => Mark::Other,
            () => Mark::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::analysis::rows::{RowOptions, rows};
    use spandrel_trace::model::SpanSet;
    use spandrel_trace::testing::trace;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn rows_that_show_or_hide_a_match_are_highlighted_however_rows_are_folded() {
        let drawn = trace(
            "
            a: root          [==================]
              b: get          [=]
                c: read       [=]
              b: get            [=]
              b: get              [=]
                c: read           [=]
                  d: seek         [=]
              b: get                [=]
              b: get                  [=]
              e: last                    [=]
                f: end                   [=]
            ",
        );
        let outline = drawn.outline();
        let spans = outline.len() as SpanIx;
        // Every span and pair of spans as matches, with every way of folding.
        for (one, other) in (0..spans).flat_map(|one| (one..spans).map(move |other| (one, other))) {
            let mut found = Matches { spans: SpanSet::none(outline.len()), ..Matches::default() };
            [one, other].into_iter().for_each(|span| found.spans.insert(span));
            let marks = Marks { found: Some(Arc::new(found)), dims: true, added: Arc::default() };
            for way in 0..32 {
                let mut view = RowOptions { group: way & 1 != 0, ..RowOptions::default() };
                view.fold.level = (way & 2 != 0).then_some(1);
                view.fold.set_group(outline, 1, way & 4 != 0);
                view.fold.set(outline, 4, way & 8 != 0);
                view.fold.set(outline, 9, way & 16 != 0);
                let rows = rows(outline, &view);
                let expected = |index: usize| {
                    let row = rows.get(index)?;
                    let stands_for = |span: SpanIx| rows.index_showing(outline, span) == Some(index);
                    let itself = |span: SpanIx| match row.is_group() {
                        true => rows.members(index).contains(&span),
                        false => row.span == span,
                    };
                    let shown: Vec<SpanIx> =
                        [one, other].into_iter().filter(|span| stands_for(*span)).collect();
                    Some(match shown.iter().any(|span| itself(*span)) {
                        true => Mark::Match,
                        false if !shown.is_empty() => Mark::Hides,
                        false => Mark::Other,
                    })
                };
                for (index, row) in rows.as_slice().iter().enumerate() {
                    let mark = marks.at(outline, &rows, index, *row);
                    assert_eq!(Some(mark), expected(index), "{one} and {other}, way {way}, row {index}");
                }
            }
        }
    }
}
