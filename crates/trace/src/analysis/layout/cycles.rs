//! Reverses edges to remove cycles.

/// For each edge whether it must be reversed: back edges of a depth-first search that starts at nodes without
/// callers. Reversing them makes the graph acyclic. `edges` are sorted, distinct and without loops.
pub(super) fn reversed(count: usize, edges: &[(u32, u32)]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut reversed = vec![false; edges.len()];
    let mut state = vec![State::New; count];
    let mut balance = vec![0i64; count];
    let mut called = vec![false; count];
    for &(from, to) in edges {
        balance[from as usize] += 1;
        balance[to as usize] -= 1;
        called[to as usize] = true;
    }
    let mut starts: Vec<u32> = (0..count as u32).collect();
    starts.sort_unstable_by_key(|node| (called[*node as usize], -balance[*node as usize], *node));

    let first_edge = |node: u32| edges.partition_point(|edge| edge.0 < node);
    let mut stack: Vec<(u32, usize)> = Vec::new();
    for start in starts {
        if state[start as usize] != State::New {
            continue;
        }
        state[start as usize] = State::Open;
        stack.push((start, first_edge(start)));
        while let Some((node, next)) = stack.last_mut() {
            match edges.get(*next).filter(|edge| edge.0 == *node) {
                None => {
                    state[*node as usize] = State::Done;
                    stack.pop();
                }
                Some(&(_, to)) => {
                    let edge = *next;
                    *next += 1;
                    match state[to as usize] {
                        State::New => {
                            state[to as usize] = State::Open;
                            stack.push((to, first_edge(to)));
                        }
                        State::Open => reversed[edge] = true,
                        State::Done => {}
                    }
                }
            }
        }
    }
    reversed
}
