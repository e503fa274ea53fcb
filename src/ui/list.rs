//! A long list of rows of one height of which only those in sight are made.

use super::canvas::Listener;
use super::element::{El, el};
use super::view::{View, effect, follow, keep};
use leptos::prelude::*;
use std::ops::Range;
use web_sys::{Element, Event};

/// Rows made above and below what is seen.
const MARGIN: usize = 8;

/// Which rows to make, in whole steps so that most scrolling changes nothing.
fn shown(top: f64, height: f64, row: f64, count: usize) -> Range<usize> {
    let step = |index: f64| (index.max(0.0) as usize) / MARGIN * MARGIN;
    let begin = step(top / row).saturating_sub(MARGIN);
    let end = step((top + height) / row) + 2 * MARGIN;
    begin.min(count)..end.min(count)
}

/// A row that is there, with what belongs to it.
struct Row {
    index: usize,
    element: Element,
    _owner: Owner,
}

impl Drop for Row {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// Rows of a table, as many as `count`, of which those in sight exist. It scrolls by itself. `row` makes a row
/// by its number; it has to be `row_height` CSS pixels high. Where `version` changes, row numbers mean other rows:
/// then it scrolls back to the top.
pub fn row_list(
    row_height: f64,
    count: Signal<usize>,
    version: Signal<u64>,
    row: impl Fn(usize) -> View + 'static,
) -> El {
    // Taller than any screen until it is known: the first rows must not wait for a second pass.
    let seen = RwSignal::new((0.0, 1_200.0));
    let list = el("div", "row-list").attr("role", "rowgroup");
    let scroller: Element = list.node();
    let measured = scroller.clone();
    let measure = move || {
        let height = f64::from(measured.client_height()).max(row_height);
        seen.set((f64::from(measured.scroll_top()), height));
    };
    let resized = measure.clone();
    keep(Listener::new(&window(), "resize", move |_: Event| resized()));
    let scrolled = measure.clone();
    let mut before = None;
    effect(move || {
        let version = version.get();
        if before.replace(version).is_some_and(|before| before != version) {
            scroller.set_scroll_top(0);
        }
        measure();
    });
    let all = el("div", "row-list__all")
        .attr("role", "presentation")
        .live_style("height", move || format!("{}px", count.get() as f64 * row_height));
    let (body, owner): (Element, _) = (all.node(), Owner::new());
    let (mut rows, mut of) = (Vec::<Row>::new(), None);
    follow(Box::new(move || {
        if of.replace(version.get()) != Some(version.get_untracked()) {
            rows.clear();
        }
        let (top, height) = seen.get();
        let wanted = shown(top, height, row_height, count.get());
        rows.retain(|row| wanted.contains(&row.index));
        for index in wanted {
            if rows.iter().any(|row| row.index == index) {
                continue;
            }
            let owner = owner.child();
            let element = el("div", "row-list__row")
                .attr("role", "presentation")
                .style("top", &format!("{}px", index as f64 * row_height))
                .style("height", &format!("{row_height}px"))
                .child(owner.with(|| untrack(|| row(index))));
            let element: Element = element.node();
            // A new element fits into any other.
            let _ = body.append_child(&element);
            rows.push(Row { index, element, _owner: owner });
        }
    }));
    list.on("scroll", move |_: Event| scrolled()).child(all)
}

#[cfg(test)]
mod tests {
    use super::shown;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_seen_is_always_made() {
        for count in [0, 1, 10, 1_500] {
            for top in (0..50_000).step_by(37) {
                let made = shown(f64::from(top), 700.0, 34.0, count);
                let first = (top as usize / 34).min(count);
                let last = ((top as usize + 700).div_ceil(34)).min(count);
                assert!(made.start <= first && made.end >= last, "{count} {top}: {made:?}");
                assert!(made.len() <= 60, "{made:?}");
            }
        }
    }
}
