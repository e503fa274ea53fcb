//! The bar above every page: navigation, the field that opens a trace, the server, theme and settings.

use super::actions::{OPEN_TRACE, switch_theme};
use super::files::Files;
use crate::route::{DependenciesView, MonitorView, Route, find};
use crate::state::data::use_data;
use crate::state::last_search::use_last_search;
use crate::state::navigation::{use_navigation, use_route};
use crate::state::settings::{Theme, use_settings};
use crate::state::tasks;
use crate::ui::icon::Icon;
use leptos::prelude::*;
use leptos::{ev, html};

/// The bar.
#[component]
pub fn AppBar() -> impl IntoView {
    view! {
        <header class="app__bar">
            <a class="app__brand" href=Route::default().to_string() aria-label="Spandrel, start page">
                <Icon name="brand" size=18/>
                <span class="app__brand-name">"Spandrel"</span>
            </a>
            <nav class="app__nav" aria-label="Pages">
                <SearchLink/>
                <PageLink target=Route::Dependencies(DependenciesView::default()) name="Dependencies"/>
                <PageLink target=Route::Monitor(MonitorView::default()) name="Monitor"/>
                <DemoLink/>
            </nav>
            <span class="app__grow"></span>
            <TraceOpener/>
            <ServerStatus/>
            <ThemeButton/>
            <PageLink target=Route::Settings name="Settings"/>
        </header>
    }
}

/// Link to the search: from other pages to the last one, from the search itself to an empty form.
#[component]
fn SearchLink() -> impl IntoView {
    let (route, last) = (use_route(), use_last_search());
    let page = Memo::new(move |_| route.with(Route::page));
    let target = move || {
        let last = last.asked().filter(|_| page.get() != "search");
        Route::Search(last.unwrap_or_default()).to_string()
    };
    let current = move || matches!(page.get(), "search" | "trace").then_some("page");
    view! {
        <a class="app__link" href=target aria-current=current data-test="nav-search" data-label="Search">
            "Search"
        </a>
    }
}

/// Link to the demo; its title says which services answer there.
#[component]
fn DemoLink() -> impl IntoView {
    let settings = use_settings();
    let title = move || match settings.has_demo() {
        true => "Demo: make traces with real services",
        false => "Demo: make traces with services that are simulated in this browser",
    };
    view! { <PageLink target=Route::Demo name="Demo" title=Signal::derive(title)/> }
}

/// Link to a page, marked while that page is shown.
#[component]
fn PageLink(
    target: Route,
    name: &'static str,
    /// What the page is for, where the name does not say it.
    #[prop(optional)]
    title: Option<Signal<&'static str>>,
) -> impl IntoView {
    let route = use_route();
    let page = target.page();
    let current = move || (route.with(Route::page) == page).then_some("page");
    view! {
        <a
            class="app__link"
            href=target.to_string()
            title=move || title.map(|title| title.get())
            aria-current=current
            data-test=format!("nav-{page}")
            data-label=name
        >
            {name}
        </a>
    }
}

/// Opens a trace by what is pasted: its ID in hexadecimal or base64, or an address that contains it.
#[component]
fn TraceOpener() -> impl IntoView {
    let (navigation, files, data) = (use_navigation(), expect_context::<Files>(), use_data());
    let input = NodeRef::<html::Input>::new();
    let refused = RwSignal::new(false);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = input.get_untracked() else { return };
        let found = find(&input.value()).map(|route| data.in_open_files(route));
        refused.set(found.is_none());
        match found {
            Some(route) => {
                input.set_value("");
                navigation.push(route);
            }
            // Focusing an element of the page does not fail.
            None => drop(input.focus()),
        }
    };
    view! {
        <form class="app__find" role="search" aria-label="Open a trace" on:submit=submit>
            <input
                class="field mono"
                id=OPEN_TRACE
                placeholder="Open trace ID"
                aria-label="Trace ID, its first digits, or a URL"
                autocomplete="off"
                spellcheck="false"
                data-test="open-trace"
                node_ref=input
                aria-invalid=move || refused.get().then_some("true")
                on:input=move |_| refused.set(false)
            />
            <button
                type="button"
                class="app__find-files"
                title="Open trace files"
                aria-label="Open trace files"
                data-test="open-files"
                on:click=move |_| files.choose()
            >
                <Icon name="file"/>
            </button>
            <Show when=move || refused.get()>
                <p class="app__find-error" role="alert">
                    "Not a trace ID. Use 4 to 32 hex digits, base64 or a trace URL."
                </p>
            </Show>
        </form>
    }
}

/// The server in use, and whether it answers. Asked anew on every page, and when a request of the page shows that it has
/// gone or come back.
#[component]
fn ServerStatus() -> impl IntoView {
    let (data, settings, route) = (use_data(), use_settings(), use_route());
    let page = Memo::new(move |_| route.with(Route::page));
    // Number of services; `None` before the first answer.
    let services = RwSignal::new(None::<Result<usize, ()>>);
    let is_back = Memo::new(move |before: Option<&u32>| {
        let before = before.copied().unwrap_or_default();
        let was_bad = untrack(|| matches!(services.get(), Some(Err(()))));
        before + u32::from(data.server_answers() == Some(true) && was_bad)
    });
    Effect::new(move || {
        settings.source();
        page.get();
        is_back.get();
        tasks::spawn_scoped(async move {
            // What the page itself requests goes first.
            tasks::after_first_paint().await;
            let answer = data.services().await;
            services.set(Some(answer.map(|services| services.len()).map_err(drop)));
        });
    });
    Effect::new(move || {
        if data.server_answers() == Some(false) {
            services.set(Some(Err(())));
        }
    });
    let name = move || {
        let source = settings.source();
        if source.is_empty() { "This server".to_owned() } else { source }
    };
    let is_good = move || matches!(services.get(), Some(Ok(_)));
    let is_bad = move || matches!(services.get(), Some(Err(())));
    let state = move || match services.get() {
        None => String::new(),
        Some(Err(())) => " · no answer".to_owned(),
        Some(Ok(1)) => " · 1 service".to_owned(),
        Some(Ok(number)) => format!(" · {number} services"),
    };
    view! {
        <a
            class="chip app__source"
            href=Route::Settings.to_string()
            data-test="source"
            title=move || format!("Server: {}{}. Change it in the settings", name(), state())
        >
            <i class="app__light" class:app__light--good=is_good class:app__light--bad=is_bad></i>
            <span class="app__source-words">
                <bdi>{name}</bdi>
                {state}
            </span>
        </a>
    }
}

/// Switches between the light and the dark theme.
#[component]
fn ThemeButton() -> impl IntoView {
    let settings = use_settings();
    let icon =
        Signal::derive(move || if settings.theme() == Theme::Dark { "sun" } else { "moon" }.to_owned());
    view! {
        <button
            type="button"
            class="button button--flat app__tool"
            title="Light or dark"
            aria-label="Switch between light and dark"
            data-test="theme-toggle"
            on:click=move |_| switch_theme(settings)
        >
            <Icon name=icon/>
        </button>
    }
}
