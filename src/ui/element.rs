//! Elements: one type for all of them, built once, with attributes, texts and listeners that follow signals.

use super::canvas::Listener;
use super::view::{View, follow, keep, part, when};
use leptos::prelude::document;
use std::borrow::Cow;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, Node};

/// An element that is being built. Nothing is escaped because nothing is markup: texts become text nodes.
#[derive(Clone)]
pub struct El(Element);

/// An element of HTML with its classes; `""` for none.
pub fn el(tag: &str, class: &str) -> El {
    new_in("http://www.w3.org/1999/xhtml", tag, class)
}

/// An element of SVG.
pub fn svg(tag: &str, class: &str) -> El {
    new_in("http://www.w3.org/2000/svg", tag, class)
}

/// A button that submits nothing.
pub fn button(class: &str) -> El {
    el("button", class).attr("type", "button")
}

/// An entry of a list to choose from, chosen if it is `chosen`.
pub fn option(value: &str, label: &str, chosen: &str) -> El {
    el("option", "").attr("value", value).attr("selected", value == chosen).text(label)
}

fn new_in(space: &str, tag: &str, class: &str) -> El {
    let element = document().create_element_ns(Some(space), tag);
    // Tags are constants and valid; the browser has no other reason to refuse.
    let element = El(element.unwrap_or_else(|odd| odd.unchecked_into()));
    if class.is_empty() { element } else { element.attr("class", class) }
}

/// What an attribute can be: `false` and `None` are its absence, `true` its presence.
pub struct Value<'a>(Option<Cow<'a, str>>);

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value(Some(Cow::Borrowed(text)))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Value(Some(Cow::Borrowed(text)))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value(Some(Cow::Owned(text)))
    }
}

impl From<bool> for Value<'_> {
    fn from(there: bool) -> Self {
        Value(there.then_some(Cow::Borrowed("")))
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        number.to_string().into()
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value(None), Into::into)
    }
}

impl El {
    /// The element itself, as the class that its tag has.
    pub fn node<E: JsCast>(&self) -> E {
        self.0.clone().unchecked_into()
    }

    pub(super) fn into_node(self) -> Node {
        self.0.into()
    }

