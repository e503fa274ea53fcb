//! What this trace page is showing: a handful of signals that everything on it shares, nothing per span.

mod details;

use super::actions::Summoned;
use super::columns::AttributeColumns;
use super::ticked::Ticked;
use super::turns::{Arranged, takes_turns};
use crate::route::{Colour, Placement, Show, Zone};
use crate::state::clock;
use crate::state::settings::store_zone;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::{Fold, Row, RowOptions, Rows, rows};
use spandrel_trace::engine::Matches;
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::units::SpanId;
use std::sync::Arc;

/// The shortest stretch of time that can be zoomed to, nanoseconds.
const LEAST_RANGE: u64 = 10;

/// Width of the names' column before anyone has moved it, CSS pixels.
const NAMES: f64 = 380.0;

/// The page's state. Copied freely; lives as long as the page shows this trace.
#[derive(Clone, Copy)]
pub struct Session {
    outline: RwSignal<Arc<Outline>>,
    travelled: StoredValue<Travelled>,
    /// First and last nanosecond shown.
    pub range: RwSignal<(u64, u64)>,
    /// The span that keys act on and the detail shows.
    pub selected: RwSignal<Option<SpanIx>>,
    /// Whether the detail beside or below the waterfall is open.
    pub open: RwSignal<bool>,
    /// Spans whose details are open between the rows, in the order in which they were opened.
    pub opened: RwSignal<Vec<SpanId>>,
    /// The span whose detail between the rows is to be seen as well as its row, once it has its height.
    pub wanted: StoredValue<Option<SpanId>>,
    /// What is asked to be seen: what is collapsed, left out, in focus, and in which order.
    pub view: RwSignal<RowOptions>,
    /// What is looked for, as it was typed.
    pub find: RwSignal<String>,
    /// What becomes of the spans that do not match it.
    pub show: RwSignal<Show>,
    /// What was found; nothing while nothing is looked for.
    pub matches: RwSignal<Option<Arc<Matches>>>,
    /// The events that are being looked at.
    pub ticked: RwSignal<Option<Ticked>>,
    /// Spans that have just come, ascending; they stand out for a moment.
    pub added: RwSignal<Arc<Vec<SpanIx>>>,
    /// What the colour of a bar means.
    pub colour: RwSignal<Colour>,
    /// Keys of attributes that are columns of their own.
    pub columns: RwSignal<Vec<String>>,
    /// What the engine told of attributes that rows show.
    pub told: RwSignal<Arc<AttributeColumns>>,
    /// Times of day in place of times since the trace's begin.
    pub absolute: RwSignal<bool>,
    /// Whose clock times of day are of; other pages follow it too.
    pub zone: RwSignal<Zone>,
    /// Where the detail is.
    pub placement: RwSignal<Placement>,
    /// Something to be said about how the page came to look as it does.
    pub notice: RwSignal<Option<&'static str>>,
    /// The rows that follow from it; those before, as long as they are worked out.
    pub rows: Memo<Arc<Rows>>,
    /// The last rows that took long.
    pub arranged: RwSignal<Option<Arranged>>,
    /// Whether rows are being worked out.
    pub arranging: RwSignal<bool>,
    /// Whether the selected span is to be brought into sight when they are there.
    sought: StoredValue<bool>,
    /// Counts the wishes to see the selected row; the waterfall scrolls there at each.
    pub reveal: RwSignal<u32>,
    /// Width of the names' column, CSS pixels.
    pub names: RwSignal<f64>,
    /// The first row that is wholly seen, and how many rows a screen has; as last painted.
    pub screen: StoredValue<(usize, usize)>,
    /// What a key has called for; set back by what came.
    pub summoned: RwSignal<Option<Summoned>>,
    /// Width of the waterfall, CSS pixels, as last measured.
    pub width: RwSignal<f64>,
}

