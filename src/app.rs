//! The frame around every page, and the one table of routes.

mod bar;
mod files;
mod links;

use crate::pages;
use crate::route::Route;
use crate::state;
use crate::state::busy;
use crate::state::navigation::{entitle, use_navigation, use_route};
use crate::state::settings::{Theme, use_settings};
use crate::ui::problem::ProblemCard;
use crate::ui::theme;
use bar::Bar;
use files::{Files, FilesFace};
use leptos::prelude::*;
use spandrel_trace::units::{Problem, ProblemKind};

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
    theme::wear(move || match settings.theme() {
        Theme::System => None,
        Theme::Light => Some(false),
        Theme::Dark => Some(true),
    });
    let files = Files::default();
    files.listen();
    view! {
        <div class="app" on:click=move |event| links::follow(&event, navigation)>
            <a class="unseen" href="#content" on:click=links::skip>"Skip to content"</a>
            <Bar files/>
            <main class="app__page" id="content" tabindex="-1" data-test="drop-zone">
                <FilesFace files/>
                <Page route/>
            </main>
        </div>
    }
}

/// Pages by route. A page stays as it is while only its view changes.
#[component]
fn Page(route: Signal<Route>) -> impl IntoView {
    let place = Memo::new(move |_| match route.get() {
        Route::Trace { id, .. } => ("trace", id),
        Route::NotFound(path) => ("", path),
        other => (other.page(), String::new()),
    });
    move || {
        let (page, rest) = place.get();
        match page {
            "trace" => {
                entitle("Trace");
                view! { <pages::trace::TracePage id=rest/> }.into_any()
            }
            "search" => {
                entitle("Search");
                view! { <pages::search::Search/> }.into_any()
            }
            "dependencies" => {
                entitle("Dependencies");
                view! { <pages::dependencies::Dependencies/> }.into_any()
            }
            "monitor" => {
                entitle("Monitor");
                view! { <pages::monitor::Monitor/> }.into_any()
            }
            "shop" => {
                entitle("Shop");
                view! { <pages::shop::Shop/> }.into_any()
            }
            "settings" => {
                entitle("Settings");
                view! { <pages::settings::Settings/> }.into_any()
            }
            "about" => {
                entitle("About");
                view! { <pages::about::About/> }.into_any()
            }
            _ => {
                entitle("Not found");
                let happened = format!("There is no page at “{rest}”.");
                let problem = Problem::new(ProblemKind::NotFound, "Opening this address", happened)
                    .advise("Start from the search, or open a trace by its id above.");
                view! { <ProblemCard problem/> }.into_any()
            }
        }
    }
}
