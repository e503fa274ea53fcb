//! Traces of odd shapes: very deep, very wide, of roots alone.

use crate::generate::outline;
use spandrel_trace::analysis::critical_path::{CriticalPath, slack};
use spandrel_trace::model::SpanKind;

type Span = (Option<usize>, u64, u64, SpanKind);

fn span(parent: Option<usize>, start: u64, end: u64) -> Span {
    (parent, 1_000_000 + start, 1_000_000 + end, SpanKind::Internal)
}

#[test]
fn a_chain_of_100_000_spans_is_walked_to_its_end() {
    let n = 100_000usize;
    let spans: Vec<Span> =
        (0..n).map(|at| span(at.checked_sub(1), at as u64, 3 * n as u64 - at as u64)).collect();
    let outline = outline(&spans);
    let path = CriticalPath::of(&outline);
    assert_eq!(path.segments.len(), 2 * n - 1);
    assert_eq!(path.total(), 3 * n as u64);
    assert_eq!(path.time_by_span(n)[..3], [2, 2, 2]);
    assert!(slack(&outline, &path).iter().all(|slack| *slack == 0));
}

#[test]
fn one_parent_of_200_000_children_one_after_the_other_has_all_of_them_on_the_path() {
    let n = 200_000u64;
    let children = (0..n).map(|at| span(Some(0), 10 * at, 10 * at + 7));
    let spans: Vec<Span> = [span(None, 0, 10 * n)].into_iter().chain(children).collect();
    let outline = outline(&spans);
    let path = CriticalPath::of(&outline);
    let times = path.time_by_span(outline.len());
    assert_eq!(times[0], 3 * n);
    assert!(times[1..].iter().all(|time| *time == 7));
    assert!(slack(&outline, &path).iter().all(|slack| *slack == 0));
}

#[test]
fn of_200_000_concurrent_children_only_the_last_is_on_the_path() {
    let n = 200_000u64;
    let children = (0..n).map(|at| span(Some(0), 0, 1 + at));
    let spans: Vec<Span> = [span(None, 0, n + 5)].into_iter().chain(children).collect();
    let outline = outline(&spans);
    let path = CriticalPath::of(&outline);
    assert_eq!(path.segments.len(), 2);
    let slack = slack(&outline, &path);
    for child in 1..outline.len() as u32 {
        assert_eq!(slack[child as usize], n - outline.end[child as usize]);
    }
}

#[test]
fn a_trace_of_200_000_roots_is_covered_by_those_that_reach_furthest() {
    let n = 200_000u64;
    let spans: Vec<Span> = (0..n).map(|at| span(None, at, at + 100)).collect();
    let outline = outline(&spans);
    let path = CriticalPath::of(&outline);
    assert_eq!(path.total(), outline.duration);
    assert_eq!(path.segments.len() as u64, outline.duration.div_ceil(100));
    assert_eq!(slack(&outline, &path).len(), n as usize);
}
