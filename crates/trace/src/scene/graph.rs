//! A graph of services or operations: boxes and curves of a layered layout, what they say, and what lies under a pointer.
//! Coordinates are pixels of an unscaled drawing from its top left corner.

mod camera;
mod curves;
mod labels;
mod operations;

use crate::analysis::dependencies::{CountedRequests, RatedLink};
pub use crate::analysis::layout::Point;
use crate::analysis::layout::{self, Graph, Spacing};
use crate::units::{compact, percent};
pub use camera::Camera;
pub use curves::Curve;

/// Height of every node's box.
pub const NODE_HEIGHT: f64 = 44.0;
const NODE_WIDTHS: std::ops::RangeInclusive<f64> = 116.0..=232.0;
const SPACING: Spacing = Spacing { ranks: 116.0, nodes: 20.0, passing: 12.0 };

/// Above this many links a map shows only each service's busiest caller; the others wait for a selection.
const DENSE: usize = 600;

/// From this share of failed calls on a link or a service stands out.
pub const FAILING: f64 = 0.05;

/// A service or an operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Its name, empty if it has none.
    pub name: String,
    /// Centre of its box.
    pub center: Point,
    /// Width of its box.
    pub width: f64,
    /// Its requests: its entry spans, or where these are not counted in full the calls from other services.
    pub served: u64,
    /// Its entry spans and those with an error, where they are counted: all of them, or those of a sample.
    pub requests: Option<(u64, u64)>,
    /// Share of the requests with an error, as far as that is known.
    pub error_share: Option<f64>,
    /// Second line: `1.2k requests · 2.1 %`.
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
    /// Width of the line, 1 to 5, by the squared logarithm of the calls.
    pub width: f64,
    /// Not drawn until its caller or its callee is selected: of a dense map, or within one service.
    pub minor: bool,
    /// The critical path of a trace leads along it.
    pub critical: bool,
    /// `1.2k · 6.1 %`.
    pub label: String,
    /// Where the middle of the label finds room; `None` where it would cover something else.
    pub label_at: Option<Point>,
}

/// What lies at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphElement {
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
    /// Links are left out until they are asked for.
    pub dense: bool,
}

impl GraphScene {
    /// Lays out the services of `links`, which are merged (see [`crate::analysis::dependencies::rated`]), and of `requests`.
    pub fn new(links: &[RatedLink], requests: &CountedRequests) -> Self {
        let mut names: Vec<&str> =
            links.iter().flat_map(|link| [link.parent.as_str(), link.child.as_str()]).collect();
        names.extend(requests.services.iter().map(|counted| counted.service.as_str()));
        names.sort_unstable();
        names.dedup();
        let number = |name: &str| names.binary_search(&name).unwrap_or(0) as u32;
        let ends: Vec<(u32, u32)> =
            links.iter().map(|link| (number(&link.parent), number(&link.child))).collect();
        let mut nodes: Vec<Node> =
            names.iter().map(|name| Node { name: (*name).to_owned(), ..Node::default() }).collect();
        for counted in &requests.services {
            nodes[number(&counted.service) as usize].requests = Some((counted.requests, counted.errors));
        }
        count_served(&mut nodes, links, &ends, requests.sampled);
        Self::laid_out(nodes, links, &ends)
    }

    /// Lays out boxes that have everything but a place. `ends` are the indices of the caller and the callee of each link.
    fn laid_out(mut nodes: Vec<Node>, links: &[RatedLink], ends: &[(u32, u32)]) -> Self {
        nodes.iter_mut().for_each(|node| node.width = node_width(node));
        let minor = minor(links, ends, nodes.len());
        let graph = Graph {
            sizes: nodes.iter().map(|node| (node.width, NODE_HEIGHT)).collect(),
            // Where an edge is left out its place is kept by a loop, which the layout does not look at.
            edges: ends
                .iter()
                .zip(&minor)
                .map(|(&(from, to), minor)| (from, if *minor { from } else { to }))
                .collect(),
        };
        let mut placed = layout::layered(&graph, SPACING);
        nodes.iter_mut().zip(&placed.centers).for_each(|(node, center)| node.center = *center);
        for ((&(caller, callee), route), minor) in ends.iter().zip(&mut placed.routes).zip(&minor) {
            route.backward |= *minor && nodes[callee as usize].center.x < nodes[caller as usize].center.x;
        }
        let between = links.iter().zip(ends).filter(|(_, (caller, callee))| caller != callee);
        let most = between.map(|(link, _)| link.calls).max().unwrap_or(0);
        let curves = curves::curves(&nodes, ends, &placed.routes);
        let mut edges: Vec<Edge> = links
            .iter()
            .zip(ends)
            .zip(curves)
            .zip(&minor)
            .map(|(((link, &(caller, callee)), curve), minor)| Edge {
                caller,
                callee,
                curve,
                minor: *minor,
                // Calls within a service are many and say little: a thin loop.
                width: if caller == callee { 1.0 } else { line_width(link.calls, most) },
                critical: false,
                label: label(link),
                label_at: None,
                link: link.clone(),
            })
            .collect();
        labels::place(&nodes, &mut edges);
        // Spans within a service are no calls: their loop is shown with the selected service.
        edges.iter_mut().for_each(|edge| edge.minor |= edge.caller == edge.callee);
        let dense = minor.contains(&true);
        GraphScene { nodes, edges, width: placed.width, height: placed.height, dense }
    }

    /// Index of a service.
    pub fn find(&self, service: &str) -> Option<u32> {
        self.nodes.binary_search_by(|node| node.name.as_str().cmp(service)).ok().map(|index| index as u32)
    }

