//! What pages and widgets are made of: nodes built once, with parts that follow signals.
//!
//! Leptos owns the reactive half of the page: signals, effects, owners, context, mounting. The markup half of it
//! is not used. Its `view!` gives every piece of markup a type, and every type its own machinery for building,
//! rebuilding, mounting and erasing; that was half of the wasm that travelled. Here an element is a [`super::element::El`]
//! whatever its tag, what goes into one is a [`View`] whatever it is made of, and each kind of thing that changes
//! (text, attribute, class, style, part) is compiled once and takes a boxed closure.
//!
//! A new view is a function that returns a [`View`] or an element:
//!
//! ```ignore
//! pub fn counter(count: RwSignal<u32>) -> El {
//!     el("p", "counter")
//!         .attr("role", "status")
//!         .text("So far ")
//!         .child(el("b", "").live_text(move || count.get().to_string()))
//!         .child(when(move || count.get() > 9, || el("em", "").text("many")))
//!         .child(el("button", "button").on("click", move |_: MouseEvent| count.set(0)).text("Again"))
//! }
//! ```
//!
//! The function runs once. Only closures given to `live_…`, [`part`], [`keyed`] and [`when`] run again, when a
//! signal that they read has changed. Whatever a part makes (listeners, effects, kept things) is given up when
//! the part is made anew or goes.

use super::element::El;

use leptos::prelude::*;
use leptos::reactive::effect::{Effect, RenderEffect};
use std::any::Any;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, Node};

/// Something that can be put into an element: nothing, a node, or several in a fragment.
pub struct View(Option<Node>);

impl View {
    /// Nothing.
    pub const NONE: View = View(None);

    pub(super) fn put_into(self, parent: &Node) {
        if let Some(node) = self.0 {
            // A new node fits into any element.
            let _ = parent.append_child(&node);
        }
    }
}

impl From<El> for View {
    fn from(element: El) -> Self {
        View(Some(element.into_node()))
    }
}

impl From<&str> for View {
    fn from(text: &str) -> Self {
        View(Some(document().create_text_node(text).into()))
    }
}

impl From<String> for View {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl<T: Into<View>> From<Option<T>> for View {
    fn from(view: Option<T>) -> Self {
        view.map_or(View::NONE, Into::into)
    }
}

impl<T: Into<View>> From<Vec<T>> for View {
    fn from(views: Vec<T>) -> Self {
        several(views)
    }
}

impl<T: Into<View>, const N: usize> From<[T; N]> for View {
    fn from(views: [T; N]) -> Self {
        several(views)
    }
}

/// Several views, one after the other.
pub fn several<T: Into<View>>(views: impl IntoIterator<Item = T>) -> View {
    let all: Node = document().create_document_fragment().into();
    views.into_iter().for_each(|view| view.into().put_into(&all));
    View(Some(all))
}

/// A part that is made anew whenever `state` has changed, from what `state` gives. Only `state` is followed:
/// what `view` reads is read once.
pub fn part<T: 'static, V: Into<View>>(
    state: impl Fn() -> T + 'static,
    view: impl Fn(T) -> V + 'static,
) -> View {
    live_part(Box::new(move |place: &Place| {
        let mut now = Some(state());
        place.fill(&mut || now.take().map_or(View::NONE, |now| view(now).into()));
    }))
}

/// As [`part`], but left as it is while `state` gives the same.
pub fn keyed<T: PartialEq + Clone + 'static, V: Into<View>>(
    state: impl Fn() -> T + 'static,
    view: impl Fn(T) -> V + 'static,
) -> View {
    let mut shown = None;
    live_part(Box::new(move |place: &Place| {
        let now = state();
        if shown.as_ref() != Some(&now) {
            shown = Some(now.clone());
            let mut now = Some(now);
            place.fill(&mut || now.take().map_or(View::NONE, |now| view(now).into()));
        }
    }))
}

/// A part that is there as long as `yes`.
pub fn when<V: Into<View>>(yes: impl Fn() -> bool + 'static, view: impl Fn() -> V + 'static) -> View {
    keyed(yes, move |yes| if yes { view().into() } else { View::NONE })
}

// Boxed closures of our own traits: in a `dyn FnMut` each closure would be there twice, to be called and to be used up.

/// What is run again when a signal has changed.
pub(super) trait Run {
    fn run(&mut self);
}

impl<F: FnMut()> Run for F {
    fn run(&mut self) {
        self();
    }
}

/// What fills a part, again and again.
trait Refill {
    fn refill(&mut self, place: &Place);
}

