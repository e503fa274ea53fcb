//! A layered layout for graphs of services: callers to the left, callees to the right.
//!
//! The four steps of Sugiyama, Tagawa and Toda (1981), each iterative, deterministic and near linear: edges that
//! close cycles are reversed (`cycles`), nodes get ranks (`ranks`), the order in each rank is swept to reduce
//! crossings (`order`), and nodes are placed close to their neighbours (`place`). Connected components are laid
//! out separately and packed. Sizes and positions are in pixels of an unscaled drawing.

mod cycles;
mod order;
mod place;
mod ranks;

/// A graph to lay out.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Width and height of each node.
    pub sizes: Vec<(f64, f64)>,
    /// Edges from node to node; loops and duplicates are allowed, edges to nodes that do not exist are skipped.
    pub edges: Vec<(u32, u32)>,
}

/// Minimum distances.
#[derive(Clone, Copy, Debug)]
pub struct Spacing {
    /// Between two ranks, side to side.
    pub ranks: f64,
    /// Between two nodes of a rank.
    pub nodes: f64,
    /// Between an edge that passes through a rank and its neighbours.
    pub passing: f64,
}

/// A position, from the top left corner of the drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Horizontal.
    pub x: f64,
    /// Vertical.
    pub y: f64,
}

/// The route of an edge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EdgeRoute {
    /// Points between its two nodes, in its own direction: where it enters and leaves each rank that it crosses.
    pub via: Vec<Point>,
    /// Whether it runs from right to left because it closes a cycle.
    pub backward: bool,
}

/// A layout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Centres of the nodes.
    pub centers: Vec<Point>,
    /// Rank of each node in its component, 0 at the left.
    pub ranks: Vec<u32>,
    /// Routes, in the order of the graph's edges.
    pub routes: Vec<EdgeRoute>,
    /// Width of the drawing.
    pub width: f64,
    /// Height of the drawing.
    pub height: f64,
}

/// Computes the layout.
pub fn layered(graph: &Graph, spacing: Spacing) -> Layout {
    let count = graph.sizes.len();
    let valid =
        |edge: &(u32, u32)| (edge.0 as usize) < count && (edge.1 as usize) < count && edge.0 != edge.1;
    let mut distinct: Vec<(u32, u32)> = graph.edges.iter().copied().filter(valid).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let reversed = cycles::reversed(count, &distinct);
    let mut forward: Vec<(u32, u32)> = distinct
        .iter()
        .zip(&reversed)
        .map(|(&(from, to), reversed)| if *reversed { (to, from) } else { (from, to) })
        .collect();
    forward.sort_unstable();
    forward.dedup();

    let mut layout = Layout {
        centers: vec![Point::default(); count],
        ranks: vec![0; count],
        routes: vec![EdgeRoute::default(); graph.edges.len()],
        ..Layout::default()
    };
    let mut routes: Vec<Vec<Point>> = vec![Vec::new(); forward.len()];
    let mut parts: Vec<Component> = Vec::new();
    for members in components(count, &forward) {
        parts.push(lay_out_component(graph, &members, &forward, spacing, &mut layout, &mut routes));
    }
    pack(parts, spacing, &forward, &mut layout, &mut routes);

    for (edge, route) in graph.edges.iter().zip(&mut layout.routes) {
        let Ok(found) = distinct.binary_search(edge) else { continue };
        route.backward = reversed[found];
        let key = if route.backward { (edge.1, edge.0) } else { *edge };
        if let Ok(found) = forward.binary_search(&key) {
            route.via = routes[found].clone();
            if route.backward {
                route.via.reverse();
            }
        }
    }
    layout
}

/// A laid out component: nodes and size.
struct Component {
    members: Vec<u32>,
    width: f64,
    height: f64,
}

