//! Who calls whom: a map of services and the same as a list, from what the backend counts or, where it does not
//! count, from traces.

mod draw;
mod list;
mod load;
mod map;
mod side;
mod tools;

use crate::route::{DependenciesView, MonitorView, Route, SearchParams};
use crate::state::data::use_data;
use crate::state::navigation::use_navigation;
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;
use load::{Loaded, Window, examples, load};
use spandrel_trace::units::{Problem, count};
use std::sync::Arc;
use tools::Tools;

pub use list::List;
pub use map::Map;
pub use side::{Examples, Links, Side};
use spandrel_trace::scene::graph::{GraphScene, Hit};

/// Where the page has come to.
#[derive(Clone, Debug)]
enum Stage {
    Loading,
    Ready(Arc<Loaded>),
    Failed(Problem),
}

/// The page.
#[component]
pub fn Dependencies() -> impl IntoView {
    let (data, navigation) = (use_data(), use_navigation());
    let view = Memo::new(move |before: Option<&DependenciesView>| match navigation.route() {
        Route::Dependencies(view) => view,
        // The address has moved on and this page is about to go.
        _ => before.cloned().unwrap_or_default(),
    });
    let lookback = Memo::new(move |_| view.with(DependenciesView::lookback_ms));
    let stage = RwSignal::new(Stage::Loading);
    let turn = RwSignal::new(0u32);
    let window = RwSignal::new(Window::default());
    Effect::new(move |_| {
        turn.track();
        let asked = Window::back_from_now(lookback.get());
        window.set(asked);
        stage.set(Stage::Loading);
        spawn_local_scoped_with_cancellation(async move {
            let ready = move |loaded| stage.set(Stage::Ready(Arc::new(loaded)));
            if let Err(problem) = load(data, asked, ready).await {
                stage.set(Stage::Failed(problem));
            }
        });
    });
    let again = Callback::new(move |()| turn.update(|turn| *turn += 1));

    let scene = Memo::new(move |_| match stage.get() {
        Stage::Ready(loaded) => Arc::new(GraphScene::new(&loaded.links)),
        _ => Arc::default(),
    });
    let selected = Memo::new(move |_| scene.with(|scene| view.with(|view| selection(scene, view))));
    let select = Callback::new(move |hit: Option<Hit>| {
        let now = view.get_untracked();
        let (service, callee) = scene.with_untracked(|scene| named_ends(scene, hit));
        navigation.replace(Route::Dependencies(DependenciesView { service, callee, ..now }));
    });
    let lookback_now = move || view.with_untracked(|view| view.lookback.clone());
    let links = Links {
        trace: Callback::new(|id: String| Route::trace(id).to_string()),
        monitor: Callback::new(move |service: String| {
            Route::Monitor(MonitorView { service: Some(service), lookback: lookback_now() }).to_string()
        }),
        search: Callback::new(move |service: String| {
            let limit = SearchParams::LIMIT;
            Route::Search(SearchParams {
                service,
                lookback: lookback_now(),
                limit,
                ..SearchParams::default()
            })
            .to_string()
        }),
    };

    let found = RwSignal::new(Examples::Loading);
    Effect::new(move |_| {
        let (Some(service), callee) = scene.with(|scene| named_ends(scene, selected.get())) else { return };
        found.set(Examples::Loading);
        let asked = window.get_untracked();
        spawn_local_scoped_with_cancellation(async move {
            found.set(examples(data, asked, &service, callee.as_deref()).await);
        });
    });

    let find = RwSignal::new(String::new());
    let is_list = Memo::new(move |_| view.with(|view| view.list));
    let is_shown = Memo::new(move |_| scene.with(|scene| !scene.nodes.is_empty()));
    let note = move || match stage.get() {
        Stage::Loading => "Looking…".to_owned(),
        Stage::Failed(_) => String::new(),
        Stage::Ready(loaded) => scene.with(|scene| {
            let (services, links) = (count(scene.nodes.len() as u64), count(scene.edges.len() as u64));
            let dense = match scene.dense && !is_list.get() {
                true => " · only each service's busiest caller is drawn; select one for all its links",
                false => "",
            };
            format!("{services} services, {links} links · {}{dense}", loaded.origin)
        }),
    };
    // What is shown depends on the kind of stage, not on new numbers in it.
    let kind = Memo::new(move |_| match stage.get() {
        Stage::Loading => 0,
        Stage::Failed(_) => 1,
        Stage::Ready(_) if !is_shown.get() => 2,
        Stage::Ready(_) if is_list.get() => 3,
        Stage::Ready(_) => 4,
    });
    let main = move || match (kind.get(), stage.get_untracked()) {
        (0, _) => {
            view! { <p class="dependencies__blank" role="status">"Looking for calls between services…"</p> }
                .into_any()
        }
        (1, Stage::Failed(problem)) => view! { <ProblemCard problem retry=again /> }.into_any(),
        (3, _) => view! { <List scene find selected select /> }.into_any(),
        (4, _) => view! { <Map scene selected select /> }.into_any(),
        _ => view! { <Nothing /> }.into_any(),
    };
    view! {
        <div class="dependencies">
            <Tools view scene select find note again />
            <div class="dependencies__body">
                <div class="dependencies__main">{main}</div>
                <Show when=move || is_shown.get()>
                    <aside class="dependencies__side" aria-label="Selection">
                        <Side scene selected select links examples=found />
                    </aside>
                </Show>
            </div>
        </div>
    }
}

/// What is said where nobody calls anybody.
#[component]
fn Nothing() -> impl IntoView {
    view! {
        <div class="dependencies__blank" data-test="empty">
            <h2>"No calls between services in this time"</h2>
            <p>
                "Neither the backend nor its traces know of a service that calls another. Choose a longer window, \
                or send some traces first."
            </p>
        </div>
    }
}

/// What the address selects, if it is on the map.
fn selection(scene: &GraphScene, view: &DependenciesView) -> Option<Hit> {
    let service = scene.find(view.service.as_deref()?)?;
    let Some(callee) = &view.callee else { return Some(Hit::Node(service)) };
    let callee = scene.find(callee)?;
    let edge = scene.edges.iter().position(|edge| (edge.caller, edge.callee) == (service, callee))?;
    Some(Hit::Edge(edge as u32))
}

/// The names of a selection: a service, or a caller and its callee.
fn named_ends(scene: &GraphScene, hit: Option<Hit>) -> (Option<String>, Option<String>) {
    match hit {
        None => (None, None),
        Some(Hit::Node(node)) => (scene.nodes.get(node as usize).map(|node| node.service.clone()), None),
        Some(Hit::Edge(edge)) => match scene.edges.get(edge as usize) {
            Some(edge) => (Some(edge.link.parent.clone()), Some(edge.link.child.clone())),
            None => (None, None),
        },
    }
}