impl Session {
    /// A page on `outline` with everything shown.
    pub fn new(outline: Arc<Outline>) -> Self {
        let view = RwSignal::new(RowOptions::default());
        let range = RwSignal::new(full(&outline));
        let outline = RwSignal::new(outline);
        let (arranged, rows_of) = (RwSignal::new(None::<Arranged>), StoredValue::new(None::<Arc<Outline>>));
        let work_out = move |before: Option<&Arc<Rows>>, outline: &Arc<Outline>, view: &RowOptions| {
            let of = rows_of.with_value(Option::clone);
            rows_of.set_value(Some(outline.clone()));
            if !takes_turns(outline, view) {
                return Arc::new(rows(outline, view));
            }
            let there = arranged.with(|arranged| arranged.clone().filter(|there| there.is_of(outline, view)));
            // Of another outline they would be rows of other spans.
            let before = before.filter(|_| of.is_some_and(|of| Arc::ptr_eq(&of, outline)));
            there.map(|there| there.rows).or(before.cloned()).unwrap_or_default()
        };
        // Rows are compared by identity: a million of them are not worth a look at each.
        let rows = Memo::new_with_compare(
            move |before| outline.with(|outline| view.with(|view| work_out(before, outline, view))),
            |before, now| !before.zip(now).is_some_and(|(before, now)| Arc::ptr_eq(before, now)),
        );
        Session {
            range,
            outline,
            travelled: StoredValue::default(),
            selected: RwSignal::new(None),
            open: RwSignal::new(false),
            opened: RwSignal::default(),
            wanted: StoredValue::default(),
            view,
            find: RwSignal::default(),
            show: RwSignal::default(),
            matches: RwSignal::default(),
            ticked: RwSignal::default(),
            added: RwSignal::default(),
            colour: RwSignal::default(),
            columns: RwSignal::default(),
            told: RwSignal::default(),
            absolute: RwSignal::default(),
            zone: RwSignal::default(),
            placement: RwSignal::default(),
            notice: RwSignal::default(),
            rows,
            arranged,
            arranging: RwSignal::default(),
            sought: StoredValue::default(),
            reveal: RwSignal::new(0),
            names: RwSignal::new(NAMES),
            screen: StoredValue::new((0, 1)),
            summoned: RwSignal::default(),
            width: RwSignal::new(0.0),
        }
    }

    /// The trace as it was read last, untracked.
    pub fn outline(&self) -> Arc<Outline> {
        self.outline.get_untracked()
    }

    /// The trace, for what has to follow when it is read again.
    pub fn outline_live(&self) -> Signal<Arc<Outline>> {
        self.outline.into()
    }

    /// Puts `outline` in the place of the trace: the same trace, read again. What is remembered by id stays; the
    /// selection follows its span to its new place, and what is seen stays the same stretch of time.
    pub fn renew(&self, outline: Arc<Outline>) {
        let before = self.outline();
        let range = self.range.get_untracked();
        let was_fitted = range == full(&before);
        let selected = self.selected.get_untracked().map(|span| before.id[span as usize]);
        let selected = selected.and_then(|id| outline.find(id));
        // Spans that came late may have begun before all others: times count from the trace's begin.
        let moved = before.start_unix as i64 - outline.start_unix as i64;
        let fitted = full(&outline);
        batch(|| {
            self.matches.set(None);
            self.outline.set(outline);
            self.selected.set(selected);
            if selected.is_none() {
                self.open.set(false);
            }
            if was_fitted {
                self.range.set(fitted);
            } else {
                self.zoom_to(range.0.saturating_add_signed(moved), range.1.saturating_add_signed(moved));
            }
        });
    }

    /// The whole trace as a range.
    pub fn full(&self) -> (u64, u64) {
        self.outline.with_untracked(|outline| full(outline))
    }

    /// The whole trace as a range, tracked.
    pub fn full_live(&self) -> (u64, u64) {
        self.outline.with(|outline| full(outline))
    }

    /// Whether all of the trace's time is shown; tracked.
    pub fn is_fitted(&self) -> bool {
        self.range.get() == self.full_live()
    }

    /// Shows `begin..end`, cut to the trace and widened to what can still be told apart.
    pub fn zoom_to(&self, begin: u64, end: u64) {
        let (_, last) = self.full();
        let least = LEAST_RANGE.min(last);
        let (begin, end) = (begin.min(end).min(last), begin.max(end).min(last));
        let missing = least.saturating_sub(end - begin);
        let begin = begin.saturating_sub(missing / 2).min(last - least);
        let range = (begin, end.max(begin + least));
        let before = self.range.get_untracked();
        if before != range {
            self.travelled.update_value(|travelled| travelled.leave(before, clock::now()));
            self.range.set(range);
        }
    }

