//! The rows that people read: a fixed pool of elements, written in the frame in which the bars are painted.
//! As many as the screen is high, whatever the trace has; moved, never made anew, while one scrolls.

use super::super::columns::Told;
use super::super::header::grouped;
use super::drawers;
use super::mark::Mark;
use spandrel_trace::analysis::rows::{Group, GroupsKept, Row, Rows, Siblings};
use spandrel_trace::analysis::rpc;
use spandrel_trace::model::{Flags, Kind, Outline, SpanIx};
use spandrel_trace::scene::places::Places;
use spandrel_trace::units::duration;
use std::collections::VecDeque;
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlElement, Node, Text};

/// What the rows are written from.
pub struct Showing<'a> {
    /// The trace.
    pub outline: &'a Outline,
    /// Its rows.
    pub rows: &'a Rows,
    /// The rows that are at least partly on screen.
    pub range: std::ops::Range<usize>,
    /// The selected span.
    pub selected: Option<SpanIx>,
    /// Colour slot of a span's service.
    pub slot: &'a dyn Fn(SpanIx) -> u8,
    /// How the row at an index stands out.
    pub mark: &'a dyn Fn(usize, Row) -> Mark,
    /// Levels that may be indented before names would be squeezed out.
    pub levels: u32,
    /// Indentation of a level, CSS pixels.
    pub indent: f64,
    /// What is known of attributes.
    pub told: &'a Told,
    /// Keys of the attributes that are columns.
    pub columns: &'a [String],
    /// Where rows are, and what lies between them.
    pub places: Places<'a>,
    /// Changes whenever rows must be written anew although they show the same spans.
    pub edition: u32,
}

/// What an element was last written from; an equal one needs no writing.
#[derive(Clone, Copy, PartialEq)]
struct Written {
    index: usize,
    row: Row,
    selected: bool,
    mark: Mark,
    edition: u32,
}

struct RowElement {
    element: HtmlElement,
    indent: HtmlElement,
    depth: Text,
    dot: HtmlElement,
    name: Text,
    service: Text,
    pills: [(HtmlElement, Text); 2],
    cells: Vec<Text>,
    mark: HtmlElement,
    bar: HtmlElement,
    written: Option<Written>,
    lit: u32,
}

/// Bytes of a text in a row at most: more than fits on any screen.
const LONGEST: usize = 512;

/// The pool.
pub struct RowPool {
    container: HtmlElement,
    document: Document,
    rows: VecDeque<RowElement>,
    first: usize,
    made: u32,
    columns: usize,
    siblings: Siblings,
}

impl RowPool {
    /// A pool below `container`; `None` outside a document.
    pub fn new(container: HtmlElement) -> Option<Self> {
        let document = container.owner_document()?;
        let (rows, siblings) = (VecDeque::new(), Siblings::default());
        Some(RowPool { container, document, rows, first: 0, made: 0, columns: 0, siblings })
    }

    /// Writes the rows on screen. `false` if an element could not be made.
    pub fn show(&mut self, showing: &Showing, groups: &mut GroupsKept) -> bool {
        if self.columns != showing.columns.len() {
            self.columns = showing.columns.len();
            self.rows.drain(..).for_each(|row| row.element.remove());
        }
        while self.rows.len() < showing.range.len() {
            let Some(row) = self.make() else { return false };
            self.rows.push_back(row);
        }
        while self.rows.len() > showing.range.len() {
            if let Some(row) = self.rows.pop_back() {
                row.element.remove();
            }
        }
        self.turn(showing.range.start);
        for (place, index) in showing.range.clone().enumerate() {
            let (Some(row), Some(element)) = (showing.rows.get(index), self.rows.get_mut(place)) else {
                break;
            };
            let selected = is_selected(row, showing.selected);
            let mark = (showing.mark)(index, row);
            let written = Written { index, row, selected, mark, edition: showing.edition };
            if element.written != Some(written) {
                let place = self.siblings.place(showing.outline, showing.rows, index);
                let group = row.is_group().then(|| groups.of(showing.outline, showing.rows, index));
                write(element, showing, written, place, group);
                element.written = Some(written);
            }
        }
        true
    }

