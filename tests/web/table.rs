//! The table: rows in view, sorting, keys, trees, and tables taller than a browser can lay out.

use crate::stage::{Stage, frame, settle};
use leptos::prelude::*;
use spandrel::ui::table::{Table, TableCell, TableColumn, TableRow};
use std::sync::Arc;
use wasm_bindgen_test::wasm_bindgen_test;

/// What a table has told the page that shows it.
#[derive(Clone, Copy)]
struct Told {
    sorted: RwSignal<String>,
    chosen: RwSignal<Option<usize>>,
    expanded: RwSignal<Option<usize>>,
    seen: RwSignal<(usize, usize)>,
}

fn stage(
    count: RwSignal<usize>,
    version: RwSignal<u64>,
    sort: RwSignal<Option<(String, bool)>>,
) -> (Stage, Told) {
    let told = Told {
        sorted: RwSignal::new(String::new()),
        chosen: RwSignal::new(None),
        expanded: RwSignal::new(None),
        seen: RwSignal::new((0, 0)),
    };
    let column = |key: &str, is_number| TableColumn {
        key: key.to_owned(),
        title: key.to_uppercase(),
        width: 100,
        grow: 1,
        is_number,
        is_sorted: true,
        ..TableColumn::default()
    };
    let columns = Arc::new(vec![column("name", false), column("size", true)]);
    let row = Arc::new(move |index: usize| TableRow {
        cells: vec![TableCell::text(format!("row {index}")), TableCell::text(index.to_string())],
        expanded: Some(told.expanded.get() == Some(index)),
        is_selected: told.chosen.get() == Some(index),
        ..TableRow::default()
    });
    let stage = Stage::new(move || {
        view! {
            <style>{include_str!("../../assets/css/tokens.css")}</style>
            <style>{include_str!("../../src/ui/table.css")}</style>
            <div style:height="272px" style:display="flex">
                <Table
                    label=Signal::stored("Things".to_owned())
                    columns=Signal::stored(columns)
                    sort=sort
                    on_sort=Callback::new(move |key| told.sorted.set(key))
                    count=count
                    version=version
                    row=row
                    on_choose=Callback::new(move |index| told.chosen.set(Some(index)))
                    on_expand=Callback::new(move |index| told.expanded.set(Some(index)))
                    on_view=Callback::new(move |seen| told.seen.set(seen))
                />
            </div>
        }
    });
    (stage, told)
}

fn shown(stage: &Stage) -> Vec<String> {
    let rows = stage.all(".table__row:not([hidden]) .table__cell:first-child .table__text");
    rows.iter().map(|cell| cell.text_content().unwrap_or_default()).collect()
}

fn active(stage: &Stage) -> String {
    let id = stage.attribute(".table", "aria-activedescendant");
    stage.text(&format!("#{id} .table__cell:first-child .table__text"))
}

async fn scroll(stage: &Stage, top: i32) {
    stage.find(".table").set_scroll_top(top);
    frame().await;
    settle().await;
}

#[wasm_bindgen_test]
async fn only_rows_in_view_are_in_the_document_and_scrolling_changes_them() {
    let (count, version) = (RwSignal::new(10_000), RwSignal::new(0));
    let (stage, told) = stage(count, version, RwSignal::new(None));
    frame().await;
    // Within its border of 2 pixels, 240 pixels of rows, 24 each, and one more that comes into view.
    let rows = shown(&stage);
    assert!((10..=12).contains(&rows.len()), "{rows:?}");
    assert_eq!(stage.attribute(".table", "aria-rowcount"), "10001");
    scroll(&stage, 24 * 500 + 5).await;
    assert_eq!(shown(&stage)[0], "row 500");
    assert_eq!(stage.attribute(".table__row", "aria-rowindex"), "502");
    let rows = shown(&stage);
    assert_eq!(rows[9], "row 509", "rows are in the order in which they are seen: {rows:?}");
    scroll(&stage, 24 * 498).await;
    assert_eq!(shown(&stage)[..3], ["row 498", "row 499", "row 500"]);
    scroll(&stage, 24 * 500).await;
    assert_eq!(told.seen.get_untracked().0, 500);
    version.set(1);
    frame().await;
    assert_eq!(shown(&stage)[0], "row 0", "other rows start at the top");
    count.set(3);
    frame().await;
    assert_eq!(shown(&stage), ["row 0", "row 1", "row 2"]);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn keys_move_choose_and_expand() {
    let (stage, told) = stage(RwSignal::new(1_000), RwSignal::new(0), RwSignal::new(None));
    frame().await;
    for (key, expected) in [
        ("ArrowDown", "row 1"),
        ("ArrowUp", "row 0"),
        ("ArrowUp", "row 0"),
        ("End", "row 999"),
        ("ArrowDown", "row 999"),
        ("Home", "row 0"),
        ("PageDown", "row 9"),
    ] {
        stage.press(".table", key).await;
        frame().await;
        assert_eq!(active(&stage), expected, "{key}");
    }
    stage.press(".table", "Enter").await;
    assert_eq!(told.chosen.get_untracked(), Some(9));
    assert_eq!(stage.attribute(".table__row--selected", "aria-selected"), "true");
    stage.press(".table", "ArrowLeft").await;
    assert_eq!(told.expanded.get_untracked(), None, "it is collapsed already");
    stage.press(".table", "ArrowRight").await;
    assert_eq!(told.expanded.get_untracked(), Some(9));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_click_chooses_a_row_or_expands_it_and_titles_sort() {
    let sort = RwSignal::new(Some(("size".to_owned(), true)));
    let (stage, told) = stage(RwSignal::new(5), RwSignal::new(0), sort);
    frame().await;
    stage.all(".table__row .table__cell:last-child")[2].click();
    assert_eq!(told.chosen.get_untracked(), Some(2));
    stage.all(".table__toggle")[3].click();
    settle().await;
    assert_eq!(told.expanded.get_untracked(), Some(3));
    assert_eq!(told.chosen.get_untracked(), Some(2), "what expands a row does not choose it");
    let directions = || -> Vec<String> {
        let heads = stage.all("[role=columnheader]");
        heads.iter().map(|head| head.get_attribute("aria-sort").unwrap_or_default()).collect()
    };
    assert_eq!(directions(), ["none", "descending"]);
    stage.find("[data-test=table-sort][data-key=name]").click();
    assert_eq!(told.sorted.get_untracked(), "name");
    sort.set(Some(("name".to_owned(), false)));
    settle().await;
    assert_eq!(directions(), ["ascending", "none"]);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn every_row_of_a_very_long_table_can_be_reached() {
    let all = 40_000_000;
    let (stage, _) = stage(RwSignal::new(all), RwSignal::new(0), RwSignal::new(None));
    frame().await;
    let height = stage.find(".table__all").client_height();
    assert!(height < 9_000_000, "{height}");
    stage.press(".table", "End").await;
    frame().await;
    assert_eq!(shown(&stage).last().map(String::as_str), Some("row 39999999"));
    stage.press(".table", "ArrowUp").await;
    frame().await;
    assert_eq!(active(&stage), "row 39999998");
    scroll(&stage, 4_000_000).await;
    let first = shown(&stage)[0].clone();
    assert!(first.as_str() > "row 19" && first.as_str() < "row 21", "{first}");
    stage.strike().await;
}
