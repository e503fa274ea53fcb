//! Attribute values as text, by type: long ones folded, nested ones as indented JSON. Text only, never markup.

use super::paging::MoreButton;
use crate::state::busy;
use crate::state::tasks::{sleep, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::model::record::AttributeValue;
use spandrel_trace::units::bytes;
use std::fmt::Write;
use std::sync::Arc;

/// Characters of a value that are shown at first.
const SHOWN: usize = 1_500;

/// Bytes of a text that are laid out at once, and milliseconds between two pieces.
pub const PIECE: usize = 32 << 10;
const FRAME: u32 = 16;

/// The class of a value, by its type.
pub fn class(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::Empty => "value-empty",
        AttributeValue::String(_) => "value-string",
        AttributeValue::Bool(_) => "value-bool",
        AttributeValue::Int(_) | AttributeValue::Double(_) => "value-number",
        AttributeValue::Bytes(_) => "value-bytes",
        AttributeValue::Array(_) | AttributeValue::Map(_) => "value-nested",
    }
}

/// A value as it is read and copied. Iterative: nesting never uses the stack.
pub fn text(value: &AttributeValue) -> String {
    enum Step<'a> {
        Value(&'a AttributeValue, usize),
        Key(&'a str),
        Text(&'static str),
        Break(usize),
    }
    let mut out = String::new();
    let nested = matches!(value, AttributeValue::Array(_) | AttributeValue::Map(_));
    let mut steps = vec![Step::Value(value, 0)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Text(text) => out.push_str(text),
            Step::Key(key) => {
                quote(&mut out, key);
                out.push_str(": ");
            }
            Step::Break(depth) => {
                out.push('\n');
                // Deeper than anyone reads, indentation would be all that is left.
                out.extend(std::iter::repeat_n(' ', 2 * depth.min(40)));
            }
            Step::Value(AttributeValue::String(text), _) if nested => quote(&mut out, text),
            Step::Value(AttributeValue::String(text), _) => out.push_str(text),
            Step::Value(AttributeValue::Empty, _) => out.push_str(if nested { "null" } else { "(empty)" }),
            // Writing to a string cannot fail.
            Step::Value(AttributeValue::Bool(yes), _) => drop(write!(out, "{yes}")),
            Step::Value(AttributeValue::Int(number), _) => drop(write!(out, "{number}")),
            // JSON knows no infinities.
            Step::Value(AttributeValue::Double(number), _) if nested && !number.is_finite() => {
                quote(&mut out, &number.to_string());
            }
            Step::Value(AttributeValue::Double(number), _) => drop(write!(out, "{number}")),
            Step::Value(AttributeValue::Bytes(bytes), _) => {
                let mark = if nested { "\"" } else { "" };
                out.push_str(mark);
                // A megabyte of them is written without asking the formatter a million times.
                let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
                out.extend(digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
                out.push_str(mark);
            }
            Step::Value(AttributeValue::Array(items), depth) => {
                let mut inner = vec![Step::Text("[")];
                for (index, item) in items.iter().enumerate() {
                    inner.extend([Step::Break(depth + 1), Step::Value(item, depth + 1)]);
                    inner.extend((index + 1 < items.len()).then_some(Step::Text(",")));
                }
                inner.extend((!items.is_empty()).then_some(Step::Break(depth)));
                inner.push(Step::Text("]"));
                steps.extend(inner.into_iter().rev());
            }
            Step::Value(AttributeValue::Map(entries), depth) => {
                let mut inner = vec![Step::Text("{")];
                for (index, entry) in entries.iter().enumerate() {
                    inner.extend([Step::Break(depth + 1), Step::Key(&entry.key)]);
                    inner.push(Step::Value(&entry.value, depth + 1));
                    inner.extend((index + 1 < entries.len()).then_some(Step::Text(",")));
                }
                inner.extend((!entries.is_empty()).then_some(Step::Break(depth)));
                inner.push(Step::Text("}"));
                steps.extend(inner.into_iter().rev());
            }
        }
    }
    out
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            control if control.is_control() => drop(write!(out, "\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// A text; a long one is cut, with a button that shows all of it.
#[component]
pub fn LongText(#[prop(into)] text: Arc<str>) -> impl IntoView {
    let Some((cut, _)) = text.char_indices().nth(SHOWN) else { return text.to_string().into_any() };
    let whole = RwSignal::new(false);
    let label = format!("Show all ({})", bytes(text.len() as u64));
    let shown = move || match whole.get() {
        false => format!("{}…", &text[..cut]).into_any(),
        true if text.len() <= PIECE => text.to_string().into_any(),
        true => view! { <Pieces text=text.clone()/> }.into_any(),
    };
    view! {
        {shown}
        <Show when=move || !whole.get()>
            <MoreButton label=label.clone() on_click=move |()| whole.set(true)/>
        </Show>
    }
    .into_any()
}

/// A text that would block the page if it were laid out at once: a piece per frame.
#[component]
fn Pieces(text: Arc<str>) -> impl IntoView {
    let mut ends = Vec::new();
    let mut end = 0;
    while end < text.len() {
        end += piece_end(&text[end..]);
        ends.push(end);
    }
    let shown = RwSignal::new(0);
    let pieces = ends.len();
    spawn_scoped(async move {
        let _busy = busy::hold();
        for piece in 1..=pieces {
            shown.set(piece);
            sleep(FRAME).await;
        }
    });
    let piece = move |at: usize| {
        let start = at.checked_sub(1).map_or(0, |before| ends[before]);
        view! { <span class="value-piece">{text[start..ends[at]].to_owned()}</span> }
    };
    view! {
        <span class="value-pieces">
            <For each=move || 0..shown.get() key=|at| *at children=piece/>
        </span>
    }
}

/// Byte offset of the end of the first piece of a text: after a line if there is one.
fn piece_end(text: &str) -> usize {
    if text.len() <= PIECE {
        return text.len();
    }
    let most = text.floor_char_boundary(PIECE);
    text[..most].rfind('\n').map_or(most, |line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::model::record::Attribute;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn long_texts_are_cut_after_lines_and_at_character_boundaries() {
        assert_eq!(piece_end("short"), 5);
        assert_eq!(piece_end(&"é".repeat(PIECE)), PIECE);
        assert_eq!(piece_end(&format!("x{}", "é".repeat(PIECE))), PIECE - 1);
        assert_eq!(piece_end(&format!("one\ntwo\n{}", "x".repeat(PIECE))), 8);
    }

    #[test]
    fn values_are_shown_by_type() {
        let list = AttributeValue::Array(vec![
            AttributeValue::Int(1),
            AttributeValue::String("a\"b\u{7}".into()),
            AttributeValue::Empty,
        ]);
        let map = AttributeValue::Map(vec![
            Attribute { key: "k".into(), value: list },
            Attribute { key: "none".into(), value: AttributeValue::Array(Vec::new()) },
        ]);
        assert_eq!(
            text(&map),
            "{\n  \"k\": [\n    1,\n    \"a\\\"b\\u0007\",\n    null\n  ],\n  \"none\": []\n}"
        );
        assert_eq!(text(&AttributeValue::String("<b>".into())), "<b>");
        assert_eq!(text(&AttributeValue::Bytes(vec![0, 255])), "00ff");
        assert_eq!(text(&AttributeValue::Double(f64::NAN)), "NaN");
    }
}