    /// The element id of the row that shows `span`, if one does.
    pub fn id_of(&self, span: SpanIx) -> Option<String> {
        let shows =
            |row: &&RowElement| row.written.is_some_and(|written| is_selected(written.row, Some(span)));
        self.rows.iter().find(shows).map(|row| row.element.id())
    }

    /// The element of the row at an index, where it is on screen.
    pub fn element_at(&self, index: usize) -> Option<HtmlElement> {
        let row = self.rows.get(index.checked_sub(self.first)?)?;
        Some(row.element.clone())
    }

    /// Lights so many guides of each row, from the outermost inwards, the first row's first; none of those that are not
    /// told. Nothing moves by it, and what is lit already is not touched.
    pub fn light(&mut self, lit: &[u32]) {
        for (place, row) in self.rows.iter_mut().enumerate() {
            let lit = lit.get(place).copied().unwrap_or(0);
            if std::mem::replace(&mut row.lit, lit) != lit {
                let _ = row.indent.style().set_property("--lit", &lit.to_string());
            }
        }
    }

    /// Writes all rows anew the next time: they are of another list.
    pub fn renew(&mut self) {
        self.siblings = Siblings::default();
        self.rows.iter_mut().for_each(|row| row.written = None);
    }

    /// Elements that leave on one side come in again on the other, so a line's scroll writes a line.
    fn turn(&mut self, first: usize) {
        let count = self.rows.len();
        let down = first.checked_sub(self.first).filter(|by| *by < count);
        let up = self.first.checked_sub(first).filter(|by| *by < count);
        for _ in 0..down.unwrap_or(0) {
            if let Some(row) = self.rows.pop_front() {
                // The container is ours and holds nothing else: appending cannot fail.
                let _ = self.container.append_child(&row.element);
                self.rows.push_back(row);
            }
        }
        for _ in 0..up.unwrap_or(0) {
            if let Some(row) = self.rows.pop_back() {
                let front = self.rows.front().map(|row| -> &Node { &row.element });
                let _ = self.container.insert_before(&row.element, front);
                self.rows.push_front(row);
            }
        }
        self.first = first;
    }

    fn make(&mut self) -> Option<RowElement> {
        let element = self.part("div", "span-row")?;
        self.made += 1;
        element.set_id(&format!("span-row-{}", self.made));
        attribute(&element, "role", "row");
        attribute(&element, "data-test", "span-row");
        let names = self.part("div", "span-row-names")?;
        attribute(&names, "role", "gridcell");
        let indent = self.part("span", "span-row-indent")?;
        let depth_chip = self.part("span", "span-row-depth")?;
        let twisty = self.part("span", "span-row-twisty")?;
        attribute(&twisty, "data-test", "twisty");
        for silent in [&indent, &depth_chip, &twisty] {
            attribute(silent, "aria-hidden", "true");
        }
        let dot = self.part("span", "span-row-dot")?;
        let name_box = self.part("span", "span-row-name")?;
        let service_box = self.part("span", "span-row-service")?;
        let pills = [self.pill()?, self.pill()?];
        let mark = self.part("span", "span-row-mark")?;
        let focus = self.part("span", "span-row-focus")?;
        attribute(&focus, "title", "Show only this span and what is below it");
        attribute(&focus, "data-test", "row-focus");
        attribute(&focus, "aria-hidden", "true");
        let bar = self.part("div", "span-row-bar")?;
        attribute(&bar, "role", "gridcell");
        let depth = self.document.create_text_node("");
        let name = self.document.create_text_node("");
        let service = self.document.create_text_node("");
        depth_chip.append_child(&depth).ok()?;
        name_box.append_child(&name).ok()?;
        service_box.append_child(&service).ok()?;
        let [(status, _), (called, _)] = &pills;
        for part in
            [&indent, &depth_chip, &twisty, &dot, &name_box, &service_box, status, called, &mark, &focus]
        {
            names.append_child(part).ok()?;
        }
        element.append_child(&names).ok()?;
        let mut cells = Vec::with_capacity(self.columns);
        for _ in 0..self.columns {
            let cell = self.part("div", "span-row-cell")?;
            attribute(&cell, "role", "gridcell");
            let text = self.document.create_text_node("");
            cell.append_child(&text).ok()?;
            element.append_child(&cell).ok()?;
            cells.push(text);
        }
        element.append_child(&bar).ok()?;
        self.container.append_child(&element).ok()?;
        let (written, lit) = (None, 0);
        Some(RowElement { element, indent, depth, dot, name, service, pills, cells, mark, bar, written, lit })
    }

