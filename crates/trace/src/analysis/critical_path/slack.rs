//! Slack: how much longer a span could take without lengthening the trace.

use super::CriticalPath;
use super::roots::{self, PathRoot};
use super::windows::Windows;
use crate::model::{NO_SPAN, Outline, SpanIx};
use std::cmp::Reverse;

/// The slack of every span, nanoseconds: how much later it could end until the end of the last root moved. 0 on the
/// path.
///
/// The dependencies are those by which the walk finds the path. In a parent something happens at the start of each
/// child and at its own end, and each of these waits for all children that had ended by then; the time from the last
/// of those ends is the parent's own work, which stays as long as it is. A child that starts later ends as much later,
/// with all below it. What takes no time delays what comes after it like any other span, and has the slack 0 where
/// the path passes it.
///
/// For a span that the path leaves out nothing waits. Its slack is the time up to the end of the trace, after which it
/// would be the last one.
pub fn slack(outline: &Outline, path: &CriticalPath) -> Vec<u64> {
    let roots = roots_of(outline, path);
    let windows = Windows::of(outline, &roots);
    let mut slack = Slack { windows, of: vec![0; outline.len()], ends: Vec::new(), children: Vec::new() };
    slack.children.extend(roots::all(outline));
    slack.below(outline.duration, 0);
    for span in 0..outline.len() as SpanIx {
        if !slack.windows.is_awaited(span) && outline.parent[span as usize] != NO_SPAN {
            slack.of[span as usize] = outline.duration.saturating_sub(outline.end[span as usize]);
        }
        if outline.has_children(span) {
            let awaited = outline.children(span).filter(|child| slack.windows.is_awaited(*child));
            slack.children.clear();
            slack.children.extend(awaited);
            slack.below(slack.windows.end[span as usize], slack.of[span as usize]);
        }
    }
    slack.of
}

/// The roots on a path, and when it leaves each.
fn roots_of(outline: &Outline, path: &CriticalPath) -> Vec<PathRoot> {
    let all: Vec<SpanIx> = roots::all(outline).collect();
    let mut found: Vec<PathRoot> = Vec::new();
    for segment in &path.segments {
        let after = all.partition_point(|root| *root <= segment.span);
        let Some(root) = after.checked_sub(1).map(|at| all[at]) else { continue };
        match found.last_mut().filter(|last| last.span == root) {
            Some(last) => last.until = segment.end,
            None => found.push(PathRoot { span: root, until: segment.end }),
        }
    }
    found
}

struct Slack {
    windows: Windows,
    of: Vec<u64>,
    /// The children of one parent, in order of start.
    children: Vec<SpanIx>,
    /// The same, those that ended last first.
    ends: Vec<(u64, SpanIx)>,
}

impl Slack {
    /// Finds the slack of `self.children`, whose parent ends at `parent_end` and has the slack `of_parent`.
    fn below(&mut self, parent_end: u64, of_parent: u64) {
        let (starts, ends) = (&self.windows.start, &self.windows.end);
        self.ends.clear();
        self.ends.extend(self.children.iter().map(|child| (ends[*child as usize], *child)));
        // Of spans that end at one time, those of zero duration come last.
        let takes_none = |child: SpanIx| starts[child as usize] == ends[child as usize];
        self.ends.sort_unstable_by_key(|(end, child)| (Reverse(*end), takes_none(*child), *child));
        // Walks back in time over what waits: the parent's end, then the starts of its children, the last one first.
        let mut waiting = std::iter::once((parent_end, of_parent));
        let mut children = self.children.iter().rev().filter(|child| !takes_none(**child)).peekable();
        // The last end before what waits, as a place in `ends`.
        let mut last_end = 0;
        // The latest time at which an end delays nothing, of all that waits …
        let mut latest = u64::MAX;
        // … and as it was at the last end of a child that takes time; the least slack of what waits before that end.
        let (mut latest_then, mut least_since) = (u64::MAX, u64::MAX);
        for (end, child) in &self.ends {
            while let Some((time, slack)) = waiting.next().or_else(|| {
                let next = children.next_if(|next| starts[**next as usize] >= *end)?;
                Some((starts[*next as usize], self.of[*next as usize]))
            }) {
                let is_before = |(end, child): &(u64, SpanIx)| *end <= time && !takes_none(*child);
                while self.ends.get(last_end).is_some_and(|end| !is_before(end)) {
                    last_end += 1;
                }
                let delays_none =
                    self.ends.get(last_end).map_or(u64::MAX, |(end, _)| end.saturating_add(slack));
                latest = latest.min(delays_none);
                least_since = least_since.min(slack);
            }
            self.of[*child as usize] = if takes_none(*child) {
                latest_then.saturating_sub(*end).min(least_since)
            } else {
                (latest_then, least_since) = (latest, u64::MAX);
                latest.saturating_sub(*end)
            };
        }
    }
}