/// Connected components: nodes in ascending order, components by their first nodes.
fn components(count: usize, edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
    let mut above: Vec<u32> = (0..count as u32).collect();
    fn root(above: &mut [u32], mut node: u32) -> u32 {
        while above[node as usize] != node {
            above[node as usize] = above[above[node as usize] as usize];
            node = above[node as usize];
        }
        node
    }
    for &(from, to) in edges {
        let (one, other) = (root(&mut above, from), root(&mut above, to));
        above[one.max(other) as usize] = one.min(other);
    }
    let mut parts: Vec<Vec<u32>> = Vec::new();
    let mut part_of: Vec<usize> = vec![0; count];
    for node in 0..count as u32 {
        let first = root(&mut above, node);
        if first == node {
            part_of[node as usize] = parts.len();
            parts.push(Vec::new());
        }
        parts[part_of[first as usize]].push(node);
    }
    parts
}

/// Lays out a component at the origin.
fn lay_out_component(
    graph: &Graph,
    members: &[u32],
    forward: &[(u32, u32)],
    spacing: Spacing,
    layout: &mut Layout,
    routes: &mut [Vec<Point>],
) -> Component {
    let local = |node: u32| members.binary_search(&node).unwrap_or(0) as u32;
    // `forward` is sorted by the first node, so a component's edges are found by its nodes.
    let mut edges: Vec<(u32, u32)> = Vec::new();
    let mut origin: Vec<usize> = Vec::new();
    for &node in members {
        let start = forward.partition_point(|edge| edge.0 < node);
        for (index, edge) in forward.iter().enumerate().skip(start).take_while(|(_, edge)| edge.0 == node) {
            edges.push((local(edge.0), local(edge.1)));
            origin.push(index);
        }
    }
    let sizes: Vec<(f64, f64)> = members.iter().map(|node| graph.sizes[*node as usize]).collect();
    let ranks = ranks::ranks(members.len(), &edges);
    let mut layers = order::Layers::new(&ranks, &edges);
    layers.sweep();
    let placed = place::place(&layers, &ranks, &sizes, spacing);
    for (index, &node) in members.iter().enumerate() {
        layout.centers[node as usize] = placed.cells[index];
        layout.ranks[node as usize] = ranks[index];
    }
    for (chain, &route) in layers.chains.iter().zip(&origin) {
        for &cell in chain {
            let Point { x, y } = placed.cells[cell as usize];
            let half = placed.columns[layers.rank_of(cell)] / 2.0;
            routes[route].extend([Point { x: x - half, y }, Point { x: x + half, y }]);
        }
    }
    Component { members: members.to_vec(), width: placed.width, height: placed.height }
}

/// Packs components on shelves, largest first, with the aspect ratio of a screen.
fn pack(
    mut parts: Vec<Component>,
    spacing: Spacing,
    forward: &[(u32, u32)],
    layout: &mut Layout,
    routes: &mut [Vec<Point>],
) {
    const WIDE: f64 = 1.6;
    parts.sort_by(|one, other| (other.width * other.height).total_cmp(&(one.width * one.height)));
    let area: f64 =
        parts.iter().map(|part| (part.width + spacing.ranks) * (part.height + spacing.nodes)).sum();
    let widest = parts.iter().map(|part| part.width).fold(0.0, f64::max);
    let limit = widest.max((area * WIDE).sqrt());
    let (mut x, mut y, mut shelf) = (0.0, 0.0, 0.0f64);
    for part in parts {
        if x > 0.0 && x + part.width > limit {
            y += shelf + spacing.nodes * 2.0;
            (x, shelf) = (0.0, 0.0);
        }
        for node in part.members {
            let center = &mut layout.centers[node as usize];
            *center = Point { x: center.x + x, y: center.y + y };
            let start = forward.partition_point(|edge| edge.0 < node);
            let own = forward[start..].iter().take_while(|edge| edge.0 == node).count();
            for point in routes[start..start + own].iter_mut().flatten() {
                *point = Point { x: point.x + x, y: point.y + y };
            }
        }
        layout.width = layout.width.max(x + part.width);
        layout.height = layout.height.max(y + part.height);
        x += part.width + spacing.ranks;
        shelf = shelf.max(part.height);
    }
}

#[cfg(test)]
mod tests;
