//! The frame around every page: navigation, theme, files dropped anywhere; and the one table of routes.

use crate::pages::trace::TracePage;
use crate::route::{DependenciesView, MonitorView, Route, SearchParams};
use crate::state;
use crate::state::busy;
use crate::state::navigation::{Navigation, entitle, route_of, use_navigation, use_route};
use crate::state::settings::{Theme, use_settings};
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use spandrel_trace::units::{Problem, ProblemKind};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// Puts the app into the page.
pub fn mount() {
    let starting = busy::hold();
    leptos::mount::mount_to_body(App);
    drop(starting);
}

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    state::provide();
    let (navigation, route, settings) = (use_navigation(), use_route(), use_settings());
    Effect::new(move || show_theme(settings.theme()));
    view! {
        <a class="skip" href="#content">"Skip to content"</a>
        <Bar/>
        <main id="content" tabindex="-1" on:click=move |event| follow(&event, navigation)>
            <Page route/>
        </main>
    }
}

/// Pages by route. A page stays while only its view changes.
#[component]
fn Page(route: Signal<Route>) -> impl IntoView {
    let place = Memo::new(move |_| match route.get() {
        Route::Trace { id, .. } => (Route::trace("").page(), id),
        Route::NotFound(path) => ("", path),
        other => (other.page(), String::new()),
    });
    move || {
        let (page, id) = place.get();
        entitle(title(page));
        match page {
            "trace" => view! { <TracePage id=id/> }.into_any(),
            _ => not_found(&id).into_any(),
        }
    }
}

fn title(page: &str) -> &'static str {
    match page {
        "search" => "Search",
        "trace" => "Trace",
        "dependencies" => "Dependencies",
        "monitor" => "Monitor",
        "shop" => "Shop",
        "settings" => "Settings",
        "about" => "About",
        _ => "Not found",
    }
}

fn not_found(path: &str) -> impl IntoView {
    let problem =
        Problem::new(ProblemKind::NotFound, "Opening this address", format!("There is no page “{path}”."))
            .advise("The search page is a good place to start.");
    view! { <ProblemCard problem/> }
}

#[component]
fn Bar() -> impl IntoView {
    let (navigation, route) = (use_navigation(), use_route());
    let links = [
        (Route::Search(SearchParams::default()), "Search"),
        (Route::Dependencies(DependenciesView::default()), "Dependencies"),
        (Route::Monitor(MonitorView::default()), "Monitor"),
        (Route::Shop, "Shop"),
    ];
    let link = move |(target, name): (Route, &'static str)| {
        let page = target.page();
        let here = move || (route.get().page() == page).then_some("page");
        view! {
            <a href=target.to_string() aria-current=here data-test=format!("nav-{page}")>{name}</a>
        }
    };
    view! {
        <header class="bar" on:click=move |event| follow(&event, navigation)>
            <a class="brand" href=Route::default().to_string()>"Spandrel"</a>
            <nav class="nav" aria-label="Pages">{links.map(link).collect_view()}</nav>
            <span class="grow"></span>
            <ThemeButton/>
            {link((Route::Settings, "Settings"))}
        </header>
    }
}

#[component]
fn ThemeButton() -> impl IntoView {
    let settings = use_settings();
    let next = move || {
        let at = Theme::ALL.iter().position(|theme| *theme == settings.theme()).unwrap_or_default();
        Theme::ALL[(at + 1) % Theme::ALL.len()]
    };
    view! {
        <button class="btn flat" data-test="theme-toggle" on:click=move |_| settings.set_theme(untrack(next))>
            {move || format!("Theme: {}", settings.theme().name())}
        </button>
    }
}

fn show_theme(theme: Theme) {
    let root = document().document_element();
    let system_is_dark = window()
        .match_media("(prefers-color-scheme: dark)")
        .ok()
        .flatten()
        .is_some_and(|media| media.matches());
    let dark = theme == Theme::Dark || theme == Theme::System && system_is_dark;
    if let Some(root) = root {
        // The attribute's name is valid.
        let _ = root.set_attribute("data-theme", if dark { "dark" } else { "light" });
    }
}

/// Follows a link of the app without loading the page again. Links elsewhere, in a new tab, or with a key held
/// are the browser's.
fn follow(event: &MouseEvent, navigation: Navigation) {
    if event.default_prevented()
        || event.button() != 0
        || event.meta_key()
        || event.ctrl_key()
        || event.shift_key()
        || event.alt_key()
    {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let link = target.and_then(|target| target.closest("a[href]").ok().flatten());
    let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else { return };
    if link.has_attribute("download") || !matches!(link.target().as_str(), "" | "_self") {
        return;
    }
    if let Some(route) = route_of(&link.href()) {
        event.prevent_default();
        navigation.push(route);
    }
}
