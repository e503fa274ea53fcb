//! The one component that shows a failure: what was attempted, what happened, what to try.

use super::formats::FORMATS;
use leptos::prelude::*;
use spandrel_trace::units::{Problem, ProblemKind};
use std::rc::Rc;

/// What can be done about a server that does not answer as it should; from the context, where there is one.
#[derive(Clone, Copy)]
pub struct ServerActions {
    /// Address of the settings; `None` on that page itself.
    pub settings: Signal<Option<String>>,
    /// Whether another server was chosen than the one that this page comes from.
    pub is_other: Signal<bool>,
    /// Chooses the server that this page comes from.
    pub use_this: Callback<()>,
    /// Shows the origin that a server must allow, for copying.
    pub origin: fn() -> AnyView,
}

/// Buttons that lead to the settings and back to this page's own server.
#[component]
fn ServerLinks(actions: ServerActions) -> impl IntoView {
    let ServerActions { settings, is_other, use_this, .. } = actions;
    view! {
        {move || {
            settings
                .get()
                .map(|href| view! { <a class="button" data-test="problem-settings" href=href>"Open settings"</a> })
        }}
        <Show when=move || is_other.get()>
            <button type="button" class="button" data-test="problem-this-server" on:click=move |_| use_this.run(())>
                "Use this server"
            </button>
        </Show>
    }
}

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
        advice.push(default_advice(kind));
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
    let is_of_server = matches!(
        kind,
        ProblemKind::Offline | ProblemKind::Blocked | ProblemKind::WrongAddress | ProblemKind::Unsupported
    );
    let server = use_context::<ServerActions>().filter(|_| is_of_server);
    let origin = server.filter(|_| kind == ProblemKind::Blocked).map(|actions| (actions.origin)());
    let server = server.map(|actions| view! { <ServerLinks actions/> });
    let address = (!address.is_empty()).then(|| view! { <dt>"Request"</dt><dd class="mono">{address}</dd> });
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
            {origin}
            <div class="problem__actions">{again} {reload} {server}</div>
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
fn default_advice(kind: ProblemKind) -> String {
    let advice = match kind {
        ProblemKind::Offline => "Check that the server runs and that its URL in the settings is right.",
        ProblemKind::Blocked => "Allow this page's origin on the server.",
        ProblemKind::Interrupted => "Try again.",
        ProblemKind::Refused => "Change the request, or look into the server's log.",
        ProblemKind::WrongAddress => "Check the server's URL in the settings.",
        ProblemKind::NotFound => "It may not have arrived yet, or may be older than what the server keeps.",
        ProblemKind::Unreadable => return format!("Open a trace as {FORMATS}."),
        ProblemKind::Unsupported => "Choose another server in the settings.",
        ProblemKind::NotStarted => "Reload the page.",
        ProblemKind::Fault => "Try again, or reload the page.",
    };
    advice.to_owned()
}

/// Tries again, for [`ProblemCard`].
pub type Retry = Rc<dyn Fn()>;
