//! Values in the form that reads best: JSON as a tree that is built as it is opened, or as text, SQL by clauses, stack traces by frames,
//! URLs as links. Very long values are shown as plain text at first.

use super::folded::Folded;
use super::paging::{MoreButton, Paging, ShowMore};
use super::stack::StackTrace;
use super::value::{LongText, class};
use leptos::prelude::*;
use spandrel_trace::analysis::text_format::json::{self, JsonShape, members};
use spandrel_trace::analysis::text_format::{TextForm, clauses, reading};
use spandrel_trace::model::record::AttributeValue;
use spandrel_trace::units::bytes;
use std::sync::Arc;

/// Longest text, in bytes, that is parsed without being asked to.
const EAGER: usize = 64 << 10;
/// Nested values up to so many bytes are shown on one line.
const ONE_LINE: usize = 120;
/// SQL statements longer than this, and texts four times as long, are shown below their key, in bytes.
const WIDE: usize = 60;
/// Levels of JSON that are opened at once at most: a view is built within the one above it, and what was sent may be nested
/// without end.
const OPEN_LEVELS: u32 = 20;
/// Members of a level of JSON that are shown at first.
const LEVEL: usize = 100;

/// A value, and whether it needs the full width. `text` is its text.
pub fn readable(key: &str, value: &AttributeValue, text: &Arc<str>) -> (AnyView, bool) {
    let is_nested = matches!(value, AttributeValue::Array(_) | AttributeValue::Map(_));
    let class = format!("attribute-value {}", class(value));
    if text.len() > EAGER {
        return (view! { <LongValue class text=text.clone()/> }.into_any(), true);
    }
    let plain = |text: Arc<str>| {
        view! {
            <span class=class.clone()>
                <LongText text/>
            </span>
        }
        .into_any()
    };
    if is_nested && text.len() <= ONE_LINE {
        // Texts have no line breaks inside quotes.
        let line: Vec<&str> = text.lines().map(str::trim).collect();
        return (plain(line.join(" ").into()), false);
    }
    let reading = match value {
        AttributeValue::Array(_) | AttributeValue::Map(_) | AttributeValue::String(_) => reading(key, text),
        _ => TextForm::Plain,
    };
    let content = match reading {
        TextForm::Json => view! { <JsonValue text=text.clone()/> }.into_any(),
        TextForm::Sql => plain(clauses(text).into()),
        TextForm::Stack => view! { <StackTrace text=text.clone()/> }.into_any(),
        TextForm::Address => view! {
            <span class=class.clone()>
                <a class="detail-link" href=text.to_string() target="_blank" rel="noopener noreferrer">
                    {text.to_string()}
                </a>
            </span>
        }
        .into_any(),
        TextForm::Plain => plain(text.clone()),
    };
    let is_wide = match reading {
        TextForm::Json | TextForm::Stack => true,
        TextForm::Sql => text.len() > WIDE,
        TextForm::Address | TextForm::Plain => text.len() > 4 * WIDE,
    };
    (content, is_wide)
}

/// A text that is too long to be parsed at once: cut, and as a tree on demand.
#[component]
fn LongValue(class: String, text: Arc<str>) -> impl IntoView {
    let looks_nested = json::looks_nested(&text);
    let as_tree = RwSignal::new(false);
    let shown = text.clone();
    let below = move || match as_tree.get() {
        true => view! { <JsonValue text=text.clone()/> }.into_any(),
        false => {
            view! { <MoreButton label="Open as a tree" on_click=move |()| as_tree.set(true)/> }.into_any()
        }
    };
    view! {
        <span class=class>
            <LongText text=shown/>
        </span>
        {looks_nested.then_some(below)}
    }
}

