//! Lists of keys and values, and what can be done with each. Keys may repeat.

use super::super::copy::{Said, copy_button_of};
use super::super::download::save_text;
use super::peers::note;
use super::readable::value_view;
use super::sheet::Sheet;
use super::value;
use crate::route::Colour;
use crate::ui::element::{El, el};
use crate::ui::menu::{Choice, menu};
use crate::ui::view::{View, keyed, several, when};
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::PatternScope;
use spandrel_trace::analysis::query::{Field, Owner, equals};
use spandrel_trace::analysis::reading::quantity;
use spandrel_trace::model::record::{Attribute, AttributeValue};
use std::rc::Rc;

/// Thousands of attributes are rare and cost a long task: so many are shown before more are asked for.
const FIRST: usize = 200;

/// A value longer than this is not looked for as a whole.
const FINDABLE: usize = 200;

/// A list of attributes, as far as the filter lets them through.
pub fn attributes(sheet: &Sheet, place: PatternScope, list: Rc<[Attribute]>) -> View {
    if list.is_empty() {
        return View::NONE;
    }
    let total = list.len();
    let all = RwSignal::new(total <= FIRST);
    let (kept, of) = (list.clone(), sheet.clone());
    let shown = move || -> Vec<usize> {
        let needle = of.needle();
        let most = if all.get() { usize::MAX } else { FIRST };
        (0..total).filter(|at| has(&kept[*at], &needle)).take(most).collect()
    };
    let of = sheet.clone();
    let rows = keyed(shown, move |shown| -> View {
        match shown.is_empty() {
            true => el("p", "detail-note").text("None that the filter lets through").into(),
            false => el("dl", "attributes")
                .children(shown.into_iter().map(|at| row(&of, place, &list, &list[at])))
                .into(),
        }
    });
    let more = move || value::more_button(&format!("Show all {total}"), move || all.set(true));
    several([rows, when(move || !all.get(), more)])
}

/// Whether the filter lets an attribute through.
fn has(attribute: &Attribute, needle: &str) -> bool {
    needle.is_empty()
        || attribute.key.to_lowercase().contains(needle)
        || match &attribute.value {
            AttributeValue::String(text) => text.to_lowercase().contains(needle),
            other => value::text(other).to_lowercase().contains(needle),
        }
}

fn row(sheet: &Sheet, place: PatternScope, list: &[Attribute], attribute: &Attribute) -> El {
    let Attribute { key, value } = attribute;
    let words: Rc<str> = value::text(value).into();
    let counted = quantity(key, value).map(|counted| el("span", "attribute-note").text(counted));
    let links = sheet.links(place, list, attribute, &words).into_iter().map(|link| {
        el("a", "detail-link attribute-link")
            .attr("href", link.address)
            .attr("target", "_blank")
            .attr("rel", "noopener noreferrer")
            .text(format!("{} ↗", link.text))
    });
    let said = Said::nothing();
    let whole = words.clone();
    let (view, wide) = value_view(key, value, &words);
    let tools = el("span", "attribute-tools")
        .child(copy_button_of(&format!("Copy the value of {key}"), said, move || whole.to_string()))
        .child(actions(sheet, place, attribute, words.clone(), said));
    // What an event says is compared with nothing.
    let compared =
        (place != PatternScope::Events).then(|| note(sheet, place, key, findable(place, attribute, &words)));
    el("div", "attribute")
        .test("attribute")
        .class_if("attribute-wide", wide)
        .child(key_view(key))
        .text(" ")
        .child(
            el("dd", "attribute-cell")
                .child(view)
                .child(counted)
                .child(compared)
                .children(links)
                .child(tools),
        )
}

/// A key, which may break after its dots and dashes rather than anywhere.
fn key_view(key: &str) -> El {
    let parts = key.split_inclusive(['.', '_', '-', '/']).take(50);
    let shown: usize = parts.clone().map(str::len).sum();
    let view = parts.fold(el("dt", "attribute-key").attr("title", key), |view, part| {
        view.text(part).child(el("wbr", ""))
    });
    view.text(&key[shown..])
}

/// What can be done with an attribute besides copying its value.
fn actions(sheet: &Sheet, place: PatternScope, attribute: &Attribute, words: Rc<str>, said: Said) -> El {
    let session = sheet.session;
    let key = attribute.key.clone();
    let condition = findable(place, attribute, &words);
    let label = format!("More about {key}");
    let choices = move || {
        let pair = format!("{key}={words}");
        let mut choices = vec![Choice::new("Copy key=value", move || said.copy(pair.clone()))];
        if words.len() > value::PIECE {
            let (text, name) = (words.clone(), format!("{key}.txt"));
            choices.push(Choice::new("Save the value as a file", move || save_text(&text, &name)));
        }
        if let Some(condition) = condition.clone() {
            choices
                .push(Choice::new("Find spans with this value", move || session.find.set(condition.clone())));
        }
        // What an event says has no place in a bar or a column.
        if place == PatternScope::Events {
            return choices;
        }
        let colour = Colour::Attribute(key.clone());
        choices.push(match session.colour.get_untracked() == colour {
            true => Choice::new("Colour by service again", move || session.colour.set(Colour::Service)),
            false => Choice::new("Colour spans by this key", move || session.colour.set(colour.clone())),
        });
        let column = key.clone();
        choices.push(match session.columns.with_untracked(|columns| columns.contains(&column)) {
            true => Choice::new("Remove its column", move || {
                session.columns.update(|columns| columns.retain(|other| *other != column));
            }),
            false => Choice::new("Show as a column", move || {
                session.columns.update(|columns| columns.push(column.clone()));
            }),
        });
        choices
    };
    menu("⋯", &label, choices).test("attribute-actions")
}

/// What finds the spans with this value, where it is short enough to be looked for.
fn findable(place: PatternScope, attribute: &Attribute, words: &str) -> Option<String> {
    if words.len() > FINDABLE {
        return None;
    }
    condition(place, &attribute.key, &attribute.value, words)
}

/// What finds the spans with this value; lists and maps are looked for by nobody.
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
