//! Computes the positions of cells in ordered ranks.

use super::order::Layers;
use super::{Point, Spacing};

/// Number of passes.
const PASSES: usize = 16;

/// Positions of cells, column widths, and total size.
pub(super) struct CellPositions {
    /// Centre of each cell.
    pub cells: Vec<Point>,
    /// Width of each rank.
    pub columns: Vec<f64>,
    /// Right edge of the last rank.
    pub width: f64,
    /// Bottom of the lowest cell.
    pub height: f64,
}

/// Places columns left to right. In each column cells keep their order and minimum distance, and are as close to the
/// mean of their neighbours as possible.
pub(super) fn place(layers: &Layers, ranks: &[u32], sizes: &[(f64, f64)], spacing: Spacing) -> CellPositions {
    let mut columns = vec![0.0f64; layers.cells.len()];
    for (rank, (width, _)) in ranks.iter().zip(sizes) {
        columns[*rank as usize] = columns[*rank as usize].max(*width);
    }
    let height_of = |cell: u32| sizes.get(cell as usize).map_or(0.0, |size| size.1);
    let gap = |above: u32, below: u32| {
        let least =
            if layers.is_node(above) && layers.is_node(below) { spacing.nodes } else { spacing.passing };
        height_of(above) / 2.0 + least + height_of(below) / 2.0
    };
    // Minimum distance of each cell from the first of its rank.
    let closest: Vec<Vec<f64>> = layers
        .cells
        .iter()
        .map(|rank| {
            let mut at = 0.0;
            let mut offsets = vec![0.0; rank.len().min(1)];
            for pair in rank.windows(2) {
                at += gap(pair[0], pair[1]);
                offsets.push(at);
            }
            offsets
        })
        .collect();

    let mut y = vec![0.0; layers.before.len()];
    for (rank, offsets) in layers.cells.iter().zip(&closest) {
        let middle = offsets.last().map_or(0.0, |last| last / 2.0);
        rank.iter().zip(offsets).for_each(|(cell, offset)| y[*cell as usize] = offset - middle);
    }
    for pass in 0..PASSES {
        let last = pass + 2 >= PASSES;
        let order: Vec<usize> = if pass % 2 == 0 {
            (0..layers.cells.len()).collect()
        } else {
            (0..layers.cells.len()).rev().collect()
        };
        for rank in order {
            let wanted: Vec<(f64, f64)> = layers.cells[rank]
                .iter()
                .map(|cell| pull(layers, &y, *cell, last || pass % 2 == 0, last || pass % 2 == 1))
                .collect();
            let settled = isotonic_regression(&wanted, &closest[rank]);
            layers.cells[rank].iter().zip(settled).for_each(|(cell, at)| y[*cell as usize] = at);
        }
    }

    let top = (0..y.len() as u32)
        .map(|cell| y[cell as usize] - height_of(cell) / 2.0)
        .fold(f64::INFINITY, f64::min);
    let mut left = 0.0;
    let mut cells = vec![Point::default(); y.len()];
    let (mut width, mut height) = (0.0, 0.0f64);
    for (rank, column) in layers.cells.iter().zip(&columns) {
        for &cell in rank {
            let center = Point { x: left + column / 2.0, y: y[cell as usize] - top };
            height = height.max(center.y + height_of(cell) / 2.0);
            cells[cell as usize] = center;
        }
        width = left + column;
        left = width + spacing.ranks;
    }
    CellPositions { cells, columns, width, height }
}

/// The position preferred by a cell's neighbours, and its weight. Long edges have the largest weight so that they are
/// straight. Cells with neighbours on one side only use them in both passes; cells without neighbours prefer the
/// middle.
fn pull(layers: &Layers, y: &[f64], cell: u32, left: bool, right: bool) -> (f64, f64) {
    let strength = |other: u32| match (layers.is_node(cell), layers.is_node(other)) {
        (true, true) => 1.0,
        (false, false) => 8.0,
        _ => 2.0,
    };
    let (before, after) = (&layers.before[cell as usize], &layers.after[cell as usize]);
    let before_counts = left || after.is_empty();
    let after_counts = right || before.is_empty();
    let neighbours = before.iter().filter(|_| before_counts).chain(after.iter().filter(|_| after_counts));
    let (sum, weight) = neighbours.fold((0.0, 0.0), |(sum, weight), other| {
        (sum + y[*other as usize] * strength(*other), weight + strength(*other))
    });
    if weight > 0.0 { (sum / weight, weight) } else { (0.0, 0.1) }
}

/// The positions closest to `wanted` (least squares) with at least the distances of `closest`: isotonic regression
/// after subtracting the minimum distances, solved in linear time by pooling adjacent violators.
fn isotonic_regression(wanted: &[(f64, f64)], closest: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for ((want, weight), offset) in wanted.iter().zip(closest) {
        let mut pool = (want - offset, *weight, 1);
        while let Some(&(mean, mass, size)) = pools.last().filter(|last| last.0 > pool.0) {
            pools.pop();
            let sum = mass + pool.1;
            pool = ((mean * mass + pool.0 * pool.1) / sum, sum, size + pool.2);
        }
        pools.push(pool);
    }
    pools
        .iter()
        .flat_map(|(mean, _, size)| std::iter::repeat_n(*mean, *size))
        .zip(closest)
        .map(|(mean, offset)| mean + offset)
        .collect()
}
