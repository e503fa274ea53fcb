//! The JSON text of the trace or of the selected span: as the source has it, without repairs, in either format. Only the
//! lines in view are loaded; the worker writes them again when they are needed.

mod find;
mod reveal;
mod tools;

use super::super::marks::mark_of;
use super::super::nothing_to_show::{AllFiltered, NoSpans};
use super::super::session::Session;
use super::super::span_filter::span_filter;
use super::super::span_source::SpanSource;
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use crate::ui::find_mark::FindMark;
use crate::ui::table::{RowOf, Table, TableCell, TableColumn, TableRow};
use find::{JsonSearch, search};
use leptos::html;
use leptos::prelude::*;
use leptos_use_resize_observer::use_resize_observer;
use reveal::reveal_span;
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::engine::{Answer, JsonPage, JsonText, QuestionTopic};
use spandrel_trace::format::write::Export;
use spandrel_trace::model::SpanIx;
use spandrel_trace::units::count;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use tools::Tools;

/// Lines that are loaded at a time.
const PAGE: usize = 200;
/// Pages that are kept.
const KEPT: usize = 30;
/// Characters of a line at most where lines are not broken to the width of the view.
const LONGEST: u32 = 4_000;
/// Width of a character, CSS pixels; a little more than that of the widest usual font, so that no line is cut.
const CHARACTER: f64 = 7.4;
/// Width of the column with the numbers, and room besides the text, CSS pixels.
const NUMBERS: u32 = 84;
const MARGIN: f64 = 40.0;
/// The width of broken lines follows that of the view in steps of so many characters.
const STEP: u32 = 10;

/// Pages that were loaded, by number; `None` while one is on its way.
type Pages = HashMap<usize, Option<Arc<JsonPage>>>;

/// Parts of the spans of a text after each of which the number of lines is shown while they are counted.
const STEPS: u32 = 50;

/// How far lines are counted.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Counted {
    lines: u32,
    spans: u32,
    /// Spans of the text; more than there can be until that is known.
    all: u32,
}

impl Counted {
    const NOTHING: Counted = Counted { lines: 0, spans: 0, all: u32::MAX };

    /// Whether all lines of a page are counted.
    fn has(self, page: usize) -> bool {
        let (start, end) = (page * PAGE, (page + 1) * PAGE);
        self.lines as usize >= end || self.spans >= self.all && self.lines as usize > start
    }

    fn is_done(self) -> bool {
        self.spans >= self.all
    }
}

