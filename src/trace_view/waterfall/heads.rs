//! Above the rows: heads of the attribute columns, and the path from the root to the focused span.

use super::super::session::Session;
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;
use spandrel_trace::units::{count, display_name};

/// Most spans that the path names, beside the whole trace.
const STEPS: usize = 4;

/// The heads of the attribute columns, each with a button that removes its column.
#[component]
pub fn ColumnHeads(session: Session) -> impl IntoView {
    let head = move |key: String| {
        let label = format!("Remove column {key}");
        let (name, title) = (key.clone(), key.clone());
        let remove = move |_| session.columns.keys.update(|columns| columns.retain(|other| *other != key));
        view! {
            <div class="waterfall-column" data-test="column-head">
                <bdi class="waterfall-column-name" title=title>{name}</bdi>
                <button
                    type="button"
                    class="waterfall-fold"
                    aria-label=label.clone()
                    title=label
                    on:click=remove
                >
                    "✕"
                </button>
            </div>
        }
    };
    move || session.columns.keys.get().into_iter().map(head).collect_view()
}

/// The path from the root to the focused span, each step a button; nothing where no span is focused.
#[component]
pub fn Breadcrumb(session: Session) -> impl IntoView {
    let path = move || {
        let outline = session.outline_live().get();
        let focus = outline.find(session.folding.view.with(|view| view.focus)?)?;
        let mut path: Vec<SpanIx> =
            std::iter::successors(Some(focus), |span| outline.parent_of(*span)).collect();
        let omitted = path.len().saturating_sub(STEPS);
        path.truncate(STEPS);
        path.reverse();
        let step = |span: SpanIx| {
            let name = display_name(outline.name_of(span));
            view! {
                <Separator/>
                <button
                    type="button"
                    class="breadcrumb-step"
                    title=name.to_owned()
                    aria-current=(span == focus).then_some("true")
                    on:click=move |_| session.focus(Some(span))
                >
                    <bdi>{name.to_owned()}</bdi>
                </button>
            }
        };
        let omitted = (omitted > 0).then(|| {
            let text = format!("{} levels", count(omitted as u64));
            view! {
                <Separator/>
                <span class="breadcrumb-left-out">{text}</span>
            }
        });
        Some(view! {
            <nav class="breadcrumb" data-test="breadcrumb" aria-label="Focus">
                <button
                    type="button"
                    class="breadcrumb-step"
                    data-test="unfocus"
                    on:click=move |_| session.focus(None)
                >
                    "Whole trace"
                </button>
                {omitted}
                {path.into_iter().map(step).collect_view()}
            </nav>
        })
    };
    view! { {path} }
}

#[component]
fn Separator() -> impl IntoView {
    view! { <span class="breadcrumb-between" aria-hidden="true">"›"</span> }
}
