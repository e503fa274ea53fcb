//! The critical path as a table by service, operation or span: how much of it is where, adding up to the trace's duration.

use super::super::colouring::Slots;
use super::super::counted::counted;
use super::super::marks::{MarkedOperations, dims, mark_of, marked_operations};
use super::super::session::Session;
use super::super::span_filter::span_filter;
use super::super::span_source::SpanSource;
use super::answer::Answered;
use crate::route::{Named, PathRows, TraceTab};
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use crate::ui::empty::EmptyState;
use crate::ui::find_mark::FindMark;
use crate::ui::list::RowList;
use crate::ui::problem::ProblemCard;
use crate::ui::sizes::PATH_ROW;
use leptos::prelude::*;
use spandrel_trace::analysis::critical_path::{
    OutsidePath, PathGrouping, PathRow, PathRowOf, PathTable, WHOLE,
};
use spandrel_trace::analysis::query::{Field, equals};
use spandrel_trace::engine::{Answer, QuestionTopic};
use spandrel_trace::model::Outline;
use spandrel_trace::units::{count, display_name, duration, duration_exact};
use std::sync::Arc;

/// The table of the critical path.
#[component]
pub fn CriticalPathTable(
    /// State of the trace.
    session: Session,
    /// Colour slots by string index of the service's name.
    slots: Slots,
    /// Where the table comes from.
    source: SpanSource,
) -> impl IntoView {
    let answered: Answered<PathTable> = RwSignal::new(None);
    let filter = span_filter(session);
    Effect::new(move |_| {
        let outline = session.outline_live().get();
        let filter = filter.get();
        let by = match session.path.rows.get() {
            PathRows::Service => PathGrouping::Service,
            PathRows::Operation => PathGrouping::Operation,
            PathRows::Span => PathGrouping::Span,
        };
        spawn_scoped(async move {
            let _busy = busy::hold();
            let answer = source.ask(QuestionTopic::PathTable { by, filter }).await;
            if Arc::ptr_eq(&outline, &session.outline()) {
                let read = |answer| {
                    if let Answer::PathTable(table) = answer { Some(Arc::new(*table)) } else { None }
                };
                answered.set(answer.map(read).transpose());
            }
        });
    });
    let choice = |&(rows, _, label): &(PathRows, &'static str, &'static str)| {
        view! {
            <button
                type="button"
                class="path-by"
                data-test="path-by"
                aria-pressed=move || (session.path.rows.get() == rows).to_string()
                on:click=move |_| session.path.rows.set(rows)
            >
                {label}
            </button>
        }
    };
    let content = move || match answered.get() {
        None => view! { <p class="view-loading" role="status">"Loading…"</p> }.into_any(),
        Some(Err(problem)) => view! { <ProblemCard problem/> }.into_any(),
        Some(Ok(table)) if table.rows.is_empty() => {
            let next = vec!["No span of this trace takes any time.".to_owned()];
            view! { <EmptyState title="No critical path" next/> }.into_any()
        }
        Some(Ok(table)) => view! { <Grid session slots table/> }.into_any(),
    };
    let sum = move || {
        let has_rows = |table: &&Arc<PathTable>| !table.rows.is_empty();
        answered.with(|answer| {
            Some(summary(&session.outline(), answer.as_ref()?.as_ref().ok().filter(has_rows)?))
        })
    };
    let left_out = move || {
        let table = answered.get()?.ok().filter(|table| !table.outside.is_empty())?;
        Some(view! { <LeftOutSpans session table/> })
    };
    view! {
        <div class="path-table" data-test="path-table">
            <div class="path-table-head">
                <span class="path-table-sum" data-test="path-sum">{sum}</span>
                <span class="path-table-by" role="group" aria-label="Rows">{PathRows::ALL.iter().map(choice).collect_view()}</span>
            </div>
            {left_out}
            {content}
        </div>
    }
}

/// The spans that ran while the path is in no span, and why they are not on it.
#[component]
fn LeftOutSpans(session: Session, table: Arc<PathTable>) -> impl IntoView {
    let more = table.outside_count as usize - table.outside.len();
    let span = |one: &OutsidePath| {
        let target = Target::Select(one.span);
        view! {
            <li>
                <button type="button" class="path-link" data-test="path-left-out" title="Select the span" on:click=move |_| target.open(session)>
                    <bdi>{display_name(&one.service).to_owned()}</bdi>
                    ": "
                    <bdi>{display_name(&one.operation).to_owned()}</bdi>
                </button>
                {format!(" ({}): {}", duration(one.time), one.words())}
            </li>
        }
    };
    view! {
        <div class="path-left-out" data-test="path-outside">
            <p>"These spans ran while no root did. No root waits for them, so the path leaves them out:"</p>
            <ul>{table.outside.iter().map(span).collect_view()}</ul>
            {(more > 0).then(|| view! { <p>{format!("and {} more", counted(more, "span", "spans"))}</p> })}
        </div>
    }
}

