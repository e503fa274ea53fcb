//! Values as they read best: JSON as a tree that is built as it is opened, SQL clause by clause, stack traces frame by
//! frame, addresses as links. What is very long is first shown as the text that it is, cut.

use super::value::{class, long_text, more_button};
use crate::ui::element::{El, el};
use crate::ui::view::{View, keyed, several, when};
use leptos::prelude::*;
use spandrel_trace::analysis::reading::json::{self, JsonShape, members};
use spandrel_trace::analysis::reading::{StackPart, TextForm, clauses, reading, stack_lines};
use spandrel_trace::model::record::AttributeValue;
use spandrel_trace::units::bytes;
use std::rc::Rc;
use web_sys::{Event, HtmlElement};

/// Longer texts are looked at more closely only when someone asks.
const EAGER: usize = 64 << 10;
/// Nested values shorter than this are read at a glance.
const GLANCE: usize = 120;
/// Statements longer than this, and texts four times as long, have no place beside their key.
const WIDE: usize = 60;
/// Members of a level, and lines of a stack trace, that are shown before more are asked for.
const LEVEL: usize = 100;
const FRAMES: usize = 40;
/// Frames of libraries in a row that are shown before they are folded.
const RUN: usize = 3;

/// A value, and whether it wants all of the width; `words` are its text.
pub fn value_view(key: &str, value: &AttributeValue, words: &Rc<str>) -> (View, bool) {
    let nested = matches!(value, AttributeValue::Array(_) | AttributeValue::Map(_));
    let whole = el("span", &format!("attribute-value {}", class(value)));
    if words.len() > EAGER {
        return (long_view(whole, words.clone()), true);
    }
    if nested && words.len() <= GLANCE {
        // Texts have no line breaks inside quotes.
        let line: Vec<&str> = words.lines().map(str::trim).collect();
        return (whole.text(line.join(" ")).into(), false);
    }
    let reading = if nested || matches!(value, AttributeValue::String(_)) {
        reading(key, words)
    } else {
        TextForm::Plain
    };
    let view: View = match reading {
        TextForm::Json => tree(words).into(),
        TextForm::Sql => whole.child(long_text(&clauses(words))).into(),
        TextForm::Stack => stack(words.clone()).into(),
        TextForm::Address => whole.child(address(words)).into(),
        TextForm::Plain => whole.child(long_text(words)).into(),
    };
    let wide = match reading {
        TextForm::Json | TextForm::Stack => true,
        TextForm::Sql => words.len() > WIDE,
        TextForm::Address | TextForm::Plain => words.len() > 4 * WIDE,
    };
    (view, wide)
}

fn address(text: &str) -> El {
    el("a", "detail-link")
        .attr("href", text)
        .attr("target", "_blank")
        .attr("rel", "noopener noreferrer")
        .text(text)
}

/// A text too long to be understood at once: cut, and as a tree for those who ask.
fn long_view(whole: El, words: Rc<str>) -> View {
    let text = whole.child(long_text(&words));
    if !json::looks_nested(&words) {
        return text.into();
    }
    let as_tree = RwSignal::new(false);
    let shown = move |yes| -> View { if yes { tree(&words).into() } else { View::NONE } };
    let ask = move || more_button("Open as a tree", move || as_tree.set(true));
    several([text.into(), when(move || !as_tree.get(), ask), keyed(move || as_tree.get(), shown)])
}

/// A level of JSON. Deeper ones are made when they are opened.
fn tree(json: &str) -> El {
    let Some(members) = members(json) else { return el("p", "detail-note").text("This is not valid JSON") };
    let total = members.len();
    let members: Vec<(String, Rc<str>)> =
        members.into_iter().map(|(name, json)| (name.into_owned(), json.into())).collect();
    let count = RwSignal::new(LEVEL.min(total));
    let more = move || {
        more_button(&format!("Show more of {total}"), move || {
            count.update(|count| *count = (*count * 4).min(total))
        })
    };
    let rows = keyed(
        move || count.get(),
        move |count| several(members.iter().take(count).map(|(name, json)| node(name, json))),
    );
    el("div", "tree").test("tree").child(rows).when(move || count.get() < total, more)
}

fn node(name: &str, json: &Rc<str>) -> El {
    let name = el("span", "tree-key").text(name);
    let class = match json::shape(json) {
        JsonShape::Object | JsonShape::Array => {
            let json = json.clone();
            let summary = el("summary", "tree-row")
                .child(name)
                .text(" ")
                .child(el("span", "tree-size").text(size(&json)));
            return folded("tree-node", summary, move || tree(&json));
        }
        JsonShape::Text => "value-string",
        JsonShape::Number | JsonShape::Word => "value-number",
    };
    let value = el("span", &format!("attribute-value {class}")).child(long_text(&json::text_of(json)));
    el("div", "tree-row").child(name).text(" ").child(value)
}

/// What is inside, in a few letters.
fn size(json: &str) -> String {
    let (open, close) = if json::shape(json) == JsonShape::Object { ('{', '}') } else { ('[', ']') };
    // Counting reads all of it: what is long is weighed instead.
    match (json.len() <= 4_000).then(|| members(json)).flatten() {
        Some(members) => format!("{open}{}{close}", members.len()),
        None => format!("{open}…{close} {}", bytes(json.len() as u64)),
    }
}

/// Something that is made when it is opened for the first time.
fn folded(class: &str, summary: El, inside: impl Fn() -> El + 'static) -> El {
    let opened = RwSignal::new(false);
    let whole = el("details", class);
    let details = whole.node::<HtmlElement>();
    let toggled = move |_: Event| {
        if details.has_attribute("open") {
            opened.set(true);
        }
    };
    whole.on("toggle", toggled).child(summary).when(move || opened.get(), inside)
}

/// A stack trace. Frames of libraries step back, and many in a row are folded.
fn stack(text: Rc<str>) -> El {
    let total = stack_lines(&text).len();
    let count = RwSignal::new(FRAMES.min(total));
    let rows = keyed(
        move || count.get(),
        move |count| {
            let lines = stack_lines(&text);
            several(runs(&lines[..count.min(lines.len())]).into_iter().map(run_view))
        },
    );
    let more = move || more_button(&format!("Show all {total} lines"), move || count.set(total));
    el("div", "stack").test("stack").child(rows).when(move || count.get() < total, more)
}

/// Lines of the same part that follow one another.
fn runs<'a>(lines: &'a [(StackPart, &'a str)]) -> Vec<&'a [(StackPart, &'a str)]> {
    lines.chunk_by(|one, other| one.0 == other.0).collect()
}

fn run_view(run: &[(StackPart, &str)]) -> View {
    let class = match run.first() {
        Some((StackPart::Own, _)) => "stack-line stack-own",
        Some((StackPart::Library, _)) => "stack-line stack-library",
        _ => "stack-line stack-head",
    };
    let line = move |text: &str| el("div", class).child(long_text(text.trim_start()));
    if run.len() <= RUN || class != "stack-line stack-library" {
        return several(run.iter().map(|(_, text)| line(text)));
    }
    let rest: Vec<String> = run.iter().map(|(_, text)| (*text).to_owned()).collect();
    let summary =
        el("summary", "stack-line stack-library").text(format!("{} lines in libraries", rest.len()));
    folded("stack-fold", summary, move || el("div", "").children(rest.iter().map(|text| line(text)))).into()
}
