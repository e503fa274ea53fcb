//! The one line of navigation.

use super::files::Files;
use crate::route::{DependenciesView, MonitorView, Route, SearchParams, find};
use crate::state::data::use_data;
use crate::state::navigation::{use_navigation, use_route};
use crate::state::settings::{Theme, use_settings};
use crate::ui::icon::Icon;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, SubmitEvent};

/// Brand, pages, the box that opens a trace, the source, theme and settings.
#[component]
pub fn Bar(files: Files) -> impl IntoView {
    let links = [
        (Route::Search(SearchParams::default()), "Search"),
        (Route::Dependencies(DependenciesView::default()), "Dependencies"),
        (Route::Monitor(MonitorView::default()), "Monitor"),
        (Route::Shop, "Shop"),
    ];
    view! {
        <header class="app__bar">
            <a class="app__brand" href=Route::default().to_string() aria-label="Spandrel, start">
                <Icon name="brand" size=18/>
                <span class="app__brand-name">"Spandrel"</span>
            </a>
            <nav class="app__nav" aria-label="Pages">
                {links.map(|(target, name)| view! { <PageLink target name/> }).collect_view()}
            </nav>
            <span class="app__grow"></span>
            <Opener files/>
            <Source/>
            <ThemeButton/>
            <PageLink target=Route::Settings name="Settings"/>
        </header>
    }
}

#[component]
fn PageLink(target: Route, name: &'static str) -> impl IntoView {
    let route = use_route();
    let page = target.page();
    // A trace was found by searching.
    let here = move || {
        let now = route.get().page();
        (now == page || page == "search" && now == "trace").then_some("page")
    };
    view! {
        <a class="app__link" href=target.to_string() aria-current=here data-test=format!("nav-{page}")>{name}</a>
    }
}

/// Opens a trace by whatever was pasted: its id in hexadecimal or base64, or an address that has it.
#[component]
fn Opener(files: Files) -> impl IntoView {
    let navigation = use_navigation();
    let error = RwSignal::new("");
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let field = document().get_element_by_id("open-trace");
        let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) else { return };
        match find(&field.value()) {
            Some(route) => {
                error.set("");
                field.set_value("");
                navigation.push(route);
            }
            None => {
                error.set("This is no trace id: up to 32 hexadecimal digits, base64, or a trace's address.")
            }
        }
    };
    view! {
        <form class="app__find" role="search" aria-label="Open a trace" on:submit=submit>
            <input id="open-trace" class="field mono" placeholder="Open trace id" aria-label="Trace id or address"
                autocomplete="off" spellcheck="false" data-test="open-trace"
                aria-invalid=move || (!error.get().is_empty()).then_some("true") on:input=move |_| error.set("")/>
            <button type="button" class="app__find-files" title="Open trace files" aria-label="Open trace files"
                data-test="open-files" on:click=move |_| files.choose()>
                <Icon name="file"/>
            </button>
            <Show when=move || !error.get().is_empty()>
                <p class="app__find-error" role="alert">{move || error.get()}</p>
            </Show>
        </form>
    }
}

/// Which backend is asked, and whether it answers.
#[component]
fn Source() -> impl IntoView {
    let (data, settings, route) = (use_data(), use_settings(), use_route());
    // Services come and go: they are counted anew on every page.
    let page = Memo::new(move |_| route.get().page());
    let answer = LocalResource::new(move || {
        settings.source();
        page.track();
        async move { data.services().await }
    });
    let name = move || {
        let source = settings.source();
        if source.is_empty() { "This server".to_owned() } else { source }
    };
    let light = move || match answer.get() {
        None => "",
        Some(Ok(_)) => "app__light--good",
        Some(Err(_)) => "app__light--bad",
    };
    let words = move || match answer.get() {
        None => name(),
        Some(Ok(services)) if services.len() == 1 => format!("{} · 1 service", name()),
        Some(Ok(services)) => format!("{} · {} services", name(), services.len()),
        Some(Err(_)) => format!("{} · no answer", name()),
    };
    view! {
        <a class="chip app__source" href=Route::Settings.to_string() data-test="source" title="Change the source in the settings">
            <i class=move || format!("app__light {}", light())></i>
            <span class="app__source-words">{words}</span>
        </a>
    }
}

#[component]
fn ThemeButton() -> impl IntoView {
    let settings = use_settings();
    let turn = move |_| {
        let dark = document().document_element().and_then(|root| root.get_attribute("data-theme"));
        settings.set_theme(if dark.as_deref() == Some("dark") { Theme::Light } else { Theme::Dark });
    };
    let icon = move || match settings.theme() {
        Theme::Dark => view! { <Icon name="sun"/> },
        _ => view! { <Icon name="moon"/> },
    };
    view! {
        <button type="button" class="button button--flat app__tool" title="Light or dark" aria-label="Switch between light and dark"
            data-test="theme-toggle" on:click=turn>
            {icon}
        </button>
    }
}
