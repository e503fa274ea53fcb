//! A table of any number of rows: a header that sorts, rows of one height of which only those in view are in the document,
//! and keys that move from row to row.
//!
//! The rows in view lie in a box that stays in place while the table scrolls; scrolling changes which rows the box shows,
//! so that there is never a blank part, and tables taller than what a browser can lay out can be scrolled too. The rows
//! are a pool of Leptos views, updated in place. A row keeps its view and its place in the box's layer as long as it is in
//! view, so that a step of the wheel changes a few rows and moves the others with the layer.

mod pool;
mod row;
mod scroll;
mod title;

pub use row::{TableBar, TableCell, TableRow};

use super::sizes::TABLE_HEAD;
use leptos::html;
use leptos::prelude::*;
use leptos_use_resize_observer::use_resize_observer;
use pool::{arrange, index_at};
use row::slot;
use scroll::TableScroll;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use title::Title;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent, WheelEvent};

/// Identifies tables, each with a number of its own.
static NEXT_TABLE: AtomicU64 = AtomicU64::new(0);

/// A column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableColumn {
    /// What sorting by it is called.
    pub key: String,
    /// Title.
    pub title: String,
    /// What it means; empty where the title says it.
    pub hint: String,
    /// Smallest width, CSS pixels.
    pub width: u32,
    /// Share of the room that is left over; 0 to keep the smallest width.
    pub grow: u32,
    /// Whether it has numbers, which stand at the right.
    pub is_number: bool,
    /// Whether it can be sorted by.
    pub is_sorted: bool,
}

/// Makes the row of an index; what it reads is tracked.
pub type RowOf = Arc<dyn Fn(usize) -> TableRow + Send + Sync>;

