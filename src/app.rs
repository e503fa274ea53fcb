//! The app: the frame around every page, and the table of pages.

mod actions;
mod bar;
mod crash;
mod files;
mod links;
mod load_ahead;
mod missing;

use crate::pages::about::about_page;
use crate::pages::demo::demo_page;
use crate::pages::dependencies::dependencies_page;
use crate::pages::monitor::monitor_page;
use crate::pages::search::SearchPage;
use crate::pages::settings::settings_page;
use crate::pages::trace::TracePage;
use crate::route::Route;
use crate::state::busy;
use crate::state::data::use_data;
use crate::state::events::listen;
use crate::state::navigation::{entitle, use_navigation, use_route};
use crate::state::obstacle::origin;
use crate::state::part::LoadPart;
use crate::state::settings::{Theme, use_settings};
use crate::state::tasks::{after_yield, spawn, yield_to_event_loop};
use crate::state::{self, EngineClient};
use crate::trace_view::copy::CopyButton;
use crate::trace_view::other_views::PageDialogs;
use crate::trace_view::with_part::WithPart;
use crate::ui::problem::ServerActions;
use crate::ui::theme::apply_theme;
use bar::AppBar;
use files::{FileOverlays, Files};
use leptos::ev;
use leptos::mount::mount_to_body;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use missing::MissingPage;
use spandrel_trace::units::short_id;

pub use crash::{install_panic_hook, show_crash};

/// Starts the engine's worker, and then the app in tasks of their own: its state, then what is seen of it. The worker
/// instantiates the program meanwhile. The app stays for as long as the page is open.
pub fn mount() {
    let starting = busy::hold();
    let engine = state::start_engine();
    // Leptos has no executor before something is mounted.
    wasm_bindgen_futures::spawn_local(async move {
        yield_to_event_loop().await;
        mount_to_body(move || {
            provide(engine);
            // What is mounted belongs to the owner of the state.
            spawn(ScopedFuture::new_untracked(async move {
                yield_to_event_loop().await;
                mount_to_body(App);
                drop(starting);
            }));
        });
    });
}

/// Provides the state of `state`, and what the app offers, to all components.
fn provide(engine: EngineClient) {
    state::provide(engine);
    load_ahead::load_parts_when_idle(use_data());
    let settings = use_settings();
    apply_theme(Signal::derive(move || match settings.theme() {
        Theme::System => None,
        Theme::Light => Some(false),
        Theme::Dark => Some(true),
    }));
    let route = use_route();
    provide_context(ServerActions {
        settings: Signal::derive(move || {
            route.with(|route| (*route != Route::Settings).then(|| Route::Settings.to_string()))
        }),
        is_other: Signal::derive(move || !settings.source().is_empty()),
        use_this: Callback::new(move |()| settings.set_source("")),
        origin: || view! { <AllowedOrigin/> }.into_any(),
    });
    mark_keyboard_use();
    route.with_untracked(load_part_of);
    let files = Files::provide();
    files.listen();
    actions::provide(files);
}

/// Bar and page.
#[component]
fn App() -> impl IntoView {
    let navigation = use_navigation();
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
            <PageDialogs/>
        </div>
    }
}

/// Marks the document as used by keyboard, from a key to the next pointer: frames around views are drawn only then, and not
/// around a view that the page itself has focused.
fn mark_keyboard_use() {
    let mark = |by_key: bool| {
        if let Some(root) = document().document_element() {
            // The name is a valid attribute.
            let _ = root.toggle_attribute_with_force("data-keyboard", by_key);
        }
    };
    let is_modifier = |key: &str| matches!(key, "Shift" | "Control" | "Alt" | "Meta");
    listen(ev::keydown, move |event| {
        if !is_modifier(&event.key()) {
            mark(true);
        }
    });
    listen(ev::pointerdown, move |_| mark(false));
}

