//! The search page's form and what it writes to the address; and what a browser remembers.

use crate::stage::{Stage, settle};
use leptos::prelude::*;
use spandrel::pages::search::SearchPage;
use spandrel::route::{Named, Route, SearchParams, Sort};
use spandrel::state::navigation::{Navigation, use_navigation, use_route};
use spandrel::state::settings::{Theme, use_settings};
use spandrel::state::{self, colours};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{
    CustomEvent, CustomEventInit, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent, KeyboardEventInit,
};

fn address() -> String {
    window().location().search().unwrap_or_default()
}

fn search_page() -> Stage {
    Stage::new(|| {
        state::provide(state::start_engine());
        use_navigation().push(Route::Search(SearchParams::default()));
        view! { <SearchPage/> }
    })
}

/// `data-test` of the element with the focus.
fn focused() -> String {
    document().active_element().and_then(|element| element.get_attribute("data-test")).unwrap_or_default()
}

async fn submit(stage: &Stage) {
    stage.find("[data-test=search-submit]").click();
    settle().await;
}

async fn type_into(stage: &Stage, selector: &str, text: &str) {
    let field = stage.find(selector);
    match field.dyn_ref::<HtmlInputElement>() {
        Some(field) => field.set_value(text),
        None => field.unchecked_ref::<HtmlTextAreaElement>().set_value(text),
    }
    let how = CustomEventInit::new();
    how.set_bubbles(true);
    let event = CustomEvent::new_with_event_init_dict("input", &how).expect("an event");
    field.dispatch_event(&event).expect("a listener");
    settle().await;
}

#[wasm_bindgen_test]
async fn a_refused_field_is_named_and_focused_and_nothing_is_searched() {
    let stage = search_page();
    settle().await;
    let before = address();
    type_into(&stage, "[data-test=field-min]", "fast").await;
    submit(&stage).await;
    assert!(stage.text(".search-form__wrong").contains("Not a duration"));
    assert_eq!(focused(), "field-min");
    assert_eq!(stage.attribute("[data-test=field-min]", "aria-invalid"), "true");
    assert_eq!(address(), before);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_search_is_in_the_address_and_is_read_back_from_it() {
    let stage = search_page();
    settle().await;
    type_into(&stage, "[data-test=field-min]", "1.2s").await;
    type_into(&stage, "[data-test=field-tags]", "error=true a=\"b c\"").await;
    submit(&stage).await;
    assert!(stage.all(".search-form__wrong").is_empty());
    let asked = address();
    let Route::Search(params) = Route::parse("search", &asked) else { panic!("no search: {asked}") };
    assert_eq!((params.min_duration.as_str(), params.lookback.as_str()), ("1.2s", "1h"));
    assert_eq!(params.tags, [("a".into(), "b c".into()), ("error".into(), "true".into())]);
    let (start, end) = params.start.zip(params.end).expect("a window");
    assert_eq!(end - start, 3_600_000_000);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn enter_in_the_tags_searches_and_shift_enter_breaks_the_line() {
    let stage = search_page();
    settle().await;
    type_into(&stage, "[data-test=field-tags]", "error=true").await;
    let before = address();
    let press = async |shift: bool| {
        let how = KeyboardEventInit::new();
        how.set_key("Enter");
        how.set_shift_key(shift);
        how.set_bubbles(true);
        how.set_cancelable(true);
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &how).expect("an event");
        let is_default = stage.find("[data-test=field-tags]").dispatch_event(&event).expect("a listener");
        settle().await;
        is_default
    };
    assert!(press(true).await, "Shift+Enter is left to the browser");
    assert_eq!(address(), before);
    assert!(!press(false).await, "Enter breaks no line");
    assert_ne!(address(), before);
    assert!(address().contains("tags="), "{}", address());
    stage.strike().await;
}

fn cart(sort: Sort) -> Route {
    Route::Search(SearchParams { service: "cart".into(), sort, ..SearchParams::default() })
}

#[wasm_bindgen_test]
async fn history_takes_pages_and_gives_them_back() {
    let stage = Stage::new(|| {
        state::provide(state::start_engine());
        let (navigation, route) = (use_navigation(), use_route());
        let to = |class: &'static str, go: fn(Navigation)| {
            view! { <button class=class on:click=move |_| go(navigation)></button> }
        };
        view! {
            <p class="here">{move || route.get().to_string()}</p>
            {to("push", |navigation| navigation.push(cart(Sort::Recent)))}
            {to("replace", |navigation| navigation.replace(cart(Sort::Longest)))}
            {to("settings", |navigation| navigation.push(Route::Settings))}
        }
    });
    for (button, here) in [
        (".push", "search?service=cart"),
        (".replace", "search?service=cart&sort=longest"),
        (".settings", "settings"),
    ] {
        stage.find(button).click();
        settle().await;
        assert_eq!(stage.text(".here"), here);
    }
    window().history().expect("a history").back().expect("a way back");
    // The browser goes back in its own time.
    for _ in 0..200 {
        if stage.text(".here") != "settings" {
            break;
        }
        settle().await;
    }
    assert_eq!(
        stage.text(".here"),
        "search?service=cart&sort=longest",
        "a view was written over, a page was added"
    );
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn preferences_outlive_the_page() {
    let choose = Stage::new(|| {
        state::provide(state::start_engine());
        let settings = use_settings();
        settings.set_source(" http://jaeger:16686/search ");
        settings.set_theme(Theme::Dark);
    });
    choose.strike().await;
    let later = Stage::new(|| {
        state::provide(state::start_engine());
        let settings = use_settings();
        let said = (settings.theme().name(), settings.base().as_str().to_owned());
        settings.set_source("");
        settings.set_theme(Theme::System);
        view! { <p>{format!("{said:?}")}</p> }
    });
    assert_eq!(later.text("p"), r#"("dark", "http://jaeger:16686")"#);
    later.strike().await;
}

#[wasm_bindgen_test]
fn a_service_keeps_its_colour() {
    let first = colours::slots(&["web-test-a", "web-test-b"]);
    assert_ne!(first[0], first[1]);
    assert_eq!(colours::stored_slot("web-test-b"), Some(first[1]));
    // Seen with others it stays what it was.
    let again = colours::slots(&["web-test-0", "web-test-b", "web-test-c"]);
    assert_eq!(again[1], first[1]);
}