/// `743 ms, all of the trace`, or how much of the trace the path covers.
fn summary(outline: &Outline, table: &PathTable) -> String {
    let outside: u64 = table.rows.iter().filter(|row| row.of == PathRowOf::NoSpan).map(|row| row.time).sum();
    let whole = duration(table.duration);
    match outside {
        0 => format!("The critical path takes the whole {whole} of the trace"),
        _ => {
            let path = duration(table.duration - outside);
            // With one root, findings give shares of its duration, which is the path's (see the advisor's `Context::share`).
            let has_one_root = outline.subtree_end.first().is_some_and(|end| *end as usize == outline.len());
            let base = if has_one_root { format!("; findings give shares of {path}") } else { String::new() };
            format!(
                "The critical path takes {path} of the trace's {whole}. Shares here are of {whole}{base}."
            )
        }
    }
}

/// The rows, and their sum below them.
#[component]
fn Grid(session: Session, slots: Slots, table: Arc<PathTable>) -> impl IntoView {
    let (number, duration) = (table.rows.len(), table.duration);
    let most = table.rows.iter().map(|row| row.share).max().unwrap_or(0).max(1);
    let outline = session.outline();
    let slots = slots.get_untracked();
    let marked = marked_operations(session);
    let row = move |index: usize| {
        let row = table.rows.get(index)?.clone();
        let slot = slot_of(&outline, &slots, &row.of);
        Some(view! { <Line session row dot=slot index most marked/> })
    };
    view! {
        <div class="path-grid" role="table" aria-label="Critical path" aria-rowcount=number + 2>
            <div class="path-row path-row-heads" role="row" aria-rowindex="1">
                <span role="columnheader">"Critical path in"</span>
                <span role="columnheader" class="path-figure">"Spans"</span>
                <span role="columnheader" class="path-figure">"Time, ms"</span>
                <span role="columnheader" class="path-figure">"Share"</span>
                <span role="columnheader" class="path-bar"><span class="unseen">"Share as a bar"</span></span>
            </div>
            <RowList row_height=PATH_ROW count=Signal::stored(number) version=Signal::stored(0) row/>
            <div class="path-row path-row-sum" role="row" aria-rowindex=number + 2 data-test="path-total">
                <span role="cell">"Duration of the trace"</span>
                <span role="cell" class="path-figure"></span>
                <span role="cell" class="path-figure" title=duration_exact(duration)>{milliseconds(duration)}</span>
                <span role="cell" class="path-figure">{share_text(WHOLE)}</span>
                <span role="cell" class="path-bar"></span>
            </div>
        </div>
    }
}

/// One row. A click on its name finds its spans in the waterfall, or selects its span.
#[component]
fn Line(
    session: Session,
    row: PathRow,
    dot: Option<u8>,
    index: usize,
    most: u32,
    marked: Memo<Option<Arc<MarkedOperations>>>,
) -> impl IntoView {
    let PathRow { of, spans, time, share } = row;
    let marked_of = of.clone();
    let mark = move || mark(session, &marked_of, marked).word();
    let (name, service, title) = match &of {
        PathRowOf::Service(service) => {
            (display_name(service).to_owned(), String::new(), "Find its spans on the path")
        }
        PathRowOf::Operation { service, operation } => {
            (display_name(operation).to_owned(), service.clone(), "Find its spans on the path")
        }
        PathRowOf::Span { service, operation, .. } => {
            (display_name(operation).to_owned(), service.clone(), "Select the span")
        }
        PathRowOf::Others => ("Other spans".to_owned(), String::new(), ""),
        PathRowOf::FilteredOut => ("Spans that the filters leave out".to_owned(), String::new(), ""),
        PathRowOf::NoSpan => {
            ("Not on the path: before, between or after the roots".to_owned(), String::new(), "")
        }
    };
    let name = match target(of) {
        Some(target) => view! {
            <button
                type="button"
                class="path-name path-link"
                data-test="path-name"
                title=title
                on:click=move |_| target.open(session)
            >
                <bdi>{name}</bdi>
            </button>
        }
        .into_any(),
        None => view! { <span class="path-name path-name-none">{name}</span> }.into_any(),
    };
    let width = format!("{}%", f64::from(share) / f64::from(most) * 100.0);
    view! {
        <div class="path-row" role="row" data-test="path-row" data-mark=mark aria-rowindex=index + 2>
            <span role="cell" class="path-of">
                <span class="path-dot" data-slot=dot.map(|slot| (slot + 1).to_string()) aria-hidden="true"></span>
                <span class="name-line">
                    {name}
                    <span class="path-service">{service}</span>
                </span>
            </span>
            <span role="cell" class="path-figure">{(spans > 0).then(|| count(u64::from(spans)))}</span>
            <span role="cell" class="path-figure" data-test="path-time" title=duration_exact(time)>
                {milliseconds(time)}
            </span>
            <span role="cell" class="path-figure" data-test="path-share">{share_text(share)}</span>
            <span role="cell" class="path-bar"><i aria-hidden="true" style:width=width></i></span>
        </div>
    }
}

