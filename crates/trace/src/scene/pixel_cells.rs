//! A row of pixel columns in which each cell keeps the first value written to it.

/// Value of an empty cell.
pub const EMPTY: u8 = u8::MAX;

/// Cells with near-constant time per fill: skipping filled cells costs little, however many spans overlap.
#[derive(Clone, Debug, Default)]
pub struct PixelCells {
    cells: Vec<u8>,
    // Next empty cell at or after each cell, with path compression (disjoint sets).
    next: Vec<u32>,
}

impl PixelCells {
    /// Resets to `len` empty cells.
    pub fn clear(&mut self, len: usize) {
        self.cells.clear();
        self.cells.resize(len, EMPTY);
        self.next.clear();
        self.next.extend(0..=len as u32);
    }

    /// Sets the empty cells of `first..last` to `value`.
    pub fn fill(&mut self, first: usize, last: usize, value: u8) {
        let last = last.min(self.cells.len());
        let mut cell = self.empty_from(first.min(last));
        while cell < last {
            self.cells[cell] = value;
            self.next[cell] = cell as u32 + 1;
            cell = self.empty_from(cell + 1);
        }
    }

    fn empty_from(&mut self, from: usize) -> usize {
        let mut cell = from;
        while self.next[cell] as usize != cell {
            let next = self.next[cell] as usize;
            self.next[cell] = self.next[next];
            cell = self.next[cell] as usize;
        }
        cell
    }

    /// All cells.
    pub fn as_slice(&self) -> &[u8] {
        &self.cells
    }

    /// Runs of equal non-empty cells: first, one past the last, value.
    pub fn runs(&self) -> impl Iterator<Item = (usize, usize, u8)> + '_ {
        let mut from = 0;
        let runs = self.cells.chunk_by(|a, b| a == b).map(move |same| {
            let first = from;
            from += same.len();
            (first, from, same[0])
        });
        runs.filter(|(.., value)| *value != EMPTY)
    }
}
