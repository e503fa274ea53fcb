//! The table of spans: any fields as columns, sorted by any of them, with a bar where each span lies in the trace.

use super::super::colouring::Slots;
use super::super::key_input::KeyInput;
use super::super::marks::mark_of;
use super::super::nothing_to_show::{AllFiltered, NoSpans};
use super::super::session::Session;
use super::super::span_filter::span_filter;
use super::super::span_source::SpanSource;
use super::answer::ask;
use super::columns::{DEFAULT, columns_of, field_cell, load_fields};
use super::{TableContent, built_rows, clicked, listed, row_of_selected};
use crate::route::TableSort;
use crate::ui::problem::ProblemCard;
use crate::ui::table::{RowOf, Table, TableRow};
use leptos::prelude::*;
use spandrel_trace::analysis::query::{Field, FieldType};
use spandrel_trace::engine::{Answer, QuestionTopic, TableOrder};

use std::sync::Arc;

const NAMES: &str = "span-fields";

/// The order unless the address says otherwise: the earliest first.
fn default_sort() -> TableSort {
    TableSort { key: "start".to_owned(), descending: false }
}

/// The table of spans.
#[component]
pub fn SpansTable(
    /// State of the trace.
    session: Session,
    /// Colour slots by string index of the service's name.
    slots: Slots,
    /// Where the rows come from.
    source: SpanSource,
) -> impl IntoView {
    let tables = session.tables;
    let filter = span_filter(session);
    let fields = Memo::new(move |_| {
        tables.with(|tables| match tables.fields.as_slice() {
            [] => DEFAULT.map(str::to_owned).to_vec(),
            fields => fields.to_vec(),
        })
    });
    let sort =
        Memo::new(move |_| tables.with(|tables| tables.spans_sort.clone()).unwrap_or_else(default_sort));
    let values = load_fields(session, source, fields);
    let answer =
        ask(
            session,
            source,
            move || {
                let TableSort { key, descending } = sort.get();
                (!session.outline_live().with(|outline| outline.is_empty()))
                    .then(|| QuestionTopic::SpanOrder { key, descending, filter: filter.get() })
            },
            |answer| match answer {
                Answer::Order(order) => Some(*order),
                _ => None,
            },
            |order: &TableOrder| order.unsearched > 0,
        );
    let spans = answer.value;
    let span_at = move |index: usize| {
        spans.with(|spans| spans.as_ref().and_then(|spans| spans.rows.get(index).copied()))
    };
    let parsed = Memo::new(move |_| {
        fields.with(|fields| fields.iter().map(|name| (name.clone(), Field::parse(name))).collect::<Vec<_>>())
    });
    let row: RowOf = Arc::new(move |index| {
        let outline = session.outline_live().get();
        // The order may be of another version of the trace for a moment.
        let Some(span) = span_at(index).filter(|span| (*span as usize) < outline.len()) else {
            return TableRow::default();
        };
        let cells = slots.with(|slots| {
            values.with(|values| {
                parsed.with(|fields| {
                    fields.iter().map(|field| field_cell(&outline, slots, values, field, span)).collect()
                })
            })
        });
        let is_selected = session.selection.span.get() == Some(span);
        TableRow { cells, is_selected, mark: mark_of(session, span), ..TableRow::default() }
    });
    let choose = move |index: usize| {
        if let Some(span) = untrack(|| span_at(index)) {
            session.select(span);
            session.panels.details_open.set(true);
        }
    };
    let on_sort = move |key: String| {
        let is_number = matches!(Field::parse(&key).class(), FieldType::Time | FieldType::Number);
        let sort = clicked(&sort.get_untracked(), key.clone(), is_number && key != "start");
        tables.update(|tables| tables.spans_sort = Some(sort).filter(|sort| *sort != default_sort()));
    };
    let heads = Memo::new(move |_| Arc::new(fields.with(|fields| columns_of(fields))));
    let number = Memo::new(move |_| spans.with(|spans| spans.as_ref().map_or(0, |spans| spans.rows.len())));
    let version = Memo::new(move |before: Option<&u64>| {
        sort.track();
        filter.track();
        before.map_or(0, |before| before + 1)
    });
    let reveal = Memo::new(move |_| {
        let spans = spans.get()?;
        row_of_selected(session, |selected| spans.rows.iter().position(|span| *span == selected))
    });
    let row = StoredValue::new(row);
    let content = Memo::new(move |_| {
        let is_empty = session.outline_live().with(|outline| outline.is_empty());
        match answer.problem.get() {
            Some(problem) => TableContent::Problem(problem),
            None if is_empty => TableContent::Empty,
            None if spans.with(Option::is_none) => TableContent::Waiting,
            None if number.get() == 0 => TableContent::NoMatch,
            None => TableContent::Table,
        }
    });
    let table = move || match content.get() {
        TableContent::Problem(problem) => view! { <ProblemCard problem/> }.into_any(),
        TableContent::Empty => view! { <NoSpans/> }.into_any(),
        TableContent::Waiting => {
            view! { <p class="table-waiting" role="status">"Sorting spans…"</p> }.into_any()
        }
        TableContent::NoMatch => view! { <AllFiltered/> }.into_any(),
        TableContent::Table => view! {
            <Table
                label=Signal::stored("Spans".to_owned())
                columns=heads
                sort=Signal::derive(move || sort.with(|sort| Some((sort.key.clone(), sort.descending))))
                on_sort=Callback::new(on_sort)
                count=number
                version=version
                row=row.get_value()
                on_choose=Callback::new(choose)
                reveal=reveal
                built=built_rows()
            />
        }
        .into_any(),
    };
    let facts = move || {
        let all = session.outline_live().with(|outline| outline.len());
        let waiting = if answer.is_waiting.get() { " · Sorting…" } else { "" };
        format!("{}{waiting}", listed(number.get(), all, "span", "spans"))
    };
    view! {
        <section class="table-view" data-test="spans" aria-busy=move || answer.is_waiting.get().to_string()>
            <div class="table-bar" role="group" aria-label="Spans">
                <span role="status" data-test="table-facts">{facts}</span>
                <Columns session fields/>
            </div>
            {table}
        </section>
    }
}

