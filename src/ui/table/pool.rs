//! The pool of rows: which of its views shows which row, and their order in the document.

use web_sys::{Element, HtmlElement};

/// The row that the view at a place of the pool shows while `first` is the first of `slots` rows in view. A row keeps its
/// view as long as it is in view.
pub(super) fn index_at(place: usize, first: usize, slots: usize) -> usize {
    let slots = slots.max(1);
    first + (place + slots - first % slots) % slots
}

/// Puts the views into the order of their rows, which is the order in which text is selected and read aloud. Scrolling
/// rotates it, so only the views of rows that came into view are moved.
pub(super) fn arrange(pool: &HtmlElement, first: usize, slots: usize) {
    let rows = pool.children();
    let mut views: Vec<(usize, Element)> = (0..rows.length())
        .filter_map(|at| rows.item(at))
        .filter_map(|view| Some((index_at(place_of(&view)?, first, slots), view)))
        .collect();
    let before: Vec<usize> = views.iter().map(|(index, _)| *index).collect();
    views.sort_unstable_by_key(|(index, _)| *index);
    let after: Vec<usize> = views.iter().map(|(index, _)| *index).collect();
    let (to_front, to_end) = moved(&before, &after);
    let (front, rest) = views.split_at(to_front.min(views.len()));
    for (_, view) in front.iter().rev() {
        // An element of the pool can be put anywhere in it.
        let _ = pool.prepend_with_node_1(view);
    }
    for (_, view) in &rest[rest.len() - to_end.min(rest.len())..] {
        let _ = pool.append_with_node_1(view);
    }
}

/// The number of elements to move to the front and to the end, so that `before` becomes `after`, its sorted order.
fn moved(before: &[usize], after: &[usize]) -> (usize, usize) {
    let all = before.len();
    let Some(start) = after.first().and_then(|least| before.iter().position(|index| index == least)) else {
        return (0, 0);
    };
    let is_rotated = before[start..].iter().chain(&before[..start]).eq(after);
    match is_rotated {
        // Anything else, as after a change of the pool's size.
        false => (0, all),
        true if start <= all / 2 => (0, start),
        true => (all - start, 0),
    }
}

/// The place of a view in the pool, which its id ends with.
fn place_of(view: &Element) -> Option<usize> {
    view.id().rsplit('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_pool_shows_every_row_in_view_once_and_a_row_that_stays_keeps_its_view() {
        for first in 0..25 {
            let mut rows: Vec<usize> = (0..7).map(|place| index_at(place, first, 7)).collect();
            for (place, row) in rows.iter().enumerate().filter(|(_, row)| **row > first) {
                assert_eq!(index_at(place, first + 1, 7), *row);
            }
            rows.sort_unstable();
            assert_eq!(rows, (first..first + 7).collect::<Vec<_>>());
        }
    }

    #[test]
    fn only_views_of_new_rows_are_moved_in_the_document() {
        let after = [10, 11, 12, 13, 14];
        assert_eq!(moved(&[10, 11, 12, 13, 14], &after), (0, 0));
        assert_eq!(moved(&[13, 14, 10, 11, 12], &after), (0, 2), "two rows came into view at the end");
        assert_eq!(moved(&[11, 12, 13, 14, 10], &after), (1, 0), "one row came into view at the start");
        assert_eq!(moved(&[12, 10, 11, 13, 14], &after), (0, 5), "the pool has another size");
        assert_eq!(moved(&[], &[]), (0, 0));
    }
}
