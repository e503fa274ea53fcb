//! What must hold of every layout, whatever the graph.

use super::*;
use proptest::prelude::*;

const SPACING: Spacing = Spacing { ranks: 100.0, nodes: 16.0, passing: 8.0 };

fn graph(count: usize, edges: &[(u32, u32)]) -> Graph {
    let sizes =
        (0..count).map(|node| (100.0 + (node % 7) as f64 * 10.0, 40.0 + (node % 3) as f64 * 8.0)).collect();
    Graph { sizes, edges: edges.to_vec() }
}

/// Invariants: finite, inside the drawing, no two nodes overlap, every edge that is not reversed leads to the right,
/// every way runs in its own direction, and the same graph gives the same layout.
fn check(graph: &Graph) -> Layout {
    let layout = layered(graph, SPACING);
    assert_eq!(layout, layered(graph, SPACING));
    assert_eq!((layout.centers.len(), layout.routes.len()), (graph.sizes.len(), graph.edges.len()));
    let points = layout.centers.iter().chain(layout.routes.iter().flat_map(|route| &route.via));
    assert!(points.clone().all(|point| point.x.is_finite() && point.y.is_finite()));
    assert!(points.clone().all(|point| point.x >= -1e-6 && point.x <= layout.width + 1e-6));
    assert!(points.clone().all(|point| point.y >= -1e-6 && point.y <= layout.height + 1e-6));

    let mut boxes: Vec<(f64, f64, f64, f64)> = layout
        .centers
        .iter()
        .zip(&graph.sizes)
        .map(|(at, (w, h))| (at.x - w / 2.0, at.y - h / 2.0, at.x + w / 2.0, at.y + h / 2.0))
        .collect();
    boxes.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (index, one) in boxes.iter().enumerate() {
        for other in boxes[index + 1..].iter().take_while(|other| other.0 < one.2 - 1e-6) {
            assert!(other.1 >= one.3 - 1e-6 || one.1 >= other.3 - 1e-6, "{one:?} overlaps {other:?}");
        }
    }
    for (&(from, to), route) in graph.edges.iter().zip(&layout.routes) {
        if from == to || from.max(to) as usize >= graph.sizes.len() {
            assert_eq!(*route, EdgeRoute::default());
            continue;
        }
        let (low, high) = if route.backward { (to, from) } else { (from, to) };
        assert!(layout.ranks[low as usize] < layout.ranks[high as usize]);
        let x = |node: u32| layout.centers[node as usize].x;
        let ends = [x(from), x(to)];
        let line: Vec<f64> =
            [ends[0]].into_iter().chain(route.via.iter().map(|point| point.x)).chain([ends[1]]).collect();
        assert!(line.windows(2).all(|pair| if route.backward {
            pair[1] <= pair[0]
        } else {
            pair[1] >= pair[0]
        }));
    }
    layout
}

#[test]
fn a_chain_is_a_straight_line() {
    let layout = check(&graph(4, &[(0, 1), (1, 2), (2, 3)]));
    assert_eq!(layout.ranks, [0, 1, 2, 3]);
    assert!(layout.centers.windows(2).all(|pair| (pair[0].y - pair[1].y).abs() < 1e-6));
}

#[test]
fn a_cycle_is_broken_where_it_returns() {
    let layout = check(&graph(3, &[(0, 1), (1, 2), (2, 1), (2, 2)]));
    assert_eq!(layout.ranks, [0, 1, 2]);
    let backward: Vec<bool> = layout.routes.iter().map(|route| route.backward).collect();
    assert_eq!(backward, [false, false, true, false]);
}

#[test]
fn a_long_edge_passes_between_the_nodes() {
    let layout = check(&graph(3, &[(0, 1), (1, 2), (0, 2)]));
    assert_eq!(layout.routes[2].via.len(), 2);
    let (middle, passing) = (layout.centers[1], layout.routes[2].via[0]);
    assert!((middle.y - passing.y).abs() >= 22.0, "the edge would cross the node: {layout:?}");
}

#[test]
fn a_caller_stands_next_to_what_it_calls() {
    let layout = check(&graph(5, &[(0, 1), (1, 2), (2, 3), (4, 3)]));
    assert_eq!(layout.ranks[4], 2);
}

