//! Which text is shown and how, finding in it, and taking it along.

use super::super::super::copy::CopyStatus;
use super::super::super::download::{download, save_text};
use super::super::super::session::Session;
use super::super::super::span_source::SpanSource;
use super::find::JsonSearch;
use crate::state::tasks::spawn;
use leptos::prelude::*;
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::format::write::Export;
use spandrel_trace::model::SpanIx;
use std::ops::Range;
use web_sys::KeyboardEvent;

/// More spans than this are for a download instead of the clipboard.
const MOST: SpanIx = 20_000;

/// The tools above the text.
#[component]
pub fn Tools(
    session: Session,
    source: SpanSource,
    range: Memo<Range<SpanIx>>,
    /// Which spans of the range the text has.
    filter: Memo<SpanFilter>,
    facts: Signal<String>,
    found: JsonSearch,
) -> impl IntoView {
    let tables = session.tables;
    let format = move || if tables.with(|tables| tables.json_otlp) { Export::Otlp } else { Export::Jaeger };
    let has_selected = move || session.selection.span.get().is_some();
    let of_span = move || tables.with(|tables| tables.json_span) && has_selected();
    let (copied, status) = (CopyStatus::new(), RwSignal::new(String::new()));
    let is_too_long = move || range.with(|range| range.end - range.start > MOST);
    let copy = move |_| {
        let text = source.export(range.get_untracked(), filter.get_untracked(), untrack(format));
        copied.copy_when(text);
    };
    let save = move |_| {
        let (range, filter, format) = (range.get_untracked(), filter.get_untracked(), untrack(format));
        match source.trace().filter(|_| !untrack(of_span)) {
            Some((data, id)) => download(data, id.get_value(), filter, format, status),
            None => spawn(async move {
                if let Some(text) = source.export(range, filter, format).await {
                    save_text(
                        &text,
                        if format == Export::Otlp { "span.otlp.json" } else { "span.jaeger.json" },
                    );
                }
            }),
        }
    };
    let press = move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            found.step(event.shift_key());
        }
    };
    let step = move |label: &'static str, symbol: &'static str, is_back: bool| {
        view! {
            <button
                type="button"
                class="button button--flat"
                aria-label=label
                title=label
                disabled=move || found.is_empty()
                on:click=move |_| found.step(is_back)
            >
                {symbol}
            </button>
        }
    };
    let api = move || {
        session.outline_live().track();
        source.api_address().map(|address| {
            view! {
                <a class="table-bar__link" data-test="json-api" href=address target="_blank" rel="noreferrer">
                    "Open in the server's API"
                </a>
            }
        })
    };
    view! {
        <div class="table-bar" role="group" aria-label="JSON">
            <select
                class="field table-bar__choice"
                aria-label="Format"
                data-test="json-format"
                on:change:target=move |event| {
                    let is_otlp = event.target().value() == "otlp";
                    tables.update(|tables| tables.json_otlp = is_otlp);
                }
            >
                <option value="jaeger" prop:selected=move || format() == Export::Jaeger>"Jaeger JSON"</option>
                <option value="otlp" prop:selected=move || format() == Export::Otlp>"OTLP JSON"</option>
            </select>
            <label class="table-bar__check">
                <input
                    type="checkbox"
                    data-test="json-span"
                    disabled=move || !has_selected()
                    prop:checked=of_span
                    on:change:target=move |event| {
                        let is_set = event.target().checked();
                        tables.update(|tables| tables.json_span = is_set);
                    }
                />
                "Selected span only"
            </label>
            <label class="table-bar__check">
                <input
                    type="checkbox"
                    data-test="json-wrap"
                    prop:checked=move || tables.with(|tables| tables.json_wrap)
                    on:change:target=move |event| {
                        let is_set = event.target().checked();
                        tables.update(|tables| tables.json_wrap = is_set);
                    }
                />
                "Wrap lines"
            </label>
            <input
                class="field table-bar__filter"
                type="search"
                spellcheck="false"
                aria-label="Find in JSON"
                placeholder="Find in JSON"
                data-test="json-find"
                prop:value=move || tables.with(|tables| tables.json_find.clone())
                on:input:target=move |event| {
                    let text = event.target().value();
                    tables.update(|tables| tables.json_find = text);
                }
                on:keydown=press
            />
            {step("Previous match", "↑", true)}
            {step("Next match", "↓", false)}
            <span role="status" data-test="json-found">{move || found.status()}</span>
            <span class="table-bar__end">
                {api}
                <span role="status">{status}</span>
                <button
                    type="button"
                    class="button"
                    data-test="json-copy"
                    disabled=is_too_long
                    title=move || if is_too_long() { "Too long for the clipboard: download it" } else { "Copy the text" }
                    on:click=copy
                >
                    <span aria-live="polite">{move || copied.text("Copy")}</span>
                </button>
                <button type="button" class="button" data-test="json-download" on:click=save title="Download the text">"Download"</button>
            </span>
        </div>
        <p class="table-bar table-bar--facts">
            <span role="status" data-test="table-facts">{facts}</span>
            <span>"Rebuilt from the loaded spans: values as sent, without repairs; the layout may differ"</span>
        </p>
    }
}
