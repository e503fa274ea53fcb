//! A long list of rows of one height of which only those in sight are made.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use std::ops::Range;

/// Rows made above and below what is seen.
const MARGIN: usize = 8;

/// Which rows to make, in whole steps so that most scrolling changes nothing.
fn window(top: f64, height: f64, row: f64, count: usize) -> Range<usize> {
    let step = |index: f64| (index.max(0.0) as usize) / MARGIN * MARGIN;
    let begin = step(top / row).saturating_sub(MARGIN);
    let end = step((top + height) / row) + 2 * MARGIN;
    begin.min(count)..end.min(count)
}

/// Rows of a table, as many as there are, of which those in sight exist. It scrolls by itself.
#[component]
pub fn RowList(
    /// Height of a row, CSS pixels.
    row_height: f64,
    /// How many rows there are.
    #[prop(into)]
    count: Signal<usize>,
    /// Changes when row numbers mean other rows; then it scrolls back to the top.
    #[prop(into)]
    version: Signal<u64>,
    /// Makes a row by its number. The row has to be `row_height` high.
    row: Callback<usize, AnyView>,
) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let top = RwSignal::new(0.0);
    // Taller than any screen until it is known: the first rows must not wait for a second pass.
    let height = RwSignal::new(1_200.0);
    let measure = move || {
        if let Some(element) = scroller.get_untracked() {
            top.set(f64::from(element.scroll_top()));
            height.set(f64::from(element.client_height()).max(row_height));
        }
    };
    let resized = window_event_listener(ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    Effect::new(move |before: Option<u64>| {
        let version = version.get();
        if before.is_some_and(|before| before != version)
            && let Some(element) = scroller.get_untracked()
        {
            element.set_scroll_top(0);
        }
        measure();
        version
    });
    let shown = Memo::new(move |_| {
        let rows = window(top.get(), height.get(), row_height, count.get());
        (version.get(), rows.start, rows.end)
    });
    let rows = move || {
        let (version, begin, end) = shown.get();
        (begin..end).map(move |index| (version, index)).collect::<Vec<_>>()
    };
    view! {
        <div class="row-list" node_ref=scroller on:scroll=move |_| measure() role="rowgroup">
            <div class="row-list__all" role="presentation" style:height=move || format!("{}px", count.get() as f64 * row_height)>
                <For each=rows key=|key| *key let((_, index))>
                    <div class="row-list__row" role="presentation" style:top=format!("{}px", index as f64 * row_height) style:height=format!("{row_height}px")>
                        {row.run(index)}
                    </div>
                </For>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::window;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_seen_is_always_made() {
        for count in [0, 1, 10, 1_500] {
            for top in (0..50_000).step_by(37) {
                let made = window(f64::from(top), 700.0, 34.0, count);
                let first = (top as usize / 34).min(count);
                let last = ((top as usize + 700).div_ceil(34)).min(count);
                assert!(made.start <= first && made.end >= last, "{count} {top}: {made:?}");
                assert!(made.len() <= 60, "{made:?}");
            }
        }
    }
}
