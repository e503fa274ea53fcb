//! A row of a table, as plain data and as a view that is updated in place.

use super::super::find_mark::FindMark;
use leptos::either::Either;
use leptos::prelude::*;

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableRow {
    /// Its cells, one for each column.
    pub cells: Vec<TableCell>,
    /// Distance to the rows that have no parent.
    pub depth: u32,
    /// Whether its children are shown; `None` for a row without.
    pub expanded: Option<bool>,
    /// Whether it is selected.
    pub is_selected: bool,
    /// How it is shown while something is searched for.
    pub mark: FindMark,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableCell {
    /// Text.
    pub text: String,
    /// All of the text, where it is abbreviated; else empty.
    pub title: String,
    /// How much of the greatest value of the column it is, from 1 to 6; 0 to leave it uncoloured.
    pub heat: u8,
    /// Colour slot of a dot in front of the text, or of its bar.
    pub slot: Option<u8>,
    /// A bar beside the text.
    pub bar: Option<TableBar>,
    /// Whether it is an error.
    pub is_error: bool,
    /// Whether it stands for the absence of a value.
    pub is_faint: bool,
    /// Whether it is set in the font of code.
    pub is_code: bool,
}

/// A bar in a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TableBar {
    /// Where it starts, as a part of the width beside the text.
    pub start: f64,
    /// How long it is, as a part of the width beside the text.
    pub length: f64,
}

impl TableCell {
    /// A cell with a text.
    pub fn text(text: impl Into<String>) -> Self {
        TableCell { text: text.into(), ..TableCell::default() }
    }

    /// A cell without a value.
    pub fn none() -> Self {
        TableCell { text: "–".to_owned(), is_faint: true, ..TableCell::default() }
    }
}

/// The view of the row that stands at one place of the pool, `top` pixels below the start of its layer.
pub(super) fn slot(
    id: String,
    shown: impl Fn() -> Option<(usize, TableRow)> + Send + Sync + 'static,
    top: impl Fn() -> f64 + Send + Sync + 'static,
    is_number: Memo<Vec<bool>>,
    active: RwSignal<usize>,
    focused: RwSignal<bool>,
) -> impl IntoView {
    let shown = Memo::new(move |_| shown());
    let index = move || shown.with(|shown| shown.as_ref().map(|(index, _)| *index));
    let of = move |get: fn(&TableRow) -> Option<String>| {
        move || shown.with(|shown| shown.as_ref().and_then(|(_, row)| get(row)))
    };
    let cells = move || {
        shown.with(|shown| {
            let cells = shown.as_ref().map_or(&[][..], |(_, row)| &row.cells);
            let first = shown.as_ref().map(|(_, row)| (row.depth, row.expanded));
            is_number.with(|is_number| {
                let numbers = is_number.iter().copied().chain(std::iter::repeat(false));
                cells
                    .iter()
                    .zip(numbers)
                    .enumerate()
                    .map(|(place, (cell, is_number))| {
                        view_cell(cell, is_number, first.filter(|_| place == 0))
                    })
                    .collect_view()
            })
        })
    };
    view! {
        <div
            id=id
            class="table__row"
            class:table__row--selected=move || shown.with(|shown| shown.as_ref().is_some_and(|(_, row)| row.is_selected))
            class:table__row--active=move || focused.get() && index() == Some(active.get())
            role="row"
            hidden=move || index().is_none()
            aria-rowindex=move || index().map(|index| (index + 2).to_string())
            attr:aria-level=of(|row| row.expanded.or((row.depth > 0).then_some(false)).map(|_| (row.depth + 1).to_string()))
            aria-expanded=of(|row| row.expanded.map(|expanded| expanded.to_string()))
            aria-selected=of(|row| Some(row.is_selected.to_string()))
            data-mark=of(|row| row.mark.word().map(str::to_owned))
            data-row=move || index().map(|index| index.to_string())
            style:transform=move || format!("translateY({}px)", top())
        >
            {cells}
        </div>
    }
}

/// The classes of a cell as one attribute, which takes a fraction of the time that a toggle of each would.
fn class_of(cell: &TableCell, is_number: bool) -> String {
    let has_dot = cell.slot.is_some() && cell.bar.is_none();
    let mut classes = "table__cell".to_owned();
    for (class, applies) in [
        (" table__number", is_number),
        (" table__error", cell.is_error),
        (" table__faint", cell.is_faint),
        (" table__cell--dot", has_dot),
        (" mono", cell.is_code),
    ] {
        if applies {
            classes.push_str(class);
        }
    }
    classes
}

fn view_cell(cell: &TableCell, is_number: bool, tree: Option<(u32, Option<bool>)>) -> impl IntoView + use<> {
    let (depth, expanded) = tree.unwrap_or_default();
    // Most cells are a text alone.
    let front = match (cell.bar, expanded) {
        (Some(TableBar { start, length }), _) => Some(Either::Left(view! {
            <i
                class="table__bar"
                style=("--bar-start", format!("{start:.5}"))
                style=("--bar-length", format!("{length:.5}"))
            ></i>
        })),
        (None, Some(expanded)) => Some(Either::Right(view! {
            <span class="table__toggle" data-toggle="" aria-hidden="true">{if expanded { "▾" } else { "▸" }}</span>
        })),
        (None, None) => None,
    };
    view! {
        <div
            class=class_of(cell, is_number)
            role="gridcell"
            title=Some(cell.title.clone()).filter(|title| !title.is_empty())
            data-heat=(cell.heat > 0).then(|| cell.heat.to_string())
            data-depth=(depth > 0).then(|| depth.to_string())
            data-slot=cell.slot.map(|slot| slot.to_string())
        >
            {front}
            <span class="table__text">{cell.text.clone()}</span>
        </div>
    }
}
