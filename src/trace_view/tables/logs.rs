//! The table of log lines of the trace, filtered by text, severity and service. A line leads to the span that logged it.

use super::super::coloring::Slots;
use super::super::detail::signed;
use super::super::session::Session;
use super::super::span_source::SpanSource;
use super::columns::shortened;
use super::listed;
use super::untraced::{LogList, UntracedHint, load_untraced};
use crate::route::TraceTab;
use crate::state::clock;
use crate::ui::empty::EmptyState;
use crate::ui::problem::ProblemCard;
use crate::ui::table::{RowOf, Table, TableCell, TableColumn, TableRow};
use leptos::prelude::*;
use spandrel_trace::model::{LogLine, SEVERITIES, SpanIx};
use spandrel_trace::units::Problem;
use std::sync::Arc;

/// The lines that are listed, as indices.
type Listed = Arc<Vec<u32>>;

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
    let filter = Memo::new(move |_| {
        let (text, least) =
            tables.with(|tables| (tables.logs.trim().to_lowercase(), tables.logs_severity.clone()));
        Filter { text, least: least_of(&least), service: service.get() }
    });
    let untraced = load_untraced(session, source);
    let logs = Memo::new(move |_| {
        let of_trace = session.logs.get().and_then(Result::ok)?;
        let is_shown = tables.with(|tables| tables.logs_untraced);
        let others = untraced.get().filter(|_| is_shown);
        Some(Arc::new(LogList::of(&of_trace, others.as_deref())))
    });
    let rows = Memo::new(move |_| {
        filter.with(|filter| {
            logs.with(|logs| logs.as_ref().map_or_else(Listed::default, |logs| filter.apply(logs)))
        })
    });
    let services =
        Memo::new(move |_| logs.with(|logs| logs.as_ref().map(|logs| services(logs)).unwrap_or_default()));
    let span_of = move |line: &LogLine| {
        line.span.and_then(|id| session.outline_live().with(|outline| outline.find(id)))
    };
    let row: RowOf = Arc::new(move |index| {
        let line = rows.with(|rows| rows.get(index).copied());
        let line = line.and_then(|line| logs.with(|logs| logs.as_ref()?.line(line)));
        let Some((line, is_untraced)) = line else { return TableRow::default() };
        let span = span_of(&line);
        let is_selected = span.is_some() && session.selection.span.get() == span;
        let cells = cells(&line, (span, is_untraced), session, slots);
        TableRow { cells, is_selected, ..TableRow::default() }
    });
    let choose = move |index: usize| {
        let line = rows.with_untracked(|rows| rows.get(index).copied());
        let span = untrack(|| logs.with(|logs| span_of(&logs.as_ref()?.line(line?)?.0)));
        if let Some(span) = span {
            session.select(span);
            session.panels.details_open.set(true);
        }
    };
    let jump = move |_| {
        session.tab.set(TraceTab::Waterfall);
        if let Some(span) = session.selection.span.get_untracked() {
            session.select(span);
        }
    };
    let count = Memo::new(move |_| rows.with(|rows| rows.len()));
    let version = Memo::new(move |before: Option<&u64>| {
        // Reading subscribes.
        filter.with(|_| before.map_or(0, |before| before + 1))
    });
    let row = StoredValue::new(row);
    let content = Memo::new(move |_| match session.logs.get() {
        _ if !source.has_logs() => Face::Elsewhere,
        None => Face::Waiting,
        Some(Err(problem)) => Face::Problem(problem),
        Some(Ok(_)) if logs.with(|logs| logs.as_ref().is_some_and(|logs| logs.lines.is_empty())) => {
            Face::Empty
        }
        Some(Ok(_)) if count.get() == 0 => Face::NoMatch,
        Some(Ok(_)) => Face::Table,
    });
    let face = move || match content.get() {
        Face::Elsewhere => empty("No logs", "This server or file has no logs that Spandrel can read."),
        Face::Waiting => view! { <p class="table-waiting" role="status">"Loading logs…"</p> }.into_any(),
        Face::Problem(problem) => view! { <ProblemCard problem/> }.into_any(),
        Face::Empty => empty(
            "No logs",
            "No log line has the ID of this trace. Send logs to the server that the spans are sent to.",
        ),
        Face::NoMatch => empty("No matching logs", "No log line matches. Change the filter."),
        Face::Table => view! {
            <Table
                label=Signal::stored("Logs".to_owned())
                columns=Signal::stored(Arc::new(columns()))
                sort=Signal::stored(Some(("time".to_owned(), false)))
                on_sort=Callback::new(|_: String| ())
                count=count
                version=version
                row=row.get_value()
                on_choose=Callback::new(choose)
            />
        }
        .into_any(),
    };
    let facts = move || {
        let all = logs.with(|logs| logs.as_ref().map(|logs| (logs.lines.len(), logs.truncated)));
        all.map(|(all, truncated)| {
            let more = if truncated { " · Only the first lines of the trace are loaded" } else { "" };
            format!("{}{more}", listed(count.get(), all, "line", "lines"))
        })
    };
    let severity = |(_, name): (u8, &'static str)| {
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
            <div class="table-bar" role="group" aria-label="Logs">
                <input
                    class="field table-bar__filter"
                    type="search"
                    spellcheck="false"
                    aria-label="Filter logs"
                    placeholder="Filter logs"
                    data-test="logs-filter"
                    prop:value=move || tables.with(|tables| tables.logs.clone())
                    on:input:target=move |event| {
                        let text = event.target().value();
                        tables.update(|tables| tables.logs = text);
                    }
                />
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
                <span role="status" data-test="table-facts">{facts}</span>
                <span class="table-bar__end">
                    <button
                        type="button"
                        class="button"
                        data-test="logs-jump"
                        disabled=move || session.selection.span.get().is_none()
                        on:click=jump
                    >
                        "Show span in waterfall"
                    </button>
                </span>
            </div>
            <UntracedHint session untraced/>
            {face}
        </section>
    }
}

