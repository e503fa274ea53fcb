//! Statistics: spans in groups, with their figures; each group can be divided by a second field, and shown in the
//! waterfall.

mod cells;
mod facts;
mod tools;

use super::super::colouring::{Slots, slots_by_name};
use super::super::marks::{dims, matches};
use super::super::nothing_to_show::NoSpans;
use super::super::session::{ReturnToTable, Session};
use super::super::span_filter::span_filter;
use super::super::span_source::SpanSource;
use super::answer::ask;
use super::{TableContent, built_rows, clicked};
use crate::route::{TableSort, TraceTab};
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use crate::ui::empty::EmptyState;
use crate::ui::find_mark::FindMark;
use crate::ui::problem::ProblemCard;
use crate::ui::table::{RowOf, Table, TableRow};
use cells::{LABEL, Scale, columns, group_row};
use facts::StatisticsFacts;
use leptos::prelude::*;
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::analysis::statistics::{Figure, Grouping, Statistics, StatisticsSort, order, restricted};
use spandrel_trace::engine::{Answer, GroupLabel, QuestionTopic};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tools::Tools;

/// What spans are grouped by unless the address says otherwise.
const DEFAULT: &str = "operation";

/// Groups that are expanded, with their parts once these are computed.
type Expanded = HashMap<u32, Option<Arc<Statistics>>>;

/// A line of the table: a group, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Line {
    Group(u32),
    Part(u32, u32),
}

/// What spans are grouped by, as an address says it.
fn grouping_of(by: &str) -> String {
    if by.is_empty() { DEFAULT.to_owned() } else { by.to_owned() }
}

/// The order of groups that an address says.
fn sort_of(sort: Option<&TableSort>) -> StatisticsSort {
    match sort {
        None => StatisticsSort::default(),
        Some(TableSort { key, descending }) => {
            StatisticsSort { by: Figure::of_name(key), descending: *descending }
        }
    }
}

