//! The title of a column.

use super::TableColumn;
use leptos::prelude::*;

/// The title of a column, which sorts by it.
#[component]
pub(super) fn Title(
    /// The column.
    column: TableColumn,
    /// What rows are sorted by.
    sort: Signal<Option<(String, bool)>>,
    /// Called with its key.
    on_sort: Callback<String>,
) -> impl IntoView {
    let TableColumn { key, title, hint, is_number, is_sorted, .. } = column;
    let of = key.clone();
    let direction = Memo::new(move |_| {
        sort.with(|sort| sort.as_ref().filter(|(key, _)| *key == of).map(|(_, descending)| *descending))
    });
    let said = move || {
        is_sorted.then(|| match direction.get() {
            None => "none",
            Some(true) => "descending",
            Some(false) => "ascending",
        })
    };
    let arrow = move || match direction.get() {
        None => "",
        Some(true) => "▼",
        Some(false) => "▲",
    };
    let name = key.clone();
    let content = if is_sorted {
        view! {
            <button type="button" class="table__sort" data-test="table-sort" data-key=name on:click=move |event| {
                event.stop_propagation();
                on_sort.run(key.clone());
            }>
                <span class="table__title">{title}</span>
                <span class="table__arrow" aria-hidden="true">{arrow}</span>
            </button>
        }
        .into_any()
    } else {
        view! { <span class="table__title">{title}</span> }.into_any()
    };
    view! {
        <div
            class="table__head-cell"
            class:table__number=is_number
            role="columnheader"
            aria-sort=said
            title=hint
        >
            {content}
        </div>
    }
}
