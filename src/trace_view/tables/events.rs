//! The table of events: all events of the trace in the order of their times, filtered by text, like a log.

use super::super::colouring::Slots;
use super::super::marks::mark_of;
use super::super::session::Session;
use super::super::span_filter::span_filter;
use super::super::span_source::SpanSource;
use super::answer::ask;
use super::columns::shortened;
use super::record_table::{RecordTable, RecordTools, attributes_cell, open_span, text_column, time_column};
use super::{TableContent, duration_cell, listed, row_of_selected, service_cell};
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use crate::ui::table::{RowOf, TableCell, TableColumn, TableRow};
use leptos::prelude::*;
use spandrel_trace::analysis::event_list::{EventRow, span_of_event};
use spandrel_trace::engine::{Answer, QuestionTopic, TableOrder};
use spandrel_trace::model::Flags;
use spandrel_trace::units::{display_name, duration_exact};
use std::collections::HashMap;
use std::sync::Arc;

/// Events that are loaded at a time.
const PAGE: usize = 100;
/// Pages that are kept.
const KEPT: usize = 40;

/// Pages that were loaded, by number; `None` while one is on its way.
type Pages = HashMap<usize, Option<Arc<Vec<EventRow>>>>;

/// The table of events.
#[component]
pub fn EventsTable(
    /// State of the trace.
    session: Session,
    /// Colour slots by string index of the service's name.
    slots: Slots,
    /// Where the rows come from.
    source: SpanSource,
) -> impl IntoView {
    let tables = session.tables;
    let filter = span_filter(session);
    let text = Memo::new(move |_| tables.with(|tables| tables.events.trim().to_owned()));
    let has_events =
        Memo::new(move |_| session.outline_live().with(|outline| !outline.event_time.is_empty()));
    let answer = ask(
        session,
        source,
        move || {
            has_events.get().then(|| QuestionTopic::EventOrder { text: text.get(), filter: filter.get() })
        },
        |answer| match answer {
            Answer::Order(order) => Some(*order),
            _ => None,
        },
        |order: &TableOrder| order.unsearched > 0,
    );
    let events = answer.value;
    let pages = RwSignal::new(Pages::new());
    // Pages are of one order.
    Effect::new(move |_| {
        events.track();
        if !pages.with_untracked(HashMap::is_empty) {
            pages.set(Pages::new());
        }
    });
    let in_view = RwSignal::new((0usize, 0usize));
    let load = move |page: usize| {
        let Some(order) = events.get_untracked() else { return };
        let start = page * PAGE;
        let numbers = order.rows.get(start..order.rows.len().min(start + PAGE)).unwrap_or_default().to_vec();
        if numbers.is_empty() || pages.with_untracked(|pages| pages.contains_key(&page)) {
            return;
        }
        pages.update_untracked(|pages| {
            if pages.len() >= KEPT {
                pages.retain(|number, _| number.abs_diff(page) < KEPT / 2);
            }
            pages.insert(page, None);
        });
        let busy = busy::hold();
        spawn_scoped(async move {
            let answer = source.ask(QuestionTopic::EventRows { events: numbers }).await;
            let is_same =
                events.with_untracked(|now| now.as_ref().is_some_and(|now| Arc::ptr_eq(now, &order)));
            if is_same {
                pages.update(|pages| match answer {
                    Ok(Answer::EventRows(rows)) => {
                        pages.insert(page, Some(Arc::new(rows)));
                    }
                    _ => {
                        pages.remove(&page);
                    }
                });
            }
            drop(busy);
        });
    };
    // Pages belong to the view, not to the effect that asks for them.
    let owner = StoredValue::new(Owner::current());
    Effect::new(move |_| {
        let (first, end) = in_view.get();
        events.track();
        let ask = move || (first / PAGE..=end / PAGE).for_each(load);
        if let Some(owner) = owner.get_value() {
            owner.with(ask);
        }
    });
    let event_at = move |index: usize| {
        events.with(|events| events.as_ref().and_then(|events| events.rows.get(index).copied()))
    };
    let row: RowOf = Arc::new(move |index| {
        let outline = session.outline_live().get();
        let Some(event) = event_at(index).filter(|event| (*event as usize) < outline.event_time.len()) else {
            return TableRow::default();
        };
        let loaded = pages.with(|pages| pages.get(&(index / PAGE)).cloned().flatten());
        let span = span_of_event(&outline, event);
        let time = outline.event_time[event as usize];
        let (name, attributes) = match loaded.as_ref().and_then(|rows| rows.get(index % PAGE)) {
            None => (TableCell { is_faint: true, ..TableCell::text("…") }, TableCell::text("")),
            Some(row) => (name_cell(row), attributes_cell(&row.attributes)),
        };
        let operation = display_name(outline.name_of(span));
        let operation = TableCell {
            title: operation.to_owned(),
            is_error: outline.flags[span as usize].has(Flags::OWN_ERROR),
            ..TableCell::text(operation)
        };
        let cells = vec![
            TableCell { title: duration_exact(time), is_code: true, ..duration_cell(time) },
            name,
            slots.with(|slots| service_cell(&outline, slots, span)),
            operation,
            attributes,
        ];
        let is_selected = session.selection.span.get() == Some(span);
        TableRow { cells, is_selected, mark: mark_of(session, span), ..TableRow::default() }
    });
    let choose = move |index: usize| {
        open_span(session, untrack(|| event_at(index)).map(|event| span_of_event(&session.outline(), event)));
    };
    let number =
        Memo::new(move |_| events.with(|events| events.as_ref().map_or(0, |events| events.rows.len())));
    let version = Memo::new(move |before: Option<&u64>| {
        text.track();
        filter.track();
        before.map_or(0, |before| before + 1)
    });
    let reveal = Memo::new(move |_| {
        let (events, outline) = (events.get()?, session.outline_live().get());
        row_of_selected(session, |selected| {
            let at = selected as usize;
            let own = *outline.event_start.get(at)?..*outline.event_start.get(at + 1)?;
            events.rows.iter().position(|event| own.contains(event))
        })
    });
    let content = Memo::new(move |_| match answer.problem.get() {
        Some(problem) => TableContent::Problem(problem),
        None if !has_events.get() => TableContent::Empty,
        None if events.with(Option::is_none) => TableContent::Waiting,
        None if number.get() == 0 => TableContent::NoMatch,
        None => TableContent::Table,
    });
    let facts = move || {
        let all = session.outline_live().with(|outline| outline.event_time.len());
        let waiting = if answer.is_waiting.get() { " · Loading…" } else { "" };
        Some(format!("{}{waiting}", listed(number.get(), all, "event", "events")))
    };
    view! {
        <section class="table-view" data-test="events" aria-busy=move || answer.is_waiting.get().to_string()>
            <RecordTools session label="Events" kind="events" text=|tables| &mut tables.events facts=Signal::derive(facts)/>
            <RecordTable
                label="Events"
                content
                loading="Loading events…"
                none=Signal::stored(("No events", "No span of this trace has an event."))
                no_match=("No matching events", "No event matches. Change the filters.")
                columns=columns()
                count=number
                version
                row
                on_choose=choose
                on_view=move |seen| in_view.set(seen)
                reveal
            />
        </section>
    }
}

fn columns() -> Vec<TableColumn> {
    vec![
        time_column(),
        text_column("name", "Event", 150, 1),
        text_column("service", "Service", 120, 0),
        text_column("operation", "Operation", 150, 1),
        text_column("attributes", "Attributes", 300, 4),
    ]
}

fn name_cell(row: &EventRow) -> TableCell {
    if row.name.is_empty() {
        return TableCell::none();
    }
    let is_error = row.name.eq_ignore_ascii_case("exception") || row.name.eq_ignore_ascii_case("error");
    TableCell { title: row.name.clone(), is_error, ..TableCell::text(shortened(&row.name)) }
}