/// The table of groups of spans.
#[component]
pub fn StatisticsTable(
    /// State of the trace.
    session: Session,
    /// Colour slots by string index of the service's name.
    slots: Slots,
    /// Where the rows come from.
    source: SpanSource,
) -> impl IntoView {
    let tables = session.tables;
    let by = Memo::new(move |_| tables.with(|tables| grouping_of(&tables.by)));
    let then = Memo::new(move |_| tables.with(|tables| tables.then.clone()));
    let sort = Memo::new(move |_| tables.with(|tables| sort_of(tables.groups_sort.as_ref())));
    let filter = Memo::new(move |_| tables.with(|tables| tables.groups_filter.clone()));
    let span_filter = span_filter(session);
    let answer =
        ask(
            session,
            source,
            move || {
                (!session.outline_live().with(|outline| outline.is_empty())).then(|| {
                    QuestionTopic::Statistics { group: by.get(), then: None, filter: span_filter.get() }
                })
            },
            |answer| match answer {
                Answer::Statistics(found) => Some(*found),
                _ => None,
            },
            |found| found.unsearched > 0,
        );
    let groups = answer.value;
    let marked = marked_groups(session, source, by, span_filter);
    let ordered = Memo::new(move |_| {
        let found = groups.get();
        Arc::new(found.map(|found| order(&found, sort.get(), &filter.get())).unwrap_or_default())
    });
    let expanded = RwSignal::new(Expanded::new());
    // Parts are of one answer, one second field and one find.
    Effect::new(move |_| {
        groups.track();
        then.track();
        if !expanded.with_untracked(HashMap::is_empty) {
            expanded.set(Expanded::new());
        }
    });
    let lines = Memo::new(move |_| {
        let mut lines = Vec::with_capacity(ordered.with(|ordered| ordered.len()));
        ordered.with(|ordered| {
            expanded.with(|expanded| {
                for group in ordered.iter() {
                    lines.push(Line::Group(*group));
                    if let Some(Some(parts)) = expanded.get(group) {
                        let parts = order(parts, sort.get(), "");
                        lines.extend(parts.into_iter().map(|part| Line::Part(*group, part)));
                    }
                }
            });
        });
        Arc::new(lines)
    });
    let scale = Memo::new(move |_| {
        groups.with(|found| found.as_ref().map(|found| Scale::of(found)).unwrap_or_default())
    });
    let expand = move |index: usize| {
        let line = lines.with_untracked(|lines| lines.get(index).copied());
        // Groups of another field than the one that is chosen now are replaced soon.
        let found = groups.get_untracked().filter(|_| !answer.is_waiting.get_untracked());
        let (Some(Line::Group(group)), Some(found)) = (line, found) else { return };
        if expanded.with_untracked(|expanded| expanded.contains_key(&group)) {
            expanded.update(|expanded| {
                expanded.remove(&group);
            });
            return;
        }
        expanded.update(|expanded| {
            expanded.insert(group, None);
        });
        let label = label_of(&found, group as usize);
        let topic = QuestionTopic::Statistics {
            group: by.get_untracked(),
            then: Some((label, then.get_untracked())),
            filter: span_filter.get_untracked(),
        };
        let busy = busy::hold();
        spawn_scoped(async move {
            if let Ok(Answer::Statistics(parts)) = source.ask(topic).await {
                // Another answer has other groups.
                if groups.with_untracked(|now| now.as_ref().is_some_and(|now| Arc::ptr_eq(now, &found))) {
                    expanded.update(|expanded| {
                        if let Some(slot) = expanded.get_mut(&group) {
                            *slot = Some(Arc::new(*parts));
                        }
                    });
                }
            }
            drop(busy);
        });
    };
    let show = move |index: usize| {
        let line = lines.with_untracked(|lines| lines.get(index).copied());
        let found = groups.get_untracked().filter(|_| !answer.is_waiting.get_untracked());
        let (Some(line), Some(found)) = (line, found) else { return };
        let (Line::Group(group) | Line::Part(group, _)) = line;
        let mut query = Grouping::parse(&by.get_untracked()).query(found.key(group as usize));
        if let Line::Part(group, part) = line {
            let parts = expanded.with_untracked(|expanded| expanded.get(&group).cloned().flatten());
            let Some(parts) = parts else { return };
            let of_part = Grouping::parse(&then.get_untracked()).query(parts.key(part as usize));
            query = format!("{query} and {of_part}");
        }
        let before = session.find.query.with_untracked(|query| query.trim().to_owned());
        let query = restricted(&before, &query);
        batch(|| {
            session.returns.set(Some(ReturnToTable {
                tab: TraceTab::Statistics,
                before,
                set: query.clone(),
            }));
            session.find.query.set(query);
            session.tab.set(TraceTab::Waterfall);
        });
    };
    let service_slots = Memo::new(move |_| {
        session.outline_live().with(|outline| slots.with(|slots| slots_by_name(outline, slots)))
    });
    let slot_of_service =
        move |name: &str| service_slots.with(|slots| slots.get(name).copied().unwrap_or(0) + 1);
    let row: RowOf = Arc::new(move |index| {
        let line = lines.with(|lines| lines.get(index).copied());
        let (Some(line), Some(found)) = (line, groups.get()) else { return TableRow::default() };
        let scale = scale.get();
        let colours_by = |grouping: &str| matches!(grouping, "service" | "operation");
        match line {
            Line::Group(group) => {
                let is_open = expanded.with(|expanded| expanded.get(&group).is_some_and(Option::is_some));
                let slot = colours_by(&by.get()).then(|| slot_of_service(found.label(group as usize).0));
                let mark = marked.with(|marked| match marked {
                    None => FindMark::None,
                    Some(marked) => {
                        FindMark::of(marked.contains(&label_of(&found, group as usize)), dims(session))
                    }
                });
                TableRow {
                    expanded: (!then.with(String::is_empty)).then_some(is_open),
                    mark,
                    ..group_row(&found, &by.get(), group as usize, &scale, slot)
                }
            }
            Line::Part(group, part) => {
                let parts = expanded.with(|expanded| expanded.get(&group).cloned().flatten());
                let Some(parts) = parts else { return TableRow::default() };
                let slot = colours_by(&then.get()).then(|| slot_of_service(parts.label(part as usize).0));
                TableRow { depth: 1, ..group_row(&parts, &then.get(), part as usize, &scale, slot) }
            }
        }
    });
    let on_sort = move |key: String| {
        let now = tables.with_untracked(|tables| tables.groups_sort.clone());
        let now = now.unwrap_or_else(|| TableSort { key: Figure::Total.name().to_owned(), descending: true });
        let is_label = key == LABEL;
        tables.update(|tables| tables.groups_sort = Some(clicked(&now, key, !is_label)));
    };
    let shown_sort = move || {
        let sort = sort.get();
        Some((sort.by.map_or(LABEL, Figure::name).to_owned(), sort.descending))
    };
    let heads = Memo::new(move |_| Arc::new(columns(&by.get(), &then.get())));
    let version = version_of(by, sort, filter, span_filter);
    let table = StoredValue::new(row);
    let content = move || {
        let is_empty = session.outline_live().with(|outline| outline.is_empty());
        let (is_there, is_listed) =
            (groups.with(Option::is_some), !ordered.with(|ordered| ordered.is_empty()));
        match answer.problem.get() {
            Some(problem) => TableContent::Problem(problem),
            None if is_empty => TableContent::Empty,
            None if !is_there => TableContent::Waiting,
            None if !is_listed => TableContent::NoMatch,
            None => TableContent::Table,
        }
    };
    let content = Memo::new(move |_| content());
    let table = move || match content.get() {
        TableContent::Problem(problem) => view! { <ProblemCard problem/> }.into_any(),
        TableContent::Empty => view! { <NoSpans/> }.into_any(),
        TableContent::Waiting => {
            view! { <p class="table-waiting" role="status">"Computing statistics…"</p> }.into_any()
        }
        TableContent::NoMatch => {
            let next = vec!["No group matches. Change the filters.".to_owned()];
            view! { <EmptyState title="No groups" next/> }.into_any()
        }
        TableContent::Table => view! {
            <Table
                label=Signal::derive(move || format!("Statistics by {}", by.get()))
                columns=heads
                sort=Signal::derive(shown_sort)
                on_sort=Callback::new(on_sort)
                count=Signal::derive(move || lines.with(|lines| lines.len()))
                version=version
                row=table.get_value()
                on_choose=Callback::new(show)
                on_expand=Callback::new(expand)
                built=built_rows()
            />
        }
        .into_any(),
    };
    view! {
        <section class="table-view" data-test="statistics" aria-busy=move || answer.is_waiting.get().to_string()>
            <Tools session source groups=groups ordered/>
            <StatisticsFacts session groups ordered answer/>
            {table}
        </section>
    }
}

