//! What the map shows and what a pointer finds on it.

use super::*;
use crate::analysis::dependencies::{CountedRequests, Failures, rated};
use crate::model::{DependencyLink, ServiceRequests};

fn links(text: &str) -> Vec<RatedLink> {
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [parent, child, calls, errors] = words[..] else { panic!("caller callee calls errors") };
        RatedLink {
            parent: parent.into(),
            child: child.into(),
            calls: calls.parse().unwrap(),
            failures: errors.parse().map_or(Failures::Unknown, Failures::Counted),
        }
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(line).collect()
}

fn shop() -> GraphScene {
    GraphScene::new(
        &links(
            "gateway order 52000 520
         gateway gateway 400 0
         order inventory 31 -
         order payment 28 2
         inventory order 1 0",
        ),
        &CountedRequests::default(),
    )
}

#[test]
fn boxes_say_how_often_they_were_called_and_failed() {
    let scene = shop();
    let said: Vec<_> = scene.nodes.iter().map(|node| (node.name.as_str(), node.note.as_str())).collect();
    assert_eq!(
        said,
        [
            ("gateway", "52k outgoing calls"),
            ("inventory", "31 calls"),
            ("order", "52k calls · 1 %"),
            ("payment", "28 calls · 7.1 %"),
        ]
    );
    assert_eq!(
        scene.edges.iter().map(|edge| edge.label.as_str()).collect::<Vec<_>>(),
        ["52k · 1 %", "400", "31", "28 · 7.1 %", "1"]
    );
}

/// An entry point has requests though no service calls it: gateway was shown with 0.
#[test]
fn requests_are_entry_spans_and_not_calls_from_others() {
    let counted =
        |service: &str, requests, errors| ServiceRequests { service: service.into(), requests, errors };
    let services = vec![counted("alone", 1, 0), counted("gateway", 153, 15), counted("order", 153, 0)];
    let calls = links("gateway order 150 3\n order order 400 0");
    let said = |sampled| {
        let scene = GraphScene::new(&calls, &CountedRequests { services: services.clone(), sampled });
        scene.nodes.into_iter().map(|node| (node.served, node.note)).collect::<Vec<_>>()
    };
    let note = |served: u64, note: &str| (served, note.to_owned());
    assert_eq!(
        said(false),
        [note(1, "1 request"), note(153, "153 requests · 9.8 %"), note(153, "153 requests")]
    );
    assert_eq!(
        said(true),
        [
            note(1, "1 request in the sample"),
            note(153, "153 requests in the sample · 9.8 %"),
            note(150, "150 calls")
        ]
    );
}

#[test]
fn lines_start_and_end_on_the_sides_of_boxes() {
    let scene = shop();
    for edge in scene.edges.iter().filter(|edge| edge.caller != edge.callee) {
        let (caller, callee) = (&scene.nodes[edge.caller as usize], &scene.nodes[edge.callee as usize]);
        let rightwards = caller.center.x < callee.center.x;
        let side =
            |node: &Node, right: bool| node.center.x + node.width / 2.0 * if right { 1.0 } else { -1.0 };
        let (start, end) = (edge.curve.bends[0][0], edge.curve.bends[edge.curve.bends.len() - 1][3]);
        assert_eq!((start.x, end.x), (side(caller, rightwards), side(callee, !rightwards)));
        assert!(edge.curve.bends.windows(2).all(|pair| pair[0][3] == pair[1][0]));
        assert!((1.0..=5.0).contains(&edge.width));
    }
}

#[test]
fn a_pointer_finds_boxes_before_lines_and_lines_by_nearness() {
    let scene = shop();
    let order = scene.find("order").unwrap();
    let at = scene.nodes[order as usize].center;
    assert_eq!(scene.hit(at.x, at.y, 4.0, None), Some(GraphElement::Node(order)));
    for (index, edge) in scene.edges.iter().enumerate() {
        let middle = curves::point_at(&edge.curve.bends[0], 0.5);
        // Spans within a service are no calls: their loop is there while the service is selected.
        let within = edge.caller == edge.callee;
        let selected = within.then_some(GraphElement::Node(edge.caller));
        assert_eq!(
            scene.hit(middle.x, middle.y, 4.0, selected),
            Some(GraphElement::Edge(index as u32)),
            "{}",
            edge.label
        );
        assert_eq!(scene.shows(index as u32, None), !within);
    }
    assert_eq!(scene.hit(-500.0, -500.0, 4.0, None), None);
    assert_eq!(scene.find("nobody"), None);
    assert!(scene.touches(0, order) && !scene.touches(0, scene.find("payment").unwrap()));
}

