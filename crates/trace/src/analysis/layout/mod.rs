//! A layered layout for graphs of services: callers to the left, callees to the right.
//!
//! The classic four steps (Sugiyama, Tagawa, Toda 1981), each iterative, deterministic and near linear, so
//! that thousands of links take milliseconds: edges that close cycles are turned round ([`cycles`]), nodes get
//! ranks ([`ranks`]), the order in each rank is swept until fewer edges cross ([`order`]), and rows are placed
//! as close to their neighbours as the gaps allow ([`place`]). Parts of the graph that are not connected are
//! laid out alone and packed beside each other. Cell sizes and results are in pixels of an unscaled drawing.

mod cycles;
mod order;
mod place;
mod ranks;

/// What is to be laid out.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Width and height of each node.
    pub sizes: Vec<(f64, f64)>,
    /// From node to node; loops and repeated edges are welcome, edges to nodes that do not exist are skipped.
    pub edges: Vec<(u32, u32)>,
}

/// Least distances.
#[derive(Clone, Copy, Debug)]
pub struct Spacing {
    /// Between two ranks, side to side.
    pub ranks: f64,
    /// Between two nodes of a rank.
    pub nodes: f64,
    /// Between an edge that passes through a rank and what is next to it.
    pub passing: f64,
}

/// A node's place or an edge's way, from the top left corner of the drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// The way of one edge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Way {
    /// Points between its two nodes, in its own direction: where it enters and leaves each rank that it passes.
    pub via: Vec<Point>,
    /// It runs from right to left: it closes a cycle.
    pub backward: bool,
}

/// The result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Centres of the nodes.
    pub centers: Vec<Point>,
    /// Rank of each node within its part of the graph, 0 at the left.
    pub ranks: Vec<u32>,
    /// One way for each edge of the graph, in its order.
    pub ways: Vec<Way>,
    /// Width of the drawing.
    pub width: f64,
    /// Height of the drawing.
    pub height: f64,
}

/// Lays the graph out.
pub fn layered(graph: &Graph, spacing: Spacing) -> Layout {
    let count = graph.sizes.len();
    let valid =
        |edge: &(u32, u32)| (edge.0 as usize) < count && (edge.1 as usize) < count && edge.0 != edge.1;
    let mut distinct: Vec<(u32, u32)> = graph.edges.iter().copied().filter(valid).collect();
    distinct.sort();
    distinct.dedup();
    let turned = cycles::turned(count, &distinct);
    let mut forward: Vec<(u32, u32)> = distinct
        .iter()
        .zip(&turned)
        .map(|(&(from, to), turned)| if *turned { (to, from) } else { (from, to) })
        .collect();
    forward.sort();
    forward.dedup();

    let mut layout = Layout {
        centers: vec![Point::default(); count],
        ranks: vec![0; count],
        ways: vec![Way::default(); graph.edges.len()],
        ..Layout::default()
    };
    let mut routes: Vec<Vec<Point>> = vec![Vec::new(); forward.len()];
    let mut parts: Vec<Part> = Vec::new();
    for members in components(count, &forward) {
        parts.push(lay_part(graph, &members, &forward, spacing, &mut layout, &mut routes));
    }
    pack(parts, spacing, &forward, &mut layout, &mut routes);

    for (edge, way) in graph.edges.iter().zip(&mut layout.ways) {
        let Ok(found) = distinct.binary_search(edge) else { continue };
        way.backward = turned[found];
        let key = if way.backward { (edge.1, edge.0) } else { *edge };
        if let Ok(route) = forward.binary_search(&key) {
            way.via = routes[route].clone();
            if way.backward {
                way.via.reverse();
            }
        }
    }
    layout
}

/// One connected part after its layout: which nodes and how large.
struct Part {
    members: Vec<u32>,
    width: f64,
    height: f64,
}

/// The connected parts, each with its nodes in rising order, in the order of their first nodes.
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

/// Lays one connected part out at the origin.
fn lay_part(
    graph: &Graph,
    members: &[u32],
    forward: &[(u32, u32)],
    spacing: Spacing,
    layout: &mut Layout,
    routes: &mut [Vec<Point>],
) -> Part {
    let local = |node: u32| members.binary_search(&node).unwrap_or(0) as u32;
    // `forward` is sorted by its first node, so a part's edges are found by its members.
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
    Part { members: members.to_vec(), width: placed.width, height: placed.height }
}

/// Puts the parts on shelves, the largest first, so that the whole is about as wide as a screen.
fn pack(
    mut parts: Vec<Part>,
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
