//! What the trace is: its root, its ids, and the few numbers that people look for first.

mod links;
mod missing;

use super::actions::Summoned;
use super::address;
use super::copy::{Said, copy_button};
use super::download::download;
use super::find::find;
use super::refresh::Refresher;
use super::session::Session;
use crate::route::{Route, Zone};
use crate::state::clock;
use crate::state::data::Data;
use crate::state::navigation::whole_address;
use crate::state::tasks::after_yield;
use crate::ui::element::{El, button, el};
use crate::ui::menu::{Choice, menu};
use crate::ui::view::{View, part, several, when};
use crate::ui::zone::zone_switch;
use leptos::prelude::*;
use links::links;
use missing::missing;
use spandrel_trace::format::write::Export;
use spandrel_trace::model::{Flags, Outline};
use spandrel_trace::units::{duration, duration_exact};
use std::sync::Arc;
use web_sys::MouseEvent;

/// The numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The earliest root's service and operation.
    pub root: (String, String),
    /// Services with at least one span.
    pub services: usize,
    /// Spans on the longest way from a root.
    pub depth: u32,
    /// Spans that failed themselves.
    pub errors: usize,
    /// Spans that name a parent that is not there.
    pub orphans: usize,
}

impl Facts {
    /// Counts.
    pub fn of(outline: &Outline) -> Self {
        let mut seen = vec![false; outline.strings.len()];
        for service in &outline.service {
            if let Some(seen) = seen.get_mut(*service as usize) {
                *seen = true;
            }
        }
        let flagged = |flag| outline.flags.iter().filter(|flags| flags.has(flag)).count();
        Facts {
            root: root_of(outline),
            services: seen.iter().filter(|seen| **seen).count(),
            depth: outline.depth.iter().max().map_or(0, |depth| depth + 1),
            errors: flagged(Flags::OWN_ERROR),
            orphans: flagged(Flags::ORPHAN),
        }
    }
}

/// The earliest root's service and operation; an orphan stands in only where all are.
fn root_of(outline: &Outline) -> (String, String) {
    let from_root =
        |root: usize| Some(outline.subtree_end[root] as usize).filter(|next| *next < outline.len());
    let roots = std::iter::successors((!outline.is_empty()).then_some(0), |root| from_root(*root));
    let first = roots.min_by_key(|root| (outline.flags[*root].has(Flags::ORPHAN), outline.start[*root]));
    let named = |root| (outline.service_of(root as u32).into(), outline.name_of(root as u32).into());
    first.map(named).unwrap_or_default()
}

/// A number with separators: `1,284`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What is counted, with a blank before it.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!(" {}", if number == 1 { one } else { many })
}

/// The header of the page of the trace with this id: what it is, what can be done with it, and the find bar. Each comes
/// in a task of its own.
pub fn header(session: Session, data: Data, id: StoredValue<String>) -> El {
    let (has_tools, has_facts) = (after_yield(), after_yield());
    let find = find(session, data, id);
    let tools = when(move || has_tools.get(), move || tools(session, data, id));
    // Counted anew when the trace was read again.
    let facts = move || {
        part(
            move || session.outline_live().get(),
            move |outline| facts(session, data, &id.get_value(), &outline),
        )
    };
    let name = part(
        move || session.outline_live().get(),
        |outline| el("h1", "trace-header-name").test("trace-name").text(name_of(&outline)),
    );
    let line = el("div", "trace-header-line").child(name).child(find).child(tools);
    el("header", "trace-header").test("trace-header").child(line).when(move || has_facts.get(), facts)
}

fn name_of(outline: &Outline) -> String {
    match root_of(outline) {
        (service, operation) if service.is_empty() && operation.is_empty() => "Trace".to_owned(),
        (service, operation) if service.is_empty() => operation,
        (service, operation) => format!("{service} · {operation}"),
    }
}

