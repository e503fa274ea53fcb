//! Clocks of services that differ: how far, and a switch that shows the trace with corrected times. It is off unless the address
//! or the switch turns it on.

use super::session::Session;
use crate::state::busy;
use crate::state::data::Data;
use crate::state::tasks::{after_first_paint, spawn_scoped, yield_to_event_loop};
use leptos::prelude::*;
use spandrel_trace::analysis::skew::{ClockOffset, Correction};
use spandrel_trace::units::{count, duration, unbroken};
use std::sync::Arc;

/// Spans that are corrected in one task.
const SLICE: usize = 150_000;
/// The page counts as busy until the clocks of traces with at most so many spans are known.
const SMALL: usize = 50_000;
/// Services that are named at most.
const NAMED: usize = 3;

/// Keeps the clocks of the session up to date with its trace, and the times that it shows with the switch, until the current
/// owner is cleaned up.
pub fn load_clocks(session: Session, data: Data, id: String) {
    Effect::new(move || {
        let sent = session.sent_live().get();
        session.clocks.found.set(None);
        let id = id.clone();
        let pending = (sent.len() <= SMALL).then(busy::hold);
        spawn_scoped(async move {
            // The waterfall is painted first.
            after_first_paint().await;
            let found = data.clocks(&id, &sent).await;
            session.clocks.found.set(found.ok().map(Arc::new));
            drop(pending);
        });
    });
    Effect::new(move || {
        let sent = session.sent_live().get();
        let found = session.clocks.found.get().filter(|found| !found.offsets.is_empty());
        let Some(found) = found.filter(|_| session.clocks.corrected.get()) else {
            if !Arc::ptr_eq(&session.outline(), &sent) {
                session.show_times(sent);
            }
            return;
        };
        let pending = busy::hold();
        spawn_scoped(async move {
            let mut correction = Correction::new(sent, &found);
            while !correction.advance(SLICE) {
                yield_to_event_loop().await;
            }
            session.show_times(correction.finish());
            drop(pending);
        });
    });
}

/// A line that says which clocks differ, with the switch. Nothing where they agree.
#[component]
pub fn ClocksBar(
    /// State of the trace.
    session: Session,
    /// What stands at the end of the line.
    #[prop(into)]
    end: ViewFn,
) -> impl IntoView {
    let corrected = session.clocks.corrected;
    let sentence = Memo::new(move |_| {
        session.clocks.found.with(|found| {
            let offsets = &found.as_ref()?.offsets;
            (!offsets.is_empty()).then(|| sentence(offsets))
        })
    });
    move || {
        let (sentence, bounds) = sentence.get()?;
        Some(view! {
            <div class="clocks-bar" role="group" aria-label="Clocks" data-test="clocks">
                <span title=bounds>
                    <bdi>{sentence}</bdi>
                </span>
                <label class="clocks-switch">
                    <input
                        type="checkbox"
                        data-test="clocks-corrected"
                        prop:checked=move || corrected.get()
                        on:change:target=move |event| corrected.set(event.target().checked())
                    />
                    "Show corrected times"
                </label>
                <span class="clocks-said" role="status">
                    {move || match corrected.get() {
                        true => "The waterfall shows corrected times, by these estimates, without the critical path; other views and events in details are as sent.",
                        false => "Times are shown as sent.",
                    }}
                </span>
                {end.run()}
            </div>
        })
    }
}

/// Which clocks differ, and within which bounds.
fn sentence(offsets: &[ClockOffset]) -> (String, String) {
    let one = |one: &ClockOffset| {
        let side = if one.offset > 0 { "ahead of" } else { "behind" };
        let by = duration(one.offset.unsigned_abs());
        format!("{} is about {by} {side} {}", one.service, one.reference)
    };
    let named: Vec<String> = offsets.iter().take(NAMED).map(one).collect();
    let more = match offsets.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {} more", count(more as u64)),
    };
    let bounds: Vec<String> = offsets.iter().take(2 * NAMED).map(bounds).collect();
    (unbroken(&format!("Clocks differ: {}{more}.", named.join("; "))), bounds.join("\n"))
}

fn bounds(one: &ClockOffset) -> String {
    let signed = |time: i64| {
        let sign = if time < 0 { "−" } else { "+" };
        format!("{sign}{}", duration(time.unsigned_abs()))
    };
    let range = match (one.least, one.most) {
        (Some(least), Some(most)) => format!("between {} and {}", signed(least), signed(most)),
        (Some(least), None) => format!("at least {}", signed(least)),
        (None, Some(most)) => format!("at most {}", signed(most)),
        (None, None) => signed(one.offset),
    };
    let calls = match one.calls {
        1 => "1 call".to_owned(),
        many => format!("{} calls", count(u64::from(many))),
    };
    format!("{} against {}: {range}, by {calls}", one.service, one.reference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_sentence_names_the_first_clocks_with_their_bounds() {
        let offset = |service: &str, offset: i64| ClockOffset {
            service: service.to_owned(),
            reference: "shop".to_owned(),
            offset,
            least: (offset > 0).then_some(offset / 2),
            most: Some(offset * 2),
            calls: 1,
            span: 0,
        };
        let (text, bounds) = sentence(&[offset("a", 4_000_000), offset("b", -2_000_000)]);
        assert_eq!(
            text,
            "Clocks differ: a is about 4\u{a0}ms ahead of shop; b is about 2\u{a0}ms behind shop."
        );
        assert_eq!(
            bounds,
            "a against shop: between +2 ms and +8 ms, by 1 call\nb against shop: at most −4 ms, by 1 call"
        );
        let many: Vec<ClockOffset> = (0..5).map(|at| offset(&format!("s{at}"), 1_000_000)).collect();
        assert!(sentence(&many).0.ends_with("; and 2 more."));
    }
}