    fn pill(&self) -> Option<(HtmlElement, Text)> {
        let (pill, text) = (self.part("span", "span-row-pill")?, self.document.create_text_node(""));
        pill.append_child(&text).ok()?;
        Some((pill, text))
    }

    fn part(&self, tag: &str, class: &str) -> Option<HtmlElement> {
        let element: HtmlElement = self.document.create_element(tag).ok()?.dyn_into().ok()?;
        element.set_class_name(class);
        Some(element)
    }
}

/// Whether a row stands for the selected span. An open group does not: its first member has a row of its own.
fn is_selected(row: Row, selected: Option<SpanIx>) -> bool {
    selected == Some(row.span) && (!row.is_group() || row.collapsed())
}

/// Attribute names are constants and valid; the browser has no other reason to refuse.
fn attribute(element: &HtmlElement, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

fn write(
    element: &RowElement,
    showing: &Showing,
    written: Written,
    (position, size): (u32, u32),
    group: Option<Group>,
) {
    let (outline, row) = (showing.outline, written.row);
    let span = row.span;
    let root = &element.element;
    attribute(root, "data-span-id", &outline.id[span as usize].to_string());
    attribute(root, "aria-rowindex", &(written.index + showing.places.above(written.index) + 1).to_string());
    match showing.places.below(written.index) {
        Some(_) => attribute(root, "aria-details", &drawers::name(outline.id[span as usize])),
        None => drop(root.remove_attribute("aria-details")),
    }
    attribute(root, "aria-level", &(row.depth() + 1).to_string());
    attribute(root, "aria-posinset", &position.to_string());
    attribute(root, "aria-setsize", &size.to_string());
    attribute(root, "aria-selected", if written.selected { "true" } else { "false" });
    if row.has_children() {
        attribute(root, "aria-expanded", if row.collapsed() { "false" } else { "true" });
    } else {
        let _ = root.remove_attribute("aria-expanded");
    }
    match written.mark.word() {
        Some(word) => attribute(root, "data-mark", word),
        None => drop(root.remove_attribute("data-mark")),
    }
    let levels = row.depth().min(showing.levels);
    // Assigning a property of an element's style is not inline style: it works under a strict policy.
    let _ =
        element.indent.style().set_property("width", &format!("{}px", f64::from(levels) * showing.indent));
    element.depth.set_data(&if row.depth() > showing.levels {
        row.depth().to_string()
    } else {
        String::new()
    });
    attribute(&element.dot, "data-slot", &((showing.slot)(span) + 1).to_string());
    let kind = outline.kind[span as usize].name();
    attribute(&element.dot, "data-kind", kind);
    attribute(&element.dot, "title", kind);
    element.name.set_data(shown(outline.name_of(span)));
    let service = shown(outline.service_of(span));
    let server = rpc::server_of(outline, span).filter(|_| row.collapsed() && !row.is_group());
    // Who was called and tells nothing itself is known from the caller alone.
    let peer = showing.told.peer(span).filter(|peer| {
        *peer != service && !outline.has_children(span) && outline.kind[span as usize] != Kind::Server
    });
    let callee = server.map(|server| shown(outline.service_of(server))).or(peer);
    let called = callee.map(|callee| format!("{service} → {callee}"));
    element.service.set_data(called.as_deref().unwrap_or(service));
    let status = showing.told.status(span).filter(|_| group.is_none()).unwrap_or_default();
    let [(status_pill, status_text), (_, called_text)] = &element.pills;
    // A group has the number of its members there: where names are cut short it still is seen.
    let many = group.map(|group| format!("× {}", grouped(group.count)));
    status_text.set_data(many.as_deref().unwrap_or(status));
    status_pill.set_class_name(match status.as_bytes().first() {
        Some(b'5') => "span-row-pill span-row-pill-failed",
        Some(b'4') => "span-row-pill span-row-pill-refused",
        _ => "span-row-pill",
    });
    called_text.set_data(showing.told.called(span).map(begin_of).unwrap_or_default());
    for (key, cell) in showing.columns.iter().zip(&element.cells) {
        let text = showing.told.of(key).and_then(|column| column.text_of(span));
        cell.set_data(text.filter(|_| group.is_none()).map(begin_of).unwrap_or_default());
    }
    let flags = outline.flags[span as usize];
    let (class, words) = match &group {
        Some(group) => mark(group.failed > 0, group.failed_below, false),
        None => mark(flags.has(Flags::OWN_ERROR), flags.has(Flags::ERROR_BELOW), flags.has(Flags::WARNED)),
    };
    element.mark.set_class_name(class);
    attribute(&element.mark, "title", words);
    let words = group.map_or_else(|| bar_words(outline, span), |group| group_words(&group));
    attribute(&element.bar, "aria-label", &words);
}

/// An empty name is shown as such, not as a gap.
fn shown(text: &str) -> &str {
    if text.is_empty() { "(no name)" } else { begin_of(text) }
}

/// As much of a text as a row has room for: a browser lays out all that it is given, be it a megabyte.
fn begin_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

fn mark(failed: bool, failed_below: bool, warned: bool) -> (&'static str, &'static str) {
    match (failed, failed_below, warned) {
        (true, ..) => ("span-row-mark span-row-failed", "Failed"),
        (_, true, _) => ("span-row-mark span-row-failed-below", "A span below it failed"),
        (.., true) => ("span-row-mark span-row-warned", "Has warnings"),
        _ => ("span-row-mark", ""),
    }
}

/// What the row of a group shows, in words.
fn group_words(group: &Group) -> String {
    let at_once = match group.at_once {
        0 | 1 => "one after the other".to_owned(),
        most => format!("up to {most} at once"),
    };
    let failed = if group.failed > 0 { format!(", {} failed", group.failed) } else { String::new() };
    format!(
        "{} spans within {}, {at_once}: from {} to {}, half of them up to {}{failed}, starting at {}",
        group.count,
        duration(group.end - group.begin),
        duration(group.least),
        duration(group.most),
        duration(group.middle),
        duration(group.begin),
    )
}

/// What the bar shows, for those who cannot see it.
fn bar_words(outline: &Outline, span: SpanIx) -> String {
    let flags = outline.flags[span as usize];
    let begin = duration(outline.begin[span as usize]);
    let mut words = format!("{}, starts at {begin}", duration(outline.duration_of(span)));
    for (flag, text) in [
        (Flags::OWN_ERROR, ", failed"),
        (Flags::ERROR_BELOW, ", a span below it failed"),
        (Flags::WARNED, ", has warnings"),
    ] {
        if flags.has(flag) {
            words.push_str(text);
        }
    }
    match outline.events_of(span).len() {
        0 => {}
        1 => words.push_str(", 1 event"),
        events => words.push_str(&format!(", {events} events")),
    }
    words
}
