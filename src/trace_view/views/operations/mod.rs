//! The graph of a trace's operations: a map of the calls between them, and the same as a list.

use super::super::colouring::{Slots, slots_by_name};
use super::super::counted::counted;
use super::super::marks::{dims, marked_operations};
use super::super::nothing_to_show::AllFiltered;
use super::super::parts::Part;
use super::super::session::Session;
use super::super::span_source::SpanSource;
use super::answer::{Answered, ViewAnswer, ask};
use crate::state::tasks::count_up;
use crate::ui::find_mark::FindMark;
use crate::ui::graph::GraphMap;
use leptos::prelude::*;
use spandrel_trace::analysis::operations::{OperationFacts, OperationGraph};
use spandrel_trace::engine::{Answer, QuestionTopic};
use spandrel_trace::scene::graph::{GraphElement, GraphScene};
use spandrel_trace::units::{display_name, duration, percent};
use std::ops::Range;
use std::sync::Arc;

/// Rows of the list that are built in one task.
const LISTED_AT_ONCE: usize = 40;

/// The graph of operations.
#[component]
pub fn OperationMap(
    /// State of the trace.
    session: Session,
    /// Colour slots by string index of the service's name.
    slots: Slots,
    /// Where the graph comes from.
    source: SpanSource,
) -> impl IntoView {
    let answer = ask(
        session,
        source,
        |filter| QuestionTopic::OperationGraph { filter },
        |answer| if let Answer::OperationGraph(graph) = answer { Some(*graph) } else { None },
    );
    // Kept by the owner of the view, so that another answer does not build another map.
    let graph = graph_of(answer);
    let has_operations = Memo::new(move |_| graph.with(|graph| !graph.operations.is_empty()));
    let is_answered = Memo::new(move |_| answer.with(|answer| matches!(answer, Some(Ok(_)))));
    let content = move || match (is_answered.get(), has_operations.get()) {
        (true, true) => view! { <OperationPair session slots graph/> }.into_any(),
        _ => view! { <ViewAnswer session answer face=no_operations/> }.into_any(),
    };
    view! { <div class="operations" data-test="operations-view">{content}</div> }
}

fn graph_of(answer: Answered<OperationGraph>) -> Memo<Arc<OperationGraph>> {
    Memo::new(move |_| answer.with(|answer| answer.clone().and_then(Result::ok).unwrap_or_default()))
}

fn no_operations(_: Session, _: Arc<OperationGraph>) -> AnyView {
    view! { <AllFiltered/> }.into_any()
}