/// The origin that a server must allow, ready to be copied.
#[component]
fn AllowedOrigin() -> impl IntoView {
    view! {
        <p class="problem__origin" data-test="allowed-origin">
            "Origin to allow: "
            <code class="mono">{origin()}</code>
            <CopyButton label="Copy origin" text=origin()/>
        </p>
    }
}

/// What decides which page is shown. A page stays while only its view, the rest of the route, changes.
#[derive(Clone, PartialEq)]
enum PageKind {
    Search,
    Trace(String),
    Dependencies,
    Monitor,
    Demo,
    Settings,
    About,
    Missing(String),
}

impl From<Route> for PageKind {
    fn from(route: Route) -> Self {
        match route {
            Route::Search(_) => PageKind::Search,
            Route::Trace { id, .. } => PageKind::Trace(id),
            Route::Dependencies(_) => PageKind::Dependencies,
            Route::Monitor(_) => PageKind::Monitor,
            Route::Demo => PageKind::Demo,
            Route::Settings => PageKind::Settings,
            Route::About => PageKind::About,
            Route::NotFound(path) => PageKind::Missing(path),
        }
    }
}

/// The title of a page's tab; `None` where the page itself sets one.
fn title_of(route: &Route) -> Option<String> {
    let of = |service: &str, page: &str| match service {
        "" => page.to_owned(),
        service => format!("{service} · {page}"),
    };
    Some(match route {
        Route::Trace { id, .. } => format!("Trace {}", short_id(id)),
        Route::Search(params) if params.files => "Open files".to_owned(),
        Route::Search(params) => of(&params.service, "Search"),
        Route::Dependencies(view) => of(view.service.as_deref().unwrap_or_default(), "Dependencies"),
        Route::Monitor(view) => of(view.service.as_deref().unwrap_or_default(), "Monitor"),
        Route::Demo => "Demo".to_owned(),
        Route::Settings => "Settings".to_owned(),
        Route::About => "About".to_owned(),
        Route::NotFound(_) => return None,
    })
}

/// The page of the current route, with its title.
#[component]
fn Page() -> impl IntoView {
    let route = use_route();
    let shown = Memo::new(move |_| PageKind::from(route.get()));
    // The trace page adds the trace's name and duration once it has them.
    let title = Memo::new(move |_| route.with(title_of));
    Effect::new(move |_| {
        if let Some(title) = title.get() {
            entitle(&title);
        }
    });
    move || match shown.get() {
        PageKind::Trace(id) => view! { <TracePage id/> }.into_any(),
        PageKind::Search => view! { <SearchPage/> }.into_any(),
        PageKind::Dependencies => in_part(dependencies_page, "the dependencies"),
        PageKind::Monitor => in_part(monitor_page, "the metrics"),
        PageKind::Demo => in_part(demo_page, "the demo"),
        PageKind::Settings => in_part(settings_page, "the settings"),
        PageKind::About => in_part(about_page, "this page"),
        PageKind::Missing(path) => view! { <MissingPage path/> }.into_any(),
    }
}

/// Builds a page.
type BuildPage = fn() -> AnyView;

/// Starts to load the part of the program that the first page is in, before the frame around the page is built.
fn load_part_of(route: &Route) {
    let load: fn() -> LoadPart<BuildPage> = match route {
        Route::Dependencies(_) => dependencies_page,
        Route::Monitor(_) => monitor_page,
        Route::Demo => demo_page,
        Route::Settings => settings_page,
        Route::About => about_page,
        Route::Search(_) | Route::Trace { .. } | Route::NotFound(_) => return,
    };
    // The page loads the part too, and tells of a failure.
    spawn(async move {
        let _ = load().await;
    });
}

/// A page that is loaded when it is first shown.
fn in_part(load: fn() -> LoadPart<BuildPage>, what: &'static str) -> AnyView {
    let build = |page: BuildPage| page();
    view! { <WithPart load what view=build/> }.into_any()
}
