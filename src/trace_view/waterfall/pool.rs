//! The rows that people read: a fixed pool of elements, written in the frame in which the bars are painted.
//! As many as the screen is high, whatever the trace has; moved, never made anew, while one scrolls.

mod row;
mod words;

use super::super::session::AttributeColumns;
use super::mark::Mark;
use row::{RowElement, Written, is_selected, mark_selected, write};
use spandrel_trace::analysis::critical_path::PathBySpan;
use spandrel_trace::analysis::log_marks::LogMarks;
use spandrel_trace::analysis::rows::{Row, Rows, Siblings};
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::scene::places::RowPositions;
use spandrel_trace::scene::waterfall::WaterfallCache;
use std::collections::VecDeque;
use web_sys::{Document, HtmlElement, Node};

/// Rows that are made or added at once at most: those of a high screen take a task of 50 ms when the page has just opened.
const AT_ONCE: usize = 8;

/// What [`RowPool::show`] did.
pub struct Shown {
    /// Whether rows were added.
    pub added: bool,
    /// Whether every row on screen is there. The others are added the next time.
    pub is_complete: bool,
}

/// What the rows are written from.
pub struct RowContext<'a> {
    /// The trace.
    pub outline: &'a Outline,
    /// Its rows.
    pub rows: &'a Rows,
    /// The rows that are at least partly on screen.
    pub range: std::ops::Range<usize>,
    /// The selected span.
    pub selected: Option<SpanIx>,
    /// Colour slot of a span's service.
    pub slot: &'a dyn Fn(SpanIx) -> u8,
    /// How the row at an index stands out.
    pub mark: &'a dyn Fn(usize, Row) -> Mark,
    /// Levels that may be indented before names would be squeezed out.
    pub levels: u32,
    /// Indentation of a level, CSS pixels.
    pub indent: f64,
    /// What is known of attributes.
    pub attributes: &'a AttributeColumns,
    /// Keys of the attributes that are columns.
    pub columns: &'a [String],
    /// The critical path, once it is computed.
    pub path: Option<&'a PathBySpan>,
    /// The log lines of spans.
    pub logs: &'a LogMarks,
    /// Where rows are, and what lies between them.
    pub places: RowPositions<'a>,
    /// Changes whenever rows must be written anew although they show the same spans.
    pub edition: u32,
}

/// The pool.
pub struct RowPool {
    container: HtmlElement,
    document: Document,
    rows: VecDeque<RowElement>,
    /// Rows that are not in the page at the moment.
    spare: Vec<RowElement>,
    first: usize,
    made: u32,
    columns: usize,
    siblings: Siblings,
}

impl RowPool {
    /// A pool below `container`; `None` outside a document.
    pub fn new(container: HtmlElement) -> Option<Self> {
        let document = container.owner_document()?;
        let (rows, spare, siblings) = (VecDeque::new(), Vec::new(), Siblings::default());
        Some(RowPool { container, document, rows, spare, first: 0, made: 0, columns: 0, siblings })
    }

    /// Writes the rows on screen, and adds some of those that are missing.
    pub fn show(&mut self, showing: &RowContext, cache: &mut WaterfallCache) -> Shown {
        if self.columns != showing.columns.len() {
            self.columns = showing.columns.len();
            self.rows.drain(..).for_each(|row| row.element.remove());
            self.spare.clear();
        }
        let before = self.rows.len();
        let most = showing.range.len().min(before + AT_ONCE);
        while self.rows.len() < most {
            // What the browser cannot make is not shown, nor tried in every frame.
            let Some(row) = self.spare.pop().or_else(|| self.make()) else {
                return Shown { added: false, is_complete: true };
            };
            // The container is ours and takes any element: appending cannot fail.
            let _ = self.container.append_child(&row.element);
            self.rows.push_back(row);
        }
        while self.rows.len() > showing.range.len() {
            if let Some(mut row) = self.rows.pop_back() {
                row.element.remove();
                row.written = None;
                self.spare.push(row);
            }
        }
        self.turn(showing.range.start);
        for (place, index) in showing.range.clone().enumerate() {
            let (Some(row), Some(element)) = (showing.rows.get(index), self.rows.get_mut(place)) else {
                break;
            };
            let selected = is_selected(row, showing.selected);
            let mark = (showing.mark)(index, row);
            let written = Written { index, row, selected, mark, edition: showing.edition };
            if element.written != Some(written) {
                let place = self.siblings.place(showing.outline, showing.rows, index);
                let group = row.is_group().then(|| cache.groups.of(showing.outline, showing.rows, index));
                let own = cache.self_time(showing.outline, row.span);
                write(element, showing, written, place, group, own);
                element.written = Some(written);
            }
        }
        Shown { added: self.rows.len() > before, is_complete: self.rows.len() >= showing.range.len() }
    }

    /// Marks the row of the selected span at once, so that it is painted in the very next frame.
    pub fn select(&mut self, selected: Option<SpanIx>) {
        for row in &mut self.rows {
            if let Some(written) = &mut row.written {
                let is_selected = is_selected(written.row, selected);
                if std::mem::replace(&mut written.selected, is_selected) != is_selected {
                    mark_selected(&row.element, is_selected);
                }
            }
        }
    }

    /// Makes some rows ahead, while there is time. Whether there are `count` of them now.
    pub fn make_ready(&mut self, count: usize) -> bool {
        for _ in 0..AT_ONCE {
            if self.rows.len() + self.spare.len() >= count {
                return true;
            }
            let Some(row) = self.make() else { return true };
            self.spare.push(row);
        }
        self.rows.len() + self.spare.len() >= count
    }

    /// The element id of the row that shows `span`, if one does.
    pub fn id_of(&self, span: SpanIx) -> Option<String> {
        self.rows.iter().find(|row| row.is_of(span)).map(|row| row.element.id())
    }

    /// The element of the row at an index, where it is on screen.
    pub fn element_at(&self, index: usize) -> Option<HtmlElement> {
        let row = self.rows.get(index.checked_sub(self.first)?)?;
        Some(row.element.clone())
    }

    /// Highlights the first `lit[i]` indentation guides of the `i`-th row; of rows without an entry none.
    pub fn light(&mut self, lit: &[u32]) {
        for (place, row) in self.rows.iter_mut().enumerate() {
            let lit = lit.get(place).copied().unwrap_or(0);
            if std::mem::replace(&mut row.lit, lit) != lit {
                let _ = row.indent.style().set_property("--lit", &lit.to_string());
            }
        }
    }

    /// Writes all rows anew the next time: they are of another list.
    pub fn renew(&mut self) {
        self.siblings = Siblings::default();
        self.rows.iter_mut().for_each(|row| row.written = None);
    }

    /// Elements that leave on one side come in again on the other, so a line's scroll writes a line.
    fn turn(&mut self, first: usize) {
        let count = self.rows.len();
        let down = first.checked_sub(self.first).filter(|by| *by < count);
        let up = self.first.checked_sub(first).filter(|by| *by < count);
        for _ in 0..down.unwrap_or(0) {
            if let Some(row) = self.rows.pop_front() {
                let _ = self.container.append_child(&row.element);
                self.rows.push_back(row);
            }
        }
        for _ in 0..up.unwrap_or(0) {
            if let Some(row) = self.rows.pop_back() {
                let front = self.rows.front().map(|row| -> &Node { &row.element });
                let _ = self.container.insert_before(&row.element, front);
                self.rows.push_front(row);
            }
        }
        self.first = first;
    }

    fn make(&mut self) -> Option<RowElement> {
        self.made += 1;
        RowElement::make(&self.document, self.made, self.columns)
    }
}
