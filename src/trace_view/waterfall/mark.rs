//! What sets a row apart from the others: it is what is looked for, it is not, or it has just come.

use super::super::session::Session;
use crate::route::Show;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::{Row, Rows};
use spandrel_trace::engine::Matches;
use spandrel_trace::model::{Outline, SpanIx};
use std::sync::Arc;

/// How a row stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Not at all.
    #[default]
    Plain,
    /// It is looked for.
    Match,
    /// It hides something that is looked for.
    Hides,
    /// It is not looked for, and steps back.
    Other,
    /// It has just come.
    Added,
}

impl Mark {
    /// The word for it in the document; none for those that do not stand out.
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

/// What marks rows, as it is now.
pub struct Marks {
    found: Option<Arc<Matches>>,
    dims: bool,
    added: Arc<Vec<SpanIx>>,
}

impl Marks {
    /// What the session has found, and what has just come to it; untracked.
    pub fn of(session: Session, outline: &Outline) -> Self {
        let found = session.matches.get_untracked();
        // What was found in another reading of the trace says nothing about this one.
        let found = found.filter(|found| found.error.is_none() && found.spans.spans() == outline.len());
        Marks { found, dims: session.show.get_untracked() == Show::Dim, added: session.added.get_untracked() }
    }

    /// How the row at `index` stands out. A closed group stands for its members, and hides what is below them.
    pub fn at(&self, outline: &Outline, rows: &Rows, index: usize, row: Row) -> Mark {
        if self.added.binary_search(&row.span).is_ok() {
            return Mark::Added;
        }
        let Some(found) = &self.found else { return Mark::Plain };
        let is_found = |span: &SpanIx| found.spans.contains(*span);
        let alone = [row.span];
        // The members of an open group have rows of their own.
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
    fn whatever_is_folded_the_rows_that_stand_for_what_is_found_say_so() {
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
        // Every span and every pair of spans is found, under every way to fold.
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
