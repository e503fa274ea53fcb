//! The details of one span: name, times, status, attributes, events, links.

mod attributes;
mod body;
mod events;
mod export;
mod folded;
mod head;
mod links;
mod logs;
mod paging;
mod peers;
mod readable;
mod shown;
mod stack;
mod standing;
mod time;
mod value;

use super::colouring::Slots;
use super::parts::Part;
use super::session::Session;
use super::span_source::SpanSource;
use crate::state::tasks::spawn_scoped;
use crate::ui::problem::ProblemCard;
pub use body::DetailBody;
pub use events::signed;
pub use head::DetailHead;
use leptos::prelude::*;
pub use shown::ShownSpan;
use spandrel_trace::engine::SpanDetail;
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::units::{Problem, display_name};
use std::sync::Arc;
pub use value::text as value_text;

/// What was loaded of a span.
#[derive(Clone)]
struct Loaded {
    /// Counts what was loaded: each load is shown from scratch.
    number: u32,
    span: SpanIx,
    detail: Result<Arc<SpanDetail>, Problem>,
}

/// The details of the span that is `shown`. What the outline has is shown at once, the rest once it is loaded.
#[component]
pub fn DetailPanel(
    /// State of the trace.
    session: Session,
    /// Colour slots by string index.
    slots: Slots,
    /// Where the details come from.
    source: SpanSource,
    /// The span, if one is shown.
    #[prop(into)]
    shown: Signal<Option<SpanIx>>,
) -> impl IntoView {
    let loaded = RwSignal::new(None::<Loaded>);
    let number = StoredValue::new(0);
    Effect::new(move || {
        session.outline_live().track();
        let Some(span) = shown.get() else { return };
        spawn_scoped(async move {
            let detail = source.detail(span).await;
            number.update_value(|number| *number += 1);
            loaded.set(Some(Loaded { number: number.get_value(), span, detail }));
        });
    });
    let current = move || loaded.get().filter(|loaded| Some(loaded.span) == shown.get());
    let is_loading = Memo::new(move |_| current().is_none());
    let detail = Signal::derive(move || current().and_then(|loaded| loaded.detail.ok()));
    let head = move || {
        let outline = session.outline_live().get();
        let span = shown.get().filter(|span| (*span as usize) < outline.len())?;
        Some(view! { <DetailHead session source span slots=slots.get() detail/> })
    };
    let body = move |Loaded { span, detail, .. }: Loaded| match detail {
        Ok(detail) => view! { <DetailBody session source span detail/> }.into_any(),
        Err(problem) => view! { <ProblemCard problem/> }.into_any(),
    };
    let id = move || shown.get().map(|span| session.outline().id[span as usize].to_string());
    view! {
        <aside
            class="detail"
            data-part=Part::Details.name()
            data-test="detail"
            data-span-id=id
            data-loading=move || is_loading.get().then_some("")
            aria-label="Span details"
            tabindex="-1"
        >
            <div class="detail-head">{head}</div>
            <div class="detail-body">
                <Show when=move || is_loading.get()>
                    <p class="detail-loading">"Loading…"</p>
                </Show>
                <For each=current key=|loaded| loaded.number children=body/>
            </div>
        </aside>
    }
}

/// A button that selects a span of this trace.
#[component]
fn SpanButton(session: Session, outline: Arc<Outline>, span: SpanIx) -> impl IntoView {
    view! {
        <button type="button" class="detail-link" on:click=move |_| session.select(span)>
            <bdi>{display_name(outline.service_of(span)).to_owned()}</bdi>
            " · "
            <bdi>{display_name(outline.name_of(span)).to_owned()}</bdi>
        </button>
    }
}
