//! Copying a span: as JSON for other tools, as a curl command, as a link.

use super::super::copy::CopyStatus;
use super::super::session::Session;
use super::super::span_source::SpanSource;
use crate::ui::menu::{Menu, MenuItem};
use leptos::prelude::*;
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::analysis::text_format::curl;
use spandrel_trace::engine::SpanDetail;
use spandrel_trace::format::write::Export;
use spandrel_trace::model::SpanIx;
use spandrel_trace::units::count;
use std::sync::Arc;

/// More spans than this are for a download instead of the clipboard.
const MOST: u32 = 20_000;

/// The menu of what can be copied of a span.
#[component]
pub fn CopyMenu(
    session: Session,
    source: SpanSource,
    span: SpanIx,
    /// All of the span, once it is loaded.
    detail: Signal<Option<Arc<SpanDetail>>>,
) -> impl IntoView {
    let status = CopyStatus::new();
    let items = move |()| {
        let outline = session.outline();
        let end = outline.subtree_end[span as usize];
        let link = source.link_to(outline.id[span as usize]);
        let export = |label: &str, end: SpanIx, format: Export| {
            MenuItem::new(label, move || {
                status.copy_when(source.export(span..end, SpanFilter::default(), format))
            })
        };
        let mut items = vec![
            MenuItem::new("Link to this span", move || status.copy(link.clone())),
            export("Span as Jaeger JSON", span + 1, Export::Jaeger),
            export("Span as OTLP JSON", span + 1, Export::Otlp),
        ];
        let below = end - span - 1;
        if below > 0 && below < MOST {
            let label = |format: &str| format!("With {} descendants as {format}", count(u64::from(below)));
            items.push(export(&label("Jaeger JSON"), end, Export::Jaeger));
            items.push(export(&label("OTLP JSON"), end, Export::Otlp));
        }
        if let Some(command) = detail.get_untracked().and_then(|detail| curl(&detail.record)) {
            items.push(MenuItem::new("curl command", move || status.copy(command.clone())));
        }
        items
    };
    view! {
        <span class="detail-copy">
            <span class="detail-copy-said" role="status">{move || status.text("")}</span>
            <Menu face="Copy" label="Copy span" is_word=true items=items attr:data-test="copy-menu"/>
        </span>
    }
}
