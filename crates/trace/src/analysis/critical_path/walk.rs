//! The walk back from the end of a root. Its stack is a list: a trace may be 100,000 spans deep.

use super::PathSegment;
use super::windows::Windows;
use crate::model::{Outline, SpanIx};
use std::cmp::Reverse;

/// A span that the walk is in.
struct Frame {
    span: SpanIx,
    /// The time reached; the span's part of the path before it is still to be found.
    time: u64,
    /// Where its children start in [`Walk::children`]; they go on up to those of the next frame.
    first: usize,
    /// The next child to look at.
    next: usize,
}

/// A child for which a span waits.
struct Child {
    span: SpanIx,
    start: u64,
    end: u64,
}

/// The walk through one root after the other, whose memory is used again.
#[derive(Default)]
pub(super) struct Walk {
    frames: Vec<Frame>,
    /// The children of the spans on the stack, of each those that ended last first.
    children: Vec<Child>,
}

impl Walk {
    /// Adds the path through a root to `segments`, from its end backwards.
    pub(super) fn root(
        &mut self,
        outline: &Outline,
        windows: &Windows,
        root: SpanIx,
        segments: &mut Vec<PathSegment>,
    ) {
        self.enter(outline, windows, root);
        while let Some(frame) = self.frames.last_mut() {
            let time = frame.time;
            // Times only decrease, so a child that was skipped is never visited again.
            let passed = self.children[frame.next..].iter().take_while(|child| child.end > time).count();
            frame.next += passed;
            let child = self.children.get(frame.next);
            let since = child.map_or(windows.start[frame.span as usize], |child| child.end);
            if since < time {
                segments.push(PathSegment { span: frame.span, start: since, end: time });
            }
            match child {
                Some(child) => {
                    frame.time = child.start;
                    frame.next += 1;
                    let span = child.span;
                    self.enter(outline, windows, span);
                }
                None => {
                    self.children.truncate(frame.first);
                    self.frames.pop();
                }
            }
        }
    }

    fn enter(&mut self, outline: &Outline, windows: &Windows, span: SpanIx) {
        let first = self.children.len();
        let awaited = outline.children(span).filter(|child| windows.is_awaited(*child)).map(|span| {
            let (start, end) = windows.get(span);
            Child { span, start, end }
        });
        self.children.extend(awaited.filter(|child| child.start < child.end));
        let order = |child: &Child| (Reverse(child.end), child.start, child.span);
        self.children[first..].sort_unstable_by_key(order);
        let time = windows.end[span as usize];
        self.frames.push(Frame { span, time, first, next: first });
    }
}