impl<F: FnMut(&Place)> Refill for F {
    fn refill(&mut self, place: &Place) {
        self(place);
    }
}

/// What makes a view.
trait Make {
    fn make(&mut self) -> View;
}

impl<F: FnMut() -> View> Make for F {
    fn make(&mut self) -> View {
        self()
    }
}

/// Where a part lives: between two comments.
struct Place {
    begin: Node,
    end: Node,
    /// Owns what the part has made.
    owner: Owner,
}

impl Place {
    fn fill(&self, view: &mut dyn Make) {
        // What listens goes before what it listens on: removing a focused field tells it so.
        let view = self.owner.with_cleanup(|| untrack(|| view.make()));
        clear(&self.begin, &self.end);
        if let (Some(node), Some(parent)) = (view.0, self.end.parent_node()) {
            // The end is its parent's child.
            let _ = parent.insert_before(&node, Some(&self.end));
        }
    }
}

fn live_part(mut content: Box<dyn Refill>) -> View {
    let all: Node = document().create_document_fragment().into();
    let marker = || Node::from(document().create_comment(""));
    let place = Place { begin: marker(), end: marker(), owner: Owner::new() };
    let _ = all.append_child(&place.begin);
    let _ = all.append_child(&place.end);
    follow(Box::new(move || content.refill(&place)));
    View(Some(all))
}

/// Removes what is between two siblings.
fn clear(begin: &Node, end: &Node) {
    while let Some(node) = begin.next_sibling().filter(|node| node != end) {
        let Some(parent) = node.parent_node() else { return };
        let _ = parent.remove_child(&node);
    }
}

/// Runs at once, and again whenever a signal that it read has changed, for as long as the view is there.
pub(super) fn follow(mut it: Box<dyn Run>) {
    keep(RenderEffect::new(move |_| it.run()));
}

/// Runs `run` once the view is in the page, and again whenever a signal that it read has changed.
pub fn effect(run: impl FnMut() + 'static) {
    fn start(mut it: Box<dyn Run>) {
        Effect::new(move || it.run());
    }
    start(Box::new(run));
}

/// Shows a view at the end of `host` until what is returned is dropped.
pub fn mount(host: &HtmlElement, view: impl FnOnce() -> View + 'static) -> Box<dyn Any> {
    let parent: Node = host.clone().into();
    let view: Box<dyn FnOnce() -> View> = Box::new(view);
    let owner = Owner::new();
    let shown = owner.with(|| {
        leptos::mount::mount_to(host.clone(), move || {
            let marker = || Node::from(document().create_comment(""));
            let (begin, end) = (marker(), marker());
            let _ = parent.append_child(&begin);
            view().put_into(&parent);
            let _ = parent.append_child(&end);
            keep(Mounted { begin, end });
        })
    });
    Box::new((CleanUp(owner), shown))
}

/// Cleans up an owner when dropped, though something that it owns refers to it, as components of Leptos' own do.
struct CleanUp(Owner);

impl Drop for CleanUp {
    fn drop(&mut self) {
        self.0.cleanup();
    }
}

struct Mounted {
    begin: Node,
    end: Node,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        clear(&self.begin, &self.end);
        for marker in [&self.begin, &self.end] {
            if let Some(parent) = marker.parent_node() {
                let _ = parent.remove_child(marker);
            }
        }
    }
}

/// Keeps something until the current owner is cleaned up: a listener, a watch, a frame.
pub fn keep(thing: impl Any) {
    StoredValue::<_, LocalStorage>::new_local(thing);
}

/// Puts a view of Leptos' own where a [`View`] goes. It belongs to the current owner.
pub fn leptos(view: impl IntoView + 'static) -> View {
    let all = document().create_document_fragment();
    let parent: web_sys::Element = all.clone().unchecked_into();
    let mut state = view.into_view().build();
    state.mount(&parent, None);
    keep(state);
    View(Some(all.into()))
}

/// Puts a [`View`] into a view of Leptos' own, within an element that has no box of its own.
#[component]
pub fn Nodes(
    /// Makes what is shown; called once.
    make: impl FnOnce() -> View + 'static,
) -> impl IntoView {
    let host = NodeRef::<leptos::html::Div>::new();
    let owner = Owner::current();
    host.on_load(move |host| {
        let view = owner.unwrap_or_default().with(|| untrack(make));
        view.put_into(&host.into());
    });
    view! { <div class="nodes" node_ref=host></div> }
}
