//! Assigns nodes to columns.

/// Ranks such that every edge leads to a higher one. Nodes are as far left as their callers allow; nodes without
/// callers are next to their nearest callee; full columns overflow into the next. `edges` are acyclic.
pub(super) fn ranks(count: usize, edges: &[(u32, u32)]) -> Vec<u32> {
    let capacity = (2.0 * (count as f64).sqrt()).ceil().max(12.0) as usize;
    let order = topological(count, edges);
    let mut place_in_order = vec![0usize; count];
    order.iter().enumerate().for_each(|(place, node)| place_in_order[*node as usize] = place);
    let mut by_source: Vec<(u32, u32)> = edges.to_vec();
    by_source.sort_unstable_by_key(|(from, to)| (place_in_order[*from as usize], *to));

    let mut wanted = vec![0u32; count];
    let mut called = vec![false; count];
    for &(from, to) in &by_source {
        wanted[to as usize] = wanted[to as usize].max(wanted[from as usize] + 1);
        called[to as usize] = true;
    }
    let mut nearest = vec![u32::MAX; count];
    for &(from, to) in &by_source {
        nearest[from as usize] = nearest[from as usize].min(wanted[to as usize]);
    }
    for node in 0..count {
        if !called[node] && nearest[node] != u32::MAX {
            wanted[node] = nearest[node].saturating_sub(1);
        }
    }

    let mut rank = vec![0u32; count];
    let mut least = wanted;
    let mut filled: Vec<usize> = Vec::new();
    let mut free_from: Vec<u32> = Vec::new();
    let mut next = 0;
    for &node in &order {
        let mut at = least[node as usize];
        // Path compression over full columns keeps this near linear.
        loop {
            while filled.len() <= at as usize {
                filled.push(0);
                free_from.push(filled.len() as u32 - 1);
            }
            if filled[at as usize] < capacity {
                break;
            }
            let hint = free_from[at as usize].max(at + 1);
            if let Some(&further) = free_from.get(hint as usize) {
                free_from[at as usize] = further.max(hint);
            }
            at = hint;
        }
        filled[at as usize] += 1;
        rank[node as usize] = at;
        while let Some(&(_, to)) = by_source.get(next).filter(|edge| edge.0 == node) {
            least[to as usize] = least[to as usize].max(at + 1);
            next += 1;
        }
    }
    close_up(&mut rank);
    rank
}

/// Topological order, ties by number (Kahn 1962).
fn topological(count: usize, edges: &[(u32, u32)]) -> Vec<u32> {
    let mut sorted: Vec<(u32, u32)> = edges.to_vec();
    sorted.sort_unstable();
    let mut waiting = vec![0u32; count];
    sorted.iter().for_each(|(_, to)| waiting[*to as usize] += 1);
    let mut order: Vec<u32> = (0..count as u32).filter(|node| waiting[*node as usize] == 0).collect();
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        next += 1;
        let start = sorted.partition_point(|edge| edge.0 < node);
        for &(_, to) in sorted[start..].iter().take_while(|edge| edge.0 == node) {
            waiting[to as usize] -= 1;
            if waiting[to as usize] == 0 {
                order.push(to);
            }
        }
    }
    order
}

/// Removes empty columns.
fn close_up(rank: &mut [u32]) {
    let columns = rank.iter().max().map_or(0, |last| *last as usize + 1);
    let mut used = vec![0u32; columns];
    rank.iter().for_each(|rank| used[*rank as usize] = 1);
    let mut sum = 0;
    for column in &mut used {
        sum += *column;
        *column = sum;
    }
    rank.iter_mut().for_each(|rank| *rank = used[*rank as usize] - 1);
}
