//! Details between the rows: each in a drawer below the row of its span, mounted while that is visible, so that the page
//! holds no more of them than are seen. A drawer is as high as its content; while that is loading, as high as it was last.

use super::super::parts::{self, Part};
use super::super::session::Session;
use crate::ui::canvas::SizeWatch;
use crate::ui::sizes::ROW;
use leptos::mount::mount_to;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::Rows;
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::scene::places::{RowInsertion, RowPositions, insertions};
use spandrel_trace::units::SpanId;
use std::any::Any;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The detail of a span, for its drawer.
pub type Fill = Rc<dyn Fn(SpanId) -> AnyView>;

/// Height of a drawer before any was measured, CSS pixels.
const GUESS: f64 = 320.0;

/// A drawer that is in the page.
struct Drawer {
    id: SpanId,
    element: HtmlElement,
    content: HtmlElement,
    /// Whether all of it was there when it was measured.
    settled: bool,
    owner: Owner,
    _view: Box<dyn Any>,
    _size: SizeWatch,
}

impl Drop for Drawer {
    fn drop(&mut self) {
        // Effects of the content hold their owner, so that dropping it does not clean it up.
        self.owner.cleanup();
    }
}

/// A new `div` with an ARIA role.
fn div(role: &str) -> Option<HtmlElement> {
    let element = document().create_element("div").ok()?;
    element.set_attribute("role", role).ok()?;
    element.dyn_into().ok()
}

/// The drawers.
pub struct Drawers {
    fill: Fill,
    // What is open, as last arranged, and from what.
    outline: Arc<Outline>,
    rows: Arc<Rows>,
    opened: Vec<SpanId>,
    spans: Vec<(SpanId, SpanIx)>,
    places: Vec<(usize, SpanId)>,
    insertions: Vec<RowInsertion>,
    // What was measured, and how high the last one was.
    heights: Vec<(SpanId, f64)>,
    guess: f64,
    shown: Vec<Drawer>,
}

/// A change of a drawer's height.
pub struct DrawerResize {
    /// The row above it.
    pub row: usize,
    /// How much higher it is now, CSS pixels.
    pub by: f64,
    /// Whether this is its first measured height.
    pub first: bool,
    /// The span.
    pub id: SpanId,
}

impl Drawers {
    /// None yet; `fill` makes what is in them.
    pub fn new(fill: Fill) -> Self {
        Drawers {
            fill,
            outline: Arc::default(),
            rows: Arc::default(),
            opened: Vec::new(),
            spans: Vec::new(),
            places: Vec::new(),
            insertions: Vec::new(),
            heights: Vec::new(),
            guess: GUESS,
            shown: Vec::new(),
        }
    }

    /// Takes what is open and where its rows are from the session. Whether rows have other numbers now.
    pub fn arrange(&mut self, session: Session) -> bool {
        let rows = session.folding.rows.get_untracked();
        let is_same = session.panels.inline.with_untracked(|opened| *opened == self.opened);
        if is_same && Arc::ptr_eq(&rows, &self.rows) {
            return false;
        }
        let outline = session.outline();
        if !Arc::ptr_eq(&outline, &self.outline) {
            self.outline = outline;
            self.spans.clear();
        }
        self.rows = rows;
        self.opened = session.panels.inline.get_untracked();
        let before = std::mem::take(&mut self.places);
        for id in &self.opened {
            // A span is looked for once: that looks at all of them.
            let known = self.spans.iter().find(|(other, _)| other == id).map(|(_, span)| *span);
            let span = known.or_else(|| {
                let span = self.outline.find(*id)?;
                self.spans.push((*id, span));
                Some(span)
            });
            if let Some(row) = span.and_then(|span| self.rows.index_of(span)) {
                let at = self.places.partition_point(|(other, _)| *other < row);
                self.places.insert(at, (row, *id));
            }
        }
        self.pile();
        before != self.places
    }

    fn pile(&mut self) {
        self.insertions = insertions(self.places.iter().map(|(row, id)| (*row, self.height_of(*id))));
    }

    fn height_of(&self, id: SpanId) -> f64 {
        self.heights.iter().find(|(other, _)| *other == id).map_or(self.guess, |(_, height)| *height)
    }

