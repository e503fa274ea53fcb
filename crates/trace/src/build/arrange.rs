//! Orders a forest, given as parent indices, in depth-first pre-order with siblings by start time.

use crate::repair::NONE;

/// The children of each span, as ranges of one list.
pub(super) struct Children {
    start: Vec<u32>,
    list: Vec<u32>,
    roots: Vec<u32>,
}

impl Children {
    /// Groups spans by parent; siblings keep their order.
    pub(super) fn of(parent: &[u32]) -> Self {
        let mut start = vec![0u32; parent.len() + 1];
        let mut roots = Vec::new();
        for (span, parent) in parent.iter().enumerate() {
            match *parent {
                NONE => roots.push(span as u32),
                parent => start[parent as usize + 1] += 1,
            }
        }
        for at in 1..start.len() {
            start[at] += start[at - 1];
        }
        let mut next = start.clone();
        let mut list = vec![0u32; parent.len() - roots.len()];
        for (span, parent) in parent.iter().enumerate() {
            if *parent != NONE {
                let slot = &mut next[*parent as usize];
                list[*slot as usize] = span as u32;
                *slot += 1;
            }
        }
        Self { start, list, roots }
    }

    fn range(&self, span: u32) -> std::ops::Range<usize> {
        self.start[span as usize] as usize..self.start[span as usize + 1] as usize
    }

    /// All spans in breadth-first order, parents first.
    pub(super) fn top_down(&self) -> Vec<u32> {
        let mut order = self.roots.clone();
        let mut at = 0;
        while at < order.len() {
            order.extend_from_slice(&self.list[self.range(order[at])]);
            at += 1;
        }
        order
    }

    /// Sorts siblings by start time, those of one time by index.
    pub(super) fn sort_by_start(&mut self, start: impl Fn(u32) -> u64) {
        let key = |span: &u32| (start(*span), *span);
        self.roots.sort_unstable_by_key(key);
        for span in 0..self.start.len() as u32 - 1 {
            let range = self.range(span);
            if range.len() > 1 {
                self.list[range].sort_unstable_by_key(key);
            }
        }
    }

    /// Spans in pre-order.
    pub(super) fn pre_order(&self) -> Vec<u32> {
        let mut order = Vec::with_capacity(self.start.len() - 1);
        let mut waiting: Vec<u32> = self.roots.iter().rev().copied().collect();
        while let Some(span) = waiting.pop() {
            order.push(span);
            waiting.extend(self.list[self.range(span)].iter().rev());
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_are_ordered_by_start_and_subtrees_stay_together() {
        //        0          starts: 0, 9, 3, 5, 5
        //    1  2           1 has child 3; 4 is another root that starts late
        let start = [0u64, 9, 3, 9, 5];
        let mut children = Children::of(&[NONE, 0, 0, 1, NONE]);
        children.sort_by_start(|span| start[span as usize]);
        assert_eq!(children.pre_order(), [0, 2, 1, 3, 4]);
        assert_eq!(children.top_down(), [0, 4, 2, 1, 3]);
    }
}
