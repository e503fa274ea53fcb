//! The frame around every page, and the one table of routes.

mod bar;
mod files;
mod links;
mod missing;

use crate::pages;
use crate::route::Route;
use crate::state;
use crate::state::busy;
use crate::state::navigation::{entitle, use_navigation, use_route};
use crate::state::settings::{Theme, use_settings};
use crate::state::tasks::after_yield;
use crate::ui::element::el;
use crate::ui::theme;
use crate::ui::view::{self, View, keyed, several, when};
use bar::bar;
use files::{Files, files_face};
use leptos::prelude::*;
use missing::missing;
use web_sys::MouseEvent;

/// Puts the app into the page.
pub fn mount() {
    let starting = busy::hold();
    if let Some(body) = document().body() {
        // The app goes with the page.
        std::mem::forget(view::mount(&body, app));
    }
    drop(starting);
}

/// The whole page.
fn app() -> View {
    state::provide();
    let (navigation, settings) = (use_navigation(), use_settings());
    theme::apply_theme(move || match settings.theme() {
        Theme::System => None,
        Theme::Light => Some(false),
        Theme::Dark => Some(true),
    });
    let files = Files::new();
    files.listen();
    // What stands behind all pages is one task, the frame around them another, the page in it a third: each runs code
    // that is compiled only now.
    let (route, begun) = (use_route(), after_yield());
    let frame = move || -> View {
        let built = after_yield();
        let skip =
            el("a", "unseen").attr("href", "#content").on("click", links::skip).text("Skip to content");
        let main = el("main", "app__page")
            .attr("id", "content")
            .attr("tabindex", "-1")
            .test("drop-zone")
            .child(files_face(files))
            .when(move || built.get(), move || page(route));
        several([skip, bar(files), main].map(View::from))
    };
    el("div", "app")
        .on("click", move |event: MouseEvent| links::follow(&event, navigation))
        .child(when(move || begun.get(), frame))
        .into()
}

/// Pages by route. A page stays as it is while only its view changes.
fn page(route: Signal<Route>) -> View {
    let place = move || match route.get() {
        Route::Trace { id, .. } => ("trace", id),
        Route::NotFound(path) => ("", path),
        other => (other.page(), String::new()),
    };
    keyed(place, |(page, rest)| -> View {
        let (title, make): (_, fn() -> View) = match page {
            "trace" => {
                entitle("Trace");
                return view::leptos(view! { <pages::trace::TracePage id=rest/> });
            }
            "search" => {
                entitle("Search");
                return pages::search::search().into();
            }
            "dependencies" => ("Dependencies", || pages::dependencies::dependencies().into()),
            "monitor" => ("Monitor", || pages::monitor::monitor().into()),
            "shop" => ("Shop", || pages::shop::shop().into()),
            "settings" => ("Settings", || pages::settings::settings().into()),
            "about" => ("About", || pages::about::about().into()),
            _ => return missing(&rest),
        };
        entitle(title);
        make()
    })
}