    /// Goes back to the stretch of time that was shown before the last move, or with `forth` undoes that.
    pub fn travel(&self, forth: bool) {
        let now = self.range.get_untracked();
        if let Some(range) = self.travelled.try_update_value(|travelled| travelled.step(now, forth)).flatten()
        {
            self.range.set(range);
        }
    }

    /// Zooms by `factor` (below 1: closer) around the place at `share` of what is shown.
    pub fn zoom_by(&self, factor: f64, share: f64) {
        let (begin, end) = self.range.get_untracked();
        let scale = spandrel_trace::scene::TimeScale::new(begin, end, 1_000.0);
        let (_, last) = self.full();
        let (begin, end) = scale.zoomed(share * 1_000.0, factor, last, LEAST_RANGE);
        self.zoom_to(begin, end);
    }

    /// Moves by `share` of what is shown (positive: later).
    pub fn pan_by(&self, share: f64) {
        let (begin, end) = self.range.get_untracked();
        let scale = spandrel_trace::scene::TimeScale::new(begin, end, 1_000.0);
        let (begin, end) = scale.panned(share * 1_000.0, self.full().1);
        self.zoom_to(begin, end);
    }

    /// Shows the whole trace's time.
    pub fn fit(&self) {
        let (begin, end) = self.full();
        self.zoom_to(begin, end);
    }

    /// Shows the selected span's time with some air around it, or the whole trace's.
    pub fn fit_selected(&self) {
        let Some(span) = self.selected.get_untracked() else { return self.fit() };
        let outline = self.outline();
        let (begin, end) = (outline.start[span as usize], outline.end[span as usize]);
        let air = ((end - begin) / 20).max(1);
        self.zoom_to(begin.saturating_sub(air), end.saturating_add(air));
    }

    /// Selects a span and brings its row into sight, opening what hides it.
    pub fn select(&self, span: SpanIx) {
        let outline = self.outline();
        let mut view = self.view.get_untracked();
        if view.reveal(&outline, span) {
            self.view.set(view);
        }
        if self.selected.get_untracked() != Some(span) {
            self.selected.set(Some(span));
        }
        self.sought.set_value(!self.rows_are_current());
        self.reveal.update(|count| *count = count.wrapping_add(1));
    }

    /// Collapses or expands a row, be it a span or a group. What was selected below it gives the selection to it.
    pub fn set_collapsed(&self, row: Row, collapsed: bool) {
        let outline = self.outline();
        self.change_fold(|fold| {
            if row.is_group() {
                fold.set_group(&outline, row.span, !collapsed);
            } else {
                fold.set(&outline, row.span, collapsed);
            }
        });
    }

    /// Shows only `span` and what is below it, or with `None` all of the trace again.
    pub fn focus(&self, span: Option<SpanIx>) {
        let id = span.map(|span| self.outline().id[span as usize]);
        self.change(|view| view.focus = id);
        if let Some(span) = span.or(self.selected.get_untracked()) {
            self.select(span);
        }
    }

    /// Shows times of day on that clock, now and the next time.
    pub fn set_zone(&self, zone: Zone) {
        store_zone(zone);
        self.zone.set(zone);
    }

    /// Collapses everything.
    pub fn collapse_all(&self) {
        self.change_fold(Fold::collapse_all);
    }

    /// Expands everything.
    pub fn expand_all(&self) {
        let outline = self.outline();
        self.change_fold(|fold| fold.expand_all(&outline));
    }

    /// Collapses the deepest level that is shown.
    pub fn collapse_level(&self) {
        let (outline, rows) = (self.outline(), self.rows.get_untracked());
        self.change_fold(|fold| {
            fold.collapse_level(&outline, &rows);
        });
    }

    /// Expands the uppermost level that is collapsed.
    pub fn expand_level(&self) {
        let (outline, rows) = (self.outline(), self.rows.get_untracked());
        self.change_fold(|fold| {
            fold.expand_level(&outline, &rows);
        });
    }

