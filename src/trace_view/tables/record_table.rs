//! What the tables of events and of log lines have in common: each row is something that a span recorded at a time, with
//! attributes; rows are in the order of their times, filtered by a text, and lead to their spans.

use super::super::session::Session;
use super::columns::shortened;
use super::{TableContent, built_rows};
use crate::route::{TableViews, TraceTab};
use crate::ui::empty::EmptyState;
use crate::ui::problem::ProblemCard;
use crate::ui::table::{RowOf, Table, TableCell, TableColumn};
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;
use std::sync::Arc;

/// A column of texts.
pub(super) fn text_column(key: &str, title: &str, width: u32, grow: u32) -> TableColumn {
    TableColumn { key: key.to_owned(), title: title.to_owned(), width, grow, ..TableColumn::default() }
}

/// The column of times, which rows are sorted by.
pub(super) fn time_column() -> TableColumn {
    TableColumn { is_number: true, ..text_column("time", "Time", 88, 0) }
}

/// All attributes in one cell, one a line in its title.
pub(super) fn attributes_cell(attributes: &[(String, String)]) -> TableCell {
    let text = |separator: &str| {
        let pairs = attributes.iter().map(|(key, value)| format!("{key}={value}"));
        pairs.collect::<Vec<_>>().join(separator)
    };
    TableCell { title: text("\n"), is_code: true, ..TableCell::text(shortened(&text("  "))) }
}

/// Selects the span of a row, and shows its details.
pub(super) fn open_span(session: Session, span: Option<SpanIx>) {
    if let Some(span) = span {
        session.select(span);
        session.panels.details_open.set(true);
    }
}

/// The field that filters by a text, what `children` has, how much is listed, and the way to the waterfall.
#[component]
pub(super) fn RecordTools(
    session: Session,
    /// What is listed, in the plural.
    label: &'static str,
    /// The same in the names that tests use.
    kind: &'static str,
    /// The text in the state of the tables.
    text: fn(&mut TableViews) -> &mut String,
    /// How much is listed, in words.
    #[prop(into)]
    facts: Signal<Option<String>>,
    /// More filters.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let tables = session.tables;
    let words = format!("Filter {}", label.to_lowercase());
    let jump = move |_| {
        session.tab.set(TraceTab::Waterfall);
        if let Some(span) = session.selection.span.get_untracked() {
            session.select(span);
        }
    };
    view! {
        <div class="table-bar" role="group" aria-label=label>
            <input
                class="field table-bar__filter"
                type="search"
                spellcheck="false"
                aria-label=words.clone()
                placeholder=words
                data-test=format!("{kind}-filter")
                prop:value=move || text(&mut tables.get()).clone()
                on:input:target=move |event| {
                    let entered = event.target().value();
                    tables.update(|tables| *text(tables) = entered);
                }
            />
            {children.map(|children| children())}
            <span role="status" data-test="table-facts">{facts}</span>
            <span class="table-bar__end">
                <button
                    type="button"
                    class="button"
                    data-test=format!("{kind}-jump")
                    disabled=move || session.selection.span.get().is_none()
                    on:click=jump
                >
                    "Show span in waterfall"
                </button>
            </span>
        </div>
    }
}

/// What is said instead of a table: a title, and what to do.
pub(super) type Advice = (&'static str, &'static str);

/// The table, or what stands in its place.
#[component]
pub(super) fn RecordTable(
    /// Accessible name.
    label: &'static str,
    /// Which of them.
    content: Memo<TableContent>,
    /// What is said until the rows are there.
    loading: &'static str,
    /// What is said where there are none.
    #[prop(into)]
    none: Signal<Advice>,
    /// What is said where the filters leave out all.
    no_match: Advice,
    columns: Vec<TableColumn>,
    /// Number of rows.
    count: Memo<usize>,
    /// Changes with what the rows are.
    version: Memo<u64>,
    row: RowOf,
    /// Called with the row that is chosen.
    #[prop(into)]
    on_choose: Callback<usize>,
    /// Called with the rows in view.
    #[prop(into)]
    on_view: Callback<(usize, usize)>,
    /// The row to scroll to.
    #[prop(into)]
    reveal: Signal<Option<usize>>,
) -> impl IntoView {
    let (columns, row) = (Arc::new(columns), StoredValue::new(row));
    let empty = |(title, next): Advice| view! { <EmptyState title next=vec![next.to_owned()]/> }.into_any();
    move || match content.get() {
        TableContent::Problem(problem) => view! { <ProblemCard problem/> }.into_any(),
        TableContent::Waiting => view! { <p class="table-waiting" role="status">{loading}</p> }.into_any(),
        TableContent::Empty => empty(none.get()),
        TableContent::NoMatch => empty(no_match),
        TableContent::Table => view! {
            <Table
                label=Signal::stored(label.to_owned())
                columns=Signal::stored(columns.clone())
                sort=Signal::stored(Some(("time".to_owned(), false)))
                on_sort=Callback::new(|_: String| ())
                count
                version
                row=row.get_value()
                on_choose
                on_view
                reveal
                built=built_rows()
            />
        }
        .into_any(),
    }
}
