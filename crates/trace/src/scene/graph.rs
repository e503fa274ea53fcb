//! The map of services: boxes and curves of a layered layout, what they say, and what lies under a pointer.
//! Coordinates are pixels of an unscaled drawing from its top left corner.

mod camera;
mod curves;
mod labels;

use crate::analysis::dependencies::RatedLink;
use crate::analysis::layout::{self, Graph, Point, Spacing};
use crate::units::{compact, percent};
pub use camera::Camera;
pub use curves::Curve;

/// Height of every node's box.
pub const NODE_HEIGHT: f64 = 44.0;
const NODE_WIDTHS: std::ops::RangeInclusive<f64> = 116.0..=232.0;
const SPACING: Spacing = Spacing { ranks: 116.0, nodes: 20.0, passing: 12.0 };

/// A service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Its name, empty if it has none.
    pub service: String,
    /// Centre of its box.
    pub center: Point,
    /// Width of its box.
    pub width: f64,
    /// How often others called it.
    pub served: u64,
    /// Share of those calls that failed, as far as that is known.
    pub error_share: Option<f64>,
    /// Second line: `1.2k calls · 2.1 %`.
    pub note: String,
}

/// Who called whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edge {
    /// Index of the calling node.
    pub caller: u32,
    /// Index of the called node; the same for calls within a service.
    pub callee: u32,
    /// Calls and failures.
    pub link: RatedLink,
    /// The line.
    pub curve: Curve,
    /// Width of the line, 1 to 6, by the logarithm of the calls.
    pub width: f64,
    /// `1.2k · 6.1 %`.
    pub label: String,
    /// Where the middle of the label finds room; `None` where it would cover something else.
    pub label_at: Option<Point>,
}

/// What lies at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// Index of a node.
    Node(u32),
    /// Index of an edge.
    Edge(u32),
}

/// A whole map. Nodes are sorted by name, edges by caller and callee.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphScene {
    /// Services.
    pub nodes: Vec<Node>,
    /// Links.
    pub edges: Vec<Edge>,
    /// Width of the drawing.
    pub width: f64,
    /// Height of the drawing.
    pub height: f64,
}

impl GraphScene {
    /// Lays out the services of `links`, which are merged (see [`crate::analysis::dependencies::rated`]).
    pub fn new(links: &[RatedLink]) -> Self {
        let mut names: Vec<&str> =
            links.iter().flat_map(|link| [link.parent.as_str(), link.child.as_str()]).collect();
        names.sort_unstable();
        names.dedup();
        let number = |name: &str| names.binary_search(&name).unwrap_or(0) as u32;
        let widths: Vec<f64> = names.iter().map(|name| node_width(name)).collect();
        let graph = Graph {
            sizes: widths.iter().map(|width| (*width, NODE_HEIGHT)).collect(),
            edges: links.iter().map(|link| (number(&link.parent), number(&link.child))).collect(),
        };
        let placed = layout::layered(&graph, SPACING);
        let mut nodes: Vec<Node> = names
            .iter()
            .zip(&widths)
            .zip(&placed.centers)
            .map(|((name, width), center)| Node {
                service: (*name).to_owned(),
                center: *center,
                width: *width,
                ..Node::default()
            })
            .collect();
        count_served(&mut nodes, links, &graph.edges);

        let most = links.iter().map(|link| link.calls).max().unwrap_or(0);
        let curves = curves::curves(&nodes, &graph.edges, &placed.ways);
        let mut edges: Vec<Edge> = links
            .iter()
            .zip(&graph.edges)
            .zip(curves)
            .map(|((link, &(caller, callee)), curve)| Edge {
                caller,
                callee,
                curve,
                width: line_width(link.calls, most),
                label: label(link),
                label_at: None,
                link: link.clone(),
            })
            .collect();
        labels::place(&nodes, &mut edges);
        GraphScene { nodes, edges, width: placed.width, height: placed.height }
    }

    /// Index of a service.
    pub fn find(&self, service: &str) -> Option<u32> {
        self.nodes.binary_search_by(|node| node.service.as_str().cmp(service)).ok().map(|index| index as u32)
    }

    /// What lies at a point: the box there, else the nearest line not further off than `slack`.
    pub fn hit(&self, x: f64, y: f64, slack: f64) -> Option<Hit> {
        let inside = |node: &Node| {
            (x - node.center.x).abs() <= node.width / 2.0 && (y - node.center.y).abs() <= NODE_HEIGHT / 2.0
        };
        if let Some(node) = self.nodes.iter().position(inside) {
            return Some(Hit::Node(node as u32));
        }
        let at = Point { x, y };
        self.edges
            .iter()
            .enumerate()
            .filter_map(|(index, edge)| {
                let distance = edge.curve.distance(at, edge.width / 2.0 + slack)?;
                Some(((distance - edge.width / 2.0).max(0.0), index))
            })
            .min_by(|one, other| one.0.total_cmp(&other.0))
            .map(|(_, index)| Hit::Edge(index as u32))
    }

    /// Whether an edge begins or ends at a node.
    pub fn touches(&self, edge: u32, node: u32) -> bool {
        self.edges.get(edge as usize).is_some_and(|edge| edge.caller == node || edge.callee == node)
    }
}

/// Room for the name at about 7.2 pixels a letter, a swatch and margins; what is longer is cut when drawn.
fn node_width(name: &str) -> f64 {
    let letters = name.chars().count() as f64 * 7.2 + 44.0;
    (letters / 4.0).ceil().mul_add(4.0, 0.0).clamp(*NODE_WIDTHS.start(), *NODE_WIDTHS.end())
}

fn line_width(calls: u64, most: u64) -> f64 {
    if most == 0 { 1.0 } else { 1.0 + 5.0 * (calls as f64).ln_1p() / (most as f64).ln_1p() }
}

fn label(link: &RatedLink) -> String {
    let failed = link.error_share().filter(|share| *share > 0.0);
    match failed {
        Some(share) => format!("{} · {}", compact(link.calls), percent(share)),
        None => compact(link.calls),
    }
}

/// Sums up the calls that each node answered for others, and their failures weighted by calls.
fn count_served(nodes: &mut [Node], links: &[RatedLink], edges: &[(u32, u32)]) {
    let mut failed = vec![(0.0, 0.0); nodes.len()];
    let mut calling = vec![0u64; nodes.len()];
    for (link, &(caller, callee)) in links.iter().zip(edges) {
        if caller == callee {
            continue;
        }
        calling[caller as usize] = calling[caller as usize].saturating_add(link.calls);
        let node = &mut nodes[callee as usize];
        node.served = node.served.saturating_add(link.calls);
        if let Some(share) = link.error_share() {
            failed[callee as usize].0 += share * link.calls as f64;
            failed[callee as usize].1 += link.calls as f64;
        }
    }
    for ((node, (failed, of)), calling) in nodes.iter_mut().zip(failed).zip(calling) {
        node.error_share = (of > 0.0).then_some(failed / of);
        node.note = match (node.served, calling) {
            (0, 0) => "no calls".to_owned(),
            (0, calling) => format!("{} calls out", compact(calling)),
            (served, _) => format!("{} {}", compact(served), if served == 1 { "call" } else { "calls" }),
        };
        if let Some(share) = node.error_share.filter(|share| *share > 0.0) {
            node.note.push_str(&format!(" · {}", percent(share)));
        }
    }
}

#[cfg(test)]
mod tests;
