//! A span's place among its siblings, as assistive technology wants to hear it ("3 of 41").

use crate::model::{NO_SPAN, Outline, SpanIx};
use rustc_hash::FxHashMap;

/// Remembers the children of the parents asked about, so that a parent of 200,000 is walked once and not
/// once a row. Belongs to one outline; make a new one for another.
#[derive(Debug, Default)]
pub struct Siblings {
    children: FxHashMap<SpanIx, Vec<SpanIx>>,
    held: usize,
}

/// How many entries are kept before all are forgotten: 4 MB of indices.
const KEPT: usize = 1 << 20;

impl Siblings {
    /// Position of `span` among its siblings, from 1, and how many they are.
    pub fn place(&mut self, outline: &Outline, span: SpanIx) -> (u32, u32) {
        let parent = outline.parent[span as usize];
        if self.held > KEPT && !self.children.contains_key(&parent) {
            self.children.clear();
            self.held = 0;
        }
        let held = &mut self.held;
        let siblings = self.children.entry(parent).or_insert_with(|| {
            let list = list(outline, parent);
            *held += list.len() + 8;
            list
        });
        let position = siblings.partition_point(|sibling| *sibling < span);
        (position as u32 + 1, siblings.len() as u32)
    }
}

fn list(outline: &Outline, parent: SpanIx) -> Vec<SpanIx> {
    if parent != NO_SPAN {
        return outline.children(parent).collect();
    }
    let mut roots = Vec::new();
    let mut root = 0;
    while (root as usize) < outline.len() {
        roots.push(root);
        root = outline.subtree_end[root as usize];
    }
    roots
}
