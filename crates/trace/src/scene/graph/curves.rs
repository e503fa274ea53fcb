//! The lines between boxes: smooth, leaving and entering level, spread along the sides.

use super::{NODE_HEIGHT, Node};
use crate::analysis::layout::{EdgeRoute, Point};

/// Pieces that a bend is cut into where distances are measured.
const PIECES: u32 = 12;

/// Cubic Bézier bends, each beginning where the one before ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Start, two handles and end of each bend.
    pub bends: Vec<[Point; 4]>,
    /// Left, top, right and bottom of all points and handles.
    pub bounds: (f64, f64, f64, f64),
}

impl Curve {
    fn new(bends: Vec<[Point; 4]>) -> Self {
        let mut bounds = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
        for point in bends.iter().flatten() {
            bounds =
                (bounds.0.min(point.x), bounds.1.min(point.y), bounds.2.max(point.x), bounds.3.max(point.y));
        }
        Curve { bends, bounds }
    }

    /// Distance of a point from the line, if it is not larger than `limit`.
    pub fn distance(&self, at: Point, limit: f64) -> Option<f64> {
        let (left, top, right, bottom) = self.bounds;
        if at.x < left - limit || at.x > right + limit || at.y < top - limit || at.y > bottom + limit {
            return None;
        }
        let mut nearest = f64::INFINITY;
        for bend in &self.bends {
            let mut from = bend[0];
            for piece in 1..=PIECES {
                let to = point_at(bend, f64::from(piece) / f64::from(PIECES));
                nearest = nearest.min(distance_to_line(at, from, to));
                from = to;
            }
        }
        (nearest <= limit).then_some(nearest)
    }
}

/// The point of a bend at `t` from 0 to 1.
pub(super) fn point_at(bend: &[Point; 4], t: f64) -> Point {
    let u = 1.0 - t;
    let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
    let sum =
        |part: fn(&Point) -> f64| bend.iter().zip(weights).map(|(point, weight)| part(point) * weight).sum();
    Point { x: sum(|point| point.x), y: sum(|point| point.y) }
}

fn distance_to_line(at: Point, from: Point, to: Point) -> f64 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { ((at.x - from.x) * dx + (at.y - from.y) * dy) / length } else { 0.0 };
    let along = along.clamp(0.0, 1.0);
    (from.x + along * dx - at.x).hypot(from.y + along * dy - at.y)
}

/// The curves of all edges, in their order.
pub(super) fn curves(nodes: &[Node], edges: &[(u32, u32)], routes: &[EdgeRoute]) -> Vec<Curve> {
    let ports = ports(nodes, edges, routes);
    edges
        .iter()
        .zip(routes)
        .zip(ports)
        .map(|((&(caller, callee), route), (leave, enter))| {
            if caller == callee {
                return Curve::new(loop_above(&nodes[caller as usize]));
            }
            let points: Vec<Point> =
                [leave].into_iter().chain(route.via.iter().copied()).chain([enter]).collect();
            Curve::new(points.windows(2).map(|pair| level(pair[0], pair[1])).collect())
        })
        .collect()
}

/// A bend that leaves and enters level.
fn level(from: Point, to: Point) -> [Point; 4] {
    let half = (to.x - from.x) / 2.0;
    [from, Point { x: from.x + half, y: from.y }, Point { x: to.x - half, y: to.y }, to]
}

/// A small loop over the upper right corner of a box.
fn loop_above(node: &Node) -> Vec<[Point; 4]> {
    let top = node.center.y - NODE_HEIGHT / 2.0;
    let right = node.center.x + node.width / 2.0;
    let point = |x: f64, y: f64| Point { x: right + x, y: top + y };
    vec![
        [point(-26.0, 0.0), point(-26.0, -12.0), point(-18.0, -14.0), point(-8.0, -14.0)],
        [point(-8.0, -14.0), point(8.0, -14.0), point(14.0, 10.0), point(0.0, 12.0)],
    ]
}

/// Where each edge leaves its caller and enters its callee. On each side of a box the edges stand in the
/// order of where they lead, so that they do not cross before they part.
fn ports(nodes: &[Node], edges: &[(u32, u32)], routes: &[EdgeRoute]) -> Vec<(Point, Point)> {
    let middle = |node: u32| nodes[node as usize].center;
    // (node, right side?, height that the edge leads to, edge, leaves?)
    let mut ends: Vec<(u32, bool, f64, usize, bool)> = Vec::new();
    for (index, (&(caller, callee), route)) in edges.iter().zip(routes).enumerate() {
        if caller == callee {
            continue;
        }
        let next = route.via.first().map_or(middle(callee).y, |point| point.y);
        let previous = route.via.last().map_or(middle(caller).y, |point| point.y);
        ends.push((caller, !route.backward, next, index, true));
        ends.push((callee, route.backward, previous, index, false));
    }
    ends.sort_by(|one, other| {
        (one.0, one.1).cmp(&(other.0, other.1)).then(one.2.total_cmp(&other.2)).then(one.3.cmp(&other.3))
    });
    let mut ports = vec![(Point::default(), Point::default()); edges.len()];
    for side in ends.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
        let step = ((NODE_HEIGHT - 16.0) / side.len() as f64).min(9.0);
        let first = -step * (side.len() as f64 - 1.0) / 2.0;
        for (place, &(node, right, _, edge, leaves)) in side.iter().enumerate() {
            let half = nodes[node as usize].width / 2.0 * if right { 1.0 } else { -1.0 };
            let center = middle(node);
            let port = Point { x: center.x + half, y: center.y + first + step * place as f64 };
            if leaves { ports[edge].0 = port } else { ports[edge].1 = port }
        }
    }
    ports
}