/// JSON as a tree, with buttons that open or close all of it, and that show its text, with or without breaking its lines.
#[component]
fn JsonValue(text: Arc<str>) -> impl IntoView {
    let (is_raw, wraps) = (RwSignal::new(false), RwSignal::new(true));
    // How many levels are open, and how often that was chosen: what was folded by hand since is built anew.
    let levels = RwSignal::new((0u32, 0u32));
    let unfold = move |open: u32| levels.update(|levels| *levels = (open, levels.1 + 1));
    let has_levels = members(&text).is_some_and(|members| {
        members.iter().any(|(_, json)| matches!(json::shape(json), JsonShape::Object | JsonShape::Array))
    });
    // Keyed, so that a tree replaces the one before instead of updating it.
    let shown = move || [(is_raw.get(), levels.get())];
    let content = move |(raw, (open, _)): (bool, (u32, u32))| match raw {
        false => tree(&text, open),
        true => {
            let text = text.clone();
            view! {
                <div class="json-raw" class:json-raw-unwrapped=move || !wraps.get() tabindex="0" data-test="json-raw">
                    <span class="attribute-value">
                        <LongText text/>
                    </span>
                </div>
            }
            .into_any()
        }
    };
    let toggle = move |label: &'static str, on: RwSignal<bool>| {
        view! {
            <button
                type="button"
                class="json-tool"
                aria-pressed=move || on.get().to_string()
                on:click=move |_| on.update(|on| *on = !*on)
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="json" data-test="json">
            <div class="json-tools" role="group" aria-label="JSON">
                <Show when=move || has_levels && !is_raw.get()>
                    <button type="button" class="json-tool" on:click=move |_| unfold(OPEN_LEVELS)>"Expand all"</button>
                    <button type="button" class="json-tool" on:click=move |_| unfold(0)>"Collapse all"</button>
                </Show>
                {toggle("Raw", is_raw)}
                <Show when=move || is_raw.get()>{toggle("Wrap", wraps)}</Show>
            </div>
            <For each=shown key=|shown| *shown children=content/>
        </div>
    }
}

/// A level of JSON. Deeper levels are built when they are opened, `open` of them at once.
fn tree(json: &str, open: u32) -> AnyView {
    let Some(members) = members(json) else {
        return view! { <p class="detail-note">"This is not valid JSON"</p> }.into_any();
    };
    let members: Vec<(String, Arc<str>)> =
        members.into_iter().map(|(name, json)| (name.into_owned(), json.into())).collect();
    let paging = Paging::new(members.len(), LEVEL);
    let member = move |at: usize| members.get(at).map(|(name, json)| member(name, json, open));
    view! {
        <div class="tree" data-test="tree">
            <For each=move || paging.indices() key=|at| *at children=member/>
            <ShowMore paging/>
        </div>
    }
    .into_any()
}

fn member(name: &str, json: &Arc<str>, open: u32) -> AnyView {
    let key = view! { <span class="tree-key">{name.to_owned()}</span> };
    let class = match json::shape(json) {
        JsonShape::Object | JsonShape::Array => {
            let size = view! { <span class="tree-size">{size(json)}</span> };
            let json = json.clone();
            return view! {
                <Folded
                    class="tree-node"
                    summary_class="tree-row"
                    summary=view! { {key}" "{size} }.into_any()
                    content=move || tree(&json, open.saturating_sub(1))
                    open={open > 0}
                />
            }
            .into_any();
        }
        JsonShape::Text => "attribute-value value-string",
        JsonShape::Number | JsonShape::Word => "attribute-value value-number",
    };
    let text = json::text_of(json).to_string();
    view! {
        <div class="tree-row">
            {key}
            " "
            <span class=class>
                <LongText text/>
            </span>
        </div>
    }
    .into_any()
}

/// How many members an object or array has, in brackets.
fn size(json: &str) -> String {
    let (open, close) = if json::shape(json) == JsonShape::Object { ('{', '}') } else { ('[', ']') };
    // Counting parses all of it: of long ones the bytes are said.
    match (json.len() <= 4_000).then(|| members(json)).flatten() {
        Some(members) => format!("{open}{}{close}", members.len()),
        None => format!("{open}…{close} {}", bytes(json.len() as u64)),
    }
}