/// The line of numbers.
fn facts(session: Session, data: Data, key: &str, outline: &Arc<Outline>) -> El {
    let facts = Facts::of(outline);
    let id = match outline.foreign_trace_id.as_str() {
        "" => outline.trace_id.to_string(),
        foreign => foreign.to_owned(),
    };
    // What is to be said of the file it came from (cut short, say) concerns the trace as well.
    let file = untrack(|| data.files()).filter(|file| file.traces.iter().any(|trace| trace.key() == id));
    let mut warnings = file.map(|file| file.warnings).unwrap_or_default();
    warnings.extend(outline.warnings.iter().cloned());
    let bold = |words: &str| el("b", "").text(words);
    let number = |number: usize, one: &str, many: &str| {
        el("span", "").child(bold(&grouped(number))).text(counted(number, one, many))
    };
    let errors = (facts.errors > 0).then(|| {
        let words = grouped(facts.errors) + &counted(facts.errors, "error", "errors");
        el("span", "trace-header-errors").text(words)
    });
    let shortened = || {
        el("span", "")
            .attr("title", "An address names 40 collapsed spans at most")
            .text("The address keeps only the level that is collapsed")
    };
    let warned = (!warnings.is_empty()).then(|| {
        let words = grouped(warnings.len()) + &counted(warnings.len(), "warning", "warnings");
        el("details", "trace-header-warnings")
            .test("warnings")
            .child(el("summary", "").text(words))
            .child(el("ul", "").children(warnings.into_iter().map(|warning| el("li", "").text(warning))))
    });
    let lacks = (facts.orphans > 0).then(|| missing(session, data, key.to_owned(), facts.orphans));
    let notice = part(
        move || session.notice.get(),
        |notice| notice.map(|notice| el("span", "trace-header-notice").attr("role", "status").text(notice)),
    );
    let spans = number(outline.len(), "span", "spans").test("trace-spans");
    el("div", "trace-header-facts")
        .children([
            el("span", "trace-header-id")
                .child(el("span", "mono").text(&id))
                .child(copy_button("Copy the trace id", id)),
            started(session, outline.start_unix),
            el("span", "")
                .attr("title", duration_exact(outline.duration))
                .text("Duration ")
                .child(bold(&duration(outline.duration))),
            number(facts.services, "service", "services"),
            el("span", "").text("Depth ").child(bold(&grouped(facts.depth as usize))),
            spans,
        ])
        .child(errors)
        .child(lacks)
        .when(move || address::is_shortened(session), shortened)
        .child(warned)
        .child(links(outline))
        .child(notice)
}

/// When the trace began, and whose clock says so.
fn started(session: Session, unix: u64) -> El {
    let zone = session.zone;
    let moment = move || clock::moment(unix, zone.get());
    let day = move || {
        let day = moment().day();
        if day == clock::present(zone.get()).day() { "today".to_owned() } else { day }
    };
    let switch = move || session.set_zone(zone.get_untracked().other());
    let switch = zone_switch(move || zone.get() == Zone::Utc, switch);
    let time = el("b", "").test("started").live_text(move || moment().time(3));
    el("span", "")
        .child(el("span", "").live_attr("title", move || moment().exact()).text("Started ").child(time))
        .text(" ")
        .child(el("span", "").live_text(day))
        .text(" ")
        .child(switch)
}

/// What can be done with the trace as a whole.
fn tools(session: Session, data: Data, id: StoredValue<String>) -> El {
    let tools = el("div", "trace-tools").attr("role", "group").attr("aria-label", "The trace");
    // What is read from files is known to be so when it is there.
    let can_refresh = move || {
        session.outline_live().track();
        id.with_value(|id| data.can_refresh(id))
    };
    let tools = tools.when(can_refresh, move || refresh(session, data, id));
    let said = Said::nothing();
    let link = button("button button--flat")
        .test("copy-link")
        .attr("title", "Copy a link to this view")
        .on("click", move |_: MouseEvent| {
            let view = untrack(|| address::view_of(session));
            said.copy(whole_address(&Route::Trace { id: id.get_value(), view }));
        })
        .child(el("span", "").attr("aria-live", "polite").live_text(move || said.words("Copy link")));
    let keys = button("button button--flat")
        .attr("title", "Keys (?)")
        .attr("aria-label", "Keys")
        .on("click", move |_: MouseEvent| session.summoned.set(Some(Summoned::Help)))
        .text("?");
    let telling = RwSignal::new(String::new());
    let saved = move || {
        let save = |words: &str, format: Export| {
            Choice::new(words, move || download(data, &id.get_value(), format, telling))
        };
        vec![save("Jaeger JSON", Export::Jaeger), save("OTLP JSON", Export::Otlp)]
    };
    let saved = menu("Download", "Download the trace", saved).class_if("menu-named", true).test("download");
    let told = el("span", "trace-tools-said").attr("role", "status").live_text(move || telling.get());
    tools.children([told, link, saved, keys])
}

fn refresh(session: Session, data: Data, id: StoredValue<String>) -> View {
    let refresher = Refresher::new(data, session, id);
    let now = button("button button--flat")
        .test("refresh")
        .attr("title", "Read the trace again")
        .live_attr("aria-busy", move || if refresher.asking.get() { "true" } else { "false" })
        .on("click", move |_: MouseEvent| refresher.now())
        .text("Refresh");
    let pressed = move || if refresher.following.get() { "true" } else { "false" };
    let follow = button("button button--flat trace-tools-follow")
        .test("follow")
        .attr("title", "Read the trace again and again until nothing new comes")
        .live_attr("aria-pressed", pressed)
        .on("click", move |_: MouseEvent| refresher.following.update(|on| *on = !*on))
        .live_text(move || if refresher.following.get() { "Following" } else { "Follow" });
    let said = el("span", "trace-tools-said")
        .test("refresh-said")
        .attr("role", "status")
        .live_text(move || refresher.said.get());
    several([said, now, follow])
}

#[cfg(test)]
mod tests {
    use super::grouped;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