    fn change_fold(&self, change: impl FnOnce(&mut Fold)) {
        let mut fold = self.view.with_untracked(|view| view.fold.clone());
        change(&mut fold);
        self.change(|view| view.fold = fold);
    }

    /// Whether the rows are those of what is asked to be seen, and not those before.
    pub fn rows_are_current(&self) -> bool {
        let of = |outline: &Arc<Outline>, view: &RowOptions| {
            let is_there =
                |there: &Option<Arranged>| there.as_ref().is_some_and(|there| there.is_of(outline, view));
            !takes_turns(outline, view) || self.arranged.with_untracked(is_there)
        };
        self.outline.with_untracked(|outline| self.view.with_untracked(|view| of(outline, view)))
    }

    /// Shows rows that took long.
    pub fn arrived(&self, arranged: Arranged) {
        batch(|| {
            self.arranged.set(Some(arranged));
            self.arranging.set(false);
        });
        self.settle_selection();
        if self.sought.try_update_value(std::mem::take).unwrap_or_default() {
            self.reveal.update(|count| *count = count.wrapping_add(1));
        }
    }

    /// Changes what is asked to be seen. A span that it hides gives the selection to what hides it, if anything.
    pub fn change(&self, change: impl FnOnce(&mut RowOptions)) {
        let mut view = self.view.get_untracked();
        let before = view.clone();
        change(&mut view);
        if view == before {
            return;
        }
        self.view.set(view);
        self.settle_selection();
    }

    /// A hidden span cannot be acted on: the ancestor that hides it is selected in its place.
    fn settle_selection(&self) {
        if let Some(span) = self.selected.get_untracked() {
            let (outline, rows) = (self.outline(), self.rows.get_untracked());
            let row = rows.index_showing(&outline, span).and_then(|index| rows.get(index));
            if let Some(row) = row.filter(|row| row.span != span) {
                self.selected.set(Some(row.span));
            }
        }
    }
}

/// The stretches of time that were shown before and, after going back, those that were shown then.
#[derive(Clone, Debug, Default)]
struct Travelled {
    past: Vec<(u64, u64)>,
    future: Vec<(u64, u64)>,
    moved: f64,
}

/// A wheel's many small moves are one; between two moves lies this at least, milliseconds.
const PAUSE: f64 = 400.0;

/// How many moves can be undone.
const REMEMBERED: usize = 100;

impl Travelled {
    /// `range` is about to be left, `now` in milliseconds.
    fn leave(&mut self, range: (u64, u64), now: f64) {
        if now - self.moved > PAUSE || self.past.is_empty() {
            self.past.push(range);
            if self.past.len() > REMEMBERED {
                self.past.remove(0);
            }
        }
        self.moved = now;
        self.future.clear();
    }

    fn step(&mut self, now: (u64, u64), forth: bool) -> Option<(u64, u64)> {
        let (from, to) =
            if forth { (&mut self.future, &mut self.past) } else { (&mut self.past, &mut self.future) };
        let range = from.pop()?;
        to.push(now);
        // The next move is one of its own, however soon it comes.
        self.moved = 0.0;
        Some(range)
    }
}

fn full(outline: &Outline) -> (u64, u64) {
    (0, outline.duration.max(1))
}

#[cfg(test)]
mod tests {
    use super::Travelled;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn moves_are_undone_and_done_again() {
        let mut travelled = Travelled::default();
        assert_eq!(travelled.step((0, 100), false), None);
        travelled.leave((0, 100), 1_000.0);
        travelled.leave((10, 90), 1_016.0);
        travelled.leave((20, 80), 5_000.0);
        assert_eq!(travelled.step((30, 70), false), Some((20, 80)), "a wheel's steps are one move");
        assert_eq!(travelled.step((20, 80), false), Some((0, 100)));
        assert_eq!(travelled.step((0, 100), false), None);
        assert_eq!(travelled.step((0, 100), true), Some((20, 80)));
        travelled.leave((20, 80), 5_001.0);
        assert_eq!(travelled.step((40, 50), true), None, "what was to come is gone after another move");
        assert_eq!(travelled.step((40, 50), false), Some((20, 80)));
    }
}
