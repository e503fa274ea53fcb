//! Undo and redo of zooming and panning.

/// Moves closer together than this count as one, milliseconds: a wheel makes many small ones.
const PAUSE: f64 = 400.0;

/// Ranges that can be undone at most.
const CAPACITY: usize = 100;

/// Ranges shown before the current one, and ranges undone from it, each the latest last.
#[derive(Clone, Debug, Default)]
pub(super) struct ZoomHistory {
    past: Vec<(u64, u64)>,
    future: Vec<(u64, u64)>,
    /// Time of the latest move, milliseconds.
    moved: f64,
}

impl ZoomHistory {
    /// Records `range`, which is about to be left at time `now`, milliseconds.
    pub fn record(&mut self, range: (u64, u64), now: f64) {
        if now - self.moved > PAUSE || self.past.is_empty() {
            self.past.push(range);
            if self.past.len() > CAPACITY {
                self.past.remove(0);
            }
        }
        self.moved = now;
        self.future.clear();
    }

    /// The range before `current`, if there is one.
    pub fn undo(&mut self, current: (u64, u64)) -> Option<(u64, u64)> {
        let range = self.past.pop()?;
        self.future.push(current);
        self.moved = 0.0;
        Some(range)
    }

    /// The range that was undone last, if there is one.
    pub fn redo(&mut self, current: (u64, u64)) -> Option<(u64, u64)> {
        let range = self.future.pop()?;
        self.past.push(current);
        self.moved = 0.0;
        Some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::ZoomHistory;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn moves_are_undone_and_redone() {
        let mut history = ZoomHistory::default();
        assert_eq!(history.undo((0, 100)), None);
        history.record((0, 100), 1_000.0);
        history.record((10, 90), 1_016.0);
        history.record((20, 80), 5_000.0);
        assert_eq!(history.undo((30, 70)), Some((20, 80)), "the steps of a wheel are one move");
        assert_eq!(history.undo((20, 80)), Some((0, 100)));
        assert_eq!(history.undo((0, 100)), None);
        assert_eq!(history.redo((0, 100)), Some((20, 80)));
        history.record((20, 80), 5_001.0);
        assert_eq!(history.redo((40, 50)), None, "a new move clears what could be redone");
        assert_eq!(history.undo((40, 50)), Some((20, 80)));
    }
}
