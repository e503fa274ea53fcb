//! Lists of attributes, and what can be done with each. Keys may repeat.

use super::super::copy::{CopyButton, CopyStatus};
use super::super::download::save_text;
use super::paging::MoreButton;
use super::peers::PeerNote;
use super::readable::readable;
use super::shown::ShownSpan;
use super::value;
use crate::route::Colour;
use crate::ui::menu::{Menu, MenuItem};
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::PatternScope;
use spandrel_trace::analysis::query::{Field, Owner, equals};
use spandrel_trace::analysis::text_format::quantity;
use spandrel_trace::model::record::{Attribute, AttributeValue};
use std::sync::Arc;

/// Attributes that are listed at first: thousands are rare and cost a long task.
const FIRST: usize = 200;

/// Longest value, in bytes, that is searched for as a whole.
const FINDABLE: usize = 200;

/// A list of attributes, those that match the filter.
#[component]
pub fn Attributes(
    shown: ShownSpan,
    /// Where the list belongs to.
    place: PatternScope,
    #[prop(into)] list: Arc<[Attribute]>,
) -> impl IntoView {
    let total = list.len();
    let all = RwSignal::new(total <= FIRST);
    let filtered = list.clone();
    let indices = Memo::new(move |_| {
        let needle = shown.needle();
        let most = if all.get() { usize::MAX } else { FIRST };
        (0..total).filter(|at| matches(&filtered[*at], &needle)).take(most).collect::<Vec<_>>()
    });
    let is_empty = Memo::new(move |_| indices.with(Vec::is_empty));
    let rows = move || {
        let list = list.clone();
        let row = move |at| view! { <AttributeRow shown place list=list.clone() at/> };
        match is_empty.get() {
            true => view! { <p class="detail-note">"No attributes match the filter"</p> }.into_any(),
            false => view! {
                <dl class="attributes">
                    <For each=move || indices.get() key=|at| *at children=row/>
                </dl>
            }
            .into_any(),
        }
    };
    (total > 0).then(|| {
        view! {
            {rows}
            <Show when=move || !all.get()>
                <MoreButton label=format!("Show all {total}") on_click=move |()| all.set(true)/>
            </Show>
        }
    })
}

/// Whether key or value contain `needle`, which is in lower case.
fn matches(attribute: &Attribute, needle: &str) -> bool {
    needle.is_empty()
        || attribute.key.to_lowercase().contains(needle)
        || match &attribute.value {
            AttributeValue::String(text) => text.to_lowercase().contains(needle),
            other => value::text(other).to_lowercase().contains(needle),
        }
}

/// A key with its value, how it compares, and its tools.
#[component]
fn AttributeRow(shown: ShownSpan, place: PatternScope, list: Arc<[Attribute]>, at: usize) -> impl IntoView {
    let Attribute { key, value } = list[at].clone();
    let text: Arc<str> = value::text(&value).into();
    let quantity = quantity(&key, &value).map(|text| view! { <span class="attribute-note">{text}</span> });
    let links = shown.links(place, &list, &key, &text).into_iter().map(|link| {
        view! {
            <a
                class="detail-link attribute-link"
                href=link.address
                target="_blank"
                rel="noopener noreferrer"
            >
                <bdi>{link.text}</bdi>
                " ↗"
            </a>
        }
    });
    let status = CopyStatus::new();
    let (content, is_wide) = readable(&key, &value, &text);
    let condition = findable(place, &list[at], &text);
    // Attributes of events are not compared.
    let note = (place != PatternScope::Events).then(|| {
        view! { <PeerNote shown place key=key.clone() condition=condition.clone()/> }
    });
    let copied = text.clone();
    view! {
        <div class="attribute" class:attribute-wide=is_wide data-test="attribute">
            <Key key=key.clone()/>
            " "
            <dd class="attribute-cell">
                {content}
                {quantity}
                {note}
                {links.collect_view()}
                <span class="attribute-tools">
                    <CopyButton
                        label=format!("Copy value of {key}")
                        text=Signal::derive(move || copied.to_string())
                        status
                    />
                    <Actions shown place key text condition status/>
                </span>
            </dd>
        </div>
    }
    .into_any()
}

