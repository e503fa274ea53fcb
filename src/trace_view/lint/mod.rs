//! How well the services of the trace are instrumented: a score for each, what was found, and which spans show it.

mod issue;

use super::session::Session;
use super::until_indexed::until_indexed;
use crate::state::busy;
use crate::state::data::Data;
use crate::state::tasks::spawn_scoped;
use crate::ui::problem::ProblemCard;
use issue::Issue;
use leptos::ev;
use leptos::prelude::*;
use spandrel_trace::analysis::lint::{Lint, ServiceLint};
use spandrel_trace::units::{Problem, count};
use std::sync::Arc;

/// The panel. Nothing while it is closed.
#[component]
pub fn LintPanel(
    /// State of the trace.
    session: Session,
    /// Where the trace comes from.
    data: Data,
    /// Id of the trace in the address.
    id: StoredValue<String>,
) -> impl IntoView {
    let is_open = session.lint_open;
    let lint = RwSignal::new(None::<Result<Arc<Lint>, Problem>>);
    Effect::new(move || {
        let outline = session.sent_live().get();
        lint.set(None);
        if !is_open.get() {
            return;
        }
        let mut pending = Some(busy::hold());
        spawn_scoped(async move {
            let ask = async || data.lint(&id.get_value(), &outline).await;
            until_indexed(ask, |answer| {
                let is_whole = answer.as_ref().map_or(true, |lint| lint.unsearched == 0);
                lint.set(Some(answer.map(Arc::new)));
                pending.take();
                is_whole
            })
            .await;
        });
    });
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            is_open.set(false);
        }
    };
    let body = move || match lint.get() {
        None => view! { <p role="status">"Checking the instrumentation…"</p> }.into_any(),
        Some(Err(problem)) => view! { <ProblemCard problem/> }.into_any(),
        Some(Ok(lint)) => view! { <Services session lint/> }.into_any(),
    };
    view! {
        <div class="lint-place">
            <Show when=move || is_open.get()>
                <section class="lint" aria-labelledby="lint-title" data-test="lint" on:keydown=on_key>
                    <div class="lint-top">
                        <h2 class="lint-title" id="lint-title">"Instrumentation"</h2>
                        <button
                            type="button"
                            class="button button--flat"
                            aria-label="Close instrumentation"
                            title="Close (Esc)"
                            on:click=move |_| is_open.set(false)
                        >
                            "✕"
                        </button>
                    </div>
                    {body}
                </section>
            </Show>
        </div>
    }
}

/// All services, worst score first.
#[component]
fn Services(session: Session, lint: Arc<Lint>) -> impl IntoView {
    let clean: Vec<&str> =
        lint.services.iter().filter(|one| one.issues.is_empty()).map(|one| one.service.as_str()).collect();
    let clean = match (clean.as_slice(), lint.services.len()) {
        (_, 0) => Some("The trace has no spans.".to_owned()),
        ([], _) => None,
        (all, of) if all.len() == of => Some("Nothing was found in any service.".to_owned()),
        (some, _) => Some(format!("Nothing was found in {}.", some.join(", "))),
    };
    let unsearched = (lint.unsearched > 0)
        .then(|| format!("Attributes of {} spans are not checked yet.", count(u64::from(lint.unsearched))));
    let services = lint.services.iter().filter(|one| !one.issues.is_empty()).cloned();
    let has_scores = lint.services.iter().any(|one| !one.issues.is_empty());
    view! {
        {has_scores
            .then(|| {
                view! {
                    <p class="lint-note">
                        "Scores from 0 to 100: the share of spans that pass each check, weighted by its impact."
                    </p>
                }
            })}
        {services.map(|service| view! { <Service session service/> }).collect_view()}
        {clean.map(|clean| view! { <p class="lint-clean" data-test="lint-clean"><bdi>{clean}</bdi></p> })}
        {unsearched.map(|text| view! { <p role="status">{text}</p> })}
    }
}

/// One service with its issues.
#[component]
fn Service(session: Session, service: ServiceLint) -> impl IntoView {
    let ServiceLint { service, spans, score, issues } = service;
    let grade = match score {
        90.. => "lint-score lint-score--good",
        70..90 => "lint-score lint-score--fair",
        _ => "lint-score lint-score--poor",
    };
    let spans = match spans {
        1 => "1 span".to_owned(),
        many => format!("{} spans", count(u64::from(many))),
    };
    view! {
        <section class="lint-service" data-test="lint-service">
            <h3 class="lint-name">
                <b class=grade>{score}</b>
                <bdi>{service}</bdi>
                <span class="lint-spans">{spans}</span>
            </h3>
            <ul class="lint-issues">
                {issues.into_iter().map(|issue| view! { <Issue session issue/> }).collect_view()}
            </ul>
        </section>
    }
}
