//! What statistics are of: the fields to group by, the filter, and the export.

use super::super::super::download::save_text;
use super::super::super::key_input::KeyInput;
use super::super::super::session::Session;
use super::super::super::span_filter::span_filter;
use super::super::super::span_source::SpanSource;
use super::{DEFAULT, grouping_of, sort_of};
use crate::state::busy;
use crate::state::tasks::spawn;
use leptos::prelude::*;
use spandrel_trace::analysis::statistics::Statistics;
use spandrel_trace::engine::{Answer, QuestionTopic};
use std::sync::Arc;

/// Fields to group by, filter and export.
#[component]
pub fn Tools(
    session: Session,
    source: SpanSource,
    groups: RwSignal<Option<Arc<Statistics>>>,
    ordered: Memo<Arc<Vec<u32>>>,
) -> impl IntoView {
    let tables = session.tables;
    let span_filter = span_filter(session);
    let by = Signal::derive(move || tables.with(|tables| grouping_of(&tables.by)));
    let then = Signal::derive(move || tables.with(|tables| tables.then.clone()));
    let set_by = move |by: String| {
        tables.update(|tables| tables.by = if by == DEFAULT { String::new() } else { by });
    };
    let set_then = move |then: String| tables.update(|tables| tables.then = then);
    let status = RwSignal::new("");
    let export = move |_| {
        let (group, then, sort, label) = tables.with_untracked(|tables| {
            let then = Some(tables.then.clone()).filter(|then| !then.is_empty());
            let sort = sort_of(tables.groups_sort.as_ref());
            (grouping_of(&tables.by), then, sort, tables.groups_filter.clone())
        });
        let name = format!("statistics-{}.csv", group.replace(|letter: char| !letter.is_alphanumeric(), "-"));
        let topic =
            QuestionTopic::StatisticsCsv { group, then, filter: span_filter.get_untracked(), sort, label };
        let busy = busy::hold();
        status.set("Writing…");
        spawn(async move {
            let said = match source.ask(topic).await {
                Ok(Answer::Text(text)) => {
                    save_text(&text, &name);
                    ""
                }
                _ => "Couldn't write the file",
            };
            // The view may be gone by now.
            let _ = status.try_set(said);
            drop(busy);
        });
    };
    let is_nothing = move || groups.with(Option::is_none) || ordered.with(|ordered| ordered.is_empty());
    view! {
        <div class="table-bar" role="group" aria-label="Statistics">
            <label class="table-bar__field">
                "Group by"
                <KeyInput label="Group by" list="group-keys" placeholder=DEFAULT value=by on_change=Callback::new(set_by) test="group-by"/>
            </label>
            <label class="table-bar__field">
                "then by"
                <KeyInput label="Then by" list="then-keys" placeholder="nothing" value=then on_change=Callback::new(set_then) test="then-by"/>
            </label>
            <input
                class="field table-bar__filter"
                type="search"
                spellcheck="false"
                aria-label="Filter groups"
                placeholder="Filter groups"
                data-test="groups-filter"
                prop:value=move || tables.with(|tables| tables.groups_filter.clone())
                on:input:target=move |event| {
                    let text = event.target().value();
                    tables.update(|tables| tables.groups_filter = text);
                }
            />
            <span class="table-bar__end">
                <span role="status">{status}</span>
                <button
                    type="button"
                    class="button"
                    data-test="statistics-csv"
                    title="Save the listed groups as CSV"
                    disabled=is_nothing
                    on:click=export
                >
                    "Export CSV"
                </button>
            </span>
        </div>
    }
}
