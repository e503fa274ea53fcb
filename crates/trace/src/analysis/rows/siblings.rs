//! A row's place among its siblings, as assistive technology wants to hear it ("3 of 41").

use super::{Rows, group};
use crate::model::{Outline, SpanIx};
use rustc_hash::FxHashMap;

/// Remembers the children of the parents asked about, so that a parent of 200,000 is walked once and not
/// once a row. Belongs to one outline and one list of rows; make a new one for others.
#[derive(Debug, Default)]
pub struct Siblings {
    /// By parent.
    children: FxHashMap<SpanIx, Vec<SpanIx>>,
    held: usize,
    /// Of every row, where the rows are not those of the trace in its order.
    places: Vec<(u32, u32)>,
}

/// How many entries are kept before all are forgotten: 4 MB of indices.
const MOST: usize = 1 << 20;

impl Siblings {
    /// Position of the row at `index` among its siblings, from 1, and how many they are; `(1, 1)` for no row.
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
        if self.held > MOST && !self.children.contains_key(&parent) {
            self.children.clear();
            self.held = 0;
        }
        let held = &mut self.held;
        let siblings = self.children.entry(parent).or_insert_with(|| {
            let list: Vec<_> = group::family(outline, row.span).collect();
            *held += list.len() + 8;
            list
        });
        let position = siblings.partition_point(|sibling| *sibling < row.span);
        (position as u32 + 1, siblings.len() as u32)
    }
}

/// Position and number of siblings of every row: positions are counted downwards, and upwards the last position
/// of each family is its number.
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
        // The family ends at its first; the one above it starts its own.
        if place.0 == 1 {
            *size = 0;
        }
    }
    places
}
