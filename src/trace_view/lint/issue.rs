//! One thing that was found in a service: in how many spans, about which names or attributes, and what to do.

use super::super::session::Session;
use leptos::prelude::*;
use spandrel_trace::analysis::lint::{LintIssue, LintSubject};
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::units::count;

/// Span ids that a query names at most.
const IDS: usize = 40;

/// An issue.
#[component]
pub fn Issue(session: Session, issue: LintIssue) -> impl IntoView {
    let LintIssue { check, failed, checked, spans, subjects, more_subjects } = issue;
    let share = format!("{} of {} spans", count(u64::from(failed)), count(u64::from(checked)));
    let label = match spans.len().min(IDS) {
        1 => "Show the span".to_owned(),
        some if some < failed as usize => format!("Show {some} of the spans"),
        all => format!("Show the {all} spans"),
    };
    let show = move |_| {
        let outline = session.outline();
        batch(|| {
            session.find.query.set(query(&outline, &spans));
            if let Some(first) = spans.first().filter(|span| (**span as usize) < outline.len()) {
                session.select(*first);
            }
        });
    };
    view! {
        <li class="lint-issue" data-test="lint-issue">
            <p class="lint-what">
                <b>{check.title()}</b>
                <span>{share}</span>
                <button type="button" class="lint-show" data-test="lint-show" on:click=show>
                    {label}
                </button>
            </p>
            {(!subjects.is_empty()).then(|| view! { <Subjects subjects more=more_subjects/> })}
            <p>{check.advice()}</p>
        </li>
    }
}

/// Names or attributes, with what replaces them.
#[component]
fn Subjects(subjects: Vec<LintSubject>, more: u32) -> impl IntoView {
    let subject = |subject: LintSubject| {
        let replacement = (!subject.replacement.is_empty())
            .then(|| view! { " → "<code class="mono">{subject.replacement}</code> });
        view! {
            <li>
                <code class="mono"><bdi>{subject.text}</bdi></code>
                {replacement}
                <span class="lint-count">{count(u64::from(subject.spans))}</span>
            </li>
        }
    };
    view! {
        <ul class="lint-subjects">
            {subjects.into_iter().map(subject).collect_view()}
            {(more > 0).then(|| view! { <li>{format!("and {} more", count(u64::from(more)))}</li> })}
        </ul>
    }
}

/// A query for the find field that matches these spans.
fn query(outline: &Outline, spans: &[SpanIx]) -> String {
    let ids: Vec<String> = spans
        .iter()
        .take(IDS)
        .filter_map(|span| outline.id.get(*span as usize))
        .map(ToString::to_string)
        .collect();
    match ids.as_slice() {
        [one] => format!("id = \"{one}\""),
        several => format!("id in (\"{}\")", several.join("\", \"")),
    }
}