#[test]
fn a_tree_has_no_crossings() {
    let ranks = [0, 1, 1, 2, 2, 2, 2];
    let mut layers = order::Layers::new(&ranks, &[(0, 1), (0, 2), (1, 5), (1, 3), (2, 4), (2, 6)]);
    layers.sweep();
    assert_eq!(layers.crossings(), 0);
}

#[test]
fn crossings_are_counted() {
    let ranks = [0, 0, 0, 1, 1, 1];
    let mut layers = order::Layers::new(&ranks, &[(0, 5), (1, 4), (2, 3)]);
    layers.cells = vec![vec![0, 1, 2], vec![3, 4, 5]];
    assert_eq!(layers.crossings(), 3);
    layers.sweep();
    assert_eq!(layers.crossings(), 0);
}

#[test]
fn nothing_and_nonsense_are_laid_out_too() {
    assert_eq!(check(&graph(0, &[])), Layout::default());
    check(&graph(1, &[(0, 0)]));
    check(&graph(2, &[(0, 9), (7, 1), (1, 1)]));
}

#[test]
fn services_without_calls_fill_a_block_and_not_a_line() {
    let layout = check(&graph(1_000, &[]));
    assert!(layout.width / layout.height < 4.0 && layout.height / layout.width < 4.0);
}

#[test]
fn a_wide_fan_is_wrapped_into_columns() {
    let edges: Vec<(u32, u32)> = (1..1_000).map(|to| (0, to)).collect();
    let layout = check(&graph(1_000, &edges));
    assert!(layout.height / layout.width < 4.0, "{} × {}", layout.width, layout.height);
}

#[test]
fn a_hundred_thousand_in_a_row_do_not_overflow_the_stack() {
    let edges: Vec<(u32, u32)> = (1..100_000).map(|to| (to - 1, to)).collect();
    check(&graph(100_000, &edges));
}

proptest! {
    #[test]
    fn any_graph_is_laid_out_by_the_laws(
        count in 0usize..60, edges in proptest::collection::vec((0u32..62, 0u32..62), 0..200),
    ) {
        check(&graph(count, &edges));
    }

    #[test]
    fn sparse_graphs_too(count in 1usize..300, edges in proptest::collection::vec((0u32..300, 0u32..300), 0..300)) {
        check(&graph(count, &edges));
    }
}

/// Links of a `dependencies` answer or a bare list of them, as a graph; `None` where the corpus is absent.
fn corpus(path: &str) -> Option<Graph> {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    let Ok(text) = std::fs::read_to_string(&file) else {
        crate::testing::skip(&format!("{path} is not here"));
        return None;
    };
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let links = json.get("data").unwrap_or(&json).as_array().unwrap();
    let mut names = std::collections::BTreeMap::new();
    let mut number = |name: &serde_json::Value| {
        let next = names.len() as u32;
        *names.entry(name.as_str().unwrap().to_owned()).or_insert(next)
    };
    let edges: Vec<(u32, u32)> =
        links.iter().map(|link| (number(&link["parent"]), number(&link["child"]))).collect();
    Some(graph(names.len(), &edges))
}

#[test]
fn odd_links_are_laid_out() {
    check_links("fixtures/odd-synthetic/dependencies-odd.json", 4, 6);
}

#[test]
fn real_links_are_laid_out() {
    check_links("../shared/fixtures/deps/ui-small.json", 8, 7);
}

#[test]
fn many_real_links_are_laid_out() {
    check_links("../shared/fixtures/deps/ui-large-4271-links.json", 1_238, 4_271);
}

fn check_links(path: &str, services: usize, links: usize) {
    if let Some(graph) = corpus(path) {
        assert_eq!((graph.sizes.len(), graph.edges.len()), (services, links), "{path}");
        let layout = check(&graph);
        println!("{path}: {:.0} × {:.0}", layout.width, layout.height);
        let ratio = layout.width / layout.height;
        assert!((0.1..30.0).contains(&ratio), "{path}: {} × {}", layout.width, layout.height);
    }
}