    /// Where rows are, CSS pixels.
    pub fn places(&self) -> RowPositions<'_> {
        RowPositions { row_height: ROW, insertions: &self.insertions }
    }

    /// What lies below rows in pixels of a screen that has so many in one of ours.
    pub fn insertions_in(&self, ratio: f64) -> Vec<RowInsertion> {
        insertions(self.insertions.iter().map(|insertion| (insertion.row, insertion.height * ratio)))
    }

    /// How many drawers there are, in sight or not.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The row above the drawer of a span.
    pub fn row_of(&self, id: SpanId) -> Option<usize> {
        self.places.iter().find(|(_, other)| *other == id).map(|(row, _)| *row)
    }

    /// Mounts exactly the drawers below the rows of `range`. `row` gives a row's element and its level; `resized` is called
    /// when the content of a drawer changes its height; `focus_fallback` gets the focus of what is removed.
    pub fn show(
        &mut self,
        range: Range<usize>,
        row: &dyn Fn(usize) -> Option<(HtmlElement, u32)>,
        resized: &Rc<dyn Fn(SpanId)>,
        focus_fallback: &HtmlElement,
    ) {
        let wanted: Vec<(usize, SpanId)> =
            self.places.iter().copied().filter(|(row, _)| range.contains(row)).collect();
        let (stay, go): (Vec<Drawer>, Vec<Drawer>) = std::mem::take(&mut self.shown)
            .into_iter()
            .partition(|drawer| wanted.iter().any(|(_, id)| *id == drawer.id));
        self.shown = stay;
        for drawer in go {
            let focused = document().active_element();
            if focused.is_some_and(|focused| drawer.element.contains(Some(&focused))) {
                let _ = focus_fallback.focus();
            }
            drawer.element.remove();
        }
        for (index, id) in wanted {
            let Some((above, level)) = row(index) else { continue };
            if !self.shown.iter().any(|drawer| drawer.id == id) {
                let Some(drawer) = self.make(id, resized) else { continue };
                self.shown.push(drawer);
            }
            let (height, before) = (self.height_of(id), self.places().above(index));
            let Some(drawer) = self.shown.iter().find(|drawer| drawer.id == id) else { continue };
            let set = |name: &str, value: usize| drop(drawer.element.set_attribute(name, &value.to_string()));
            set("aria-rowindex", index + before + 2);
            set("aria-level", level as usize + 1);
            let _ = drawer.element.style().set_property("height", &format!("{height}px"));
            // What is moved loses its place in the order of focus: only what is elsewhere is.
            if above.next_sibling().as_ref() != Some(drawer.element.as_ref()) {
                let _ = above.after_with_node_1(&drawer.element);
            }
        }
    }

    fn make(&self, id: SpanId, resized: &Rc<dyn Fn(SpanId)>) -> Option<Drawer> {
        let (drawer, cell) = (div("row")?, div("gridcell")?);
        drawer.set_id(&name(id));
        drawer.set_class_name("span-drawer");
        // The names of attributes are valid, and a new element fits into any other.
        let _ = drawer.set_attribute(parts::ATTRIBUTE, Part::Drawer.name());
        let _ = drawer.set_attribute("data-test", "span-drawer");
        let _ = drawer.append_child(&cell);
        let (fill, owner) = (self.fill.clone(), Owner::new());
        let view = owner.with(|| mount_to(cell.clone(), move || fill(id)));
        let content: HtmlElement = cell.first_element_child()?.unchecked_into();
        let resized = resized.clone();
        let size = SizeWatch::new(&content, move || resized(id));
        Some(Drawer {
            id,
            element: drawer,
            content,
            settled: false,
            owner,
            _view: Box::new(view),
            _size: size,
        })
    }

    /// Measures what is in a drawer. `None` where that changes nothing.
    pub fn measure(&mut self, id: SpanId) -> Option<DrawerResize> {
        let row = self.row_of(id)?;
        let before = self.height_of(id);
        let drawer = self.shown.iter_mut().find(|drawer| drawer.id == id)?;
        let height = drawer.content.get_bounding_client_rect().height().ceil();
        let is_coming = drawer.content.has_attribute("data-loading");
        if height < 1.0 || is_coming {
            return None;
        }
        let first = !std::mem::replace(&mut drawer.settled, true);
        if height == before && !first {
            return None;
        }
        self.heights.retain(|(other, _)| *other != id);
        self.heights.push((id, height));
        self.guess = height;
        self.pile();
        Some(DrawerResize { row, by: height - before, first, id })
    }
}

/// The element id of a span's drawer.
pub fn name(id: SpanId) -> String {
    format!("drawer-{id}")
}