/// The map and the list beside it.
#[component]
fn OperationPair(session: Session, slots: Slots, graph: Memo<Arc<OperationGraph>>) -> impl IntoView {
    let scene = Memo::new(move |_| graph.with(|graph| Arc::new(GraphScene::of_operations(graph))));
    // A line that was clicked; else the operation of the selected span is what is selected.
    let line = RwSignal::new(None::<u32>);
    let operation = Memo::new(move |_| {
        let outline = session.outline_live().get();
        let span = session.selection.span.get().filter(|span| (*span as usize) < outline.len())?;
        let (service, name) = (outline.service_of(span), outline.name_of(span));
        let is_same = |facts: &OperationFacts| facts.service == service && facts.name == name;
        graph.with(|graph| graph.operations.iter().position(is_same)).map(|index| index as u32)
    });
    let selected = Memo::new(move |_| {
        line.get().map(GraphElement::Edge).or_else(|| operation.get().map(GraphElement::Node))
    });
    // The operation of the root, else the one with most of the critical path.
    let start = Memo::new(move |_| {
        let outline = session.outline_live().get();
        let is_root = |facts: &OperationFacts| {
            !outline.is_empty() && facts.service == outline.service_of(0) && facts.name == outline.name_of(0)
        };
        graph.with(|graph| {
            let numbered = || graph.operations.iter().zip(0u32..);
            let root = numbered().find(|(facts, _)| is_root(facts));
            root.or_else(|| numbered().max_by_key(|(facts, _)| facts.critical)).map(|(_, index)| index)
        })
    });
    let marked = marked_operations(session);
    let mark = move |facts: &OperationFacts| {
        marked
            .with(|marked| {
                let marked = marked.as_ref()?;
                Some(FindMark::of(marked.has_operation(&facts.service, &facts.name), dims(session)))
            })
            .unwrap_or_default()
    };
    let marks = Memo::new(move |_| {
        Arc::new(graph.with(|graph| graph.operations.iter().map(mark).collect::<Vec<_>>()))
    });
    let press = move |index: u32| {
        line.set(None);
        if let Some(facts) = graph.get_untracked().operations.get(index as usize) {
            session.press(facts.longest);
        }
    };
    let select = Callback::new(move |hit: Option<GraphElement>| match hit {
        Some(GraphElement::Node(index)) => press(index),
        Some(GraphElement::Edge(index)) => line.set(Some(index)),
        None => {
            line.set(None);
            session.selection.span.set(None);
        }
    });
    let service_slots = Memo::new(move |_| {
        session.outline_live().with(|outline| slots.with(|slots| slots_by_name(outline, slots)))
    });
    let slot_of =
        move |service: &str| service_slots.with_untracked(|slots| slots.get(service).copied().unwrap_or(0));
    let colours = Callback::new(move |_| {
        graph.with_untracked(|graph| graph.operations.iter().map(|facts| slot_of(&facts.service)).collect())
    });
    let describe = Callback::new(move |hit| graph.with_untracked(|graph| describe(graph, hit)));
    let label = Signal::derive(move || {
        graph.with(|graph| {
            let operations = counted(graph.operations.len(), "operation", "operations");
            format!(
                "Graph of {operations}; dark lines are on the critical path. The list beside it has the same content."
            )
        })
    });
    // Listed a few with each task, after the map.
    let listed = RwSignal::new(0);
    Effect::new(move |_| {
        let rows = graph.with(|graph| graph.operations.len());
        listed.set(0);
        count_up(rows.div_ceil(LISTED_AT_ONCE) as u32, listed, || true);
    });
    let parts = move || {
        let graph = graph.get();
        let all = graph.operations.len().min(listed.get() as usize * LISTED_AT_ONCE);
        let part = |start: usize| (graph.clone(), start..(start + LISTED_AT_ONCE).min(all));
        (0..all).step_by(LISTED_AT_ONCE).map(part).collect::<Vec<_>>()
    };
    let rows = move |(graph, rows): (Arc<OperationGraph>, Range<usize>)| {
        let all: u64 = graph.operations.iter().map(|facts| facts.own).sum();
        let row = |index: usize| {
            let facts = &graph.operations[index];
            let is_selected = move || operation.get() == Some(index as u32);
            let mark = move || marks.with(|marks| marks.get(index).copied().unwrap_or_default().word());
            view! {
                <li>
                    <button
                        type="button"
                        class="operation"
                        data-test="operation"
                        data-mark=mark
                        data-slot=(slot_of(&facts.service) + 1).to_string()
                        aria-pressed=move || is_selected().to_string()
                        on:click=move |_| press(index as u32)
                    >
                        <span class="operation-name">{display_name(&facts.name).to_owned()}</span>
                        <span class="operation-service">{display_name(&facts.service).to_owned()}</span>
                        <span class="operation-facts" class:operation-failed=facts.errors != 0>
                            {facts_of(facts, all)}
                        </span>
                    </button>
                </li>
            }
        };
        rows.map(row).collect_view()
    };
    let left_out = move || {
        graph.with(|graph| match graph.left_out {
            (0, _) => None,
            (operations, own) => Some(format!(
                "{} with less self time, {} in all, are not shown.",
                counted(operations, "operation", "operations"),
                duration(own)
            )),
        })
    };
    view! {
        <div class="operations-map" data-part=Part::View.name()>
            <GraphMap scene selected select slots=colours describe label start marks test="operations-graph"/>
        </div>
        <aside class="operations-side" aria-label="Operations">
            <p class="operations-note" data-test="operations-note">{left_out}</p>
            <ul class="operations-list">
                // Another graph has other rows.
                <For each=parts key=|(graph, rows)| (Arc::as_ptr(graph) as usize, rows.clone()) children=rows/>
            </ul>
        </aside>
    }
}

/// What is said of an operation: `14 spans · 1 error · self 120 ms, 12 % · critical 90 ms`.
fn facts_of(facts: &OperationFacts, all: u64) -> String {
    let share = percent(facts.own as f64 / all.max(1) as f64);
    let critical = match facts.critical {
        0 => String::new(),
        critical => format!(" · critical {}", duration(critical)),
    };
    let errors = match facts.errors {
        0 => String::new(),
        errors => format!(" · {}", counted(errors as usize, "error", "errors")),
    };
    format!(
        "{}{errors} · self {}, {share}{critical}",
        counted(facts.spans as usize, "span", "spans"),
        duration(facts.own)
    )
}

/// Text of the tip.
fn describe(graph: &OperationGraph, hit: GraphElement) -> String {
    let operation = |index: u32| graph.operations.get(index as usize);
    match hit {
        GraphElement::Node(index) => operation(index).map_or_else(String::new, |facts| {
            let all = graph.operations.iter().map(|facts| facts.own).sum();
            format!(
                "{} · {}: {}, total {}",
                display_name(&facts.name),
                display_name(&facts.service),
                facts_of(facts, all),
                duration(facts.total)
            )
        }),
        GraphElement::Edge(index) => graph.calls.get(index as usize).map_or_else(String::new, |call| {
            let name = |index| operation(index).map_or("", |facts| display_name(&facts.name));
            let errors = match call.errors {
                0 => String::new(),
                errors => format!(", {}", counted(errors as usize, "error", "errors")),
            };
            let critical = match call.critical {
                0 => String::new(),
                critical => format!(", {} of the critical path", duration(critical)),
            };
            let calls = counted(call.calls as usize, "call", "calls");
            format!("{} → {}: {calls}{errors}{critical}", name(call.caller), name(call.callee))
        }),
    }
}
