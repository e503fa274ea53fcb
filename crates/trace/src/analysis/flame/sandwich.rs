//! Callers and callees of one operation, merged over all its occurrences.

use super::paths::{NO_PATH, Paths, append};
use super::{FlameFrames, NO_FRAME};
use crate::model::{Outline, StrIx};

/// Callers are followed this many levels up: a chain of 100,000 spans has as many different ones for each occurrence.
pub const MAX_CALLERS: usize = 128;

/// The call paths to `operation` above it, reversed, and the call paths from it below. An occurrence below another one is
/// a callee of it, not an occurrence of its own, so that no time counts twice.
pub(super) fn frames(outline: &Outline, operation: (StrIx, StrIx)) -> FlameFrames {
    let (paths, path_of, unit) = Paths::of(outline);
    let count = paths.own.len();
    let (mut callees, mut callers) = (Paths::default(), Paths::default());
    let (mut callee_of, mut caller_of) = (vec![NO_PATH; count], vec![NO_PATH; count]);
    let mut is_cut = false;
    for path in 0..count {
        let parent = paths.tree.parent[path];
        let above = callee_of.get(parent as usize).copied().unwrap_or(NO_PATH);
        if above == NO_PATH && paths.operation[path] != operation {
            continue;
        }
        let to = callees.child(above, paths.operation[path], paths.longest[path]);
        callees.merge(to, &paths, path as u32, outline);
        callee_of[path] = to;
        if above != NO_PATH {
            continue;
        }
        let (mut nearer, mut caller, mut level) = (NO_PATH, parent, 0);
        while let Some(operation) = paths.operation.get(caller as usize) {
            if level == MAX_CALLERS {
                is_cut = true;
                break;
            }
            let from = caller as usize;
            nearer = callers.child(nearer, *operation, paths.longest[from]);
            let to = nearer as usize;
            // Totals of callers are what they spend in the operation.
            callers.own[to] = callers.own[to].saturating_add(paths.tree.total[path]);
            callers.spans[to] += paths.spans[path];
            callers.errors[to] += paths.errors[path];
            caller_of[from] = nearer;
            caller = paths.tree.parent[from];
            level += 1;
        }
    }
    drop(paths);
    callees.sum();
    callers.seal();
    callers.tree.total = std::mem::take(&mut callers.own);
    callers.own = vec![0; callers.tree.total.len()];
    let mut frames = FlameFrames { lanes: vec![0], unit, is_cut, ..FlameFrames::default() };
    let frame_of_caller = append(&mut frames, callers, true);
    frames.middle = frames.lanes() as u32;
    let frame_of_callee = append(&mut frames, callees, false);
    let frame = |path: u32| {
        let find = |of: &[u32], frames: &[u32]| frames.get(of[path as usize] as usize).copied();
        let callee = find(&callee_of, &frame_of_callee);
        callee.or_else(|| find(&caller_of, &frame_of_caller)).unwrap_or(NO_FRAME)
    };
    frames.frame_of = path_of.into_iter().map(frame).collect();
    frames.total = frames.end.iter().copied().max().unwrap_or(0);
    frames
}
