//! What is different about a span's attributes against the spans of its service and operation: said quietly beside a
//! value, with the way to those that have the same. What most of the others have and this one lacks is named below.

use super::Around;
use super::sheet::Sheet;
use crate::state::tasks;
use crate::ui::element::{El, button, el};
use crate::ui::view::{View, effect, keyed, part};
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::PatternScope;
use spandrel_trace::analysis::peers::{Distinctness, Peers};
use spandrel_trace::analysis::query::{Field, Owner, equals};
use spandrel_trace::units::count;
use std::sync::Arc;
use web_sys::MouseEvent;

/// Asks how the span compares, once the rest of it is shown.
pub fn compare(sheet: &Sheet, around: &Around) {
    let (span, peers, ask) = (sheet.span, sheet.peers, around.peers.clone());
    effect(move || {
        let asked = ask(span);
        tasks::spawn_scoped(async move {
            peers.set(asked.await.map(Arc::new));
        });
    });
}

/// How many have this value, where that says something. `condition` finds the spans with it.
pub fn note(sheet: &Sheet, place: PatternScope, key: &str, condition: Option<String>) -> View {
    let (peers, key) = (sheet.peers, key.to_owned());
    let of = sheet.clone();
    let said = move || peers.with(|peers| said(peers.as_deref()?, place, &key));
    keyed(said, move |said| -> View {
        let Some((words, title, class)) = said else { return View::NONE };
        match &condition {
            Some(condition) => finding(&of, condition.clone(), class, &title).text(words).into(),
            None => el("span", class).attr("title", title).text(words).into(),
        }
    })
}

/// In few words, in many, and how it looks.
fn said(peers: &Peers, place: PatternScope, key: &str) -> Option<(String, String, &'static str)> {
    let shares = if place == PatternScope::Attributes { &peers.own } else { &peers.resource };
    let share = shares.iter().find(|share| share.key == key)?;
    let compared =
        if place == PatternScope::Attributes { peers.count - peers.unsearched } else { peers.count };
    let of_all = |some: u32| format!("{} of {}", count(u64::from(some)), count(u64::from(compared)));
    let like = "spans of this service and operation";
    let have = format!("{} {like} have this value", of_all(share.same));
    let rare = "attribute-peers attribute-peers-rare";
    Some(match share.telling(compared) {
        Distinctness::Nothing => return None,
        Distinctness::Shared => (of_all(share.same), have, "attribute-peers"),
        Distinctness::Rare | Distinctness::Unique => (of_all(share.same), have, rare),
        Distinctness::OnlyHere => {
            let others = count(u64::from(compared - 1));
            ("only here".to_owned(), format!("None of the {others} other {like} has this attribute"), rare)
        }
    })
}

/// A button that finds spans of this service and operation.
fn finding(sheet: &Sheet, condition: String, class: &str, title: &str) -> El {
    let (session, span) = (sheet.session, sheet.span);
    let find = move |_: MouseEvent| {
        let outline = session.outline();
        let service = equals(&Field::parse("service"), outline.service_of(span), true);
        let name = equals(&Field::parse("name"), outline.name_of(span), true);
        session.find.set(format!("{service} and {name} and {condition}"));
    };
    let title = format!("{title}. Find them");
    button(class).test("peers").attr("title", &title).attr("aria-label", title).on("click", find)
}

/// The keys that most of the others have.
pub fn missing(sheet: &Sheet) -> View {
    let (peers, of) = (sheet.peers, sheet.clone());
    part(
        move || peers.get(),
        move |peers| -> View {
            let Some(peers) = peers.filter(|peers| !peers.missing.is_empty()) else { return View::NONE };
            let compared = count(u64::from(peers.count - peers.unsearched));
            let keys = peers.missing.iter().map(|(key, having)| {
                let lacks = format!("not has({})", Field::Key(Owner::Any, key.clone()));
                let title = format!("Most spans of this service and operation have {key}, some have not");
                el("li", "")
                    .child(finding(&of, lacks, "detail-link mono", &title).text(key))
                    .text(format!(" {} of {compared}", count(u64::from(*having))))
            });
            let list = el("ul", "detail-missing-keys").children(keys);
            let words = "Not here, though others of this service and operation have it";
            el("div", "detail-missing")
                .test("missing-here")
                .child(el("span", "").text(words))
                .child(list)
                .into()
        },
    )
}
