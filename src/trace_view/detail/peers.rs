//! How a span's attributes compare with those of similar spans, of the same service, operation and kind: how many have the same
//! value, and which keys most of them have and this one has not.

use super::shown::ShownSpan;
use crate::state::tasks::spawn_scoped;
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::PatternScope;
use spandrel_trace::analysis::peers::{Distinctness, Peers};
use spandrel_trace::analysis::query::{Field, Owner, equals};
use spandrel_trace::units::count;
use std::sync::Arc;

/// Loads how the span compares, once the rest of it is shown.
pub fn load_peers(shown: ShownSpan) {
    Effect::new(move || {
        spawn_scoped(async move {
            let peers = shown.source.peers(shown.span).await;
            shown.peers.set(peers.map(Arc::new));
        });
    });
}

/// How many similar spans have this value, where that is worth saying.
#[component]
pub fn PeerNote(
    shown: ShownSpan,
    place: PatternScope,
    key: String,
    /// Query for the spans with this value.
    condition: Option<String>,
) -> impl IntoView {
    move || {
        let note = shown.peers.with(|peers| note(peers.as_deref()?, place, &key))?;
        let Note { text, title, class } = note;
        Some(match condition.clone() {
            Some(condition) => view! { <FindSimilar shown condition class title text/> }.into_any(),
            None => view! { <span class=class title=title>{text}</span> }.into_any(),
        })
    }
}

struct Note {
    text: String,
    title: String,
    class: &'static str,
}

fn note(peers: &Peers, place: PatternScope, key: &str) -> Option<Note> {
    let shares = if place == PatternScope::Attributes { &peers.own } else { &peers.resource };
    let share = shares.iter().find(|share| share.key == key)?;
    let compared =
        if place == PatternScope::Attributes { peers.count - peers.unsearched } else { peers.count };
    let text = format!("{} of {}", count(u64::from(share.same)), count(u64::from(compared)));
    let title = format!("{text} spans of this service, operation and kind have this value");
    let rare = "attribute-peers attribute-peers-rare";
    Some(match share.distinctness(compared) {
        Distinctness::Nothing => return None,
        Distinctness::Shared => Note { text, title, class: "attribute-peers" },
        Distinctness::Rare | Distinctness::Unique => Note { text, title, class: rare },
        Distinctness::OnlyHere => Note {
            text: "unique".to_owned(),
            title: "No other span of this service, operation and kind has this attribute".to_owned(),
            class: rare,
        },
    })
}

/// A button that finds spans of this service, operation and kind with a condition.
#[component]
fn FindSimilar(
    shown: ShownSpan,
    condition: String,
    class: &'static str,
    title: String,
    text: String,
) -> impl IntoView {
    let find = move |_| {
        let (session, span) = (shown.session, shown.span);
        let outline = session.outline();
        let service = equals(&Field::parse("service"), outline.service_of(span), true);
        let name = equals(&Field::parse("name"), outline.name_of(span), true);
        let kind = match outline.kind[span as usize].name() {
            "" => String::new(),
            kind => format!("{} and ", equals(&Field::parse("kind"), kind, true)),
        };
        session.find.query.set(format!("{service} and {name} and {kind}{condition}"));
    };
    let title = format!("{title}. Find them");
    view! {
        <button
            type="button"
            class=class
            data-test="peers"
            title=title.clone()
            aria-label=title
            on:click=find
        >
            {text}
        </button>
    }
}

/// The keys that most similar spans have and this one has not.
#[component]
pub fn MissingAttributes(shown: ShownSpan) -> impl IntoView {
    move || {
        let peers = shown.peers.get().filter(|peers| !peers.missing.is_empty())?;
        let compared = count(u64::from(peers.count - peers.unsearched));
        let item = |(key, having): &(String, u32)| {
            let condition = format!("not has({})", Field::Key(Owner::Any, key.clone()));
            let title = format!("Most spans of this service, operation and kind have {key}, some do not");
            let share = format!(" {} of {compared}", count(u64::from(*having)));
            view! {
                <li>
                    <FindSimilar shown condition class="detail-link mono" title text=key.clone()/>
                    {share}
                </li>
            }
        };
        Some(view! {
            <div class="detail-missing" data-test="missing-here">
                <span>"Missing here, present on similar spans"</span>
                <ul class="detail-missing-keys">{peers.missing.iter().map(item).collect_view()}</ul>
            </div>
        })
    }
}
