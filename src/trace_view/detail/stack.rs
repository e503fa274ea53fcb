//! Stack traces, frame by frame. Frames of libraries are paler, and many in a row are folded.

use super::folded::Folded;
use super::paging::MoreButton;
use super::value::LongText;
use leptos::prelude::*;
use spandrel_trace::analysis::text_format::{StackPart, stack_lines};
use std::sync::Arc;

/// Lines that are shown at first.
const FIRST: usize = 40;
/// Frames of libraries in a row that are not folded.
const RUN: usize = 3;

/// A stack trace.
#[component]
pub fn StackTrace(text: Arc<str>) -> impl IntoView {
    let total = stack_lines(&text).len();
    let shown = RwSignal::new(FIRST.min(total));
    let runs = move || {
        let lines = stack_lines(&text);
        let lines = &lines[..shown.get().min(lines.len())];
        lines.chunk_by(|one, other| one.0 == other.0).map(run_of_lines).collect_view()
    };
    view! {
        <div class="stack" data-test="stack">
            {runs}
            <Show when=move || shown.get() < total>
                <MoreButton label=format!("Show all {total} lines") on_click=move |()| shown.set(total)/>
            </Show>
        </div>
    }
}

/// Consecutive lines of one part.
fn run_of_lines(run: &[(StackPart, &str)]) -> AnyView {
    let class = match run.first() {
        Some((StackPart::Own, _)) => "stack-line stack-own",
        Some((StackPart::Library, _)) => "stack-line stack-library",
        _ => "stack-line stack-head",
    };
    let line = move |text: &String| {
        let text = text.trim_start().to_owned();
        view! {
            <div class=class>
                <LongText text/>
            </div>
        }
    };
    let lines: Vec<String> = run.iter().map(|(_, text)| (*text).to_owned()).collect();
    if lines.len() <= RUN || !matches!(run.first(), Some((StackPart::Library, _))) {
        return lines.iter().map(line).collect_view().into_any();
    }
    let summary = format!("{} lines in libraries", lines.len());
    view! {
        <Folded
            class="stack-fold"
            summary_class="stack-line stack-library"
            summary=summary.into_any()
            content=move || view! { <div>{lines.iter().map(line).collect_view()}</div> }
        />
    }
    .into_any()
}