    /// Sets an attribute.
    pub fn attr<'a>(self, name: &str, value: impl Into<Value<'a>>) -> Self {
        set(&self.0, name, value.into().0.as_deref());
        self
    }

    /// The name that tests know it by.
    pub fn test(self, name: &str) -> Self {
        self.attr("data-test", name)
    }

    /// An attribute that follows signals.
    pub fn live_attr<V: Into<Value<'static>>>(
        self,
        name: &'static str,
        value: impl Fn() -> V + 'static,
    ) -> Self {
        let element = self.0.clone();
        changing(
            Box::new(move || value().into()),
            Box::new(move |value: Option<&str>| set(&element, name, value)),
        );
        self
    }

    /// Has a class besides its others, or not.
    pub fn class_if(self, class: &str, yes: bool) -> Self {
        if yes {
            let _ = self.0.class_list().add_1(class);
        }
        self
    }

    /// Has a class besides its others as long as `yes`.
    pub fn live_class(self, class: &'static str, yes: impl Fn() -> bool + 'static) -> Self {
        let classes = self.0.class_list();
        let turn = move |yes: Option<&str>| {
            // Classes are constants and valid.
            let _ = if yes.is_some() { classes.add_1(class) } else { classes.remove_1(class) };
        };
        changing(Box::new(move || yes().into()), Box::new(turn));
        self
    }

    /// Sets a property of its style, which a strict policy allows where it forbids the attribute.
    pub fn style(self, property: &str, value: &str) -> Self {
        style(&self.0, property, Some(value));
        self
    }

    /// A property of its style that follows signals.
    pub fn live_style(self, property: &'static str, value: impl Fn() -> String + 'static) -> Self {
        let element = self.0.clone();
        changing(
            Box::new(move || value().into()),
            Box::new(move |value: Option<&str>| style(&element, property, value)),
        );
        self
    }

    /// The value of a field. What was typed stays until the signals behind `value` change.
    pub fn live_value(self, value: impl Fn() -> String + 'static) -> Self {
        let element = self.0.clone();
        let write = move |value: Option<&str>| property(&element, "value", &value.unwrap_or_default().into());
        changing(Box::new(move || value().into()), Box::new(write));
        self
    }

    /// Whether a box or a button of several is checked.
    pub fn live_checked(self, yes: impl Fn() -> bool + 'static) -> Self {
        let element = self.0.clone();
        let write = move |yes: Option<&str>| property(&element, "checked", &yes.is_some().into());
        changing(Box::new(move || yes().into()), Box::new(write));
        self
    }

    /// Adds text.
    pub fn text(self, text: impl AsRef<str>) -> Self {
        View::from(text.as_ref()).put_into(&self.0);
        self
    }

    /// Adds text that follows signals.
    pub fn live_text<V: Into<Value<'static>>>(self, text: impl Fn() -> V + 'static) -> Self {
        let node = document().create_text_node("");
        // It fits into any element.
        let _ = self.0.append_child(&node);
        let write = move |text: Option<&str>| node.set_data(text.unwrap_or_default());
        changing(Box::new(move || text().into()), Box::new(write));
        self
    }

    /// Adds a view.
    pub fn child(self, view: impl Into<View>) -> Self {
        view.into().put_into(&self.0);
        self
    }

    /// Adds several views.
    pub fn children<T: Into<View>>(self, views: impl IntoIterator<Item = T>) -> Self {
        views.into_iter().for_each(|view| view.into().put_into(&self.0));
        self
    }

    /// Adds a [`part`].
    pub fn part<T: 'static, V: Into<View>>(
        self,
        state: impl Fn() -> T + 'static,
        view: impl Fn(T) -> V + 'static,
    ) -> Self {
        self.child(part(state, view))
    }

    /// Adds a part that is there as long as `yes`.
    pub fn when<V: Into<View>>(
        self,
        yes: impl Fn() -> bool + 'static,
        view: impl Fn() -> V + 'static,
    ) -> Self {
        self.child(when(yes, view))
    }

    /// Listens. `E` must be the event's class. The default can be prevented.
    pub fn on<E: JsCast + 'static>(self, event: &'static str, heard: impl FnMut(E) + 'static) -> Self {
        keep(Listener::new(&self.0, event, heard));
        self
    }
}

/// The value of the field that an event comes from.
pub fn typed(event: &web_sys::Event) -> String {
    event
        .target()
        .and_then(|field| js_sys::Reflect::get(&field, &"value".into()).ok()?.as_string())
        .unwrap_or_default()
}

/// Where the value of an attribute or a text comes from. Not a `dyn Fn`: see [`super::view::Run`].
trait Read {
    fn read(&self) -> Value<'static>;
}

impl<F: Fn() -> Value<'static>> Read for F {
    fn read(&self) -> Value<'static> {
        self()
    }
}

/// Where it goes.
trait Write {
    fn write(&self, value: Option<&str>);
}

impl<F: Fn(Option<&str>)> Write for F {
    fn write(&self, value: Option<&str>) {
        self(value);
    }
}

/// Writes what `read` gives, at first and whenever that has changed.
fn changing(source: Box<dyn Read>, target: Box<dyn Write>) {
    let mut written = None;
    follow(Box::new(move || {
        let Value(now) = source.read();
        if written.as_ref() != Some(&now) {
            target.write(now.as_deref());
            written = Some(now);
        }
    }));
}

fn set(element: &Element, name: &str, value: Option<&str>) {
    // Names are constants and valid; the browser has no other reason to refuse.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

fn style(element: &Element, name: &str, value: Option<&str>) {
    // An odd value is passed over as in a stylesheet.
    let _ = element.unchecked_ref::<HtmlElement>().style().set_property(name, value.unwrap_or_default());
}

fn property(element: &Element, name: &str, value: &JsValue) {
    // A field's own property takes any value.
    let _ = js_sys::Reflect::set(element, &name.into(), value);
}
