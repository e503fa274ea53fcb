//! Places the nodes of a tree that is as wide as its totals: children side by side below their parent, the largest first.

/// A tree as columns; a parent comes before its children.
#[derive(Debug, Default)]
pub(super) struct Weighted {
    /// Index of the parent; `u32::MAX` for roots.
    pub parent: Vec<u32>,
    /// Width, at least the sum of the children's.
    pub total: Vec<u64>,
}

/// Nodes by lane and start.
#[derive(Debug, Default)]
pub(super) struct NodeOrder {
    /// The nodes, level by level.
    pub node: Vec<u32>,
    /// Start of each, in the same order.
    pub start: Vec<u64>,
    /// Index of the first of each level, and their number at the end.
    pub levels: Vec<u32>,
}

impl Weighted {
    /// Places all nodes. Equal ones stay in their order.
    pub fn place(&self) -> NodeOrder {
        let count = self.parent.len();
        // Children by parent, roots at the end.
        let slot = |parent: u32| (parent as usize).min(count);
        let mut first = vec![0u32; count + 2];
        self.parent.iter().for_each(|parent| first[slot(*parent) + 1] += 1);
        for index in 1..first.len() {
            first[index] += first[index - 1];
        }
        let mut next = first.clone();
        let mut children = vec![0u32; count];
        for (node, parent) in self.parent.iter().enumerate() {
            let place = &mut next[slot(*parent)];
            children[*place as usize] = node as u32;
            *place += 1;
        }
        let mut placed =
            NodeOrder { node: Vec::with_capacity(count), start: Vec::with_capacity(count), levels: vec![0] };
        let mut add = |parent: usize, mut at: u64, placed: &mut NodeOrder| {
            let children = &mut children[first[parent] as usize..first[parent + 1] as usize];
            children.sort_unstable_by_key(|node| (std::cmp::Reverse(self.total[*node as usize]), *node));
            for node in children {
                placed.node.push(*node);
                placed.start.push(at);
                at = at.saturating_add(self.total[*node as usize]);
            }
        };
        add(count, 0, &mut placed);
        let mut from = 0;
        while from < placed.node.len() {
            let to = placed.node.len();
            placed.levels.push(to as u32);
            for index in from..to {
                add(placed.node[index] as usize, placed.start[index], &mut placed);
            }
            from = to;
        }
        placed
    }
}
