//! The table of log lines of the trace, filtered by text, severity and service. A line leads to the span that logged it.

use super::super::colouring::Slots;
use super::super::detail::signed;
use super::super::marks::{dims, mark_of, matches};
use super::super::session::Session;
use super::super::span_filter::span_filter;
use super::super::span_source::SpanSource;
use super::columns::shortened;
use super::log_filter::{Listed, LogFilter, ShownSpans, least_of, services};
use super::record_table::{RecordTable, RecordTools, attributes_cell, open_span, text_column, time_column};
use super::untraced::{ListedLine, LogList, UntracedHint, load_untraced};
use super::{TableContent, listed, row_of_selected};
use crate::state::clock;
use crate::ui::find_mark::FindMark;
use crate::ui::table::{RowOf, TableCell, TableColumn, TableRow};
use leptos::prelude::*;
use spandrel_trace::model::SEVERITIES;
use std::sync::Arc;

/// The table of log lines.
#[component]
pub fn LogsTable(
    /// State of the trace.
    session: Session,
    /// Colour slots by string index of the service's name.
    slots: Slots,
    /// Whether there are logs.
    source: SpanSource,
) -> impl IntoView {
    let tables = session.tables;
    let service = RwSignal::new(String::new());
    let span_filter = span_filter(session);
    let filter = Memo::new(move |_| {
        let (text, least) =
            tables.with(|tables| (tables.logs.trim().to_lowercase(), tables.logs_severity.clone()));
        let shown = ShownSpans::of(&session.outline_live().get(), &span_filter.get());
        LogFilter { text, least: least_of(&least), service: service.get(), shown }
    });
    let untraced = load_untraced(session, source);
    let logs = Memo::new(move |_| {
        let of_trace = session.logs.get().and_then(Result::ok)?;
        let is_shown = tables.with(|tables| tables.logs_untraced);
        let others = untraced.get().filter(|_| is_shown);
        let outline = session.outline_live().get();
        Some(Arc::new(LogList::of(&of_trace, others.as_deref(), &outline)))
    });
    let rows = Memo::new(move |_| {
        filter.with(|filter| {
            logs.with(|logs| logs.as_ref().map_or_else(Listed::default, |logs| filter.apply(logs)))
        })
    });
    let services =
        Memo::new(move |_| logs.with(|logs| logs.as_ref().map(|logs| services(logs)).unwrap_or_default()));
    let line_at = move |index: usize| {
        let line = rows.with(|rows| rows.get(index).copied())?;
        logs.with(|logs| logs.as_ref()?.line(line))
    };
    let row: RowOf = Arc::new(move |index| {
        let Some(line) = line_at(index) else { return TableRow::default() };
        let is_selected = line.span.is_some() && session.selection.span.get() == line.span;
        let mark = match line.span {
            Some(span) => mark_of(session, span),
            None if matches(session).is_some() => FindMark::of(false, dims(session)),
            None => FindMark::None,
        };
        TableRow { cells: cells(&line, session, slots), is_selected, mark, ..TableRow::default() }
    });
    let choose =
        move |index: usize| open_span(session, untrack(|| line_at(index)).and_then(|line| line.span));
    let count = Memo::new(move |_| rows.with(|rows| rows.len()));
    let version = Memo::new(move |before: Option<&u64>| {
        // Reading subscribes.
        filter.with(|_| before.map_or(0, |before| before + 1))
    });
    let reveal = Memo::new(move |_| {
        row_of_selected(session, |selected| {
            let is_of_selected = |line: &u32| {
                logs.with(|logs| logs.as_ref().and_then(|logs| logs.span(*line)) == Some(selected))
            };
            rows.with(|rows| rows.iter().position(is_of_selected))
        })
    });
    let content = Memo::new(move |_| match session.logs.get() {
        _ if !source.has_logs() => TableContent::Empty,
        None => TableContent::Waiting,
        Some(Err(problem)) => TableContent::Problem(problem),
        Some(Ok(_)) if logs.with(|logs| logs.as_ref().is_some_and(|logs| logs.lines.is_empty())) => {
            TableContent::Empty
        }
        Some(Ok(_)) if count.get() == 0 => TableContent::NoMatch,
        Some(Ok(_)) => TableContent::Table,
    });
    let none = move || match source.has_logs() {
        true => (
            "No logs",
            "No log line has the ID of this trace. Send logs to the server that the spans are sent to.",
        ),
        false => ("No logs", "This server or file has no logs that Spandrel can read."),
    };
    let facts = move || {
        let all = logs.with(|logs| logs.as_ref().map(|logs| (logs.lines.len(), logs.truncated)));
        all.map(|(all, truncated)| {
            let more = if truncated { " · Only the first lines of the trace are loaded" } else { "" };
            format!("{}{more}", listed(count.get(), all, "line", "lines"))
        })
    };
    let severity = move |(_, name): (u8, &'static str)| {
        let is_chosen = move || tables.with(|tables| tables.logs_severity == name);
        view! { <option value=name selected=is_chosen>{format!("{name} and above")}</option> }
    };
    let option = move |name: String| {
        let value = name.clone();
        let is_chosen = move || service.with(|chosen| *chosen == value);
        view! { <option value=name.clone() selected=is_chosen>{name.clone()}</option> }
    };
    view! {
        <section class="table-view" data-test="logs">
            <RecordTools session label="Logs" kind="logs" text=|tables| &mut tables.logs facts=Signal::derive(facts)>
                <select
                    class="field table-bar__choice"
                    aria-label="Severity"
                    data-test="logs-severity"
                    on:change:target=move |event| {
                        let name = event.target().value();
                        tables.update(|tables| tables.logs_severity = name);
                    }
                >
                    <option value="">"Any severity"</option>
                    {SEVERITIES.map(severity).into_iter().collect_view()}
                </select>
                <select
                    class="field table-bar__choice"
                    aria-label="Service"
                    data-test="logs-service"
                    on:change:target=move |event| service.set(event.target().value())
                >
                    <option value="">"Any service"</option>
                    <For each=move || services.get() key=String::clone children=option/>
                </select>
            </RecordTools>
            <UntracedHint session untraced/>
            <RecordTable
                label="Logs"
                content
                loading="Loading logs…"
                none=Signal::derive(none)
                no_match=("No matching logs", "No log line matches. Change the filters.")
                columns=columns()
                count
                version
                row
                on_choose=choose
                on_view=|_| ()
                reveal
            />
        </section>
    }
}

