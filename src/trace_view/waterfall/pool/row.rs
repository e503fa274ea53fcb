//! One row that people read, and how it is written.

use super::super::super::parts::{self, Part};
use super::super::super::session::path_words;
use super::super::drawers;
use super::super::mark::Mark;
use super::RowContext;
use super::words::{bar_title, bar_words, below, below_words, group_words, mark};
use spandrel_trace::analysis::outliving::outlives_parent;
use spandrel_trace::analysis::rows::{Group, Row};
use spandrel_trace::analysis::rpc;
use spandrel_trace::model::{Flags, SpanIx, SpanKind};
use spandrel_trace::units::{count, display_name, split_name};
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlElement, Text};

/// What an element was last written from; an equal one needs no writing.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Written {
    pub(super) index: usize,
    pub(super) row: Row,
    pub(super) selected: bool,
    pub(super) mark: Mark,
    pub(super) edition: u32,
}

/// The elements of a row.
pub(super) struct RowElement {
    pub(super) element: HtmlElement,
    pub(super) indent: HtmlElement,
    depth: Option<Chip>,
    twisty: HtmlElement,
    dot: HtmlElement,
    name_box: HtmlElement,
    /// The name up to its end, which may be cut short, and its end: see [`split_name`].
    name: (Text, Text),
    service_box: HtmlElement,
    service: Text,
    linked: Option<Chip>,
    folded: Option<Chip>,
    status: Option<Chip>,
    called: Option<Chip>,
    cells: Vec<Text>,
    mark: HtmlElement,
    bar: HtmlElement,
    pub(super) written: Option<Written>,
    pub(super) lit: u32,
}

/// A word beside a name. Most rows have none, and what is not there costs nothing: it is made for the first word.
struct Chip {
    element: HtmlElement,
    text: Text,
}

/// Bytes of a text in a row at most: more than fits on any screen.
const LONGEST: usize = 512;

impl RowElement {
    /// An empty row with that number as its id and cells for so many columns; `None` where the browser makes none.
    pub(super) fn make(document: &Document, number: u32, columns: usize) -> Option<Self> {
        let part = |tag: &str, class: &str| part(document, tag, class);
        let element = part("div", "span-row")?;
        element.set_id(&format!("span-row-{number}"));
        attribute(&element, "role", "row");
        attribute(&element, "data-test", "span-row");
        let names = part("div", "span-row-names")?;
        attribute(&names, "role", "gridcell");
        let indent = part("span", "span-row-indent")?;
        let twisty = part("span", "span-row-twisty")?;
        attribute(&twisty, "data-test", "twisty");
        attribute(&twisty, parts::ATTRIBUTE, Part::Twisty.name());
        for silent in [&indent, &twisty] {
            attribute(silent, "aria-hidden", "true");
        }
        let dot = part("span", "span-row-dot")?;
        let name_box = part("span", "span-row-name")?;
        attribute(&name_box, parts::ATTRIBUTE, Part::Name.name());
        let service_box = part("span", "span-row-service")?;
        let title = part("span", "name-line")?;
        let mark = part("span", "span-row-mark")?;
        let focus = part("span", "span-row-focus")?;
        attribute(&focus, "title", "Show only this span and its descendants");
        attribute(&focus, "data-test", "row-focus");
        attribute(&focus, parts::ATTRIBUTE, Part::Focus.name());
        attribute(&focus, "aria-hidden", "true");
        let bar = part("div", "span-row-bar")?;
        attribute(&bar, "role", "gridcell");
        let name = (document.create_text_node(""), document.create_text_node(""));
        let service = document.create_text_node("");
        for (part, class) in [(&name.0, "span-row-name-start"), (&name.1, "span-row-name-end")] {
            let element = self::part(document, "span", class)?;
            element.append_child(part).ok()?;
            name_box.append_child(&element).ok()?;
        }
        service_box.append_child(&service).ok()?;
        for part in [&name_box, &service_box] {
            title.append_child(part).ok()?;
        }
        for part in [&indent, &twisty, &dot, &title, &mark, &focus] {
            names.append_child(part).ok()?;
        }
        element.append_child(&names).ok()?;
        let mut cells = Vec::with_capacity(columns);
        for _ in 0..columns {
            let cell = part("div", "span-row-cell")?;
            attribute(&cell, "role", "gridcell");
            let text = document.create_text_node("");
            cell.append_child(&text).ok()?;
            element.append_child(&cell).ok()?;
            cells.push(text);
        }
        element.append_child(&bar).ok()?;
        Some(RowElement {
            element,
            indent,
            depth: None,
            twisty,
            dot,
            name_box,
            name,
            service_box,
            service,
            linked: None,
            folded: None,
            status: None,
            called: None,
            cells,
            mark,
            bar,
            written: None,
            lit: 0,
        })
    }

