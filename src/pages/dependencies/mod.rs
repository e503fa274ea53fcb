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
use crate::state::tasks;
use crate::ui::element::{El, el};
use crate::ui::problem::{Retry, problem_card};
use crate::ui::view::{View, effect, part, when};
use leptos::prelude::*;
use load::{Loaded, Window, examples, load};
use spandrel_trace::units::{Problem, count};
use std::rc::Rc;
use std::sync::Arc;
use tools::tools;

pub use list::list;
pub use map::map;
pub use side::{Examples, Links, side};
use spandrel_trace::scene::graph::{GraphScene, Hit};

/// Where the page has come to.
#[derive(Clone, Debug)]
enum Stage {
    Loading,
    Ready(Arc<Loaded>),
    Failed(Problem),
}

/// The page.
pub fn dependencies() -> El {
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
    effect(move || {
        turn.track();
        let asked = Window::back_from_now(lookback.get());
        window.set(asked);
        stage.set(Stage::Loading);
        tasks::spawn_scoped(async move {
            let ready = move |loaded| stage.set(Stage::Ready(Arc::new(loaded)));
            if let Err(problem) = load(data, asked, ready).await {
                stage.set(Stage::Failed(problem));
            }
        });
    });
    let again: Retry = Rc::new(move || turn.update(|turn| *turn += 1));

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
    effect(move || {
        let (Some(service), callee) = scene.with(|scene| named_ends(scene, selected.get())) else { return };
        found.set(Examples::Loading);
        let asked = window.get_untracked();
        tasks::spawn_scoped(async move {
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
    let retry = again.clone();
    let main = part(
        move || kind.get(),
        move |kind| match (kind, stage.get_untracked()) {
            (0, _) => el("p", "dependencies__blank")
                .attr("role", "status")
                .text("Looking for calls between services…"),
            (1, Stage::Failed(problem)) => problem_card(problem, Some(retry.clone())),
            (3, _) => list(scene.into(), find.into(), selected.into(), select),
            (4, _) => map(scene.into(), selected.into(), select),
            _ => nothing(),
        },
    );
    let panel = move || -> View {
        el("aside", "dependencies__side")
            .attr("aria-label", "Selection")
            .child(side(scene.into(), selected.into(), select, links, found.into()))
            .into()
    };
    let body = el("div", "dependencies__body")
        .child(el("div", "dependencies__main").child(main))
        .child(when(move || is_shown.get(), panel));
    el("div", "dependencies").children([tools(view, scene, select, find, Signal::derive(note), again), body])
}

/// What is said where nobody calls anybody.
fn nothing() -> El {
    let advice = "Neither the backend nor its traces know of a service that calls another. Choose a longer window, \
                  or send some traces first.";
    el("div", "dependencies__blank")
        .test("empty")
        .children([el("h2", "").text("No calls between services in this time"), el("p", "").text(advice)])
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