fn columns() -> Vec<TableColumn> {
    vec![
        time_column(),
        text_column("severity", "Severity", 64, 0),
        text_column("service", "Service", 100, 0),
        text_column("message", "Message", 220, 4),
        text_column("span", "Span", 110, 1),
        text_column("attributes", "Attributes", 150, 2),
    ]
}

fn cells(
    ListedLine { line, span, is_untraced }: &ListedLine,
    session: Session,
    slots: Slots,
) -> Vec<TableCell> {
    let outline = session.outline_live().get();
    let zone = session.clock.zone.get();
    let slot = outline.strings.find(&line.service);
    let slot = slots.with(|slots| slot.and_then(|slot| slots.get(slot as usize).map(|slot| slot + 1)));
    let named = |text: &str| if text.is_empty() { TableCell::none() } else { TableCell::text(text) };
    let span = match (*span, line.span) {
        (Some(span), _) => TableCell::text(outline.name_of(span)),
        (None, Some(id)) => TableCell {
            is_faint: true,
            title: format!("The trace has no span {id}"),
            ..TableCell::text(id.to_string())
        },
        (None, None) if *is_untraced => TableCell {
            is_faint: true,
            title: "The line belongs to no trace".to_owned(),
            ..TableCell::text("no trace")
        },
        (None, None) => TableCell::none(),
    };
    vec![
        TableCell {
            title: clock::moment(line.time_unix, zone).exact(),
            is_code: true,
            ..TableCell::text(signed(line.time_unix, outline.start_unix))
        },
        TableCell { is_error: line.is_error(), ..named(line.severity_name()) },
        TableCell { slot, ..named(&line.service) },
        TableCell {
            title: line.body.clone(),
            is_error: line.is_error(),
            is_code: true,
            ..TableCell::text(shortened(&line.body))
        },
        span,
        attributes_cell(&line.attributes),
    ]
}
