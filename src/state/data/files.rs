//! Files that were opened in this browser.

use super::{Data, OnProgress, resume_after_paint, unexpected};
use crate::io::reach::{self, TextResponse};
use crate::io::{address, file, file_store};
use crate::route::Route;
use crate::state::busy;
use crate::state::tasks::spawn;
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use spandrel_trace::engine::{Answer, EngineCommand};
use spandrel_trace::model::TraceSummary;
use spandrel_trace::source::{Api, Task, plan};
use spandrel_trace::units::{Problem, ProblemKind};

/// File of the sample trace: an order of the demo that failed.
const SAMPLE: &str = "error.jaeger-v3.json";

/// What stands before an ID of 64 bits.
const ZEROS: &str = "0000000000000000";

/// The files that are open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenFiles {
    /// Their name; of several, the first one's and how many more.
    pub name: String,
    /// The traces in them.
    pub traces: Vec<TraceSummary>,
    /// Warnings of the readers.
    pub warnings: Vec<String>,
    /// Number of this opening, from 1 on: the same trace read again belongs to another one.
    pub opening: u32,
}

/// What the open files were read from.
pub(super) struct FileSource {
    pub(super) payload: Array,
    opening: u32,
}

impl Data {
    /// The files that are open.
    pub fn files(&self) -> Option<OpenFiles> {
        self.files.get()
    }

    /// The number of the opening that a trace came with; 0 if it is not from a file. Tracked.
    pub fn opening_of(&self, id: &str) -> u32 {
        self.files.with(|files| {
            let files = files.as_ref().filter(|files| files.traces.iter().any(|trace| trace.key() == id));
            files.map_or(0, |files| files.opening)
        })
    }

    /// The route of a trace that is named by the start of its ID, where exactly one trace of the open files has it; other
    /// routes stay as they are.
    pub fn in_open_files(&self, route: Route) -> Route {
        let Route::Trace { id, view } = &route else { return route };
        let padded = format!("{id:0>32}");
        let fits = |key: &String| {
            *key == padded
                || key.starts_with(id)
                || key.strip_prefix(ZEROS).is_some_and(|key| key.starts_with(id))
        };
        let keys: Vec<String> = untrack(|| self.files())
            .map(|files| files.traces.iter().map(TraceSummary::key).filter(fits).collect())
            .unwrap_or_default();
        match keys.as_slice() {
            [only] => Route::Trace { id: only.clone(), view: view.clone() },
            _ => route,
        }
    }

    pub(super) fn in_files(&self, id: &str) -> bool {
        untrack(|| self.opening_of(id)) > 0
    }

    /// Whether a trace can change: one from a file cannot.
    pub fn can_refresh(&self, id: &str) -> bool {
        !self.in_files(id)
    }

    /// The URL of the trace in the API of the server that it comes from; `None` for the trace of a file.
    pub fn api_address(&self, id: &str) -> Option<String> {
        let task = Task::Trace { id: id.to_owned() };
        let base = self.settings.base();
        self.can_refresh(id).then(|| plan(&base, Api::first(&base), &task).url)
    }

    /// Opens files: all traces in them. They stay open until others are opened.
    pub async fn open_files(
        &self,
        files: Vec<web_sys::File>,
        progress: OnProgress,
    ) -> Result<OpenFiles, Problem> {
        let payload: Array = files.iter().collect();
        let opened = self.open(file::names(&files), payload, progress).await?;
        let traces: Vec<String> = opened.traces.iter().map(TraceSummary::key).collect();
        spawn(async move { file_store::keep(&files, &traces).await });
        Ok(opened)
    }

    /// Opens the files again that this tab had open before it was reloaded. Does so once, and not if files are open.
    pub async fn restore_files(&self, progress: OnProgress) {
        let is_first = self.inner.try_update_value(|inner| !std::mem::replace(&mut inner.restored, true));
        if is_first != Some(true) || untrack(|| self.files.with(Option::is_some)) {
            return;
        }
        if let Some(files) = file_store::open_set().await {
            self.reopen_kept(files, progress).await;
        }
    }

    /// Opens the kept files that a trace is in. Whether there are any.
    pub(super) async fn open_kept(&self, id: &str, progress: OnProgress) -> bool {
        let Some(files) = file_store::with_trace(id).await else { return false };
        self.reopen_kept(files, progress).await;
        self.in_files(id)
    }

    async fn reopen_kept(&self, files: Vec<web_sys::File>, progress: OnProgress) {
        let payload: Array = files.iter().collect();
        // Files that cannot be read any more are as good as not kept.
        let _ = self.open(file::names(&files), payload, progress).await;
    }

    /// Opens pasted text as a file.
    pub async fn open_text(&self, text: &str) -> Result<OpenFiles, Problem> {
        self.open_files(file::from_text("pasted text", text).into_iter().collect(), None).await
    }

    /// Opens the trace that comes with the app.
    pub async fn open_sample(&self) -> Result<OpenFiles, Problem> {
        let _busy = busy::hold();
        match reach::text(&format!("{}{SAMPLE}", address::assets())).await.filter(TextResponse::is_good) {
            Some(text) => {
                self.open_files(file::from_text("sample trace", &text.body).into_iter().collect(), None).await
            }
            None => Err(Problem::new(
                ProblemKind::Offline,
                "open the sample trace",
                "Its file couldn't be loaded. Is the server still there?",
            )),
        }
    }

    /// Opens bytes as a file; they are transferred to the worker.
    pub async fn open_bytes(&self, bytes: Uint8Array) -> Result<OpenFiles, Problem> {
        self.open("bytes".to_owned(), Array::of1(&bytes), None).await
    }

    pub(super) async fn open(
        &self,
        name: String,
        payload: Array,
        progress: OnProgress,
    ) -> Result<OpenFiles, Problem> {
        let reply =
            self.ask(&EngineCommand::Files { name: name.clone() }, Some(payload.clone()), progress).await;
        match reply.answer {
            Answer::Opened { summaries, warnings } => {
                let mut files = OpenFiles { name, traces: summaries, warnings, opening: 0 };
                self.inner.update_value(|inner| {
                    files.opening = inner.source.as_ref().map_or(0, |source| source.opening) + 1;
                    inner.source = Some(FileSource { payload, opening: files.opening });
                    inner.outlines.clear();
                });
                if let (Some(outline), [only]) = (reply.outline, files.traces.as_slice()) {
                    self.insert_outline(&only.key(), outline);
                }
                self.files.set(Some(files.clone()));
                // Indexing waits for the first paint only for the first file: later the code that paints is compiled.
                if files.opening == 1 {
                    resume_after_paint(reply.paused);
                }
                Ok(files)
            }
            other => Err(unexpected(other)),
        }
    }

    /// Reads the open files again, in an engine that was restarted. Whether they are open now.
    pub(super) async fn reopen_files(&self) -> bool {
        let payload =
            self.inner.with_value(|inner| inner.source.as_ref().map(|source| source.payload.clone()));
        let Some(payload) = payload else { return false };
        let ask = EngineCommand::Files { name: String::new() };
        matches!(self.ask(&ask, Some(payload), None).await.answer, Answer::Opened { .. })
    }
}
