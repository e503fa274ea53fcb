//! How a span's duration ranks among similar spans, in words and as a histogram.

use leptos::prelude::*;
use spandrel_trace::analysis::duration_rank::DurationRank;
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::units::{count, duration};
use std::sync::Arc;

/// Fewest spans, this one included, that are ranked and drawn.
const FEWEST: usize = 5;

/// How a duration ranks, in a few words; `None` below five spans.
pub fn rank(standing: &DurationRank) -> Option<String> {
    let DurationRank { count: all, longer, shorter, .. } = *standing;
    let total = count(all as u64);
    match standing.percentile() {
        _ if all < FEWEST => None,
        _ if longer + shorter == 0 => Some(format!("same as all {total}")),
        _ if longer == 0 => Some(format!("slowest of {total}")),
        _ if shorter == 0 => Some(format!("fastest of {total}")),
        Some(percentile) => Some(format!("p{percentile} of {total}")),
        None => Some(format!("{} slowest of {total}", ordinal(longer + 1))),
    }
}

fn ordinal(number: usize) -> String {
    let end = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

/// Durations of the spans of the same service and operation as a histogram, with this span's bar highlighted; nothing where
/// they are few or all the same.
#[component]
pub fn Histogram(outline: Arc<Outline>, span: SpanIx, standing: DurationRank) -> impl IntoView {
    let DurationRank { min, p50, p95, max, .. } = standing;
    if standing.count < FEWEST || min == max {
        return None;
    }
    let most = standing.bars.iter().copied().max().unwrap_or(1).max(1);
    let bar = |(at, spans): (usize, &u32)| {
        let (start, end) = standing.bounds(at);
        // A single span among thousands must be visible too.
        let height = if *spans == 0 { 0.0 } else { (f64::from(*spans) / f64::from(most) * 100.0).max(6.0) };
        let title = format!("{} to {}: {}", duration(start), duration(end), count(u64::from(*spans)));
        view! {
            <i class:detail-like-this=at == standing.bar title=title style:height=format!("{height}%")></i>
        }
    };
    let caption = format!(
        "{} spans {} of {}, by duration",
        count(standing.count as u64),
        outline.name_of(span),
        outline.service_of(span)
    );
    Some(view! {
        <figure class="detail-like" data-test="detail-like">
            <figcaption class="detail-like-title" title=caption.clone()>{caption.clone()}</figcaption>
            <div class="detail-like-bars" aria-hidden="true">
                {standing.bars.iter().enumerate().map(bar).collect_view()}
            </div>
            <div class="detail-like-ends">
                <span>{duration(min)}</span>
                <span>{format!("half under {} · 95 % under {}", duration(p50), duration(p95))}</span>
                <span>{duration(max)}</span>
            </div>
        </figure>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn few_have_ranks_and_many_have_percentiles() {
        let of =
            |all: std::ops::RangeInclusive<u64>, this: u64| rank(&DurationRank::among(all.collect(), this));
        assert_eq!(of(1..=1, 1), None);
        assert_eq!(of(1..=4, 4), None, "slowest of four says nothing");
        assert_eq!(of(1..=5, 5).unwrap(), "slowest of 5");
        assert_eq!(of(1..=5, 1).unwrap(), "fastest of 5");
        assert_eq!(of(1..=5, 4).unwrap(), "2nd slowest of 5");
        assert_eq!(of(1..=14, 4).unwrap(), "11th slowest of 14");
        assert_eq!(of(1..=41, 41).unwrap(), "slowest of 41");
        assert_eq!(of(1..=41, 38).unwrap(), "p93 of 41");
        assert_eq!(rank(&DurationRank::among(vec![3; 30], 3)).unwrap(), "same as all 30");
    }
}
