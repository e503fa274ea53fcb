//! The one component that shows a failure: what was attempted, what happened, what to try.

use leptos::prelude::*;
use spandrel_trace::units::{Problem, ProblemKind};
use std::rc::Rc;

/// Shows a problem, and a button that tries again where `retry` is given, or reloads the page where only that can help.
#[component]
pub fn ProblemCard(
    /// The failure.
    problem: Problem,
    /// Called by the button "Try again".
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    let Problem { kind, attempted, happened, mut advice, status, address, excerpt } = problem;
    if advice.is_empty() {
        advice.push(default_advice(kind).to_owned());
    }
    let advice = advice.into_iter().map(|advice| view! { <li>{advice}</li> }).collect_view();
    let reload = (kind == ProblemKind::NotStarted).then(|| {
        view! {
            <button type="button" class="button" data-test="problem-reload" on:click=move |_| reload_page()>
                "Reload page"
            </button>
        }
    });
    let again = retry.filter(|_| kind != ProblemKind::NotStarted).map(|retry| {
        view! {
            <button type="button" class="button" data-test="problem-retry" on:click=move |_| retry.run(())>
                "Try again"
            </button>
        }
    });
    let address = (!address.is_empty()).then(|| view! { <dt>"Asked"</dt><dd class="mono">{address}</dd> });
    let status = status.map(|status| view! { <dt>"Status"</dt><dd class="mono">{status}</dd> });
    let answer = (!excerpt.is_empty()).then(|| {
        view! {
            <dt>"Answer"</dt>
            <dd>
                <pre class="problem__excerpt" tabindex="0">
                    {excerpt}
                </pre>
            </dd>
        }
    });
    let has_facts = address.is_some() || status.is_some() || answer.is_some();
    let facts = has_facts.then(|| view! { <dl class="problem__facts">{address} {status} {answer}</dl> });
    view! {
        <section class="problem" role="alert" data-test="problem">
            <h2 class="problem__what" data-test="problem-what">
                {headline(&attempted)}
            </h2>
            <p class="problem__happened" data-test="problem-happened">
                {happened}
            </p>
            <ul class="problem__try" data-test="problem-try">
                {advice}
            </ul>
            {again}
            {reload}
            {facts}
        </section>
    }
}

fn reload_page() {
    // A page can always be reloaded.
    let _ = window().location().reload();
}

fn headline(attempted: &str) -> String {
    format!("Couldn't {attempted}")
}

/// What to try where the problem itself has no advice.
fn default_advice(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Offline => "Check that the server runs and that its URL in the settings is right.",
        ProblemKind::Refused => "Change the request, or look into the server's log.",
        ProblemKind::WrongAddress => "Check the server's URL in the settings.",
        ProblemKind::NotFound => "It may not have arrived yet, or may be older than what the server keeps.",
        ProblemKind::Unreadable => {
            "Open a trace as Jaeger JSON, OTLP JSON or OTLP protobuf, plain or gzipped."
        }
        ProblemKind::Unsupported => "Choose another server in the settings.",
        ProblemKind::NotStarted => "Reload the page.",
        ProblemKind::Fault => "Try again, or reload the page.",
    }
}

/// Tries again, for [`problem_card`].
pub type Retry = Rc<dyn Fn()>;
