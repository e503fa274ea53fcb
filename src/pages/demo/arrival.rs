//! An answered request: the demo's answer, and its trace as the spans arrive.

use super::spans::SpanPreview;
use crate::state::demo::{AnsweredDemoRequest, DemoAnswer};
use crate::trace_view::copy::CopyButton;
use leptos::prelude::*;
use spandrel_trace::model::Outline;
use spandrel_trace::units::{count, duration, short_id};
use std::sync::Arc;

/// A trace that is being received.
#[derive(Clone, Debug, Default)]
pub struct TraceProgress {
    /// The spans so far.
    pub outline: Option<Arc<Outline>>,
    /// More may come.
    pub waiting: bool,
    /// Why it could not be requested.
    pub failed: Option<String>,
}

impl TraceProgress {
    /// Number of spans, and whether more may come.
    fn facts(&self) -> String {
        let spans = self.outline.as_ref().map_or(0, |outline| outline.len());
        let text = if spans == 1 { "1 span".to_owned() } else { format!("{} spans", count(spans as u64)) };
        match (spans, self.waiting) {
            (0, true) => "waiting for spans…".to_owned(),
            (0, false) => "no spans arrived".to_owned(),
            (_, true) => format!("{text}, more arriving"),
            (_, false) => text,
        }
    }
}

/// An answered request.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The demo's answer.
    pub answered: AnsweredDemoRequest,
    /// It was meant to fail, or a fault was ordered.
    pub simulated: bool,
    /// What to look for in its trace, where a fault was ordered.
    pub look_for: Option<String>,
}

impl Done {
    /// The answer in a few words.
    pub fn headline(&self) -> String {
        match &self.answered.answer {
            DemoAnswer::Confirmed { order_id, .. } => format!("Order {order_id} confirmed"),
            DemoAnswer::Answered { cached: true, .. } => "Answered from the cache".to_owned(),
            DemoAnswer::Answered { .. } => "Answered".to_owned(),
            DemoAnswer::Orchestrated { success_count, total_time } => {
                format!("{success_count} of 2 calls succeeded in {total_time:.2} s")
            }
            DemoAnswer::Refused { message, .. } if message.is_empty() => {
                format!("Refused ({})", self.answered.status)
            }
            DemoAnswer::Refused { message, .. } => message.trim_end_matches('.').to_owned(),
        }
    }

    /// Whether the demo refused it.
    pub fn is_refused(&self) -> bool {
        matches!(self.answered.answer, DemoAnswer::Refused { .. })
    }

    /// The answer of a question.
    fn text(&self) -> Option<String> {
        match &self.answered.answer {
            DemoAnswer::Answered { text, .. } => Some(text.clone()),
            _ => None,
        }
    }

    /// Which service refused it, why, and which field of the form is meant.
    fn refusal(&self) -> Option<String> {
        let DemoAnswer::Refused { code, service, field, .. } = &self.answered.answer else { return None };
        if service.is_empty() {
            return None;
        }
        let field = field.as_ref().map(|field| format!(" Field: {field}.")).unwrap_or_default();
        let simulated = if self.simulated { " You asked for an error." } else { "" };
        Some(format!("Refused by {service} ({code}).{field}{simulated}"))
    }
}

/// Card of a request, with its trace as far as it has arrived.
#[component]
pub fn Arrival(
    /// The request.
    done: Done,
    /// Its trace.
    #[prop(into)]
    arriving: Signal<TraceProgress>,
    /// Address of the trace's page.
    #[prop(into)]
    href: String,
    /// The base URL of a Jaeger's UI that has the same trace.
    #[prop(into)]
    jaeger: Signal<Option<String>>,
) -> impl IntoView {
    let id = done.answered.trace_id.to_string();
    let short = format!("{}…", short_id(&id));
    let text = done.text().map(|text| view! { <p class="arrival__text" data-test="demo-answer">{text}</p> });
    let look_for = done.look_for.clone().map(|look| {
        view! { <p class="arrival__text" data-test="demo-look-for">{format!("Look for: {look}")}</p> }
    });
    let correlation = (!done.answered.correlation_id.is_empty()).then(|| {
        let id = done.answered.correlation_id.clone();
        view! {
            <span>"Correlation ID " <span class="mono" data-test="demo-correlation">{id.clone()}</span></span>
            <CopyButton label="Copy the correlation ID" text=Signal::stored(id)/>
        }
    });
    let trace = id.clone();
    let in_jaeger = {
        let id = id.clone();
        move || {
            let href = format!("{}/trace/{id}", jaeger.get()?);
            Some(view! {
                <a class="button" data-test="open-jaeger" href=href target="_blank" rel="noopener">
                    "Open in Jaeger"
                </a>
            })
        }
    };
    let refusal = done.refusal().map(|text| view! { <p class="arrival__refused">{text}</p> });
    let unsent = done.answered.unsent.as_ref().map(|why| {
        view! { <p class="arrival__problem">{format!("The browser's own span is missing from the trace: {why}.")}</p> }
    });
    view! {
        <section
            class="arrival"
            class:arrival--refused=done.is_refused()
            data-test="demo-result"
            data-trace-id=id.clone()
        >
            <header class="arrival__head" role="status">
                <span class="arrival__light"></span>
                <b class="arrival__title">{done.headline()}</b>
                <span class="arrival__facts">
                    {duration(done.answered.duration)} " · "
                    <span data-test="demo-spans">{move || arriving.with(TraceProgress::facts)}</span>
                </span>
                <span class="arrival__id mono" title=id.clone()>
                    {short}
                </span>
                <a class="button" data-test="open-trace" href=href>
                    "Open trace"
                </a>
                {in_jaeger}
            </header>
            <p class="arrival__ids">
                <span>"Trace ID " <span class="mono">{trace.clone()}</span></span>
                <CopyButton label="Copy the trace ID" text=Signal::stored(trace)/>
                {correlation}
            </p>
            {text}
            {refusal}
            {look_for}
            {unsent}
            <ArrivingTrace arriving/>
        </section>
    }
}

/// The spans so far, or why there are none.
#[component]
fn ArrivingTrace(arriving: Signal<TraceProgress>) -> impl IntoView {
    move || {
        let TraceProgress { outline, waiting, failed } = arriving.get();
        let failed = failed.map(|why| view! { <p class="arrival__problem">{why}</p> });
        let waiting = (outline.is_none() && waiting).then(|| {
            view! { <p class="arrival__wait">"Services export their spans a moment after they have answered."</p> }
        });
        let spans = outline.map(|outline| view! { <SpanPreview outline/> });
        view! {
            {failed}
            {waiting}
            {spans}
        }
    }
}
