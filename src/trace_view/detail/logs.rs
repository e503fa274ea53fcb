//! The log lines of a span, in the order of their times.

use super::events::signed;
use super::paging::{Paging, ShowMore};
use super::shown::ShownSpan;
use crate::state::clock;
use leptos::prelude::*;
use spandrel_trace::model::{LogLine, SpanIx};

/// Lines that are listed at first.
const FIRST: usize = 50;

/// The log lines of the span; nothing where it has none.
#[component]
pub fn SpanLogs(shown: ShownSpan, span: SpanIx) -> impl IntoView {
    let session = shown.session;
    let lines = Memo::new(move |_| {
        let id = session.outline_live().with(|outline| outline.id.get(span as usize).copied());
        session.logs.with(|logs| match logs {
            Some(Ok(logs)) => {
                logs.lines.iter().filter(|line| line.span == id && id.is_some()).cloned().collect()
            }
            _ => Vec::<LogLine>::new(),
        })
    });
    move || {
        let lines = lines.get();
        let total = lines.len();
        (total > 0).then(|| {
            let paging = Paging::new(total, FIRST);
            let line = move |at: usize| lines.get(at).cloned().map(|line| view! { <Line shown line/> });
            view! {
                <section class="detail-section" data-test="detail-logs">
                    <h3 class="detail-title">{format!("Logs · {total}")}</h3>
                    <ol class="detail-list">
                        <For each=move || paging.indices() key=|at| *at children=line/>
                    </ol>
                    <ShowMore paging/>
                </section>
            }
        })
    }
}

#[component]
fn Line(shown: ShownSpan, line: LogLine) -> impl IntoView {
    let (time, zone) = (line.time_unix, shown.session.clock.zone);
    let attributes: Vec<String> =
        line.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let (is_error, severity) = (line.is_error(), line.severity_name());
    view! {
        <li class="detail-log" class:detail-log-error=is_error data-test="log-line">
            <span class="detail-event-time" title=move || clock::moment(time, zone.get()).exact()>
                {signed(time, shown.detail().record.start_unix)}
            </span>
            <span class="detail-log-severity">{severity}</span>
            <span class="detail-log-body mono">{line.body}</span>
            {(!attributes.is_empty()).then(|| view! { <span class="detail-log-attributes mono">{attributes.join("  ")}</span> })}
        </li>
    }
}
