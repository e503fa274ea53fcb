//! Where a span's time went, and how long it took among its like; both drawn, and both said in words.

use super::super::session::Session;
use crate::ui::element::{button, el};
use crate::ui::view::View;
use spandrel_trace::analysis::breakdown::{Breakdown, breakdown};
use spandrel_trace::analysis::standing::Standing;
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::units::{count, duration, duration_exact};
use std::fmt;
use web_sys::MouseEvent;

/// Services told apart; the rest is one part.
const SERVICES: usize = 5;
/// Fewer spans than this are no distribution.
const DRAWN: usize = 5;
/// A stretch without a child is worth a word from this share of the span on.
const GAP: f64 = 0.1;

/// A part of a span's time.
struct Part {
    words: String,
    time: u64,
    /// Children that share it.
    calls: u32,
    /// Colour slot, or none.
    slot: Option<usize>,
    class: &'static str,
}

impl Part {
    fn new(words: &str, time: u64, slot: Option<usize>) -> Self {
        Part { words: words.to_owned(), time, calls: 1, slot, class: "" }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.words, duration(self.time))?;
        match self.calls {
            0 | 1 => Ok(()),
            calls => write!(f, " in {} spans", count(u64::from(calls))),
        }
    }
}

/// Where the time of `span` went. `slots` are colour slots by string index.
pub fn time_view(session: Session, span: SpanIx, slots: &[u8]) -> View {
    let outline = session.outline();
    let Breakdown { duration: whole, own, between, services, gap } = breakdown(&outline, span);
    let slot_of = |service: u32| usize::from(slots.get(service as usize).copied().unwrap_or(0)) + 1;
    let service = outline.service[span as usize];
    let mut parts = Vec::new();
    if own > 0 || between == 0 && services.is_empty() {
        parts.push(Part::new("self", own, Some(slot_of(service))));
    }
    let waited = services.iter().filter(|share| share.time > 0).count();
    for share in services.iter().take(SERVICES.min(waited)) {
        let slot = Some(slot_of(share.service));
        let part = match share.service == service {
            // What a service does in spans of its own has its colour, but is not this span's work.
            true => Part { class: "detail-part-below", ..Part::new("own children", share.time, slot) },
            false => Part::new(outline.strings.get(share.service), share.time, slot),
        };
        parts.push(Part { calls: share.calls, ..part });
    }
    let rest: u64 = services.iter().skip(SERVICES).map(|share| share.time).sum();
    if rest > 0 {
        parts.push(Part::new(&format!("{} other services", waited - SERVICES), rest, None));
    }
    if between > 0 {
        parts.push(Part { class: "detail-part-between", ..Part::new("between services", between, None) });
    }
    let share = |time: u64| if whole == 0 { 100.0 } else { time as f64 / whole as f64 * 100.0 };
    let piece = |part: &Part| {
        el("i", part.class).attr("data-slot", part.slot).style("width", &format!("{}%", share(part.time)))
    };
    let bar = el("div", "detail-stack").attr("aria-hidden", "true").children(parts.iter().map(piece));
    let word = |part: &Part| {
        el("li", "detail-part")
            .attr("title", duration_exact(part.time))
            .child(el("i", part.class).attr("data-slot", part.slot).attr("aria-hidden", "true"))
            .text(part.to_string())
    };
    let legend =
        el("ul", "detail-parts").attr("aria-label", "Where its time went").children(parts.iter().map(word));
    let gap = gap.filter(|(begin, end)| (end - begin) as f64 >= GAP * whole as f64);
    let gap = gap.map(|(begin, end)| {
        let since = duration(begin - outline.start[span as usize]);
        let show = button("detail-link")
            .attr("title", "Zoom to it")
            .on("click", move |_: MouseEvent| session.zoom_to(begin, end))
            .text(format!("{} at +{since}", duration(end - begin)));
        el("p", "detail-note").text("Longest stretch without a child: ").child(show)
    });
    el("div", "detail-time").test("detail-time").child(bar).child(legend).child(gap).into()
}

/// A span's place among its like in a few words; nothing where it is the only one.
pub fn rank(standing: &Standing) -> Option<String> {
    let Standing { count: all, longer, shorter, .. } = *standing;
    let total = count(all as u64);
    match standing.percentile() {
        _ if all < 2 => None,
        _ if longer + shorter == 0 => Some(format!("as long as all {total}")),
        Some(percentile) => Some(format!("p{percentile} of {total}")),
        None if longer == 0 => Some(format!("longest of {total}")),
        None if shorter == 0 => Some(format!("shortest of {total}")),
        None => Some(format!("{} longest of {total}", ordinal(longer + 1))),
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

/// How long spans of the same service and operation took, as a histogram with this one marked.
pub fn standing_view(outline: &Outline, span: SpanIx, standing: &Standing) -> View {
    if standing.count < DRAWN || standing.min == standing.max {
        return View::NONE;
    }
    let Standing { min, p50, p95, max, .. } = *standing;
    let most = standing.bars.iter().copied().max().unwrap_or(1).max(1);
    let bar = |(at, spans): (usize, &u32)| {
        let (begin, end) = standing.bounds(at);
        // A single span among thousands must be seen too.
        let height = if *spans == 0 { 0.0 } else { (f64::from(*spans) / f64::from(most) * 100.0).max(6.0) };
        let words = format!("{} to {}: {}", duration(begin), duration(end), count(u64::from(*spans)));
        el("i", "")
            .class_if("detail-like-this", at == standing.bar)
            .attr("title", words)
            .style("height", &format!("{height}%"))
    };
    let bars = el("div", "detail-like-bars")
        .attr("aria-hidden", "true")
        .children(standing.bars.iter().enumerate().map(bar));
    let ends = el("div", "detail-like-ends").children([
        el("span", "").text(duration(min)),
        el("span", "").text(format!("half under {} · 95 % under {}", duration(p50), duration(p95))),
        el("span", "").text(duration(max)),
    ]);
    let title = format!(
        "{} spans {} of {}, by duration",
        count(standing.count as u64),
        outline.name_of(span),
        outline.service_of(span)
    );
    let caption = el("figcaption", "detail-like-title").text(title);
    el("figure", "detail-like").test("detail-like").child(caption).child(bars).child(ends).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn few_have_ranks_and_many_percentiles() {
        let of = |all: std::ops::RangeInclusive<u64>, this: u64| rank(&Standing::among(all.collect(), this));
        assert_eq!(of(1..=1, 1), None);
        assert_eq!(of(1..=5, 5).unwrap(), "longest of 5");
        assert_eq!(of(1..=5, 1).unwrap(), "shortest of 5");
        assert_eq!(of(1..=5, 4).unwrap(), "2nd longest of 5");
        assert_eq!(of(1..=14, 4).unwrap(), "11th longest of 14");
        assert_eq!(of(1..=41, 38).unwrap(), "p93 of 41");
        assert_eq!(rank(&Standing::among(vec![3; 30], 3)).unwrap(), "as long as all 30");
    }
}
