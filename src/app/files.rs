//! Trace files that are dropped, chosen or pasted anywhere: opened without any server.

use crate::route::{Route, SearchParams};
use crate::state::data::{Data, OpenFiles, Progress, use_data};
use crate::state::events::listen;
use crate::state::navigation::{Navigation, use_navigation};
use crate::state::tasks::AbortOnDrop;
use crate::ui::empty::FileActions;
use crate::ui::formats::FORMATS;
use crate::ui::icon::Icon;
use crate::ui::problem::ProblemCard;
use crate::ui::progress;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use leptos::{ev, html};
use spandrel_trace::units::Problem;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, File, FileList};

/// Opening files: progress, failures and warnings. Copy handle; lives as long as the app.
#[derive(Clone, Copy)]
pub struct Files {
    data: Data,
    navigation: Navigation,
    /// The hidden field that opens the browser's file dialog.
    input: NodeRef<html::Input>,
    /// Files are dragged over the page.
    dragging: RwSignal<bool>,
    reading: RwSignal<Option<Progress>>,
    problem: RwSignal<Option<Problem>>,
    /// The files that are being read: those that are opened next replace them.
    task: StoredValue<Option<AbortOnDrop>>,
    /// Warnings about files whose only trace is shown; a list of traces shows its own.
    warnings: RwSignal<Vec<String>>,
}

fn has_files(event: &ev::DragEvent) -> bool {
    let types = event.data_transfer().map(|transfer| transfer.types());
    types.is_some_and(|types| types.iter().any(|kind| kind == "Files"))
}

fn list(files: Option<FileList>) -> Vec<File> {
    files.map(|files| (0..files.length()).filter_map(|index| files.get(index)).collect()).unwrap_or_default()
}

impl Files {
    /// Creates the handle and provides it as context.
    pub fn provide() -> Self {
        let files = Self {
            data: use_data(),
            navigation: use_navigation(),
            input: NodeRef::new(),
            dragging: RwSignal::new(false),
            reading: RwSignal::new(None),
            problem: RwSignal::new(None),
            task: StoredValue::new(None),
            warnings: RwSignal::new(Vec::new()),
        };
        provide_context(files);
        provide_context(FileActions {
            choose: Callback::new(move |()| files.choose()),
            sample: Callback::new(move |()| {
                files.read(Box::pin(async move { files.data.open_sample().await }))
            }),
        });
        files
    }

    /// Listens for drops and pastes anywhere in the page.
    pub fn listen(self) {
        listen(ev::dragover, move |event| {
            if has_files(&event) {
                event.prevent_default();
                self.dragging.set(true);
            }
        });
        listen(ev::dragleave, move |event| {
            if event.related_target().is_none() {
                self.dragging.set(false);
            }
        });
        listen(ev::drop, move |event| {
            self.dragging.set(false);
            let files = list(event.data_transfer().and_then(|transfer| transfer.files()));
            if !files.is_empty() {
                event.prevent_default();
                self.open(files);
            }
        });
        listen(ev::paste, move |event| self.paste(&event));
        #[cfg(feature = "bench")]
        listen(ev::Custom::<web_sys::CustomEvent>::new("spandrel:open"), move |event| {
            // Bytes of a benchmark: `new CustomEvent("spandrel:open", {detail: Uint8Array})`.
            let bytes: js_sys::Uint8Array = event.detail().unchecked_into();
            self.read(Box::pin(async move { self.data.open_bytes(bytes).await }));
        });
    }

    /// Opens the browser's file dialog.
    pub fn choose(self) {
        if let Some(input) = self.input.get_untracked() {
            input.click();
        }
    }

