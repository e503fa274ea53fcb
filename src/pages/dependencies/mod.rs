//! Dependencies page: calls between services as a map and as a list, counted by the server or, if it does not count them,
//! in traces.

mod examples;
mod list;
mod load;
mod map;
mod side;
mod tools;

use crate::route::{DependenciesView, MonitorView, Route, SearchParams};
use crate::state::data::use_data;
use crate::state::navigation::use_navigation;
use crate::state::part::part;
use crate::state::settings::use_settings;
use crate::state::tasks::spawn_scoped;
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use load::{Loaded, Window, examples, load};
use spandrel_trace::scene::graph::{GraphElement, GraphScene};
use spandrel_trace::units::{Problem, count};
use std::sync::Arc;
use tools::Tools;

pub use examples::Examples;
pub use list::LinkList;
pub use map::ServiceMap;
pub use side::{ServiceLinks, SidePanel};

/// State of the page.
#[derive(Clone, Debug)]
enum Load {
    Loading,
    Ready(Arc<Loaded>),
    Failed(Problem),
}

/// The kind of content. The view is rebuilt when the kind changes, not for other numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Loading,
    Failed,
    Empty,
    List,
    Map,
}

part! {
    /// Builds the page; it is in a part of the program.
    pub fn dependencies_page in pages -> fn() -> AnyView = || view! { <DependenciesPage/> }.into_any();
}

/// Calls between services.
#[component]
pub fn DependenciesPage() -> impl IntoView {
    let (data, navigation, settings) = (use_data(), use_navigation(), use_settings());
    let view = Memo::new(move |before: Option<&DependenciesView>| match navigation.route() {
        Route::Dependencies(view) => view,
        // The route has changed to another page; this one is about to be removed.
        _ => before.cloned().unwrap_or_default(),
    });
    let lookback = Memo::new(move |_| view.with(DependenciesView::lookback_ms));
    let (state, window) = (RwSignal::new(Load::Loading), RwSignal::new(Window::default()));
    let attempt = RwSignal::new(0u32);
    Effect::new(move |_| {
        attempt.track();
        settings.source();
        let range = Window::back_from_now(lookback.get());
        window.set(range);
        state.set(Load::Loading);
        spawn_scoped(async move {
            let ready = move |loaded| state.set(Load::Ready(Arc::new(loaded)));
            if let Err(problem) = load(data, range, ready).await {
                state.set(Load::Failed(problem));
            }
        });
    });
    let refresh = Callback::new(move |()| attempt.update(|attempt| *attempt += 1));

    let scene = Memo::new(move |_| match state.get() {
        Load::Ready(loaded) => Arc::new(GraphScene::new(&loaded.links, &loaded.requests)),
        _ => Arc::default(),
    });
    let selected = Memo::new(move |_| scene.with(|scene| view.with(|view| selection(scene, view))));
    let select = Callback::new(move |hit: Option<GraphElement>| {
        let now = view.get_untracked();
        let (service, callee) = scene.with_untracked(|scene| named_ends(scene, hit));
        navigation.replace(Route::Dependencies(DependenciesView { service, callee, ..now }));
    });
    let found = RwSignal::new(Examples::Loading);
    Effect::new(move |_| {
        let (Some(service), callee) = scene.with(|scene| named_ends(scene, selected.get())) else { return };
        found.set(Examples::Loading);
        let range = window.get_untracked();
        spawn_scoped(async move {
            found.set(examples(data, range, &service, callee.as_deref()).await);
        });
    });

    let find = RwSignal::new(String::new());
    let is_list = Memo::new(move |_| view.with(|view| view.list));
    let is_shown = Memo::new(move |_| scene.with(|scene| !scene.nodes.is_empty()));
    let note = Signal::derive(move || match state.get() {
        Load::Loading => "Loading…".to_owned(),
        Load::Failed(_) => String::new(),
        Load::Ready(loaded) => {
            scene.with(|scene| format!("{} · {}", shown(scene, is_list.get()), loaded.origin))
        }
    });
    let content = Memo::new(move |_| match state.get() {
        Load::Loading => Content::Loading,
        Load::Failed(_) => Content::Failed,
        Load::Ready(_) if !is_shown.get() => Content::Empty,
        Load::Ready(_) if is_list.get() => Content::List,
        Load::Ready(_) => Content::Map,
    });
    let main = move || match content.get() {
        Content::Loading => {
            view! { <p class="dependencies__blank" role="status">"Loading dependencies…"</p> }.into_any()
        }
        Content::Failed => match state.get_untracked() {
            Load::Failed(problem) => view! { <ProblemCard problem=problem retry=refresh/> }.into_any(),
            _ => ().into_any(),
        },
        Content::Empty => view! { <NoCalls/> }.into_any(),
        Content::List => {
            view! { <LinkList scene=scene find=find selected=selected select=select/> }.into_any()
        }
        Content::Map => view! { <ServiceMap scene=scene selected=selected select=select/> }.into_any(),
    };
    let links = links(view);

    view! {
        <div class="dependencies">
            <h1 class="unseen">"Dependencies"</h1>
            <Tools view=view scene=scene select=select find=find note=note refresh=refresh/>
            <div class="dependencies__body">
                <div class="dependencies__main">{main}</div>
                <Show when=move || is_shown.get()>
                    <aside class="dependencies__side" aria-label="Selection">
                        <SidePanel scene=scene selected=selected select=select links=links examples=found/>
                    </aside>
                </Show>
            </div>
        </div>
    }
}