/// How a row is shown while something is searched for. Tracked.
fn mark(session: Session, of: &PathRowOf, marked: Memo<Option<Arc<MarkedOperations>>>) -> FindMark {
    let is_match = |has: &dyn Fn(&MarkedOperations) -> bool| {
        marked.with(|marked| marked.as_ref().map(|marked| FindMark::of(has(marked), dims(session))))
    };
    let mark = match of {
        PathRowOf::Service(service) => is_match(&|marked| marked.has_service(service)),
        PathRowOf::Operation { service, operation } => {
            is_match(&|marked| marked.has_operation(service, operation))
        }
        PathRowOf::Span { span, .. } => Some(mark_of(session, *span)),
        PathRowOf::Others | PathRowOf::FilteredOut | PathRowOf::NoSpan => is_match(&|_| false),
    };
    mark.unwrap_or_default()
}

/// What a click on a row's name does.
enum Target {
    /// Looks for these spans in the waterfall.
    Find(String),
    /// Selects the span.
    Select(u32),
}

impl Target {
    fn open(&self, session: Session) {
        match self {
            Target::Find(query) => {
                session.find.query.set(query.clone());
                session.tab.set(TraceTab::Waterfall);
            }
            Target::Select(span) => session.press(*span),
        }
    }
}

fn target(of: PathRowOf) -> Option<Target> {
    let is = |field: &str, value: &str| equals(&Field::parse(field), value, true);
    match of {
        PathRowOf::Service(service) => {
            Some(Target::Find(format!("{} and critical", is("service", &service))))
        }
        PathRowOf::Operation { service, operation } => Some(Target::Find(format!(
            "{} and {} and critical",
            is("service", &service),
            is("operation", &operation)
        ))),
        PathRowOf::Span { span, .. } => Some(Target::Select(span)),
        PathRowOf::Others | PathRowOf::FilteredOut | PathRowOf::NoSpan => None,
    }
}

/// The colour slot of a row's service.
fn slot_of(outline: &Outline, slots: &[u8], of: &PathRowOf) -> Option<u8> {
    let (PathRowOf::Service(service)
    | PathRowOf::Operation { service, .. }
    | PathRowOf::Span { service, .. }) = of
    else {
        return None;
    };
    let index = outline.strings.find(service)?;
    slots.get(index as usize).copied()
}

/// Milliseconds with the microseconds as decimals, so that figures below each other compare.
fn milliseconds(time: u64) -> String {
    let microseconds = time.saturating_add(500) / 1_000;
    format!("{}.{:03}", count(microseconds / 1_000), microseconds % 1_000)
}

/// Hundredths of a per cent as per cent.
fn share_text(share: u32) -> String {
    format!("{}.{:02} %", share / 100, share % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn figures_have_all_their_decimals() {
        assert_eq!(milliseconds(743_298_000), "743.298");
        assert_eq!(milliseconds(1_234_567_000_500), "1,234,567.001");
        assert_eq!((share_text(WHOLE), share_text(7)), ("100.00 %".to_owned(), "0.07 %".to_owned()));
    }

    #[test]
    fn a_row_finds_its_spans_on_the_path() {
        let of = PathRowOf::Operation { service: "redis".into(), operation: "Get Driver".into() };
        let Some(Target::Find(query)) = target(of) else { panic!("a query") };
        assert_eq!(query, "service = redis and operation = \"Get Driver\" and critical");
    }
}