/// Which columns there are: one to add, and all to remove.
#[component]
fn Columns(session: Session, fields: Memo<Vec<String>>) -> impl IntoView {
    let tables = session.tables;
    let set = move |fields: Vec<String>| {
        let is_default = fields == DEFAULT || fields.is_empty();
        tables.update(|tables| tables.fields = if is_default { Vec::new() } else { fields });
    };
    let added = RwSignal::new(String::new());
    let add = move |name: String| {
        let mut now = fields.get_untracked();
        if !name.is_empty() && !now.contains(&name) {
            now.push(name);
            set(now);
        }
        // What was entered is a column now: the field is for the next one.
        added.set(String::new());
        added.notify();
    };
    let remove = move |name: String| {
        let mut now = fields.get_untracked();
        now.retain(|other| *other != name);
        set(now);
    };
    let chips = move || {
        let fields = fields.get();
        let is_only = fields.len() == 1;
        let chip = move |name: String| {
            let label = format!("Remove column {name}");
            let removed = name.clone();
            view! {
                <button
                    type="button"
                    class="chip table-bar__chip"
                    data-test="remove-column"
                    aria-label=label.clone()
                    title=label
                    disabled=is_only
                    on:click=move |_| remove(removed.clone())
                >
                    {name}
                    <span aria-hidden="true">"×"</span>
                </button>
            }
        };
        fields.into_iter().map(chip).collect_view()
    };
    view! {
        <details class="table-bar__columns">
            <summary data-test="span-columns">"Columns"</summary>
            <div class="table-bar__chips">{chips}</div>
        </details>
        <KeyInput
            label="Add column"
            list=NAMES
            placeholder="Add column"
            value=added
            on_change=Callback::new(add)
            test="add-span-column"
        />
    }
}
