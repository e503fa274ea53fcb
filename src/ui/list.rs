//! A scrolling list with rows of one height, of which only those in view are mounted.

use leptos::html;
use leptos::prelude::*;
use leptos_use_resize_observer::use_resize_observer;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows mounted above and below what is in view.
const MARGIN: usize = 8;
/// Height assumed before the list is measured, CSS pixels: less than that of most lists, so that few rows below the visible part
/// are mounted. Rows that are missing are mounted once the list is measured, in the same frame.
const ASSUMED_HEIGHT: f64 = 400.0;

/// Identifies lists, each with a number of its own.
static NEXT_LIST: AtomicU64 = AtomicU64::new(0);

/// Returns the rows to mount, in whole steps of [`MARGIN`] so that most scrolling changes nothing.
fn mounted(top: f64, height: f64, row: f64, count: usize) -> Range<usize> {
    let step = |index: f64| (index.max(0.0) as usize) / MARGIN * MARGIN;
    let start = step(top / row).saturating_sub(MARGIN);
    let end = step((top + height) / row) + 2 * MARGIN;
    start.min(count)..end.min(count)
}

/// Rows of a table, of which those in view are mounted. The list scrolls by itself.
#[component]
pub fn RowList<R, V>(
    /// Height of a row, CSS pixels.
    row_height: f64,
    /// Number of rows.
    #[prop(into)]
    count: Signal<usize>,
    /// What the row numbers refer to. When it changes, all rows are made anew and the list scrolls to the top.
    #[prop(into)]
    version: Signal<u64>,
    /// Makes the row with a number, counted from 0.
    row: R,
    /// How far the list is scrolled at first, CSS pixels.
    #[prop(default = 0.0)]
    scroll: f64,
    /// Called with how far the list is scrolled, CSS pixels, after it changed.
    #[prop(optional, into)]
    scrolled: Option<Callback<f64>>,
) -> impl IntoView
where
    R: Fn(usize) -> V + Clone + Send + 'static,
    V: IntoView + 'static,
{
    let list = NodeRef::<html::Div>::new();
    let in_view = RwSignal::new((scroll, ASSUMED_HEIGHT));
    let measure = move || {
        if let Some(list) = list.get_untracked() {
            let height = f64::from(list.client_height()).max(row_height);
            in_view.set((f64::from(list.scroll_top()), height));
        }
    };
    use_resize_observer(list, move |_, _| measure());
    Effect::new(move || {
        if scroll > 0.0
            && let Some(list) = list.get()
        {
            list.set_scroll_top(scroll as i32);
        }
    });
    let follow = move |_| {
        measure();
        if let Some(scrolled) = scrolled {
            scrolled.run(in_view.get_untracked().0);
        }
    };
    Effect::new(move |before: Option<u64>| {
        let version = version.get();
        if before.is_some_and(|before| before != version) {
            if let Some(list) = list.get_untracked() {
                list.set_scroll_top(0);
            }
            measure();
        }
        version
    });
    let rows = Memo::new(move |_| {
        let (top, height) = in_view.get();
        mounted(top, height, row_height, count.get())
    });
    // A new list in the same place has other rows with the same numbers.
    let list_id = NEXT_LIST.fetch_add(1, Ordering::Relaxed);
    let keys = move || {
        let version = version.get();
        rows.get().map(move |index| (list_id, version, index))
    };
    let make = move |(_, _, index): (u64, u64, usize)| {
        view! {
            <div
                class="row-list__row"
                role="presentation"
                style:top=format!("{}px", index as f64 * row_height)
                style:height=format!("{row_height}px")
            >
                {untrack(|| row(index))}
            </div>
        }
    };
    view! {
        <div class="row-list" data-list="" role="rowgroup" node_ref=list on:scroll=follow>
            <div
                class="row-list__all"
                role="presentation"
                style:height=move || format!("{}px", count.get() as f64 * row_height)
            >
                <For each=keys key=|key| *key children=make/>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::mounted;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn rows_in_view_are_mounted() {
        for count in [0, 1, 10, 1_500] {
            for top in (0..50_000).step_by(37) {
                let rows = mounted(f64::from(top), 700.0, 34.0, count);
                let first = (top as usize / 34).min(count);
                let last = ((top as usize + 700).div_ceil(34)).min(count);
                assert!(rows.start <= first && rows.end >= last, "{count} {top}: {rows:?}");
                assert!(rows.len() <= 60, "{rows:?}");
            }
        }
    }
}