fn label_of(groups: &Statistics, group: usize) -> GroupLabel {
    groups.key(group).map(|(first, second)| (first.to_owned(), second.map(str::to_owned)))
}

/// The groups that have matches of the find; `None` without a find, and where all groups are of matches.
fn marked_groups(
    session: Session,
    source: SpanSource,
    by: Memo<String>,
    span_filter: Memo<SpanFilter>,
) -> Memo<Option<HashSet<GroupLabel>>> {
    let answer = ask(
        session,
        source,
        move || {
            let found = matches(session).filter(|_| span_filter.with(|filter| filter.only.is_none()))?;
            let filter = SpanFilter { only: Some(found.spans.clone()), ..span_filter.get() };
            Some(QuestionTopic::Statistics { group: by.get(), then: None, filter })
        },
        |answer| match answer {
            Answer::Statistics(found) => Some(*found),
            _ => None,
        },
        |found| found.unsearched > 0,
    );
    Memo::new(move |_| {
        let found = answer.value.get()?;
        Some((0..found.len()).map(|group| label_of(&found, group)).collect())
    })
}

/// A number that changes with what the table's first row depends on.
fn version_of(
    by: Memo<String>,
    sort: Memo<StatisticsSort>,
    filter: Memo<String>,
    span_filter: Memo<SpanFilter>,
) -> Signal<u64> {
    let version = Memo::new(move |before: Option<&u64>| {
        by.track();
        sort.track();
        filter.track();
        span_filter.track();
        before.map_or(0, |before| before + 1)
    });
    version.into()
}
