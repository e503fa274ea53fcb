//! Elements of a trace view that handlers look for in the page. An attribute marks them: classes are for stylesheets alone.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, HtmlElement};

/// The attribute that marks a part with its name.
pub const ATTRIBUTE: &str = "data-part";

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of the trace.
    Trace,
    /// The header.
    Header,
    /// The find field in it.
    FindField,
    /// What takes the focus in a view that has neither tree nor table, or what holds that.
    View,
    /// The rows of the waterfall with what is between them.
    Rows,
    /// The button in a row that collapses or expands it.
    Twisty,
    /// The button in a row that shows its subtree alone.
    Focus,
    /// The name in a row.
    Name,
    /// The details of a span.
    Details,
    /// Details between rows.
    Drawer,
    /// The events at the pointer.
    EventNote,
    /// A flame graph or lanes, with what stands above their bars.
    Frames,
}

impl Part {
    /// Its name: the value of [`ATTRIBUTE`].
    pub const fn name(self) -> &'static str {
        match self {
            Part::Trace => "trace",
            Part::Header => "header",
            Part::FindField => "find-field",
            Part::View => "view",
            Part::Rows => "rows",
            Part::Twisty => "twisty",
            Part::Focus => "focus",
            Part::Name => "name",
            Part::Details => "details",
            Part::Drawer => "drawer",
            Part::EventNote => "event-note",
            Part::Frames => "frames",
        }
    }

    /// The selector of its elements.
    pub fn selector(self) -> String {
        format!("[{ATTRIBUTE}={}]", self.name())
    }

    /// The first such element of the page.
    pub fn first(self) -> Option<HtmlElement> {
        // The selector is valid.
        document().query_selector(&self.selector()).ok().flatten()?.dyn_into().ok()
    }

    /// Whether `element` is such an element or within one.
    pub fn has(self, element: &Element) -> bool {
        self.around(element).is_some()
    }

    /// The innermost such element that `element` is or lies in.
    pub fn around(self, element: &Element) -> Option<HtmlElement> {
        element.closest(&self.selector()).ok().flatten()?.dyn_into().ok()
    }

    /// The same for the target of an event.
    pub fn has_target(self, target: Option<EventTarget>) -> bool {
        let target = target.and_then(|target| target.dyn_into::<Element>().ok());
        target.is_some_and(|target| self.has(&target))
    }
}
