//! Which log lines of a trace are listed: by text, severity, service and the filters of the trace's views.

use super::untraced::LogList;
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::model::{LogLine, Outline, SEVERITIES, SpanIx, SpanSet};
use std::sync::Arc;

/// The lines that are listed, as indices.
pub type Listed = Arc<Vec<u32>>;

/// Which lines are listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogFilter {
    /// Part of the text or of an attribute's value, in lower case.
    pub text: String,
    /// The least severity number.
    pub least: u8,
    /// The service; empty for any.
    pub service: String,
    /// The spans whose lines are listed; `None` for all, and lines without a span.
    pub shown: Option<ShownSpans>,
}

/// What the filters of the trace's views let through.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownSpans {
    spans: SpanSet,
    /// Services whose lines without a span are not listed; `None` if no line without a span is.
    hidden: Option<Vec<String>>,
}

impl ShownSpans {
    /// `None` if all spans are shown.
    pub fn of(outline: &Outline, filter: &SpanFilter) -> Option<Self> {
        let is_of_services = filter.focus.is_none() && filter.only.is_none();
        let hidden = is_of_services.then(|| filter.hidden.clone());
        Some(ShownSpans { spans: filter.spans(outline)?, hidden })
    }

    fn has(&self, line: &LogLine, span: Option<SpanIx>) -> bool {
        match (span, &self.hidden) {
            (Some(span), _) => self.spans.contains(span),
            (None, Some(hidden)) => !hidden.contains(&line.service),
            (None, None) => false,
        }
    }
}

impl LogFilter {
    /// The lines that are listed.
    pub fn apply(&self, logs: &LogList) -> Listed {
        let is_shown = |line: &LogLine, index: u32| {
            self.shown.as_ref().is_none_or(|shown| shown.has(line, logs.span(index)))
        };
        let numbered = logs.lines.iter().zip(0..);
        let listed = numbered.filter(|(line, index)| is_shown(line, *index) && self.matches(line));
        Arc::new(listed.map(|(_, index)| index).collect())
    }

    fn matches(&self, line: &LogLine) -> bool {
        let has = |text: &str| text.to_lowercase().contains(&self.text);
        line.severity >= self.least
            && (self.service.is_empty() || line.service == self.service)
            && (self.text.is_empty()
                || has(&line.body)
                || line.attributes.iter().any(|(_, value)| has(value)))
    }
}

/// The least number of a severity by its name; 0 for any.
pub fn least_of(name: &str) -> u8 {
    SEVERITIES.iter().find(|(_, known)| *known == name).map_or(0, |(least, _)| *least)
}

/// The services of the lines, sorted.
pub fn services(logs: &LogList) -> Vec<String> {
    let mut names: Vec<&str> =
        logs.lines.iter().map(|line| line.service.as_str()).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::model::TraceLogs;
    use spandrel_trace::units::SpanId;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn line(severity: u8, service: &str, body: &str) -> LogLine {
        LogLine { severity, service: service.to_owned(), body: body.to_owned(), ..LogLine::default() }
    }

    #[test]
    fn lines_are_filtered_by_text_severity_and_service() {
        let mut lines =
            vec![line(9, "a", "Order accepted"), line(17, "b", "order failed"), line(0, "b", "x")];
        lines[2].attributes = vec![("customer".to_owned(), "Order-Maker".to_owned())];
        let logs = LogList::of(&TraceLogs { lines, truncated: false }, None, &Outline::default());
        let listed = |text: &str, least: &str, service: &str| {
            let filter = LogFilter {
                text: text.to_owned(),
                least: least_of(least),
                service: service.to_owned(),
                shown: None,
            };
            filter.apply(&logs).to_vec()
        };
        assert_eq!(listed("", "", ""), [0, 1, 2]);
        assert_eq!(listed("order", "", ""), [0, 1, 2]);
        assert_eq!(listed("order a", "", ""), [0]);
        assert_eq!(listed("", "warning", ""), [1]);
        assert_eq!(listed("order", "", "b"), [1, 2]);
        assert_eq!(services(&logs), ["a", "b"]);
    }

    #[test]
    fn lines_of_spans_that_the_filters_leave_out_are_not_listed() {
        let mut outline = Outline { id: vec![SpanId(1), SpanId(2)], ..Outline::default() };
        let (shop, cart) = (outline.strings.intern("shop"), outline.strings.intern("cart"));
        (outline.service, outline.subtree_end) = (vec![shop, cart], vec![2, 2]);
        let of_span = |id: u64| LogLine { span: Some(SpanId(id)), ..line(9, "x", "") };
        let lines = vec![of_span(1), of_span(2), of_span(7), line(9, "shop", ""), line(9, "cart", "")];
        let logs = LogList::of(&TraceLogs { lines, truncated: false }, None, &outline);
        let listed = |filter: SpanFilter| {
            let shown = ShownSpans::of(&outline, &filter);
            LogFilter { shown, ..LogFilter::default() }.apply(&logs).to_vec()
        };
        let mut only = SpanSet::none(2);
        only.insert(1);
        assert_eq!(listed(SpanFilter::default()), [0, 1, 2, 3, 4]);
        assert_eq!(listed(SpanFilter { only: Some(only), ..SpanFilter::default() }), [1]);
        assert_eq!(listed(SpanFilter { hidden: vec!["cart".into()], ..SpanFilter::default() }), [0, 2, 3]);
        assert_eq!(listed(SpanFilter { focus: Some(SpanId(2)), ..SpanFilter::default() }), [1]);
    }
}
