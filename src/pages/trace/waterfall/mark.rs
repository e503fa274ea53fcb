//! What sets a row apart from the others: it is what is looked for, it is not, or it has just come.

use super::super::session::Session;
use crate::route::Show;
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

    /// How the row at `index` stands out. A closed group stands for its members.
    pub fn at(&self, outline: &Outline, rows: &Rows, index: usize, row: Row) -> Mark {
        if self.added.binary_search(&row.span).is_ok() {
            return Mark::Added;
        }
        let Some(found) = &self.found else { return Mark::Plain };
        let is_found = |span: &SpanIx| found.spans.contains(*span);
        let is_match = match row.is_group() {
            true => row.collapsed() && rows.members(index).iter().any(is_found),
            false => is_found(&row.span),
        };
        let end = outline.subtree_end[row.span as usize];
        let below = || found.spans.at_or_after(row.span + 1).is_some_and(|span| span < end);
        match () {
            () if is_match => Mark::Match,
            () if row.collapsed() && !row.is_group() && below() => Mark::Hides,
            () if self.dims => Mark::Other,
            () => Mark::Plain,
        }
    }
}