/// The JSON text.
#[component]
pub fn JsonView(
    /// State of the trace.
    session: Session,
    /// Where the lines come from.
    source: SpanSource,
) -> impl IntoView {
    let tables = session.tables;
    let section = NodeRef::<html::Section>::new();
    let room = RwSignal::new(100u32);
    use_resize_observer(section, move |entries, _| {
        let width = entries.first().map_or(0.0, |entry| entry.content_rect().width());
        let fit = ((width - f64::from(NUMBERS) - MARGIN).max(0.0) / CHARACTER) as u32 / STEP * STEP;
        if fit.max(STEP) != room.get_untracked() {
            room.set(fit.max(STEP));
        }
    });
    let range = Memo::new(move |_| {
        let all = session.outline_live().with(|outline| outline.len() as SpanIx);
        match session.selection.span.get().filter(|_| tables.with(|tables| tables.json_span)) {
            Some(span) => span..span + 1,
            None => 0..all,
        }
    });
    let of_trace = span_filter(session);
    // One span is shown whether the filters let it through or not.
    let filter = Memo::new(move |_| match range.with(Range::len) {
        1 => SpanFilter::default(),
        _ => of_trace.get(),
    });
    let text = Memo::new(move |_| {
        let Range { start, end } = range.get();
        tables.with(|tables| JsonText {
            start,
            end,
            filter: filter.get(),
            format: if tables.json_otlp { Export::Otlp } else { Export::Jaeger },
            width: if tables.json_wrap { room.get() } else { LONGEST },
        })
    });
    let (pages, counted) = (RwSignal::new(Pages::new()), RwSignal::new(Counted::NOTHING));
    let widest = RwSignal::new(0usize);
    let version = Memo::new(move |before: Option<&u64>| {
        session.outline_live().track();
        text.track();
        before.map_or(0, |before| before + 1)
    });
    let problem = RwSignal::new(false);
    // Loads the first lines. Then counts all, some at a time, so that other questions are answered in between; nothing that
    // is shown depends on it but the length of the scrollbar.
    Effect::new(move |_| {
        version.track();
        pages.set(Pages::new());
        counted.set(Counted::NOTHING);
        widest.set(0);
        problem.set(false);
        let text = text.get();
        if text.start == text.end {
            return;
        }
        let busy = busy::hold();
        spawn_scoped(async move {
            let mut busy = Some(busy);
            let mut now = Counted::NOTHING;
            while !now.is_done() {
                let is_first = !now.has(0);
                // Without lines only counting is asked for.
                let count = if is_first { PAGE as u32 } else { 0 };
                let topic = QuestionTopic::JsonLines { text: text.clone(), first: 0, count };
                let Ok(Answer::JsonLines(page)) = source.ask_in_background(topic).await else {
                    problem.set(true);
                    break;
                };
                now = Counted { lines: page.counted, spans: page.spans, all: page.all };
                let shown = counted.get_untracked();
                if is_first && now.has(0) {
                    keep(pages, widest, 0, page);
                }
                if is_first || now.is_done() || now.spans - shown.spans > now.all / STEPS {
                    counted.set(now);
                }
                if now.has(0) {
                    busy.take();
                }
            }
        });
    });
    let lines = Memo::new(move |_| {
        let Counted { lines, spans, all } = counted.get();
        let all = u64::from(all);
        // Until all are counted the rest is assumed to be like what was counted.
        match u64::from(spans) {
            0 => 0,
            spans if spans < all => (u64::from(lines) * all / spans) as usize,
            _ => lines as usize,
        }
    });
    let load = move |page: usize| {
        let start = page * PAGE;
        if !counted.get_untracked().has(page) || pages.with_untracked(|pages| pages.contains_key(&page)) {
            return;
        }
        pages.update_untracked(|pages| {
            if pages.len() >= KEPT {
                pages.retain(|number, _| number.abs_diff(page) < KEPT / 2);
            }
            pages.insert(page, None);
        });
        let (text, asked_of) = (text.get_untracked(), version.get_untracked());
        let busy = busy::hold();
        spawn_scoped(async move {
            let topic = QuestionTopic::JsonLines { text, first: start as u32, count: PAGE as u32 };
            let answer = source.ask(topic).await;
            if version.get_untracked() == asked_of {
                match answer {
                    Ok(Answer::JsonLines(found)) => keep(pages, widest, page, found),
                    _ => pages.update(|pages| {
                        pages.remove(&page);
                    }),
                }
            }
            drop(busy);
        });
    };
    // Pages belong to the view, not to the effect that asks for them.
    let owner = StoredValue::new(Owner::current());
    let in_view = RwSignal::new((0usize, 0usize));
    Effect::new(move |_| {
        let (first, end) = in_view.get();
        counted.track();
        version.track();
        let ask = move || (first / PAGE..=end / PAGE).for_each(load);
        if let Some(owner) = owner.get_value() {
            owner.with(ask);
        }
    });
    let found: JsonSearch = search(session, source, text);
    let chosen = StoredValue::new(false);
    let revealed = reveal_span(session, source, text, chosen, in_view);
    Effect::new(move |_| {
        found.stepped();
        if let Some(line) = found.current() {
            revealed.set(Some(line));
        }
    });
    let line_at = move |index: usize| {
        pages.with(|pages| {
            let page = pages.get(&(index / PAGE))?.clone()?;
            page.lines.get(index % PAGE).cloned()
        })
    };
    let row: RowOf = Arc::new(move |index| {
        let line = line_at(index);
        let span = line.as_ref().map(|line| line.span);
        let number = match &line {
            _ if !tables.with(|tables| tables.json_wrap) => count(index as u64 + 1),
            Some(line) if line.continues => "↳".to_owned(),
            _ => String::new(),
        };
        let heat = if found.has(index) { 3 } else { 0 };
        let body = match line {
            Some(line) => TableCell { heat, ..TableCell::text(line.text) },
            None => TableCell { is_faint: true, ..TableCell::text("…") },
        };
        let is_selected = found.current() == Some(index);
        let mark = span.map_or(FindMark::None, |span| mark_of(session, span));
        TableRow { cells: vec![TableCell::text(number), body], is_selected, mark, ..TableRow::default() }
    });
    let choose = move |index: usize| {
        if let Some(line) = untrack(|| line_at(index)) {
            // The line is in view already.
            chosen.set_value(true);
            session.select(line.span);
        }
    };
    let columns = Memo::new(move |_| {
        let numbers = TableColumn {
            key: "number".to_owned(),
            title: "Line".to_owned(),
            width: NUMBERS,
            is_number: true,
            ..TableColumn::default()
        };
        let width = (widest.get() as f64 * CHARACTER + MARGIN) as u32;
        let text = TableColumn {
            key: "text".to_owned(),
            title: "JSON".to_owned(),
            width: width.max(300),
            grow: 1,
            ..TableColumn::default()
        };
        Arc::new(vec![numbers, text])
    });
    let row = StoredValue::new(row);
    let is_empty = Memo::new(move |_| range.with(|range| range.is_empty()));
    let has_none = Memo::new(move |_| counted.get().all == 0);
    let content = move || {
        if is_empty.get() {
            return view! { <NoSpans/> }.into_any();
        }
        if has_none.get() {
            return view! { <AllFiltered/> }.into_any();
        }
        view! {
            <div class="table-view json-text">
                <Table
                    label=Signal::stored("JSON text".to_owned())
                    columns=columns
                    sort=Signal::stored(None)
                    on_sort=Callback::new(|_: String| ())
                    count=lines
                    version=version
                    row=row.get_value()
                    on_choose=Callback::new(choose)
                    on_view=Callback::new(move |seen| in_view.set(seen))
                    reveal=revealed
                />
            </div>
        }
        .into_any()
    };
    let facts = move || {
        let (exact, is_done) = (counted.get().lines, counted.get().is_done());
        match (problem.get(), !is_done && !is_empty.get()) {
            (true, _) => "Couldn't load the text".to_owned(),
            (false, true) => format!("about {} lines (counting)", count(lines.get() as u64)),
            (false, false) => format!("{} lines", count(u64::from(exact))),
        }
    };
    view! {
        <section class="table-view" data-test="json" node_ref=section>
            <Tools session source range filter facts=Signal::derive(facts) found/>
            {content}
        </section>
    }
}

fn keep(pages: RwSignal<Pages>, widest: RwSignal<usize>, number: usize, page: JsonPage) {
    let longest = page.lines.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
    if longest > widest.get_untracked() {
        widest.set(longest);
    }
    pages.update(|pages| {
        pages.insert(number, Some(Arc::new(page)));
    });
}
