//! Missing spans: how many spans have a parent that is not in the trace, which parents those are, and of which service
//! they probably were.

use super::super::counted::counted;
use super::super::session::Session;
use crate::state::data::Data;
use crate::state::tasks::spawn_scoped;
use crate::ui::problem::ProblemCard;
use leptos::html;
use leptos::prelude::*;
use spandrel_trace::analysis::missing::{MissingParent, MissingSpans};
use spandrel_trace::units::{Problem, count};

/// A line that opens to the explanation, which is loaded then.
#[component]
pub fn Missing(session: Session, data: Data, id: String, orphans: usize) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let wanted = RwSignal::new(false);
    let answer = RwSignal::new(None::<Result<MissingSpans, Problem>>);
    Effect::new(move || {
        if wanted.get() {
            let id = id.clone();
            spawn_scoped(async move {
                let answered = data.missing_spans(&id, &session.sent()).await;
                answer.set(Some(answered));
            });
        }
    });
    let toggled = move |_| {
        if details.get_untracked().is_some_and(|details| details.open()) {
            wanted.set(true);
        }
    };
    let body = move || match answer.get() {
        None => view! { <p>"Checking for missing spans…"</p> }.into_any(),
        Some(Ok(missing)) => view! { <Explanation session missing/> }.into_any(),
        Some(Err(problem)) => view! { <ProblemCard problem/> }.into_any(),
    };
    let orphans = counted(orphans, "span without its parent", "spans without their parents");
    view! {
        <details
            class="trace-header-warnings trace-header-missing"
            data-test="missing"
            node_ref=details
            on:toggle=toggled
        >
            <summary>{format!("Incomplete: {orphans}")}</summary>
            <div class="trace-header-explained">{body}</div>
        </details>
    }
}

#[component]
fn Explanation(session: Session, missing: MissingSpans) -> impl IntoView {
    let MissingSpans { parents, count: all, orphans, read, elsewhere } = missing;
    let rest = all as usize - parents.len();
    let more = match (rest, orphans - read) {
        (0, 0) => String::new(),
        (rest, 0) => format!("{} more are missing.", count(rest as u64)),
        (rest, unread) => format!(
            "{} more are missing; {} spans were not checked.",
            count(rest as u64),
            count(u64::from(unread))
        ),
    };
    let elsewhere = match elsewhere {
        0 => String::new(),
        1 => "The parent of 1 span is in another trace.".to_owned(),
        spans => format!("The parents of {} spans are in another trace.", count(u64::from(spans))),
    };
    view! {
        <p>
            "The parents of these spans are not in the trace: they were not sampled, not exported, dropped on the way, \
             or have not arrived yet. Their children are shown as roots."
        </p>
        <ul>{parents.into_iter().map(|parent| view! { <Parent session parent/> }).collect_view()}</ul>
        <p>{[more, elsewhere].join(" ").trim().to_owned()}</p>
    }
}

/// A missing parent with its children.
#[component]
fn Parent(session: Session, parent: MissingParent) -> impl IntoView {
    let MissingParent { id, foreign_id, children, first, services, likely } = parent;
    let id = if foreign_id.is_empty() { id.to_string() } else { foreign_id };
    let service = match likely.as_slice() {
        [] => String::new(),
        [service] => format!(" Probably in {service}."),
        several => format!(" Probably in {}.", several.join(" or ")),
    };
    let children = children as usize;
    let text =
        format!(": parent of {} in {}.{service} ", counted(children, "span", "spans"), services.join(", "));
    view! {
        <li>
            <bdi class="mono">{id}</bdi>
            <bdi>{text}</bdi>
            <button type="button" class="trace-header-go" on:click=move |_| session.select(first)>
                {if children == 1 { "Show it" } else { "Show the first" }}
            </button>
        </li>
    }
}
