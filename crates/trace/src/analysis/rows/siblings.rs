//! Positions of rows among their siblings, for `aria-posinset` and `aria-setsize`.

use super::{Rows, group};
use crate::model::{Outline, SpanIx};
use rustc_hash::FxHashMap;

/// Caches the children of parents, so that a parent of 200,000 is not walked for each row. Valid for one outline and
/// one list of rows.
#[derive(Debug, Default)]
pub struct Siblings {
    /// By parent.
    children: FxHashMap<SpanIx, Vec<SpanIx>>,
    cached: usize,
    /// By row, if the rows are not in the order of the trace.
    places: Vec<(u32, u32)>,
}

/// Maximum number of cached indices (4 MB) before the cache is cleared.
const MOST: usize = 1 << 20;

impl Siblings {
    /// Position of the row at `index` among its siblings, from 1, and their number; `(1, 1)` if there is no row.
    pub fn place(&mut self, outline: &Outline, rows: &Rows, index: usize) -> (u32, u32) {
        let Some(row) = rows.get(index) else { return (1, 1) };
        if !rows.plain {
            if self.places.len() != rows.len() {
                self.places = places(rows);
            }
            return self.places[index];
        }
        if rows.focused && index == 0 {
            return (1, 1);
        }
        let parent = outline.parent[row.span as usize];
        if self.cached > MOST && !self.children.contains_key(&parent) {
            self.children.clear();
            self.cached = 0;
        }
        let cached = &mut self.cached;
        let siblings = self.children.entry(parent).or_insert_with(|| {
            let list: Vec<_> = group::family(outline, row.span).collect();
            *cached += list.len() + 8;
            list
        });
        let position = siblings.partition_point(|sibling| *sibling < row.span);
        (position as u32 + 1, siblings.len() as u32)
    }
}

/// Position and number of siblings of every row: a downward pass counts positions, an upward pass copies the last
/// position to the whole family.
fn places(rows: &Rows) -> Vec<(u32, u32)> {
    let mut places = Vec::with_capacity(rows.len());
    let mut counts: Vec<u32> = Vec::new();
    for row in rows.as_slice() {
        counts.resize(row.depth() as usize + 1, 0);
        let count = &mut counts[row.depth() as usize];
        *count += 1;
        places.push((*count, 0));
    }
    let mut sizes: Vec<u32> = Vec::new();
    for (row, place) in rows.as_slice().iter().zip(&mut places).rev() {
        sizes.resize(row.depth() as usize + 1, 0);
        let size = &mut sizes[row.depth() as usize];
        if place.0 > *size {
            *size = place.0;
        }
        place.1 = *size;
        // The first sibling ends the family; the pending family of the parent continues.
        if place.0 == 1 {
            *size = 0;
        }
    }
    places
}
