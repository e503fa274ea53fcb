//! Orders the nodes of each rank to reduce crossings.

use crate::units::sort_by_number;

/// Number of sweeps.
const SWEEPS: usize = 12;

/// Ranks as ordered lists of cells. Cells below `nodes` are nodes; others are positions where a long edge crosses a
/// rank.
pub(super) struct Layers {
    /// Cells of each rank, top to bottom.
    pub cells: Vec<Vec<u32>>,
    /// For each edge the cells that it passes through, left to right. Empty for edges between neighbours,
    /// and for the longest edges of a dense graph, which are drawn straight.
    pub chains: Vec<Vec<u32>>,
    /// Number of nodes.
    pub nodes: usize,
    /// Neighbours to the left and to the right of each cell.
    pub before: Vec<Vec<u32>>,
    /// See `before`.
    pub after: Vec<Vec<u32>>,
    rank: Vec<u32>,
}

impl Layers {
    /// Cells in depth-first order along the edges.
    pub fn new(ranks: &[u32], edges: &[(u32, u32)]) -> Self {
        let nodes = ranks.len();
        let mut layers = Layers {
            cells: vec![Vec::new(); ranks.iter().max().map_or(0, |last| *last as usize + 1)],
            chains: vec![Vec::new(); edges.len()],
            nodes,
            before: vec![Vec::new(); nodes],
            after: vec![Vec::new(); nodes],
            rank: ranks.to_vec(),
        };
        // Short edges first: if there are too many cells, the longest edges get none.
        let mut budget = (nodes * 3).min(900).max(nodes) + 100;
        let mut by_length: Vec<usize> = (0..edges.len()).collect();
        let length = |edge: usize| ranks[edges[edge].1 as usize] - ranks[edges[edge].0 as usize];
        sort_by_number(&mut by_length, |edge| length(*edge).into());
        for edge in by_length {
            let (from, to) = edges[edge];
            let passed = length(edge) as usize - 1;
            if passed > budget {
                break;
            }
            budget -= passed;
            let mut last = from;
            for step in 1..=passed {
                let cell = layers.rank.len() as u32;
                layers.rank.push(ranks[from as usize] + step as u32);
                layers.before.push(Vec::new());
                layers.after.push(Vec::new());
                layers.chains[edge].push(cell);
                layers.join(last, cell);
                last = cell;
            }
            layers.join(last, to);
        }
        layers.walk();
        layers
    }

    fn join(&mut self, left: u32, right: u32) {
        self.after[left as usize].push(right);
        self.before[right as usize].push(left);
    }

    /// The rank of a cell.
    pub fn rank_of(&self, cell: u32) -> usize {
        self.rank[cell as usize] as usize
    }

    /// Whether a cell is a node.
    pub fn is_node(&self, cell: u32) -> bool {
        (cell as usize) < self.nodes
    }

    /// Fills `cells` depth first, starting at the leftmost.
    fn walk(&mut self) {
        let mut seen = vec![false; self.rank.len()];
        let mut starts: Vec<u32> = (0..self.rank.len() as u32).collect();
        starts.sort_unstable_by_key(|cell| (self.rank[*cell as usize], *cell));
        let mut stack = Vec::new();
        for start in starts {
            stack.push(start);
            while let Some(cell) = stack.pop() {
                if std::mem::replace(&mut seen[cell as usize], true) {
                    continue;
                }
                self.cells[self.rank[cell as usize] as usize].push(cell);
                stack.extend(self.after[cell as usize].iter().rev());
            }
        }
    }

    /// Sorts each rank by the mean position of its neighbours, rightwards and leftwards, and keeps the order with the
    /// fewest crossings.
    pub fn sweep(&mut self) {
        let mut best = self.cells.clone();
        let mut fewest = self.crossings();
        for sweep in 0..SWEEPS {
            if fewest == 0 {
                break;
            }
            let ranks = self.cells.len();
            let rightwards = sweep % 2 == 0;
            for step in 1..ranks {
                self.sort_rank(if rightwards { step } else { ranks - 1 - step }, rightwards);
            }
            let crossings = self.crossings();
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.cells);
            }
        }
        self.cells = best;
    }

    fn sort_rank(&mut self, rank: usize, rightwards: bool) {
        let place = self.places(if rightwards { rank - 1 } else { rank + 1 });
        let neighbours = if rightwards { &self.before } else { &self.after };
        let mut keyed: Vec<(f64, u32)> = self.cells[rank]
            .iter()
            .enumerate()
            .map(|(own, cell)| {
                let near = &neighbours[*cell as usize];
                let sum: f64 = near.iter().map(|other| f64::from(place[*other as usize])).sum();
                (if near.is_empty() { own as f64 } else { sum / near.len() as f64 }, *cell)
            })
            .collect();
        keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
        self.cells[rank] = keyed.into_iter().map(|(_, cell)| cell).collect();
    }

    /// Position of each cell of one rank in the rank.
    fn places(&self, rank: usize) -> Vec<u32> {
        let mut places = vec![0; self.rank.len()];
        self.cells[rank].iter().enumerate().for_each(|(place, cell)| places[*cell as usize] = place as u32);
        places
    }

    /// Number of crossing pairs of edges, counted as inversions with a Fenwick tree.
    pub fn crossings(&self) -> u64 {
        let mut total = 0u64;
        let mut places = vec![0u32; self.rank.len()];
        for rank in &self.cells {
            rank.iter().enumerate().for_each(|(place, cell)| places[*cell as usize] = place as u32);
        }
        for pair in self.cells.windows(2) {
            let size = pair[1].len();
            let mut tree = vec![0u64; size + 1];
            let mut inserted = 0u64;
            for cell in &pair[0] {
                let mut targets: Vec<usize> =
                    self.after[*cell as usize].iter().map(|other| places[*other as usize] as usize).collect();
                targets.sort_unstable();
                for &target in &targets {
                    let (mut index, mut not_above) = (target + 1, 0);
                    while index > 0 {
                        not_above += tree[index];
                        index -= index & index.wrapping_neg();
                    }
                    total += inserted - not_above;
                }
                for &target in &targets {
                    let mut index = target + 1;
                    while index <= size {
                        tree[index] += 1;
                        index += index & index.wrapping_neg();
                    }
                    inserted += 1;
                }
            }
        }
        total
    }
}