    fn paste(self, event: &web_sys::ClipboardEvent) {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_in_field = target.is_some_and(|target| {
            target.closest("input, textarea, select").is_ok_and(|field| field.is_some())
        });
        if is_in_field {
            return;
        }
        let Some(clipboard) = event.clipboard_data() else { return };
        let files = list(clipboard.files());
        if !files.is_empty() {
            self.open(files);
            return;
        }
        let text = clipboard.get_data("text").unwrap_or_default();
        if text.trim_start().starts_with(['{', '[']) {
            self.read(Box::pin(async move { self.data.open_text(&text).await }));
        }
    }

    fn open(self, files: Vec<File>) {
        let reading = self.reading;
        let progress = Rc::new(move |progress| reading.set(Some(progress)));
        self.read(Box::pin(async move { self.data.open_files(files, Some(progress)).await }));
    }

    /// Reads files, then shows their only trace or the list of their traces.
    fn read(self, work: LocalBoxFuture<'static, Result<OpenFiles, Problem>>) {
        self.problem.set(None);
        self.warnings.set(Vec::new());
        self.reading.set(Some(Progress::default()));
        let task = AbortOnDrop::spawn(async move {
            let opened = work.await;
            self.reading.set(None);
            match opened {
                Ok(files) => match files.traces.as_slice() {
                    [only] => {
                        self.warnings.set(files.warnings.clone());
                        self.navigation.push(Route::trace(only.key()));
                    }
                    _ => {
                        let list = SearchParams { files: true, ..SearchParams::default() };
                        self.navigation.push(Route::Search(list));
                    }
                },
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
        self.task.set_value(Some(task));
    }
}

/// What is shown over the page while files are dragged or read, and after they failed.
#[component]
pub fn FileOverlays() -> impl IntoView {
    let files = expect_context::<Files>();
    let chosen = move |_| {
        let Some(input) = files.input.get_untracked() else { return };
        let chosen = list(input.files());
        // The same file can be chosen again.
        input.set_value("");
        if !chosen.is_empty() {
            files.open(chosen);
        }
    };
    let is_reading = Memo::new(move |_| files.reading.with(Option::is_some));
    view! {
        <input
            id="choose-files"
            type="file"
            multiple
            hidden
            data-test="file-input"
            node_ref=files.input
            on:change=chosen
        />
        <Show when=move || files.dragging.get()>
            <div class="app__drop">
                <div class="app__drop-box">
                    "Drop to open" <span>{FORMATS}</span>
                </div>
            </div>
        </Show>
        <Show when=move || is_reading.get()>
            <ReadingProgress reading=files.reading/>
        </Show>
        {move || {
            files.problem.get().map(|problem| {
                view! {
                    <div class="app__notice">
                        <ProblemCard problem/>
                        <DismissButton dismiss=move |()| files.problem.set(None)/>
                    </div>
                }
            })
        }}
        {move || {
            let warnings = files.warnings.get();
            (!warnings.is_empty()).then(|| {
                view! {
                    <div class="app__notice" role="status" data-test="file-warnings">
                        <ul class="app__warnings">
                            {warnings.into_iter().map(|warning| view! { <li>{warning}</li> }).collect_view()}
                        </ul>
                        <DismissButton dismiss=move |()| files.warnings.set(Vec::new())/>
                    </div>
                }
            })
        }}
    }
}

/// Bytes and spans read so far.
#[component]
fn ReadingProgress(reading: RwSignal<Option<Progress>>) -> impl IntoView {
    let read = move || reading.get().unwrap_or_default();
    let text = Signal::derive(move || {
        let read = read();
        format!("Reading… {:.1} MB, {} spans", read.bytes as f64 / 1e6, read.spans)
    });
    let share = Signal::derive(move || {
        let read = read();
        Some(read.bytes as f64 / read.total.filter(|total| *total > 0)? as f64)
    });
    view! {
        <div class="app__reading">
            <progress::Progress text share/>
        </div>
    }
}

#[component]
fn DismissButton(#[prop(into)] dismiss: UnsyncCallback<()>) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button button--flat app__tool"
            aria-label="Dismiss"
            on:click=move |_| dismiss.run(())
        >
            <Icon name="close"/>
        </button>
    }
}