/// A key, which may break after its dots and dashes.
#[component]
fn Key(key: String) -> impl IntoView {
    let parts = key.split_inclusive(['.', '_', '-', '/']).take(50);
    let shown: usize = parts.clone().map(str::len).sum();
    let parts = parts.map(|part| view! { {part.to_owned()}<wbr/> }).collect_view();
    let rest = key[shown..].to_owned();
    view! {
        <dt class="attribute-key" title=key>
            {parts}
            {rest}
        </dt>
    }
}

/// The menu of what can be done with an attribute besides copying its value.
#[component]
fn Actions(
    shown: ShownSpan,
    place: PatternScope,
    key: String,
    /// The value.
    text: Arc<str>,
    /// Query for the spans with this value.
    condition: Option<String>,
    status: CopyStatus,
) -> impl IntoView {
    let session = shown.session;
    let label = format!("Actions for {key}");
    let items = move |()| {
        let pair = format!("{key}={text}");
        let mut items = vec![MenuItem::new("Copy key=value", move || status.copy(pair.clone()))];
        if text.len() > value::PIECE {
            let (text, name) = (text.clone(), format!("{key}.txt"));
            items.push(MenuItem::new("Save the value as a file", move || save_text(&text, &name)));
        }
        if let Some(condition) = condition.clone() {
            items.push(MenuItem::new("Find spans with this value", move || {
                session.find.query.set(condition.clone());
            }));
        }
        // Events have neither bars nor columns.
        if place == PatternScope::Events {
            return items;
        }
        let colour = Colour::Attribute(key.clone());
        items.push(match session.colouring.get_untracked() == colour {
            true => MenuItem::new("Colour by service again", move || session.colouring.set(Colour::Service)),
            false => MenuItem::new("Colour spans by this key", move || session.colouring.set(colour.clone())),
        });
        let column = key.clone();
        items.push(match session.columns.keys.with_untracked(|columns| columns.contains(&column)) {
            true => MenuItem::new("Remove its column", move || {
                session.columns.keys.update(|columns| columns.retain(|other| *other != column));
            }),
            false => MenuItem::new("Show as a column", move || {
                session.columns.keys.update(|columns| columns.push(column.clone()));
            }),
        });
        items
    };
    view! { <Menu face="⋯" label items attr:data-test="attribute-actions"/> }
}

/// Query for the spans with this value; `None` for values that are too long for one.
fn findable(place: PatternScope, attribute: &Attribute, words: &str) -> Option<String> {
    if words.len() > FINDABLE {
        return None;
    }
    condition(place, &attribute.key, &attribute.value, words)
}

/// Query for the spans with this value; `None` for bytes, arrays and maps.
fn condition(place: PatternScope, key: &str, value: &AttributeValue, words: &str) -> Option<String> {
    let is_text = match value {
        AttributeValue::String(_) => true,
        AttributeValue::Int(_) | AttributeValue::Double(_) | AttributeValue::Bool(_) => false,
        AttributeValue::Empty
        | AttributeValue::Bytes(_)
        | AttributeValue::Array(_)
        | AttributeValue::Map(_) => return None,
    };
    let owner = if place == PatternScope::Events { Owner::Event } else { Owner::Any };
    Some(equals(&Field::Key(owner, key.to_owned()), words, is_text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_value_is_looked_for_by_its_type() {
        let find =
            |place, key: &str, value: AttributeValue| condition(place, key, &value, &value::text(&value));
        let text = |text: &str| AttributeValue::String(text.into());
        assert_eq!(
            find(PatternScope::Attributes, "http.route", text("/a \"b\"")).unwrap(),
            r#"http.route = "/a \"b\"""#
        );
        assert_eq!(find(PatternScope::Attributes, "retries", text("3")).unwrap(), "retries = \"3\"");
        assert_eq!(find(PatternScope::Resource, "retries", AttributeValue::Int(3)).unwrap(), "retries = 3");
        assert_eq!(
            find(PatternScope::Events, "why", AttributeValue::Bool(true)).unwrap(),
            "event.why = true"
        );
        assert_eq!(find(PatternScope::Attributes, "list", AttributeValue::Array(Vec::new())), None);
    }
}
