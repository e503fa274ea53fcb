//! What is shown after a panic.

use spandrel::app::show_crash;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_crash_is_shown_once_with_its_message_and_a_link_that_reloads() {
    show_crash("panicked at src/a.rs: <b>index</b> out of bounds");
    show_crash("a later panic");
    let page = leptos::prelude::document();
    let cards = page.query_selector_all(".crash").expect("a selector");
    assert_eq!(cards.length(), 1);
    let card = page.query_selector(".crash").ok().flatten().expect("a card");
    let text = card.text_content().unwrap_or_default();
    assert!(text.contains("Spandrel crashed") && text.contains("<b>index</b> out of bounds"), "{text}");
    let link = card.query_selector("[data-test=crash-reload]").ok().flatten().expect("a link");
    let address = link.get_attribute("href").unwrap_or_default();
    assert!(address.starts_with("http") && !address.contains('#'), "{address}");
    card.remove();
}