    /// Whether an edge is to be seen while `selected` is selected.
    pub fn shows(&self, edge: u32, selected: Option<GraphElement>) -> bool {
        self.edges.get(edge as usize).is_some_and(|shown| {
            !shown.minor
                || match selected {
                    Some(GraphElement::Node(node)) => shown.caller == node || shown.callee == node,
                    Some(GraphElement::Edge(other)) => other == edge,
                    None => false,
                }
        })
    }

    /// What lies at a point while `selected` is selected: the box there, else the nearest line that is to be
    /// seen and not further off than `slack`.
    pub fn hit(&self, x: f64, y: f64, slack: f64, selected: Option<GraphElement>) -> Option<GraphElement> {
        let inside = |node: &Node| {
            (x - node.center.x).abs() <= node.width / 2.0 && (y - node.center.y).abs() <= NODE_HEIGHT / 2.0
        };
        if let Some(node) = self.nodes.iter().position(inside) {
            return Some(GraphElement::Node(node as u32));
        }
        let at = Point { x, y };
        self.edges
            .iter()
            .enumerate()
            .filter(|(index, _)| self.shows(*index as u32, selected))
            .filter_map(|(index, edge)| {
                let distance = edge.curve.distance(at, edge.width / 2.0 + slack)?;
                Some(((distance - edge.width / 2.0).max(0.0), index))
            })
            .min_by(|one, other| one.0.total_cmp(&other.0))
            .map(|(_, index)| GraphElement::Edge(index as u32))
    }

    /// Whether an edge starts or ends at a node.
    pub fn touches(&self, edge: u32, node: u32) -> bool {
        self.edges.get(edge as usize).is_some_and(|edge| edge.caller == node || edge.callee == node)
    }
}

/// Room for name and note at about 7.2 and 6.6 pixels a letter, a swatch and margins; what is longer is cut
/// when drawn.
fn node_width(node: &Node) -> f64 {
    let letters = |text: &str, each: f64| text.chars().count() as f64 * each;
    let widest = letters(&node.name, 7.2).max(letters(&node.note, 6.6)) + 44.0;
    ((widest / 4.0).ceil() * 4.0).clamp(*NODE_WIDTHS.start(), *NODE_WIDTHS.end())
}

fn line_width(calls: u64, most: u64) -> f64 {
    if most == 0 { 1.0 } else { 1.0 + 4.0 * ((calls as f64).ln_1p() / (most as f64).ln_1p()).powi(2) }
}

/// Of a dense graph all edges but each service's busiest one from another.
fn minor(links: &[RatedLink], ends: &[(u32, u32)], nodes: usize) -> Vec<bool> {
    if links.len() <= DENSE {
        return vec![false; links.len()];
    }
    let mut busiest: Vec<Option<usize>> = vec![None; nodes];
    for (index, &(caller, callee)) in ends.iter().enumerate() {
        let best = &mut busiest[callee as usize];
        if caller != callee && best.is_none_or(|best| links[best].calls < links[index].calls) {
            *best = Some(index);
        }
    }
    let mut minor = vec![true; links.len()];
    busiest.into_iter().flatten().for_each(|index| minor[index] = false);
    minor
}

fn label(link: &RatedLink) -> String {
    let failed = link.error_share().filter(|share| *share > 0.0);
    match failed {
        Some(share) => format!("{} · {}", compact(link.calls), percent(share)),
        None => compact(link.calls),
    }
}

/// Counts what each node served: its requests if all were counted, else the calls from others, with the share of errors of
/// whichever is known.
fn count_served(nodes: &mut [Node], links: &[RatedLink], edges: &[(u32, u32)], sampled: bool) {
    let mut failed = vec![(0.0, 0.0); nodes.len()];
    let (mut called, mut calling) = (vec![0u64; nodes.len()], vec![0u64; nodes.len()]);
    for (link, &(caller, callee)) in links.iter().zip(edges) {
        if caller == callee {
            continue;
        }
        let (caller, callee) = (caller as usize, callee as usize);
        calling[caller] = calling[caller].saturating_add(link.calls);
        called[callee] = called[callee].saturating_add(link.calls);
        if let Some(share) = link.error_share() {
            failed[callee].0 += share * link.calls as f64;
            failed[callee].1 += link.calls as f64;
        }
    }
    for (index, node) in nodes.iter_mut().enumerate() {
        let counted = |number: u64, one: &str| {
            format!("{} {one}{}", compact(number), if number == 1 { "" } else { "s" })
        };
        let (failed, of) = failed[index];
        let share = (of > 0.0).then_some(failed / of);
        let of_requests = |(requests, errors): (u64, u64)| {
            (requests > 0).then(|| (errors as f64 / requests as f64).min(1.0))
        };
        node.error_share = node.requests.map_or(share, of_requests);
        (node.served, node.note) = match (node.requests, called[index], calling[index]) {
            (Some((requests, _)), ..) if !sampled => (requests, counted(requests, "request")),
            (Some((requests, _)), 0, _) if requests > 0 => {
                (requests, format!("{} in the sample", counted(requests, "request")))
            }
            (_, 0, 0) => (0, "no calls".to_owned()),
            (_, 0, calling) => (0, counted(calling, "outgoing call")),
            (_, called, _) => (called, counted(called, "call")),
        };
        if let Some(share) = node.error_share.filter(|share| *share > 0.0) {
            node.note.push_str(&format!(" · {}", percent(share)));
        }
    }
}

#[cfg(test)]
mod tests;