    /// The span's row as it is on screen, or was.
    pub(super) fn is_of(&self, span: SpanIx) -> bool {
        self.written.is_some_and(|written| is_selected(written.row, Some(span)))
    }
}

fn part(document: &Document, tag: &str, class: &str) -> Option<HtmlElement> {
    let element: HtmlElement = document.create_element(tag).ok()?.dyn_into().ok()?;
    element.set_class_name(class);
    Some(element)
}

/// Whether a row stands for the selected span. An open group does not: its first member has a row of its own.
pub(super) fn is_selected(row: Row, selected: Option<SpanIx>) -> bool {
    selected == Some(row.span) && (!row.is_group() || row.collapsed())
}

/// Writes whether a row is the selected one.
pub(super) fn mark_selected(element: &HtmlElement, selected: bool) {
    attribute(element, "aria-selected", if selected { "true" } else { "false" });
}

impl Chip {
    /// An element with that class in front of `before`; `None` outside a document.
    fn make(class: &str, before: &HtmlElement) -> Option<Self> {
        let document = before.owner_document()?;
        let element = part(&document, "span", class)?;
        let text = document.create_text_node("");
        element.append_child(&text).ok()?;
        before.parent_node()?.insert_before(&element, Some(before)).ok()?;
        Some(Chip { element, text })
    }
}

/// Writes a chip that stands in front of `before`, and makes it for its first word.
fn chip<'a>(slot: &'a mut Option<Chip>, class: &str, before: &HtmlElement, word: &str) -> Option<&'a Chip> {
    if slot.is_none() && !word.is_empty() {
        *slot = Chip::make(class, before);
    }
    let chip = slot.as_ref()?;
    chip.text.set_data(word);
    Some(chip)
}

