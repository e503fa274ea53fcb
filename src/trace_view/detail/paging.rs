//! Long lists that show their first items, and more on demand; and how many items were dropped before they were received.

use leptos::prelude::*;
use std::ops::Range;

/// How much of a list is shown. A `Copy` handle.
#[derive(Clone, Copy)]
pub struct Paging {
    shown: RwSignal<usize>,
    total: usize,
}

impl Paging {
    /// The first `first` of `total` items.
    pub fn new(total: usize, first: usize) -> Self {
        Paging { shown: RwSignal::new(first.min(total)), total }
    }

    /// Indices of the items that are shown; tracked.
    pub fn indices(self) -> Range<usize> {
        0..self.shown.get()
    }
}

/// The button that shows four times as many items, while there are more.
#[component]
pub fn ShowMore(paging: Paging) -> impl IntoView {
    let Paging { shown, total } = paging;
    view! {
        <Show when=move || shown.get() < total>
            <MoreButton
                label=format!("Show more of {total}")
                on_click=move |()| shown.update(|shown| *shown = (*shown * 4).min(total))
            />
        </Show>
    }
}

/// A button that shows what was left out.
#[component]
pub fn MoreButton(#[prop(into)] label: String, #[prop(into)] on_click: UnsyncCallback<()>) -> impl IntoView {
    view! {
        <button type="button" class="value-more" on:click=move |_| on_click.run(())>
            {label}
        </button>
    }
}

/// How many of something the sender dropped, where it did.
#[component]
pub fn Dropped(number: u32, what: &'static str) -> impl IntoView {
    (number > 0).then(|| {
        let text = format!("{number} more {what} were dropped by the sender");
        view! { <p class="detail-note">{text}</p> }
    })
}
