//! What can be done with the trace as a whole: reload, copy a link, download, keyboard shortcuts.

use super::super::address;
use super::super::copy::CopyStatus;
use super::super::download::download;
use super::super::refresh::Refresher;
use super::super::session::{HeaderAction, OpenPanel, Session};
use crate::route::Route;
use crate::state::data::Data;
use crate::state::navigation::whole_address;
use crate::state::tasks::{sleep, spawn};
use crate::ui::menu::{Menu, MenuItem};
use leptos::prelude::*;
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::format::write::Export;

/// What a link to a trace of a file can do, and how long that is said, milliseconds.
const OPENS_HERE: &str = "The link opens in this browser only, while it keeps the file";
const SAID: u32 = 8_000;

/// The buttons at the end of the header's first line.
#[component]
pub fn Tools(session: Session, data: Data, id: StoredValue<String>) -> impl IntoView {
    // Traces of files cannot be reloaded, and whether it is one is known only with the trace.
    let can_reload = move || {
        session.outline_live().track();
        id.with_value(|id| data.can_refresh(id))
    };
    Effect::new(move |_| session.header.can_reload.set(can_reload()));
    let copied = CopyStatus::new();
    let said = RwSignal::new(String::new());
    let copy_link = move || {
        // The address of a trace of a file names it, and does not hold it.
        let is_file = !untrack(can_reload);
        if is_file {
            said.set(OPENS_HERE.to_owned());
            spawn(async move {
                sleep(SAID).await;
                // The page may be gone by now, or say something else.
                let _ = said.try_update(|said| {
                    if said == OPENS_HERE {
                        said.clear()
                    }
                });
            });
        }
        let view = untrack(|| address::view_of(session));
        copied.copy(whole_address(&Route::Trace { id: id.get_value(), view }));
    };
    let save = move |format| download(data, id.get_value(), SpanFilter::default(), format, said);
    on_command(session, move |action| match action {
        HeaderAction::CopyLink => copy_link(),
        HeaderAction::Download(format) => save(format),
        HeaderAction::Reload | HeaderAction::Follow => {}
    });
    let formats = move |()| {
        let save = |label: &str, format: Export| MenuItem::new(label, move || save(format));
        vec![save("Jaeger JSON", Export::Jaeger), save("OTLP JSON", Export::Otlp)]
    };
    view! {
        <div class="trace-tools" role="group" aria-label="Trace">
            <Show when=can_reload>
                <Reload session data id/>
            </Show>
            <span class="trace-tools-note" role="status" data-test="tools-said">{said}</span>
            <button
                type="button"
                class="button button--flat"
                data-test="copy-link"
                title=move || match can_reload() {
                    true => "Copy a link to this view",
                    false => "Copy a link to this view. The trace is from a file, which only this browser keeps: the link opens here only",
                }
                on:click=move |_| copy_link()
            >
                <span class="copy-text" data-label="Copy link" aria-live="polite">{move || copied.text("Copy link")}</span>
            </button>
            <button
                type="button"
                class="button button--flat"
                data-test="lint-toggle"
                title="Quality of the instrumentation (Shift+I)"
                aria-pressed=move || session.lint_open.get().to_string()
                on:click=move |_| session.lint_open.update(|is_open| *is_open = !*is_open)
            >
                "Lint"
            </button>
            <Menu face="Download" label="Download trace" is_word=true items=formats attr:data-test="download"/>
            <button
                type="button"
                class="button button--flat"
                title="Keyboard shortcuts (?)"
                aria-label="Keyboard shortcuts"
                on:click=move |_| session.panels.open.set(Some(OpenPanel::Help))
            >
                "?"
            </button>
        </div>
    }
}

/// Calls `act` when a command asks the header for something from now on.
fn on_command(session: Session, act: impl Fn(HeaderAction) + 'static) {
    Effect::new(move |before: Option<()>| {
        if let (Some(action), Some(())) = (session.header.requested.get(), before) {
            untrack(|| act(action));
        }
    });
}

/// Reloads the trace: once, or automatically until no new spans arrive.
#[component]
fn Reload(session: Session, data: Data, id: StoredValue<String>) -> impl IntoView {
    let refresher = Refresher::new(data, session, id);
    let is_live = refresher.is_live;
    let follow = move || is_live.update(|is_live| *is_live = !*is_live);
    on_command(session, move |action| match action {
        HeaderAction::Reload => refresher.reload(),
        HeaderAction::Follow => follow(),
        HeaderAction::CopyLink | HeaderAction::Download(_) => {}
    });
    view! {
        <span class="trace-tools-said" data-test="refresh-said" role="status">{refresher.status}</span>
        <button
            type="button"
            class="button button--flat"
            data-test="refresh"
            title="Reload the trace"
            aria-busy=move || refresher.is_loading.get().to_string()
            on:click=move |_| refresher.reload()
        >
            "Refresh"
        </button>
        <button
            type="button"
            class="button button--flat trace-tools-follow"
            data-test="follow"
            title="Reload automatically until no new spans arrive"
            aria-pressed=move || is_live.get().to_string()
            on:click=move |_| follow()
        >
            "Live"
        </button>
    }
}
