//! Rows of the waterfall: names cut in their middle, blank names, tooltips, and the mark of a span that outlives its parent.

use leptos::prelude::*;
use spandrel::route::ShowPath;
use spandrel::trace_view::filters::Filters;
use spandrel::trace_view::keys;
use spandrel::trace_view::parts::Part;
use spandrel::trace_view::regions::{PANEL, keep_focus};
use spandrel::trace_view::session::Session;
use spandrel_trace::analysis::critical_path::PathBySpan;
use spandrel_trace::testing::trace;
use std::sync::Arc;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::stage::{Stage, frame, settle};
use crate::traces::{session, wide};
use crate::waterfall::shown;

const LONG: &str = "com.example.inventory.warehouse.europe.ReservationService.reserve";

#[wasm_bindgen_test]
async fn a_long_name_keeps_its_end_and_has_all_of_it_as_its_title() {
    let stage = shown(Session::new(wide(3, LONG))).await;
    let name = ".span-row:nth-child(2) .span-row-name";
    assert_eq!(stage.text(name), LONG, "what is read and copied");
    assert_eq!(stage.attribute(name, "title"), LONG);
    let end = stage.find(&format!("{name}-end"));
    assert_eq!(end.text_content().as_deref(), Some(".reserve"));
    let start = stage.find(&format!("{name}-start"));
    assert!(start.scroll_width() > start.client_width(), "the start is cut short");
    assert_eq!(end.scroll_width(), end.client_width(), "the end is not");
    assert!(start.client_width() > 0);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_name_of_blanks_is_shown_as_no_name() {
    let stage = shown(Session::new(wide(2, " \t"))).await;
    assert_eq!(stage.text(".span-row:nth-child(2) .span-row-name"), "(no name)");
    assert_eq!(stage.text(".span-row:nth-child(2) .span-row-service"), "(no name)");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_bar_says_name_service_duration_self_time_and_share() {
    let stage = shown(session(10)).await;
    let title = |row: usize| stage.attribute(&format!(".span-row:nth-child({row}) .span-row-bar"), "title");
    assert_eq!(title(1), "root\nGET /stock\n10 ms · self 0 ns · 100 % of the trace");
    assert_eq!(title(2), "GET /stock\nGET /stock\n1 ms · self 1 ms · 10 % of the trace");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_span_that_outlives_its_parent_is_marked() {
    let drawn = trace(
        "
        a: root        [========]
          b: within      [==]
          b: longer        [========]
        ",
    );
    let stage = shown(Session::new(drawn.outline().clone())).await;
    assert_eq!(stage.all(".span-row-outlives").len(), 1);
    let mark = ".span-row:nth-child(3) .span-row-mark";
    let title = stage.attribute(mark, "title");
    assert!(title.starts_with("Ends ") && title.ends_with(" after its parent"), "{title}");
    let words = stage.attribute(".span-row:nth-child(3) .span-row-bar", "aria-label");
    assert!(words.contains(" after its parent"), "{words}");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn each_filter_of_rows_is_a_chip_that_removes_it() {
    let session = session(5);
    let stage = Stage::new(move || view! { <Filters session/> });
    settle().await;
    assert!(stage.all("[data-test=filter]").is_empty());
    session.path.path.set(Some(Arc::new(PathBySpan::of(&session.outline()))));
    session.path.show.set(ShowPath::Only);
    session.change(|view| view.hidden = vec!["GET /stock".to_owned()]);
    settle().await;
    let texts: Vec<String> =
        stage.all("[data-test=filter]").iter().filter_map(|chip| chip.text_content()).collect();
    assert_eq!(
        texts,
        ["Only the critical path · Show all", "Hidden: GET /stock, with all descendants · Show all"]
    );
    stage.find("[data-test=show-all]").click();
    settle().await;
    assert_eq!(session.path.show.get_untracked(), ShowPath::Line);
    stage.find("[data-test=show-all]").click();
    settle().await;
    assert!(session.folding.view.with_untracked(|view| view.hidden.is_empty()));
    assert!(stage.all("[data-test=filter]").is_empty());
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn the_focus_is_in_the_tree_and_goes_from_region_to_region() {
    let session = session(20);
    let stage = Stage::new(move || {
        keep_focus(session);
        keys::listen(session);
        view! {
            <header data-part=Part::Header.name()>
                <input class="find-field" data-part=Part::FindField.name()/>
            </header>
            <div class="trace-columns">
                <div id=PANEL tabindex="-1">
                    <div class="waterfall-scroll" role="treegrid" data-part=Part::Rows.name() tabindex="0"></div>
                </div>
                <Show when=move || session.panels.details_open.get()>
                    <aside class="detail" data-part=Part::Details.name() tabindex="-1"></aside>
                </Show>
            </div>
        }
    });
    settle().await;
    frame().await;
    frame().await;
    let focused = || document().active_element().map(|element| element.class_name()).unwrap_or_default();
    assert_eq!(focused(), "waterfall-scroll", "opened");
    stage.press(".waterfall-scroll", "F6").await;
    assert_eq!(focused(), "find-field", "there are no details");
    stage.press(".find-field", "F6").await;
    assert_eq!(focused(), "waterfall-scroll", "round, and out of a field");
    session.press(3);
    frame().await;
    frame().await;
    assert_eq!(focused(), "waterfall-scroll", "opening details does not move it");
    stage.press(".waterfall-scroll", "F6").await;
    assert_eq!(focused(), "detail");
    session.close_detail();
    frame().await;
    frame().await;
    assert_eq!(focused(), "waterfall-scroll", "what had the focus is gone");
    stage.strike().await;
}
