//! Entries of the palette: commands, actions of the app, and each name once, however many spans have it.

use super::super::app_actions::AppAction;
use super::super::commands::Command;
use super::super::session::Session;
use super::rank::{BestMatches, Ranked};
use leptos::prelude::*;
use spandrel_trace::analysis::names::{OperationCount, OperationCounter};
use spandrel_trace::model::{Outline, SpanIx, StrIx};
use spandrel_trace::units::SpanId;

/// Most entries that are shown.
pub const MOST: usize = 12;
/// Most operations that are ranked, those with the most spans first.
const NAMES: usize = 50_000;
/// Added to the scores of commands and services, which are looked for more often than operations.
const COMMAND: i32 = 6;
const SERVICE: i32 = 4;

/// An entry of the palette.
#[derive(Clone, Copy)]
pub enum Entry {
    /// A command of the view.
    Command(&'static Command),
    /// An action of the app.
    App(&'static AppAction),
    /// The next span of a service.
    Service(StrIx),
    /// The next span with that service and operation.
    Operation(OperationCount),
    /// A span, by its id.
    Span(SpanIx),
}

/// All names of a trace; empty until they are collected.
#[derive(Default)]
pub struct Entries {
    services: Vec<StrIx>,
    /// Operations, those with the most spans first.
    names: Vec<OperationCount>,
}

impl Entries {
    /// The names that were counted.
    pub fn of(names: OperationCounter) -> Self {
        let mut names = names.list();
        let mut services: Vec<StrIx> = names.iter().map(|named| named.service).collect();
        services.sort_unstable();
        services.dedup();
        names.truncate(NAMES);
        Entries { services, names }
    }

    /// The entries that fit best to what was typed, of these commands and actions and all names.
    pub fn best(
        &self,
        outline: &Outline,
        commands: impl Iterator<Item = &'static Command>,
        actions: &'static [AppAction],
        typed: &str,
    ) -> Vec<Ranked<Entry>> {
        let mut best = BestMatches::new(typed, MOST);
        // A span's id cannot mean anything else.
        let id = Some(typed.trim()).filter(|typed| typed.len() == 16).and_then(SpanId::parse);
        if let Some(span) = id.and_then(|id| outline.find(id)) {
            best.offer(Entry::Span(span), typed, i32::MAX / 2);
        }
        for command in commands {
            best.offer(Entry::Command(command), command.name, COMMAND);
        }
        for action in actions {
            best.offer(Entry::App(action), action.name, COMMAND);
        }
        for service in &self.services {
            best.offer(Entry::Service(*service), outline.strings.get(*service), SERVICE);
        }
        let mut text = String::new();
        for named in &self.names {
            text.clear();
            label_of(&mut text, outline, named.service, named.name);
            best.offer(Entry::Operation(*named), &text, 0);
        }
        best.list()
    }
}

fn label_of(text: &mut String, outline: &Outline, service: StrIx, name: StrIx) {
    text.push_str(outline.strings.get(name));
    text.push_str(" · ");
    text.push_str(outline.strings.get(service));
}

impl Entry {
    /// Its label, which is matched against what was typed.
    pub fn label(&self, outline: &Outline) -> String {
        let mut text = String::new();
        match *self {
            Entry::Command(command) => text.push_str(command.name),
            Entry::App(action) => text.push_str(action.name),
            Entry::Service(service) => text.push_str(outline.strings.get(service)),
            Entry::Operation(named) => label_of(&mut text, outline, named.service, named.name),
            Entry::Span(span) => {
                text.push_str(&outline.id[span as usize].to_string());
                text.push(' ');
                let at = span as usize;
                label_of(&mut text, outline, outline.service[at], outline.name[at]);
            }
        }
        text
    }

    /// Runs the command or selects a span: of several the next after the selected one, after the last the first. Actions of
    /// the app are run by the app.
    pub fn act(self, session: Session) {
        let outline = session.outline();
        let next = |fits: &dyn Fn(usize) -> bool| {
            let after = session.selection.span.get_untracked().map_or(0, |span| span as usize + 1);
            (after..outline.len()).chain(0..after.min(outline.len())).find(|span| fits(*span))
        };
        let span = match self {
            Entry::Command(command) => {
                command.run(session);
                return;
            }
            Entry::App(_) => return,
            Entry::Service(service) => next(&|span| outline.service[span] == service),
            Entry::Operation(named) => {
                next(&|span| (outline.service[span], outline.name[span]) == (named.service, named.name))
            }
            Entry::Span(span) => Some(span as usize),
        };
        if let Some(span) = span {
            session.select(span as SpanIx);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::commands::all;
    use super::*;
    use spandrel_trace::model::Strings;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn outline(spans: &[(&str, &str)]) -> Outline {
        let mut strings = Strings::default();
        let (mut service, mut name) = (Vec::new(), Vec::new());
        for (of, named) in spans {
            service.push(strings.intern(of));
            name.push(strings.intern(named));
        }
        let id = (1..=spans.len() as u64).map(SpanId).collect();
        Outline { service, name, id, strings, ..Outline::default() }
    }

    fn labels(outline: &Outline, typed: &str) -> Vec<String> {
        let mut names = OperationCounter::default();
        while !names.step(outline, 1) {}
        let best = Entries::of(names).best(outline, all(), &[], typed);
        best.iter().map(|ranked| ranked.item.label(outline)).collect()
    }

    #[test]
    fn names_are_offered_once() {
        let outline = outline(&[("cart", "GET /cart"), ("cart", "GET /cart"), ("stock", "reserve")]);
        assert_eq!(labels(&outline, "reserve")[0], "reserve · stock");
        assert_eq!(labels(&outline, "cart")[..2], ["cart", "GET /cart · cart"]);
        assert_eq!(labels(&outline, "get cart").len(), 1);
    }

    #[test]
    fn commands_are_found_by_their_initials_and_spans_by_their_id() {
        let outline = outline(&[("cart", "GET /cart"), ("stock", "reserve")]);
        assert_eq!(labels(&outline, "expa")[0], "Expand all");
        assert_eq!(labels(&outline, "col")[0], "Collapse all");
        assert_eq!(labels(&outline, "0000000000000002"), ["0000000000000002 reserve · stock"]);
        assert!(labels(&outline, "0000000000000009").is_empty());
    }

    #[test]
    fn nothing_typed_offers_the_commands() {
        let outline = outline(&[("cart", "GET /cart")]);
        assert_eq!(labels(&outline, "").len(), MOST);
        assert_eq!(labels(&outline, "")[0], "Next row");
    }
}
