//! The one face of a failure: what was attempted, what happened, what to try.

use leptos::prelude::*;
use spandrel_trace::units::{Problem, ProblemKind};

/// Shows a problem. With `retry` it offers to try again.
#[component]
pub fn ProblemCard(
    /// What went wrong.
    problem: Problem,
    /// Called to try again.
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    let Problem { kind, attempted, happened, mut advice, status, address, excerpt } = problem;
    if advice.is_empty() {
        advice.push(fallback(kind).to_owned());
    }
    let facts = move || {
        let asked =
            (!address.is_empty()).then(|| view! { <dt>"Asked"</dt><dd class="mono">{address.clone()}</dd> });
        let status = status.map(|status| view! { <dt>"Status"</dt><dd class="mono">{status}</dd> });
        let excerpt = (!excerpt.is_empty())
            .then(|| view! { <dt>"Answer"</dt><dd><pre class="problem__excerpt" tabindex="0">{excerpt.clone()}</pre></dd> });
        (asked.is_some() || status.is_some() || excerpt.is_some())
            .then(|| view! { <dl class="problem__facts">{asked}{status}{excerpt}</dl> })
    };
    view! {
        <section class="problem" role="alert" data-test="problem">
            <h2 class="problem__what" data-test="problem-what">{attempted}" did not work"</h2>
            <p class="problem__happened" data-test="problem-happened">{happened}</p>
            <ul class="problem__try" data-test="problem-try">
                {advice.into_iter().map(|advice| view! { <li>{advice}</li> }).collect_view()}
            </ul>
            {retry.map(|retry| view! {
                <button type="button" class="button" data-test="problem-retry" on:click=move |_| retry.run(())>"Try again"</button>
            })}
            {facts()}
        </section>
    }
}

/// What to try where nobody said it.
fn fallback(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Offline => "Check that the backend runs and that its address in the settings is right.",
        ProblemKind::Refused => "Change what is asked for, or look into the backend's own log.",
        ProblemKind::WrongAddress => "Check the address of the backend in the settings.",
        ProblemKind::NotFound => "It may not have arrived yet, or may be older than what the backend keeps.",
        ProblemKind::Unreadable => {
            "Open a trace as Jaeger JSON, OTLP JSON or OTLP protobuf, plain or gzipped."
        }
        ProblemKind::Unsupported => "Choose another source in the settings.",
        ProblemKind::Fault => "Try again, or reload the page.",
    }
}
