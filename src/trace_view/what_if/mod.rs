//! What the trace would be if some spans were faster, gone, cached or parallel: what is tried out, the duration beside the
//! old one, and both critical paths.

mod load;
mod paths;
mod wording;

use super::Slots;
use super::session::Session;
use crate::route::{Named, WhatIf, WhatIfChange, WhatIfScope};
use crate::state::data::Data;
use crate::ui::select::Select;
use leptos::ev;
use leptos::prelude::*;
use load::{WhatIfResult, load};
use paths::{OperationTable, Path};
use spandrel_trace::model::SpanIx;
use spandrel_trace::units::duration;
use wording::{named, result};

/// Spans that an address names at most.
const MOST: usize = 40;

/// Tries out a change; what was tried before is replaced.
pub fn try_out(session: Session, change: WhatIfChange, scope: WhatIfScope, spans: &[SpanIx]) {
    let outline = session.outline();
    let ids: Vec<_> =
        spans.iter().filter_map(|span| outline.id.get(*span as usize)).take(MOST).copied().collect();
    if !ids.is_empty() {
        session.what_if.set(Some(WhatIf { change, scope, spans: ids }));
    }
}

/// What to try out of a finding, by its rule; `None` where a finding is not about time that a change would save.
pub fn change_of(rule: &str) -> Option<(WhatIfChange, WhatIfScope)> {
    match rule {
        "sequential-calls" | "pool-exhaustion" => Some((WhatIfChange::Parallel, WhatIfScope::Siblings)),
        "identical-calls" => Some((WhatIfChange::Cached, WhatIfScope::Siblings)),
        "bottleneck" | "slow-query" | "lock-convoy" => {
            Some((WhatIfChange::Faster(200), WhatIfScope::Operation))
        }
        _ => None,
    }
}

/// How many times faster something can be; what is below 1 is slower.
const FACTORS: std::ops::RangeInclusive<f64> = 0.01..=10_000.0;

/// The bar of what is tried out. Nothing while nothing is.
#[component]
pub fn WhatIfBar(
    /// State of the trace.
    session: Session,
    /// Colour slots by string index of the service's name.
    slots: Slots,
    /// Where the trace comes from.
    data: Data,
    /// Id of the trace in the address.
    id: StoredValue<String>,
) -> impl IntoView {
    let tried = load(session, data, id);
    // The controls stay, and keep the focus, while what they choose changes.
    let is_open = Memo::new(move |_| session.what_if.with(Option::is_some));
    let close = move || session.what_if.set(None);
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            close();
        }
    };
    let bar = move || {
        is_open.get().then(|| {
            view! {
                <section class="what-if" aria-label="What if" data-test="what-if" on:keydown=on_key>
                    <div class="what-if-line">
                        <Controls session tried/>
                        <span class="what-if-of">"The trace:"</span>
                        <output class="what-if-result" data-test="what-if-result">
                            {move || tried.get().map(|tried| result(&tried))}
                        </output>
                        <button
                            type="button"
                            class="button button--flat what-if-close"
                            aria-label="Close what if"
                            title="Close (Esc)"
                            on:click=move |_| close()
                        >
                            "✕"
                        </button>
                    </div>
                    {move || tried.get().map(|tried| view! { <Comparison session slots tried/> })}
                </section>
            }
        })
    };
    view! { <div class="what-if-place">{bar}</div> }
}

/// What is tried out: which spans, what would be different, and how many times faster.
#[component]
fn Controls(session: Session, tried: RwSignal<Option<WhatIfResult>>) -> impl IntoView {
    let what_if = session.what_if;
    let now = move || what_if.get();
    let change = move |change: &dyn Fn(&mut WhatIf)| {
        what_if.update(|what_if| {
            if let Some(what_if) = what_if {
                change(what_if);
            }
        });
    };
    let factor = move || match now().map(|what_if| what_if.change) {
        Some(WhatIfChange::Faster(hundredths)) => Some(f64::from(hundredths) / 100.0),
        _ => None,
    };
    // What was tried out when a factor was refused: with anything else its message goes.
    let refused_for = RwSignal::new(None);
    let is_refused = move || refused_for.with(|refused| refused.is_some() && *refused == what_if.get());
    let choose_factor = move |text: String| {
        let factor = text.trim().parse::<f64>().ok().filter(|factor| FACTORS.contains(factor));
        refused_for.set(if factor.is_none() { what_if.get_untracked() } else { None });
        // Otherwise what was tried last stays.
        if let Some(factor) = factor {
            change(&|what_if| what_if.change = WhatIfChange::Faster((factor * 100.0).round() as u32));
        }
    };
    let has_factor = Memo::new(move |_| factor().is_some());
    view! {
        <b class="what-if-title">"What if"</b>
        <bdi class="what-if-name" data-test="what-if-name">
            {move || named(&session.sent_live().get(), now().as_ref(), tried.get().as_ref())}
        </bdi>
        <Select
            all=WhatIfScope::ALL
            is_chosen=move |scope| what_if.with(|now| now.as_ref().is_some_and(|now| now.scope == *scope))
            on_choose=move |scope| change(&|what_if| what_if.scope = scope)
            attr:class="what-if-select"
            attr:aria-label="Which spans"
            attr:data-test="what-if-scope"
        />
        <Select
            all=WhatIfChange::ALL
            is_chosen=move |kind| what_if.with(|now| now.as_ref().is_some_and(|now| now.change.is_like(*kind)))
            on_choose=move |kind| change(&|what_if| what_if.change = kind)
            attr:class="what-if-select"
            attr:aria-label="What would be different"
            attr:data-test="what-if-change"
        />
        {move || {
            has_factor.get().then(|| {
                view! {
                    <label class="what-if-factor">
                        <input
                            type="number"
                            min=FACTORS.start().to_string()
                            max=FACTORS.end().to_string()
                            step="any"
                            aria-label="Times faster"
                            aria-invalid=move || is_refused().then_some("true")
                            data-test="what-if-factor"
                            prop:value=move || factor().unwrap_or(2.0).to_string()
                            on:change:target=move |event| choose_factor(event.target().value())
                        />
                        "×"
                        <Show when=is_refused>
                            <span class="what-if-refused" role="alert" data-test="what-if-refused">
                                "Enter a number from 0.01 to 10,000."
                            </span>
                        </Show>
                    </label>
                }
            })
        }}
    }
}

/// Both critical paths on one scale, and the operations on them.
#[component]
fn Comparison(session: Session, slots: Slots, tried: WhatIfResult) -> impl IntoView {
    let WhatIfResult::Done(result) = tried else { return ().into_any() };
    let scale = result.was.duration.max(result.is.duration).max(1);
    let label = |word: &str, time: u64| format!("Critical path {word}: {}", duration(time));
    view! {
        <div class="what-if-paths">
            <span>"Now"</span>
            <Path path=result.was.clone() scale slots label=label("now", result.was.duration)/>
            <span class="what-if-time">{duration(result.was.duration)}</span>
            <span>"Then"</span>
            <Path path=result.is.clone() scale slots label=label("then", result.is.duration)/>
            <span class="what-if-time">{duration(result.is.duration)}</span>
        </div>
        <OperationTable session slots result/>
    }
    .into_any()
}