/// Attribute names are constants and valid; the browser has no other reason to refuse.
fn attribute(element: &HtmlElement, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

/// Writes a row: what it shows, its place among its siblings, what its group has where it stands for one, and its self time.
pub(super) fn write(
    element: &mut RowElement,
    showing: &RowContext,
    written: Written,
    (position, size): (u32, u32),
    group: Option<Group>,
    own: u64,
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
    mark_selected(root, written.selected);
    if row.has_children() {
        attribute(root, "aria-expanded", if row.collapsed() { "false" } else { "true" });
        attribute(&element.twisty, "title", &below_words(below(outline, span)));
    } else {
        let _ = root.remove_attribute("aria-expanded");
        let _ = element.twisty.remove_attribute("title");
    }
    match written.mark.word() {
        Some(word) => attribute(root, "data-mark", word),
        None => drop(root.remove_attribute("data-mark")),
    }
    let levels = row.depth().min(showing.levels);
    // Assigning a property of an element's style is not inline style: it works under a strict policy.
    let _ =
        element.indent.style().set_property("width", &format!("{}px", f64::from(levels) * showing.indent));
    let number = if row.depth() > showing.levels { row.depth().to_string() } else { String::new() };
    if let Some(depth) = chip(&mut element.depth, "span-row-depth", &element.twisty, &number) {
        attribute(&depth.element, "aria-hidden", "true");
        attribute(&depth.element, "title", &format!("Level {number}"));
    }
    attribute(&element.dot, "data-slot", &((showing.slot)(span) + 1).to_string());
    let kind = outline.kind[span as usize].name();
    attribute(&element.dot, "data-kind", kind);
    attribute(&element.dot, "title", kind);
    let name = shown(outline.name_of(span));
    let (start, end) = split_name(name);
    element.name.0.set_data(start);
    element.name.1.set_data(end);
    attribute(&element.name_box, "title", name);
    let service = shown(outline.service_of(span));
    let server = rpc::server_of(outline, span).filter(|_| row.collapsed() && !row.is_group());
    // Who was called and tells nothing itself is known from the caller alone.
    let peer = showing.attributes.peer(span).filter(|peer| {
        *peer != service && !outline.has_children(span) && outline.kind[span as usize] != SpanKind::Server
    });
    let callee = server.map(|server| shown(outline.service_of(server))).or(peer);
    let called = callee.map(|callee| format!("{service} → {callee}"));
    element.service.set_data(called.as_deref().unwrap_or(service));
    attribute(&element.service_box, "title", called.as_deref().unwrap_or(service));
    let status = showing.attributes.status(span).filter(|_| group.is_none()).unwrap_or_default();
    // A group has the number of its members there: where names are cut short it still is seen.
    let many = group.map(|group| format!("× {}", count(group.count as u64)));
    let called = showing.attributes.called(span).map(begin_of).unwrap_or_default();
    let after = chip(&mut element.called, "span-row-pill", &element.mark, called);
    let after = after.map_or(&element.mark, |called| &called.element);
    let status_word = many.as_deref().unwrap_or(status);
    let status_pill = chip(&mut element.status, "span-row-pill", after, status_word);
    let after = status_pill.map_or(after, |pill| &pill.element);
    // What is folded away is told by number where its rows would be looked for.
    let below = below(outline, span);
    let is_folded = row.collapsed() && !row.is_group();
    let folded = if is_folded { format!("+{}", count(below as u64)) } else { String::new() };
    let folded = chip(&mut element.folded, "span-row-folded", after, &folded);
    if let Some(folded) = folded {
        attribute(&folded.element, "title", &below_words(below));
    }
    let flags = outline.flags[span as usize];
    // Its sign is drawn by the stylesheet; a click on it is one on the row, which opens the detail with the links.
    let sign = if flags.has(Flags::HAS_LINKS) && !row.is_group() { " " } else { "" };
    let after = folded.map_or(after, |folded| &folded.element);
    if let Some(linked) = chip(&mut element.linked, "span-row-linked", after, sign) {
        attribute(&linked.element, "title", "Has links to other spans");
    }
    if let Some(pill) = status_pill {
        pill.element.set_class_name(match status.as_bytes().first() {
            Some(b'5') => "span-row-pill span-row-pill-failed",
            Some(b'4') => "span-row-pill span-row-pill-refused",
            _ => "span-row-pill",
        });
    }
    for (key, cell) in showing.columns.iter().zip(&element.cells) {
        let text = showing.attributes.of(key).and_then(|column| column.text_of(span));
        cell.set_data(text.filter(|_| group.is_none()).map(begin_of).unwrap_or_default());
    }
    let (class, words) = match &group {
        Some(group) => mark(group.failed > 0, group.failed_below, false, None),
        None => mark(
            flags.has(Flags::OWN_ERROR),
            flags.has(Flags::ERROR_BELOW),
            flags.has(Flags::WARNED),
            outlives_parent(outline, span),
        ),
    };
    element.mark.set_class_name(class);
    if class.ends_with("-failed") || class.ends_with("-passed-on") {
        attribute(root, "data-failed", "");
    } else {
        let _ = root.remove_attribute("data-failed");
    }
    attribute(&element.mark, "title", &words);
    let on_path = showing.path.filter(|_| group.is_none()).map(|path| path_words(outline, path, span));
    let mut words = group.map_or_else(
        || bar_words(outline, span, showing.logs.of_span(span).len()),
        |group| group_words(&group),
    );
    let title = match group {
        Some(_) => format!("{name}\n{words}"),
        None => bar_title(outline, span, own, on_path.as_deref()),
    };
    attribute(&element.bar, "title", &title);
    if let Some(on_path) = &on_path {
        words = format!("{words}. {on_path}");
    }
    attribute(&element.bar, "aria-label", &words);
}

/// A blank name is shown as such, not as a gap.
fn shown(text: &str) -> &str {
    begin_of(display_name(text))
}

/// As much of a text as a row has room for: a browser lays out all that it is given, be it a megabyte.
fn begin_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}
