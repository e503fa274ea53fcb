//! The slowest traces of the selected service or link.

use leptos::prelude::*;
use spandrel_trace::model::TraceSummary;
use spandrel_trace::units::duration;

/// Traces of the selection.
#[derive(Clone, Debug, PartialEq)]
pub enum Examples {
    /// The request is pending.
    Loading,
    /// Some were found.
    Traces {
        /// Slowest first.
        traces: Vec<TraceSummary>,
        /// Not all traces of the time range were compared.
        is_sample: bool,
    },
    /// The request failed, for this reason.
    Failed(String),
}

/// The traces as links, with bars of their durations.
#[component]
pub fn ExampleList(
    /// The traces.
    examples: Signal<Examples>,
    /// Address of a trace, by its id.
    trace: Callback<String, String>,
) -> impl IntoView {
    let note = |text: String| view! { <p class="side__note">{text}</p> }.into_any();
    let content = move || match examples.get() {
        Examples::Loading => note("Loading traces…".to_owned()),
        Examples::Failed(why) => note(why),
        Examples::Traces { traces, .. } if traces.is_empty() => {
            note("No traces in this time range.".to_owned())
        }
        Examples::Traces { traces, is_sample } => {
            let longest = traces.iter().map(|trace| trace.duration).max().unwrap_or(1).max(1);
            let row = |summary: &TraceSummary| row(summary, longest, trace.run(summary.key()));
            let of =
                is_sample.then(|| note("Of the newest traces and those with the longest spans.".to_owned()));
            view! {
                <ul class="side__rows">{traces.iter().map(row).collect_view()}</ul>
                {of}
            }
            .into_any()
        }
    };
    view! {
        <h3 class="side__subtitle">"Slowest traces"</h3>
        {content}
    }
}

fn row(trace: &TraceSummary, longest: u64, href: String) -> impl IntoView + use<> {
    let share = trace.duration as f64 / longest as f64 * 100.0;
    let (took, root) = (duration(trace.duration), format!("{} {}", trace.root_service, trace.root_operation));
    view! {
        <li>
            <a
                class="side__row side__trace"
                class=("side__trace--failed", trace.errors > 0)
                data-test="example-trace"
                href=href
            >
                <span class="side__bar">
                    <i style:width=format!("{share:.1}%")></i>
                </span>
                <span class="side__number">{took}</span>
                <span class="side__root">{root}</span>
            </a>
        </li>
    }
}
