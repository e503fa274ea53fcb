//! The map of services: the graph of calls between them, in words where it is not drawn.

use super::named;
use crate::state::colours;
use crate::ui::graph::GraphMap;
use leptos::prelude::*;
use spandrel_trace::scene::graph::{GraphElement, GraphScene};
use spandrel_trace::units::{count, percent};
use std::sync::Arc;

/// Map of the calls between services.
#[component]
pub fn ServiceMap(
    /// What is drawn.
    #[prop(into)]
    scene: Signal<Arc<GraphScene>>,
    /// The selection.
    #[prop(into)]
    selected: Signal<Option<GraphElement>>,
    /// Selects a service, a link or nothing.
    select: Callback<Option<GraphElement>>,
) -> impl IntoView {
    let label = Signal::derive(move || {
        scene.with(|scene| {
            let links = scene.edges.iter().filter(|edge| edge.caller != edge.callee).count();
            format!(
                "Map of {} services and {links} links. The list of services beside it has the same content.",
                scene.nodes.len()
            )
        })
    });
    let slots = Callback::new(|scene: Arc<GraphScene>| {
        let names: Vec<&str> = scene.nodes.iter().map(|node| node.name.as_str()).collect();
        colours::slots(&names)
    });
    let describe = Callback::new(move |hit| scene.with_untracked(|scene| describe(scene, hit)));
    // In a narrow window a map of few services starts, legible, at the first service; a large one is shown as a whole.
    let start = Signal::derive(move || scene.with(|scene| start_of(scene)));
    view! { <GraphMap scene selected select slots describe label start test="dependencies-graph"/> }
}

/// Services of a map at most that starts legible.
const FEW: usize = 60;

/// The box at the start of most calls: the leftmost, then the uppermost.
fn start_of(scene: &GraphScene) -> Option<u32> {
    if scene.nodes.len() > FEW {
        return None;
    }
    let place = |node: u32| {
        let center = scene.nodes[node as usize].center;
        (center.x, center.y)
    };
    (0..scene.nodes.len() as u32).min_by(|one, other| {
        let (one, other) = (place(*one), place(*other));
        one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
    })
}

/// Text of the tip.
fn describe(scene: &GraphScene, hit: GraphElement) -> String {
    match hit {
        GraphElement::Node(node) => scene
            .nodes
            .get(node as usize)
            .map(|node| format!("{}: {}", named(&node.name), node.note))
            .unwrap_or_default(),
        GraphElement::Edge(edge) => scene
            .edges
            .get(edge as usize)
            .map(|edge| {
                let errors = match edge.link.error_share() {
                    Some(share) => format!(", {} errors", percent(share)),
                    None => String::new(),
                };
                let (caller, callee) = (named(&edge.link.parent), named(&edge.link.child));
                format!("{caller} → {callee}: {} calls{errors}", count(edge.link.calls))
            })
            .unwrap_or_default(),
    }
}
