//! What the trace is: its root, its ids, and the few numbers that people look for first.

use super::address;
use super::clock;
use super::copy::copy_button;
use super::session::Session;
use crate::signal::*;
use crate::state::data::use_data;
use crate::ui::element::{El, button, el};
use spandrel_trace::model::{Flags, NO_SPAN, Outline};
use spandrel_trace::units::{duration, duration_exact};
use web_sys::MouseEvent;

/// The numbers, counted in one pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The earliest root's service and operation.
    pub root: (String, String),
    /// Services with at least one span.
    pub services: usize,
    /// Spans on the longest way from a root.
    pub depth: u32,
    /// Spans that failed themselves.
    pub errors: usize,
    /// Spans that name a parent that is not there.
    pub orphans: usize,
}

impl Facts {
    /// Counts.
    pub fn of(outline: &Outline) -> Self {
        let mut facts = Facts::default();
        let mut seen = vec![false; outline.strings.len()];
        let mut root = None;
        for span in 0..outline.len() {
            if let Some(service) = seen.get_mut(outline.service[span] as usize) {
                facts.services += usize::from(!*service);
                *service = true;
            }
            facts.depth = facts.depth.max(outline.depth[span] + 1);
            facts.errors += usize::from(outline.flags[span].has(Flags::OWN_ERROR));
            let orphan = outline.flags[span].has(Flags::ORPHAN);
            facts.orphans += usize::from(orphan);
            // Whoever names no parent is the root; an orphan stands in only where there is none.
            if outline.parent[span] == NO_SPAN {
                let rank = (orphan, outline.begin[span], span);
                root = Some(root.map_or(rank, |best: (bool, u64, usize)| best.min(rank)));
            }
        }
        if let Some((_, _, span)) = root {
            facts.root = (outline.service_of(span as u32).into(), outline.name_of(span as u32).into());
        }
        facts
    }
}

/// A number with separators: `1,284`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!(" {}", if number == 1 { one } else { many })
}

/// The header of the page.
pub fn header(session: Session) -> El {
    let outline = session.outline();
    let facts = Facts::of(&outline);
    let (service, operation) = facts.root.clone();
    let id = match outline.foreign_trace_id.as_str() {
        "" => outline.trace_id.to_string(),
        foreign => foreign.to_owned(),
    };
    let (day, time) = clock::moment(outline.begin_unix);
    let day = if day == clock::today() { "today".to_owned() } else { day };
    // What is to be said of the file it came from (cut short, say) concerns the trace as well.
    let file =
        untrack(|| use_data().files()).filter(|file| file.traces.iter().any(|trace| trace.key() == id));
    let mut warnings = file.map(|file| file.warnings).unwrap_or_default();
    warnings.extend(outline.warnings.iter().cloned());
    let name = match (service.as_str(), operation.as_str()) {
        ("", "") => "Trace".to_owned(),
        ("", operation) => operation.to_owned(),
        (service, operation) => format!("{service} · {operation}"),
    };
    let reset = move || {
        button("trace-header-fit")
            .test("zoom-reset")
            .attr("title", "Show the whole trace (0)")
            .on("click", move |_: MouseEvent| session.fit())
            .text("Show all of its time")
    };
    let line = el("div", "trace-header-line")
        .child(el("h1", "trace-header-name").test("trace-name").text(name))
        .when(move || !session.is_fitted(), reset);
    let bold = |words: &str| el("b", "").text(words);
    let number = |number: usize, one: &str, many: &str| {
        el("span", "").child(bold(&grouped(number))).text(counted(number, one, many))
    };
    let errors = (facts.errors > 0).then(|| {
        let words = grouped(facts.errors) + &counted(facts.errors, "error", "errors");
        el("span", "trace-header-errors").text(words)
    });
    let shortened = || {
        el("span", "")
            .attr("title", "An address names 40 collapsed spans at most")
            .text("The address keeps only the level that is collapsed")
    };
    let warned = (!warnings.is_empty()).then(|| {
        let words = grouped(warnings.len()) + &counted(warnings.len(), "warning", "warnings");
        el("details", "trace-header-warnings")
            .test("warnings")
            .child(el("summary", "").text(words))
            .child(el("ul", "").children(warnings.into_iter().map(|warning| el("li", "").text(warning))))
    });
    let spans = number(outline.len(), "span", "spans").test("trace-spans");
    let line_of_facts = el("div", "trace-header-facts")
        .children([
            el("span", "trace-header-id")
                .child(el("span", "mono").text(&id))
                .child(copy_button("Copy the trace id", id)),
            el("span", "")
                .attr("title", clock::exact_moment(outline.begin_unix))
                .text("Started ")
                .child(bold(&time))
                .text(" ")
                .text(day),
            el("span", "")
                .attr("title", duration_exact(outline.duration))
                .text("Duration ")
                .child(bold(&duration(outline.duration))),
            number(facts.services, "service", "services"),
            el("span", "").text("Depth ").child(bold(&grouped(facts.depth as usize))),
            spans,
        ])
        .child(errors)
        .when(move || address::is_shortened(session), shortened)
        .child(warned);
    el("header", "trace-header").test("trace-header").children([line, line_of_facts])
}

#[cfg(test)]
mod tests {
    use super::grouped;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
