//! The one line of navigation.

use super::files::Files;
use crate::route::{DependenciesView, MonitorView, Route, SearchParams, find};
use crate::state::data::use_data;
use crate::state::navigation::{use_navigation, use_route};
use crate::state::settings::{Theme, use_settings};
use crate::state::tasks;
use crate::ui::element::{El, button, el};
use crate::ui::icon::{self, icon};
use crate::ui::view::{effect, keyed};
use leptos::prelude::*;
use web_sys::{Event, HtmlInputElement, MouseEvent, SubmitEvent};

/// Brand, pages, the box that opens a trace, the source, theme and settings.
pub fn bar(files: Files) -> El {
    let links = [
        (Route::Search(SearchParams::default()), "Search"),
        (Route::Dependencies(DependenciesView::default()), "Dependencies"),
        (Route::Monitor(MonitorView::default()), "Monitor"),
        (Route::Shop, "Shop"),
    ];
    let brand = el("a", "app__brand")
        .attr("href", Route::default().to_string())
        .attr("aria-label", "Spandrel, start")
        .child(icon("brand", 18))
        .child(el("span", "app__brand-name").text("Spandrel"));
    let pages = el("nav", "app__nav")
        .attr("aria-label", "Pages")
        .children(links.map(|(target, name)| page_link(&target, name)));
    el("header", "app__bar").children([
        brand,
        pages,
        el("span", "app__grow"),
        opener(files),
        source(),
        theme_button(),
        page_link(&Route::Settings, "Settings"),
    ])
}

fn page_link(target: &Route, name: &str) -> El {
    let route = use_route();
    let page = target.page();
    // A trace was found by searching.
    let here = move || {
        let now = route.with(Route::page);
        (now == page || page == "search" && now == "trace").then_some("page")
    };
    el("a", "app__link")
        .attr("href", target.to_string())
        .live_attr("aria-current", here)
        .test(&format!("nav-{page}"))
        .text(name)
}

/// Opens a trace by whatever was pasted: its id in hexadecimal or base64, or an address that has it.
fn opener(files: Files) -> El {
    let navigation = use_navigation();
    let wrong = RwSignal::new(false);
    let field = el("input", "field mono")
        .attr("id", "open-trace")
        .attr("placeholder", "Open trace id")
        .attr("aria-label", "Trace id or address")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .test("open-trace")
        .live_attr("aria-invalid", move || wrong.get().then_some("true"))
        .on("input", move |_: Event| wrong.set(false));
    let written: HtmlInputElement = field.node();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let found = find(&written.value());
        wrong.set(found.is_none());
        if let Some(route) = found {
            written.set_value("");
            navigation.push(route);
        }
    };
    let open = button("app__find-files")
        .attr("title", "Open trace files")
        .attr("aria-label", "Open trace files")
        .test("open-files")
        .on("click", move |_: MouseEvent| files.choose())
        .child(icon("file", icon::SIZE));
    let complaint = || {
        let words = "This is no trace id: up to 32 hexadecimal digits, base64, or a trace's address.";
        el("p", "app__find-error").attr("role", "alert").text(words)
    };
    el("form", "app__find")
        .attr("role", "search")
        .attr("aria-label", "Open a trace")
        .on("submit", submit)
        .children([field, open])
        .when(move || wrong.get(), complaint)
}

/// Which backend is asked, and whether it answers.
fn source() -> El {
    let (data, settings, route) = (use_data(), use_settings(), use_route());
    // Services come and go: they are counted anew on every page.
    let page = Memo::new(move |_| route.with(Route::page));
    let services = RwSignal::new(None::<usize>);
    let failed = RwSignal::new(false);
    effect(move || {
        settings.source();
        page.track();
        tasks::spawn_scoped(async move {
            let answer = data.services().await;
            failed.set(answer.is_err());
            services.set(answer.ok().map(|services| services.len()));
        });
    });
    let name = move || {
        let source = settings.source();
        if source.is_empty() { "This server".to_owned() } else { source }
    };
    let light = move || match (failed.get(), services.get()) {
        (true, _) => "app__light app__light--bad",
        (false, Some(_)) => "app__light app__light--good",
        (false, None) => "app__light",
    };
    let words = move || match (failed.get(), services.get()) {
        (true, _) => format!("{} · no answer", name()),
        (false, None) => name(),
        (false, Some(1)) => format!("{} · 1 service", name()),
        (false, Some(services)) => format!("{} · {services} services", name()),
    };
    el("a", "chip app__source")
        .attr("href", Route::Settings.to_string())
        .test("source")
        .attr("title", "Change the source in the settings")
        .child(el("i", "").live_attr("class", light))
        .child(el("span", "app__source-words").live_text(words))
}

fn theme_button() -> El {
    let settings = use_settings();
    let turn = move |_: MouseEvent| {
        let dark = document().document_element().and_then(|root| root.get_attribute("data-theme"));
        settings.set_theme(if dark.as_deref() == Some("dark") { Theme::Light } else { Theme::Dark });
    };
    let is_dark = move || settings.theme() == Theme::Dark;
    button("button button--flat app__tool")
        .attr("title", "Light or dark")
        .attr("aria-label", "Switch between light and dark")
        .test("theme-toggle")
        .on("click", turn)
        .child(keyed(is_dark, |dark| icon(if dark { "sun" } else { "moon" }, icon::SIZE)))
}
