//! The app: the frame around every page, and the table of pages.

mod bar;
mod crash;
mod files;
mod links;
mod missing;

use crate::pages::about::AboutPage;
use crate::pages::dependencies::DependenciesPage;
use crate::pages::monitor::MonitorPage;
use crate::pages::search::SearchPage;
use crate::pages::settings::SettingsPage;
use crate::pages::shop::ShopPage;
use crate::pages::trace::TracePage;
use crate::route::Route;
use crate::state;
use crate::state::busy;
use crate::state::navigation::{entitle, use_navigation, use_route};
use crate::state::settings::{Theme, use_settings};
use crate::state::tasks::after_yield;
use crate::ui::theme::apply_theme;
use bar::AppBar;
use files::{FileOverlays, Files};
use leptos::prelude::*;
use missing::MissingPage;

pub use crash::{install_panic_hook, show_crash};

/// Mounts the app in the document's body, for as long as the page is open.
pub fn mount() {
    let starting = busy::hold();
    leptos::mount::mount_to_body(App);
    drop(starting);
}

/// Bar and page. Provides the state of `state` to all components within.
#[component]
fn App() -> impl IntoView {
    state::provide();
    let (navigation, settings) = (use_navigation(), use_settings());
    apply_theme(Signal::derive(move || match settings.theme() {
        Theme::System => None,
        Theme::Light => Some(false),
        Theme::Dark => Some(true),
    }));
    let files = Files::provide();
    files.listen();
    // The frame is shown before the page is built.
    let is_frame_built = after_yield();
    view! {
        <div class="app" on:click=move |event| links::follow(&event, navigation)>
            <a class="unseen" href="#content" on:click=links::skip>
                "Skip to content"
            </a>
            <AppBar/>
            <main class="app__page" id="content" tabindex="-1" data-test="drop-zone">
                <FileOverlays/>
                <Show when=move || is_frame_built.get()>
                    <Page/>
                </Show>
            </main>
        </div>
    }
}

/// What decides which page is shown. A page stays while only its view, the rest of the route, changes.
#[derive(Clone, PartialEq)]
enum Shown {
    Trace(String),
    Missing(String),
    Named(&'static str),
}

/// The page of the current route, with its title.
#[component]
fn Page() -> impl IntoView {
    let route = use_route();
    let shown = Memo::new(move |_| match route.get() {
        Route::Trace { id, .. } => Shown::Trace(id),
        Route::NotFound(path) => Shown::Missing(path),
        other => Shown::Named(other.page()),
    });
    move || {
        let titled = |title: &str, page: AnyView| {
            entitle(title);
            page
        };
        match shown.get() {
            Shown::Trace(id) => titled("Trace", view! { <TracePage id/> }.into_any()),
            Shown::Named("search") => titled("Search", view! { <SearchPage/> }.into_any()),
            Shown::Named("dependencies") => titled("Dependencies", view! { <DependenciesPage/> }.into_any()),
            Shown::Named("monitor") => titled("Monitor", view! { <MonitorPage/> }.into_any()),
            Shown::Named("shop") => titled("Shop", view! { <ShopPage/> }.into_any()),
            Shown::Named("settings") => titled("Settings", view! { <SettingsPage/> }.into_any()),
            Shown::Named("about") => titled("About", view! { <AboutPage/> }.into_any()),
            Shown::Named(other) => view! { <MissingPage path=other.to_owned()/> }.into_any(),
            Shown::Missing(path) => view! { <MissingPage path/> }.into_any(),
        }
    }
}