/// Shown if there are no calls.
#[component]
fn NoCalls() -> impl IntoView {
    view! {
        <div class="dependencies__blank" data-test="empty">
            <h2>"No calls between services in this time range"</h2>
            <p>"No calls between services were found. Choose a longer time range, or send some traces first."</p>
        </div>
    }
}

/// Addresses of other pages, with the same time range.
fn links(view: Memo<DependenciesView>) -> ServiceLinks {
    let lookback = move || view.with_untracked(|view| view.lookback.clone());
    ServiceLinks {
        trace: Callback::new(|id: String| Route::trace(id).to_string()),
        monitor: Callback::new(move |service: String| {
            Route::Monitor(MonitorView { service: Some(service), lookback: lookback() }).to_string()
        }),
        search: Callback::new(move |service: String| {
            let limit = SearchParams::LIMIT;
            Route::Search(SearchParams { service, lookback: lookback(), limit, ..SearchParams::default() })
                .to_string()
        }),
    }
}

/// How many services and links there are, and whether all are drawn.
fn shown(scene: &GraphScene, is_list: bool) -> String {
    let links = scene.edges.iter().filter(|edge| edge.caller != edge.callee).count();
    let dense = match scene.dense && !is_list {
        true => " · only each service's busiest caller is drawn; select a service for all its links",
        false => "",
    };
    format!("{} services, {} links{dense}", count(scene.nodes.len() as u64), count(links as u64))
}

/// Name of a service, or a text for an empty one.
fn named(service: &str) -> &str {
    if service.is_empty() { "(no name)" } else { service }
}

/// The selection in the address, if it is on the map.
fn selection(scene: &GraphScene, view: &DependenciesView) -> Option<GraphElement> {
    let service = scene.find(view.service.as_deref()?)?;
    let Some(callee) = &view.callee else { return Some(GraphElement::Node(service)) };
    let callee = scene.find(callee)?;
    let edge = scene.edges.iter().position(|edge| (edge.caller, edge.callee) == (service, callee))?;
    Some(GraphElement::Edge(edge as u32))
}

/// The names of a selection: a service, or a caller and its callee.
fn named_ends(scene: &GraphScene, hit: Option<GraphElement>) -> (Option<String>, Option<String>) {
    match hit {
        None => (None, None),
        Some(GraphElement::Node(node)) => {
            (scene.nodes.get(node as usize).map(|node| node.name.clone()), None)
        }
        Some(GraphElement::Edge(edge)) => match scene.edges.get(edge as usize) {
            Some(edge) => (Some(edge.link.parent.clone()), Some(edge.link.child.clone())),
            None => (None, None),
        },
    }
}