#[test]
fn labels_cover_neither_boxes_nor_each_other() {
    let mut many = String::new();
    for from in 0..30 {
        for to in 0..4 {
            many.push_str(&format!("s{from} s{} {} {}\n", (from * 7 + to * 5 + 1) % 30, from * 1000 + 1, to));
        }
    }
    let merged = links(&many).into_iter().map(|link| DependencyLink {
        parent: link.parent,
        child: link.child,
        calls: link.calls,
        errors: Some(0),
    });
    let scene = GraphScene::new(&rated(merged, &[]), &CountedRequests::default());
    let placed: Vec<(Point, f64)> = scene
        .edges
        .iter()
        .filter_map(|edge| Some((edge.label_at?, edge.label.chars().count() as f64 * 6.4 + 14.0)))
        .collect();
    assert!(placed.len() > scene.edges.len() / 4, "only {} of {} labels", placed.len(), scene.edges.len());
    for (index, (one, width)) in placed.iter().enumerate() {
        for (other, other_width) in &placed[index + 1..] {
            let apart = (one.x - other.x).abs() >= (width + other_width) / 2.0 - 1e-6
                || (one.y - other.y).abs() >= 18.0 - 1e-6;
            assert!(apart, "{one:?} {other:?}");
        }
        assert!(!scene.nodes.iter().any(|node| {
            (one.x - node.center.x).abs() < (width + node.width) / 2.0
                && (one.y - node.center.y).abs() < (18.0 + NODE_HEIGHT) / 2.0
        }));
    }
}

#[test]
fn odd_links_make_a_map() {
    let link = |parent: &str, child: &str, calls| DependencyLink {
        parent: parent.into(),
        child: child.into(),
        calls,
        errors: None,
    };
    let scene = GraphScene::new(
        &rated(
            [
                link("a", "a", 3),
                link("a", "b", 1),
                link("b", "a", 2),
                link("a", "b", 5),
                link("a", "c", 0),
                link("", "c", 9_007_199_254_740_993),
            ],
            &[],
        ),
        &CountedRequests::default(),
    );
    assert_eq!(scene.nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["", "a", "b", "c"]);
    assert_eq!(scene.edges.len(), 5);
    assert!(scene.edges.iter().all(|edge| edge.width.is_finite() && edge.curve.bounds.2.is_finite()));
    assert_eq!(scene.edges[2].label, "6");
    assert_eq!(GraphScene::new(&[], &CountedRequests::default()), GraphScene::default());
}

#[test]
fn a_dense_map_shows_the_busiest_callers_until_something_is_selected() {
    let mut many = String::new();
    for from in 0..40 {
        for to in 0..40 {
            many.push_str(&format!("s{from:02} s{to:02} {} -\n", from * 100 + to));
        }
    }
    let scene = GraphScene::new(&links(&many), &CountedRequests::default());
    assert!(scene.dense && !shop().dense);
    let shown = |selected| (0..scene.edges.len() as u32).filter(|edge| scene.shows(*edge, selected)).count();
    assert_eq!(shown(None), 40, "one for each service");
    assert_eq!(
        shown(Some(GraphElement::Node(0))),
        40 + 79 - 1,
        "and all of the selected one, of which one is there already: its own busiest caller"
    );
    for (index, edge) in
        scene.edges.iter().enumerate().filter(|(_, edge)| edge.minor && edge.caller != edge.callee)
    {
        let middle = curves::point_at(&edge.curve.bends[0], 0.5);
        let found = scene.hit(middle.x, middle.y, 0.0, None);
        assert_ne!(found, Some(GraphElement::Edge(index as u32)), "what is not seen is not found");
        assert!(edge.label_at.is_none());
    }
}
