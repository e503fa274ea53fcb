//! Trace files dropped anywhere, chosen or pasted: opened without any server.

use crate::route::{Route, SearchParams};
use crate::state::data::{Data, OpenFiles, Progress, use_data};
use crate::state::navigation::{Navigation, use_navigation};
use crate::state::tasks::spawn;
use crate::ui::canvas::Listener;
use crate::ui::element::{button, el};
use crate::ui::icon::{self, icon};
use crate::ui::problem::problem_card;
use crate::ui::progress::progress;
use crate::ui::view::{View, keep, part, several, when};
use leptos::prelude::*;
use spandrel_trace::units::Problem;
use std::future::Future;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DragEvent, Element, Event, File, FileList, HtmlInputElement, MouseEvent};

/// What is going on with files.
#[derive(Clone, Copy)]
pub struct Files {
    data: Data,
    navigation: Navigation,
    /// Files are held over the page.
    over: RwSignal<bool>,
    reading: RwSignal<Option<Progress>>,
    problem: RwSignal<Option<Problem>>,
}

impl Files {
    /// No files yet.
    pub fn new() -> Self {
        Self {
            data: use_data(),
            navigation: use_navigation(),
            over: RwSignal::new(false),
            reading: RwSignal::new(None),
            problem: RwSignal::new(None),
        }
    }
}

fn has_files(event: &DragEvent) -> bool {
    let types = event.data_transfer().map(|transfer| transfer.types());
    types.is_some_and(|types| types.iter().any(|kind| kind == "Files"))
}

fn list(files: Option<FileList>) -> Vec<File> {
    files.map(|files| (0..files.length()).filter_map(|at| files.get(at)).collect()).unwrap_or_default()
}

impl Files {
    /// Listens for drops and pastes anywhere in the page.
    pub fn listen(self) {
        let window = window();
        keep([
            Listener::new(&window, "dragover", move |event: DragEvent| {
                if has_files(&event) {
                    event.prevent_default();
                    self.over.set(true);
                }
            }),
            Listener::new(&window, "dragleave", move |event: DragEvent| {
                if event.related_target().is_none() {
                    self.over.set(false);
                }
            }),
            Listener::new(&window, "drop", move |event: DragEvent| {
                self.over.set(false);
                let files = list(event.data_transfer().and_then(|transfer| transfer.files()));
                if !files.is_empty() {
                    event.prevent_default();
                    self.open(files);
                }
            }),
            Listener::new(&window, "paste", move |event: ClipboardEvent| self.paste(&event)),
        ]);
        #[cfg(feature = "bench")]
        self.listen_for_bytes();
    }

    /// Takes bytes from whoever measures: `new CustomEvent("spandrel:open", {detail: Uint8Array})`.
    #[cfg(feature = "bench")]
    fn listen_for_bytes(self) {
        keep(Listener::new(&window(), "spandrel:open", move |event: web_sys::CustomEvent| {
            let bytes: js_sys::Uint8Array = event.detail().unchecked_into();
            self.take(async move { self.data.open_bytes(bytes).await });
        }));
    }

    /// Lets the user choose files.
    pub fn choose(self) {
        let field = document().get_element_by_id("choose-files");
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
            field.click();
        }
    }

    fn paste(self, event: &ClipboardEvent) {
        let into_field =
            event.target().and_then(|target| target.dyn_into::<Element>().ok()).is_some_and(|target| {
                target.closest("input, textarea, select").is_ok_and(|field| field.is_some())
            });
        if into_field {
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
            self.take(async move { self.data.open_text(&text).await });
        }
    }

    fn open(self, files: Vec<File>) {
        let reading = self.reading;
        self.take(
            async move { self.data.open_files(files, move |progress| reading.set(Some(progress))).await },
        );
    }

    fn take(self, work: impl Future<Output = Result<OpenFiles, Problem>> + 'static) {
        self.problem.set(None);
        self.reading.set(Some(Progress::default()));
        let done = async move {
            let opened = work.await;
            self.reading.set(None);
            match opened {
                Ok(files) => match files.traces.as_slice() {
                    [only] => self.navigation.push(Route::trace(only.key())),
                    _ => {
                        let listed = SearchParams { files: true, ..SearchParams::default() };
                        self.navigation.push(Route::Search(listed));
                    }
                },
                Err(problem) => self.problem.set(Some(problem)),
            }
        };
        spawn(done);
    }
}

/// How files look while they are held over the page, read, or could not be.
pub fn files_face(files: Files) -> View {
    let chosen = move |event: Event| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(field) = field else { return };
        let chosen = list(field.files());
        // The same file can be chosen again.
        field.set_value("");
        if !chosen.is_empty() {
            files.open(chosen);
        }
    };
    let field = el("input", "")
        .attr("id", "choose-files")
        .attr("type", "file")
        .attr("multiple", true)
        .attr("hidden", true)
        .test("file-input")
        .on("change", chosen);
    let held = || {
        let formats = el("span", "").text("Jaeger JSON, OTLP JSON or protobuf, also gzipped");
        el("div", "app__drop").child(el("div", "app__drop-box").text("Drop to open").child(formats))
    };
    let read = move || files.reading.get().unwrap_or_default();
    let text = Signal::derive(move || {
        let read = read();
        format!("Reading: {:.1} MB, {} spans", read.bytes as f64 / 1e6, read.spans)
    });
    let share = Signal::derive(move || {
        let read = read();
        Some(read.bytes as f64 / read.total.filter(|total| *total > 0)? as f64)
    });
    let failed = move |problem| {
        let dismiss = button("button button--flat app__tool")
            .attr("aria-label", "Dismiss")
            .on("click", move |_: MouseEvent| files.problem.set(None))
            .child(icon("close", icon::SIZE));
        el("div", "app__notice").children([problem_card(problem, None), dismiss])
    };
    several([
        field.into(),
        when(move || files.over.get(), held),
        when(
            move || files.reading.with(Option::is_some),
            move || el("div", "app__reading").child(progress(text, share)),
        ),
        part(move || files.problem.get(), move |problem| problem.map(failed)),
    ])
}
