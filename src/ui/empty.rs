//! What is shown where there is nothing to list.

use leptos::prelude::*;

/// Ways to open traces without a server; from the context.
#[derive(Clone, Copy)]
pub struct FileActions {
    /// Opens the browser's file dialog.
    pub choose: Callback<()>,
    /// Opens the sample trace.
    pub sample: Callback<()>,
}

/// Buttons that open a file of the reader's, or the sample trace.
#[component]
pub fn OpenFileButtons() -> impl IntoView {
    use_context::<FileActions>().map(|FileActions { choose, sample }| {
        view! {
            <div class="empty__actions">
                <button type="button" class="button" data-test="empty-open-file" on:click=move |_| choose.run(())>
                    "Open a file…"
                </button>
                <button type="button" class="button" data-test="empty-open-sample" on:click=move |_| sample.run(())>
                    "Open a sample trace"
                </button>
            </div>
        }
    })
}

/// Says that there is nothing to show, and what to do next.
#[component]
pub fn EmptyState(
    /// What is missing.
    #[prop(into)]
    title: String,
    /// What to do next, one paragraph each.
    #[prop(into)]
    next: Vec<String>,
    /// Whether files can be opened from here.
    #[prop(optional)]
    opens_files: bool,
) -> impl IntoView {
    view! {
        <section class="empty" data-test="empty">
            <h2 class="empty__title">{title}</h2>
            <div class="empty__next">{next.into_iter().map(|text| view! { <p>{text}</p> }).collect_view()}</div>
            {opens_files.then(|| view! { <OpenFileButtons/> })}
        </section>
    }
}
