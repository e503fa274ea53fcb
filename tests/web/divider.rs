//! The handle between two panes: keys move it, limits hold it, and those who cannot see it hear where it is.

use leptos::prelude::*;
use spandrel::ui::split::{Pane, divider};
use std::rc::Rc;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::stage::Stage;

const HANDLE: &str = "[role=separator]";

fn stage(after: bool) -> (Stage, RwSignal<f64>) {
    let size = RwSignal::new(200.0);
    let stage = Stage::new(move || {
        divider(Pane { label: "Names", size, least: 150.0, most: Rc::new(|| 230.0), after, level: false })
            .into()
    });
    (stage, size)
}

#[wasm_bindgen_test]
async fn arrow_keys_move_it_and_what_is_heard_follows() {
    let (stage, size) = stage(false);
    assert_eq!(stage.attribute(HANDLE, "aria-valuenow"), "200");
    stage.press(HANDLE, "ArrowRight").await;
    assert_eq!(size.get_untracked(), 216.0);
    assert_eq!(stage.attribute(HANDLE, "aria-valuenow"), "216");
    stage.press(HANDLE, "ArrowLeft").await;
    stage.press(HANDLE, "ArrowLeft").await;
    assert_eq!(size.get_untracked(), 184.0);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn limits_hold_it() {
    let (stage, size) = stage(false);
    stage.press(HANDLE, "End").await;
    assert_eq!(size.get_untracked(), 230.0);
    stage.press(HANDLE, "ArrowRight").await;
    assert_eq!(size.get_untracked(), 230.0);
    stage.press(HANDLE, "Home").await;
    assert_eq!(size.get_untracked(), 150.0);
    stage.press(HANDLE, "x").await;
    assert_eq!(size.get_untracked(), 150.0);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_pane_behind_the_handle_grows_the_other_way() {
    let (stage, size) = stage(true);
    stage.press(HANDLE, "ArrowRight").await;
    assert_eq!(size.get_untracked(), 184.0);
    stage.strike().await;
}
