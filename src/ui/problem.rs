//! The one component that shows a failure: what was attempted, what happened, what to try.

use leptos::prelude::*;
use spandrel_trace::units::Problem;

/// A failure, with a way to try again where there is one.
#[component]
pub fn ProblemCard(
    /// What went wrong.
    problem: Problem,
    /// Tries again.
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    let Problem { attempted, happened, advice, address, excerpt, .. } = problem;
    let facts = (!address.is_empty() || !excerpt.is_empty()).then(|| {
        view! {
            <details class="problem-facts">
                <summary>"What was asked and answered"</summary>
                {(!address.is_empty()).then(|| view! { <p class="mono">{address}</p> })}
                {(!excerpt.is_empty()).then(|| view! { <pre class="mono">{excerpt}</pre> })}
            </details>
        }
    });
    let advice: Vec<_> = advice.into_iter().map(|line| view! { <li>{line}</li> }).collect();
    view! {
        <section class="problem" role="alert" data-test="problem">
            <h2 data-test="problem-what">{attempted}" did not work"</h2>
            <p data-test="problem-happened">{happened}</p>
            {(!advice.is_empty()).then(|| view! { <ul data-test="problem-try">{advice}</ul> })}
            {facts}
            {retry.map(|retry| {
                view! { <button class="btn" data-test="problem-retry" on:click=move |_| retry.run(())>"Try again"</button> }
            })}
        </section>
    }
}
