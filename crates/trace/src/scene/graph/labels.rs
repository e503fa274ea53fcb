//! Where labels of edges find room.

use super::{Edge, NODE_HEIGHT, Node};
use crate::analysis::layout::Point;

/// Height of a label.
const HEIGHT: f64 = 18.0;
/// Places along a bend that are tried, the middle first.
const TRIED: [f64; 5] = [0.5, 0.38, 0.62, 0.26, 0.74];

/// A rectangle: left, top, right, bottom.
type Area = (f64, f64, f64, f64);

/// Gives each edge's label a place on its line where it covers no box and no other label; failing edges choose
/// first, then busy ones. Calls within a service and edges
/// that are left out carry none.
pub(super) fn place(nodes: &[Node], edges: &mut [Edge]) {
    let mut taken = Grid::default();
    for node in nodes {
        let (x, y) = (node.width / 2.0 + 2.0, NODE_HEIGHT / 2.0 + 2.0);
        taken.put((node.center.x - x, node.center.y - y, node.center.x + x, node.center.y + y));
    }
    let mut order: Vec<usize> = (0..edges.len())
        .filter(|index| edges[*index].caller != edges[*index].callee && !edges[*index].minor)
        .collect();
    order.sort_by(|one, other| {
        let key = |index: usize| (edges[index].link.error_share().unwrap_or(0.0), edges[index].link.calls);
        let (one_key, other_key) = (key(*one), key(*other));
        other_key.0.total_cmp(&one_key.0).then(other_key.1.cmp(&one_key.1)).then(one.cmp(other))
    });
    for index in order {
        let edge = &edges[index];
        let half = (edge.label.chars().count() as f64 * 6.4 + 14.0) / 2.0;
        let candidates =
            TRIED.iter().flat_map(|t| edge.curve.bends.iter().map(|bend| super::curves::point_at(bend, *t)));
        let area = |at: Point| (at.x - half, at.y - HEIGHT / 2.0, at.x + half, at.y + HEIGHT / 2.0);
        let found = candidates.into_iter().find(|at| taken.is_free(area(*at)));
        if let Some(at) = found {
            taken.put(area(at));
        }
        edges[index].label_at = found;
    }
}

/// Rectangles found by the cells of a coarse grid that they touch.
#[derive(Default)]
struct Grid {
    cells: rustc_hash::FxHashMap<u64, Vec<Area>>,
}

impl Grid {
    /// Column and row of each in one number.
    fn cells_of(area: Area) -> impl Iterator<Item = u64> {
        const CELL: f64 = 128.0;
        let cell = |at: f64| (at / CELL).floor() as i32;
        (cell(area.0)..=cell(area.2)).flat_map(move |x| {
            (cell(area.1)..=cell(area.3)).map(move |y| u64::from(x as u32) << 32 | u64::from(y as u32))
        })
    }

    fn put(&mut self, area: Area) {
        Self::cells_of(area).for_each(|cell| self.cells.entry(cell).or_default().push(area));
    }

    fn is_free(&self, area: Area) -> bool {
        let apart =
            |other: &Area| area.0 >= other.2 || other.0 >= area.2 || area.1 >= other.3 || other.1 >= area.3;
        Self::cells_of(area).all(|cell| self.cells.get(&cell).is_none_or(|areas| areas.iter().all(apart)))
    }
}
