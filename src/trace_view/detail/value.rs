//! Attribute values as text, by type: long ones folded, nested ones as indented JSON. Text only, never markup.

use crate::state::{busy, tasks};
use crate::ui::element::{El, button, el};
use crate::ui::view::{View, keyed, several, when};
use leptos::prelude::*;
use spandrel_trace::model::record::AttributeValue;
use spandrel_trace::units::bytes;
use std::fmt::Write;
use std::rc::Rc;
use web_sys::MouseEvent;

/// Characters of a value that are shown before it is asked for as a whole.
const SHOWN: usize = 1_500;

/// Bytes of a text that are laid out at once, and the milliseconds after which more are.
pub const PIECE: usize = 32 << 10;
const FRAME: u32 = 16;

/// The class that says which type a value has; nested ones keep their line breaks.
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

/// A value as people read and copy it. Iterative: nesting is data, never the stack.
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

/// A text that is folded when it is long.
pub fn long_text(text: &str) -> View {
    let Some((cut, _)) = text.char_indices().nth(SHOWN) else { return text.into() };
    let whole = RwSignal::new(false);
    let more = format!("Show all ({})", bytes(text.len() as u64));
    let text: Rc<str> = text.into();
    let shown = move |whole| -> View {
        match whole {
            false => format!("{}…", &text[..cut]).into(),
            true if text.len() <= PIECE => (&*text).into(),
            true => in_pieces(text.clone()).into(),
        }
    };
    let more = move || more_button(&more, move || whole.set(true));
    several([keyed(move || whole.get(), shown), when(move || !whole.get(), more)])
}

/// A text that would hold the page up if it were laid out at once: piece by piece, a frame for each.
fn in_pieces(text: Rc<str>) -> El {
    let whole = el("span", "value-pieces");
    let node = whole.clone();
    tasks::spawn_scoped(async move {
        let _busy = busy::hold();
        let (mut node, mut from) = (node, 0);
        while from < text.len() {
            let piece = &text[from..from + piece_end(&text[from..])];
            from += piece.len();
            node = node.child(el("span", "value-piece").text(piece));
            tasks::sleep(FRAME).await;
        }
    });
    whole
}

/// Where the first piece of a text ends: after a line if there is one.
fn piece_end(text: &str) -> usize {
    if text.len() <= PIECE {
        return text.len();
    }
    let most = text.floor_char_boundary(PIECE);
    text[..most].rfind('\n').map_or(most, |line| line + 1)
}

/// The button that shows what was held back.
pub fn more_button(words: &str, show: impl Fn() + 'static) -> El {
    button("value-more").on("click", move |_: MouseEvent| show()).text(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::model::record::Attribute;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn long_texts_are_cut_after_lines_and_never_within_a_letter() {
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
