//! The divider between two panes: arrow keys move it, its limits hold, and its position is announced.

use leptos::prelude::*;
use spandrel::ui::split::Divider;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::stage::Stage;

const DIVIDER: &str = "[role=separator]";

fn stage(after: bool) -> (Stage, RwSignal<f64>) {
    let size = RwSignal::new(200.0);
    let stage = Stage::new(move || view! { <Divider label="Names" size min=150.0 max=230.0 after/> });
    (stage, size)
}

#[wasm_bindgen_test]
async fn arrow_keys_move_the_divider_and_its_announced_value() {
    let (stage, size) = stage(false);
    assert_eq!(stage.attribute(DIVIDER, "aria-valuenow"), "200");
    stage.press(DIVIDER, "ArrowRight").await;
    assert_eq!(size.get_untracked(), 216.0);
    assert_eq!(stage.attribute(DIVIDER, "aria-valuenow"), "216");
    stage.press(DIVIDER, "ArrowLeft").await;
    stage.press(DIVIDER, "ArrowLeft").await;
    assert_eq!(size.get_untracked(), 184.0);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn keys_stop_at_the_limits() {
    let (stage, size) = stage(false);
    stage.press(DIVIDER, "End").await;
    assert_eq!(size.get_untracked(), 230.0);
    stage.press(DIVIDER, "ArrowRight").await;
    assert_eq!(size.get_untracked(), 230.0);
    stage.press(DIVIDER, "Home").await;
    assert_eq!(size.get_untracked(), 150.0);
    stage.press(DIVIDER, "x").await;
    assert_eq!(size.get_untracked(), 150.0);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_pane_after_the_divider_grows_the_other_way() {
    let (stage, size) = stage(true);
    stage.press(DIVIDER, "ArrowRight").await;
    assert_eq!(size.get_untracked(), 184.0);
    stage.strike().await;
}