/// What is shown instead of the table, or the table.
#[derive(Clone, Debug, PartialEq)]
enum Face {
    Elsewhere,
    Waiting,
    Problem(Problem),
    Empty,
    NoMatch,
    Table,
}

fn empty(title: &'static str, next: &str) -> AnyView {
    let next = vec![next.to_owned()];
    view! { <EmptyState title next/> }.into_any()
}

/// Which lines are listed.
#[derive(Clone, Debug, Default, PartialEq)]
struct Filter {
    /// Part of the text or of an attribute's value, in lower case.
    text: String,
    /// The least severity number.
    least: u8,
    /// The service; empty for any.
    service: String,
}

impl Filter {
    fn apply(&self, logs: &LogList) -> Listed {
        let numbered = logs.lines.iter().zip(0..);
        Arc::new(numbered.filter(|(line, _)| self.matches(line)).map(|(_, index)| index).collect())
    }

    fn matches(&self, line: &LogLine) -> bool {
        let has = |text: &str| text.to_lowercase().contains(&self.text);
        line.severity >= self.least
            && (self.service.is_empty() || line.service == self.service)
            && (self.text.is_empty()
                || has(&line.body)
                || line.attributes.iter().any(|(_, value)| has(value)))
    }
}

/// The least number of a severity by its name; 0 for any.
fn least_of(name: &str) -> u8 {
    SEVERITIES.iter().find(|(_, known)| *known == name).map_or(0, |(least, _)| *least)
}

/// The services of the lines, sorted.
fn services(logs: &LogList) -> Vec<String> {
    let mut names: Vec<&str> =
        logs.lines.iter().map(|line| line.service.as_str()).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(str::to_owned).collect()
}

fn columns() -> Vec<TableColumn> {
    let column = |key: &str, title: &str, width: u32, grow: u32| TableColumn {
        key: key.to_owned(),
        title: title.to_owned(),
        width,
        grow,
        ..TableColumn::default()
    };
    vec![
        TableColumn { is_number: true, ..column("time", "Time", 88, 0) },
        column("severity", "Severity", 70, 0),
        column("service", "Service", 110, 0),
        column("message", "Message", 260, 4),
        column("span", "Span", 120, 1),
        column("attributes", "Attributes", 160, 2),
    ]
}

fn cells(
    line: &LogLine,
    (span, is_untraced): (Option<SpanIx>, bool),
    session: Session,
    slots: Slots,
) -> Vec<TableCell> {
    let outline = session.outline_live().get();
    let zone = session.clock.zone.get();
    let attributes = |separator: &str| {
        let pairs = line.attributes.iter().map(|(key, value)| format!("{key}={value}"));
        pairs.collect::<Vec<_>>().join(separator)
    };
    let slot = outline.strings.find(&line.service);
    let slot = slots.with(|slots| slot.and_then(|slot| slots.get(slot as usize).map(|slot| slot + 1)));
    let named = |text: &str| if text.is_empty() { TableCell::none() } else { TableCell::text(text) };
    let span = match (span, line.span) {
        (Some(span), _) => TableCell::text(outline.name_of(span)),
        (None, Some(id)) => TableCell {
            is_faint: true,
            title: format!("The trace has no span {id}"),
            ..TableCell::text(id.to_string())
        },
        (None, None) if is_untraced => TableCell {
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
        TableCell { title: attributes("\n"), is_code: true, ..TableCell::text(shortened(&attributes("  "))) },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::model::TraceLogs;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn line(severity: u8, service: &str, body: &str) -> LogLine {
        LogLine { severity, service: service.to_owned(), body: body.to_owned(), ..LogLine::default() }
    }

    #[test]
    fn lines_are_filtered_by_text_severity_and_service() {
        let mut lines =
            vec![line(9, "a", "Order accepted"), line(17, "b", "order failed"), line(0, "b", "x")];
        lines[2].attributes = vec![("customer".to_owned(), "Order-Maker".to_owned())];
        let logs = LogList::of(&TraceLogs { lines, truncated: false }, None);
        let listed = |text: &str, least: &str, service: &str| {
            let filter =
                Filter { text: text.to_owned(), least: least_of(least), service: service.to_owned() };
            filter.apply(&logs).to_vec()
        };
        assert_eq!(listed("", "", ""), [0, 1, 2]);
        assert_eq!(listed("order", "", ""), [0, 1, 2]);
        assert_eq!(listed("order a", "", ""), [0]);
        assert_eq!(listed("", "warning", ""), [1]);
        assert_eq!(listed("order", "", "b"), [1, 2]);
        assert_eq!(services(&logs), ["a", "b"]);
    }
}
