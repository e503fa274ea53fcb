//! Accessible names and tooltips of a row.

use spandrel_trace::analysis::outliving::outlives_parent;
use spandrel_trace::analysis::rows::Group;
use spandrel_trace::model::{Flags, Outline, SpanIx};
use spandrel_trace::units::{count, display_name, duration, percent};

/// How many spans are below one.
pub(super) fn below(outline: &Outline, span: SpanIx) -> usize {
    let end = outline.subtree_end.get(span as usize).copied().unwrap_or(0);
    (end as usize).saturating_sub(span as usize + 1)
}

/// The same in words; nothing for none.
pub(super) fn below_words(below: usize) -> String {
    match below {
        0 => String::new(),
        1 => "1 span below".to_owned(),
        _ => format!("{} spans below", count(below as u64)),
    }
}

/// The mark at the end of a row, as class and words. An error of a span below which there is another was passed on. There
/// is room for one mark; the words say all.
pub(super) fn mark(
    failed: bool,
    failed_below: bool,
    warned: bool,
    outlives: Option<u64>,
) -> (&'static str, String) {
    let outlives = outlives.map(outlives_words);
    let (class, words) = match (failed, failed_below, warned) {
        (true, false, _) => ("span-row-mark span-row-failed", "Error"),
        (true, true, _) => ("span-row-mark span-row-passed-on", "Error, as in a descendant"),
        (_, true, _) => ("span-row-mark span-row-failed-below", "Error in a descendant"),
        (.., true) => ("span-row-mark span-row-warned", "Has warnings"),
        _ if outlives.is_some() => ("span-row-mark span-row-outlives", ""),
        _ => ("span-row-mark", ""),
    };
    let words = [Some(words.to_owned()).filter(|words| !words.is_empty()), outlives];
    (class, words.into_iter().flatten().collect::<Vec<_>>().join(". "))
}

/// `Ends 5 ms after its parent`.
pub(super) fn outlives_words(by: u64) -> String {
    format!("Ends {} after its parent", duration(by))
}

/// The tooltip of a bar, a line each: operation, service, duration with self time and share of the trace, and what the
/// critical path says of it.
pub(super) fn bar_title(outline: &Outline, span: SpanIx, own: u64, on_path: Option<&str>) -> String {
    let length = outline.duration_of(span);
    let mut title = format!(
        "{}\n{}\n{} · self {}",
        display_name(outline.name_of(span)),
        display_name(outline.service_of(span)),
        duration(length),
        duration(own),
    );
    if outline.duration > 0 {
        title.push_str(&format!(" · {} of the trace", percent(length as f64 / outline.duration as f64)));
    }
    let outlives = outlives_parent(outline, span).map(outlives_words);
    for line in [on_path, outlives.as_deref()].into_iter().flatten() {
        title.push('\n');
        title.push_str(line);
    }
    title
}

/// What the row of a group shows, in words.
pub(super) fn group_words(group: &Group) -> String {
    let at_once = match group.at_once {
        0 | 1 => "one after the other".to_owned(),
        most => format!("up to {most} at once"),
    };
    let failed = if group.failed > 0 { format!(", {} with errors", group.failed) } else { String::new() };
    format!(
        "{} spans within {}, {at_once}: from {} to {}, half of them up to {}{failed}, starting at {}",
        group.count,
        duration(group.end - group.start),
        duration(group.least),
        duration(group.most),
        duration(group.middle),
        duration(group.start),
    )
}

/// The bar as text, for its accessible name.
pub(super) fn bar_words(outline: &Outline, span: SpanIx, log_lines: usize) -> String {
    let flags = outline.flags[span as usize];
    let start = duration(outline.start[span as usize]);
    let mut words = format!("{}, starts at {start}", duration(outline.duration_of(span)));
    for (flag, text) in [
        (Flags::OWN_ERROR, ", error"),
        (Flags::ERROR_BELOW, ", error in a descendant"),
        (Flags::WARNED, ", has warnings"),
        (Flags::HAS_LINKS, ", has links"),
    ] {
        if flags.has(flag) {
            words.push_str(text);
        }
    }
    if let Some(by) = outlives_parent(outline, span) {
        words.push_str(&format!(", ends {} after its parent", duration(by)));
    }
    match outline.events_of(span).len() {
        0 => {}
        1 => words.push_str(", 1 event"),
        events => words.push_str(&format!(", {events} events")),
    }
    match log_lines {
        0 => {}
        1 => words.push_str(", 1 log line"),
        lines => words.push_str(&format!(", {lines} log lines")),
    }
    words
}
