//! Pixel columns, each filled once however many spans lie over it: the first to come keeps it.

/// The value of a cell that nothing has filled.
pub const EMPTY: u8 = u8::MAX;

/// See the module. The work of many fills is bounded by their number and that of the cells, not by their product.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    cells: Vec<u8>,
    // Next cell at or after this one that is still empty, compressed on the way (disjoint sets).
    next: Vec<u32>,
}

impl Cells {
    /// Makes `len` empty cells, whatever there was.
    pub fn clear(&mut self, len: usize) {
        self.cells.clear();
        self.cells.resize(len, EMPTY);
        self.next.clear();
        self.next.extend(0..=len as u32);
    }

    /// Gives `value` to those of the cells `first..last` that are empty.
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

    /// Runs of equal cells that are not empty: first, one past the last, value.
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
