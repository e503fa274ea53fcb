//! What a row shows beside names, in words, for those who cannot see it or ask.

use spandrel_trace::analysis::rows::Group;
use spandrel_trace::model::{Flags, Outline, SpanIx};
use spandrel_trace::units::{count, duration};

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

/// The mark at the end of a row, as class and word. An error of a span below which there is another was passed on.
pub(super) fn mark(failed: bool, failed_below: bool, warned: bool) -> (&'static str, &'static str) {
    match (failed, failed_below, warned) {
        (true, false, _) => ("span-row-mark span-row-failed", "Error"),
        (true, true, _) => ("span-row-mark span-row-passed-on", "Error, as in a descendant"),
        (_, true, _) => ("span-row-mark span-row-failed-below", "Error in a descendant"),
        (.., true) => ("span-row-mark span-row-warned", "Has warnings"),
        _ => ("span-row-mark", ""),
    }
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

/// What the bar shows, for those who cannot see it.
pub(super) fn bar_words(outline: &Outline, span: SpanIx) -> String {
    let flags = outline.flags[span as usize];
    let begin = duration(outline.start[span as usize]);
    let mut words = format!("{}, starts at {begin}", duration(outline.duration_of(span)));
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
    match outline.events_of(span).len() {
        0 => {}
        1 => words.push_str(", 1 event"),
        events => words.push_str(&format!(", {events} events")),
    }
    words
}