/// A table.
#[component]
pub fn Table(
    /// Accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// The columns. The first one stays in view when the table is scrolled sideways.
    #[prop(into)]
    columns: Signal<Arc<Vec<TableColumn>>>,
    /// Key of the column that the rows are sorted by, and whether the greatest is first.
    #[prop(into)]
    sort: Signal<Option<(String, bool)>>,
    /// Called with the key of the column that is to be sorted by.
    #[prop(into)]
    on_sort: Callback<String>,
    /// Number of rows.
    #[prop(into)]
    count: Signal<usize>,
    /// What the indices refer to: when it changes, the table goes back to its first row.
    #[prop(into)]
    version: Signal<u64>,
    /// Makes a row.
    row: RowOf,
    /// Called with the index of a row that is clicked, or on which Enter or Space is pressed.
    #[prop(into)]
    on_choose: Callback<usize>,
    /// Called with the index of a row that is to be expanded or collapsed. Without it rows have no children.
    #[prop(optional, into)]
    on_expand: Option<Callback<usize>>,
    /// Called with the indices of the first row in view and of the one after the last, whenever they change.
    #[prop(optional, into)]
    on_view: Option<Callback<(usize, usize)>>,
    /// A row to scroll to, whenever it changes.
    #[prop(optional, into)]
    reveal: Signal<Option<usize>>,
    /// Number of rows that may be built by now; the others in view follow when it grows.
    #[prop(default = Signal::stored(usize::MAX), into)]
    built: Signal<usize>,
) -> impl IntoView {
    let table = NodeRef::<html::Div>::new();
    let least =
        Memo::new(move |_| columns.with(|columns| columns.iter().map(|column| column.width).sum::<u32>()));
    let scroll = TableScroll::new(table, count, least.into());
    let active = RwSignal::new(0usize);
    use_resize_observer(table, move |_, _| scroll.measure());
    Effect::new(move |before: Option<u64>| {
        let version = version.get();
        if before.is_some_and(|before| before != version) {
            active.set(0);
            scroll.go_to(0.0);
        }
        version
    });
    Effect::new(move |_| {
        if let Some(index) = reveal.get() {
            active.set(index);
            scroll.show(index);
        }
    });
    let id = NEXT_TABLE.fetch_add(1, Ordering::Relaxed);
    let slots = Memo::new(move |_| scroll.slots());
    let first = Memo::new(move |_| scroll.first());
    let focused = RwSignal::new(false);
    Effect::new(move |_| {
        let (first, end) = (first.get(), first.get() + slots.get());
        if let Some(on_view) = on_view {
            on_view.run((first, end.min(count.get())));
        }
    });
    // The scrollbar of a table that grows stands for other rows.
    Effect::new(move |_| {
        count.track();
        scroll.place_scrollbar();
    });
    let pool = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        let (first, slots) = (first.get(), slots.get());
        built.track();
        if let Some(pool) = pool.get() {
            arrange(&pool, first, slots);
        }
    });
    let move_to = move |index: usize| {
        active.set(index);
        scroll.show(index);
    };
    let choose = {
        let row = row.clone();
        move |index: usize, expand: Option<bool>| {
            let expanded = untrack(|| row(index)).expanded;
            match (on_expand, expanded, expand) {
                (Some(on_expand), Some(now), Some(wanted)) if now != wanted => on_expand.run(index),
                (_, _, Some(_)) => {}
                (_, _, None) => on_choose.run(index),
            }
        }
    };
    let press = {
        let choose = choose.clone();
        move |event: KeyboardEvent| {
            let all = count.get_untracked();
            let in_head = closest(event.target(), "button, input, a").is_some();
            if all == 0 || in_head || event.alt_key() || event.meta_key() {
                return;
            }
            let (now, last) = (active.get_untracked().min(all - 1), all - 1);
            let page = scroll.page();
            match event.key().as_str() {
                "ArrowDown" | "j" => move_to((now + 1).min(last)),
                "ArrowUp" | "k" => move_to(now.saturating_sub(1)),
                "PageDown" => move_to((now + page).min(last)),
                "PageUp" => move_to(now.saturating_sub(page)),
                "Home" => move_to(0),
                "End" => move_to(last),
                "Enter" | " " => choose(now, None),
                "ArrowRight" => choose(now, Some(true)),
                "ArrowLeft" => choose(now, Some(false)),
                _ => return,
            }
            event.prevent_default();
        }
    };
    let click = move |event: MouseEvent| {
        let Some(index) = closest(event.target(), "[data-row]")
            .and_then(|row| row.get_attribute("data-row")?.parse::<usize>().ok())
        else {
            return;
        };
        active.set(index);
        match on_expand.filter(|_| closest(event.target(), "[data-toggle]").is_some()) {
            Some(on_expand) => on_expand.run(index),
            None => on_choose.run(index),
        }
    };
    let wheel = move |event: WheelEvent| {
        if !event.ctrl_key() && !event.shift_key() && scroll.wheel(event.delta_y(), event.delta_mode()) {
            event.prevent_default();
        }
    };
    let tracks = move || {
        columns.with(|columns| {
            let track = |column: &TableColumn| match column.grow {
                0 => format!("{}px", column.width),
                grow => format!("minmax({}px, {grow}fr)", column.width),
            };
            columns.iter().map(track).collect::<Vec<_>>().join(" ")
        })
    };
    let in_view = move || {
        let (active, first, slots) = (active.get(), first.get(), slots.get());
        let is_in_view = (first..first + slots).contains(&active) && active < count.get();
        is_in_view.then(|| format!("table-{id}-{}", active % slots))
    };
    let number_at = Memo::new(move |_| {
        columns.with(|columns| columns.iter().map(|column| column.is_number).collect::<Vec<_>>())
    });
    let make = move |place: usize| {
        let row = row.clone();
        let index = Memo::new(move |_| index_at(place, first.get(), slots.get()));
        let shown = move || {
            let index = index.get();
            (index < count.get()).then(|| (index, row(index)))
        };
        let top = move || scroll.top_in_layer(index.get());
        slot(format!("table-{id}-{place}"), shown, top, number_at, active, focused)
    };
    view! {
        <div
            class="table"
            role=if on_expand.is_some() { "treegrid" } else { "grid" }
            aria-label=label
            aria-rowcount=move || (count.get() + 1).to_string()
            aria-colcount=move || columns.with(|columns| columns.len().to_string())
            aria-activedescendant=in_view
            tabindex="0"
            data-test="table"
            style=("--table-columns", tracks)
            class:table--sideways=move || scroll.is_sideways()
            style=("--table-least", move || format!("{}px", least.get()))
            node_ref=table
            on:scroll=move |_| scroll.scrolled()
            on:wheel=wheel
            on:keydown=press
            on:click=click
            on:focus=move |_| focused.set(true)
            on:blur=move |_| focused.set(false)
        >
            <div
                class="table__all"
                role="presentation"
                style:height=move || format!("{}px", scroll.height() + TABLE_HEAD)
            >
                <div class="table__head" role="rowgroup">
                    <div class="table__titles" role="row" aria-rowindex="1">
                        <For each=move || columns.get().to_vec() key=|column| (column.key.clone(), column.title.clone()) let:column>
                            <Title column sort on_sort/>
                        </For>
                    </div>
                </div>
                <div
                    class="table__view"
                    role="rowgroup"
                    style:height=move || format!("{}px", scroll.view_height())
                >
                    <div
                        class="table__rows"
                        role="presentation"
                        node_ref=pool
                        style:transform=move || format!("translateY({}px)", scroll.layer_top())
                    >
                        <For each=move || 0..slots.get().min(built.get()) key=|place| *place children=make/>
                    </div>
                </div>
            </div>
        </div>
    }
}

fn closest(target: Option<web_sys::EventTarget>, selector: &str) -> Option<Element> {
    target?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}
