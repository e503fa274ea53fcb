//! Files that were opened in this browser.

use super::{Data, resume_after_paint, unexpected};
use crate::io::{file, file_store};
use crate::state::tasks::spawn;
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use spandrel_trace::engine::{Answer, EngineCommand, Progress};
use spandrel_trace::model::TraceSummary;
use spandrel_trace::source::{Api, Task, plan};
use spandrel_trace::units::Problem;

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
    payload: Array,
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
        progress: impl Fn(Progress) + 'static,
    ) -> Result<OpenFiles, Problem> {
        let payload: Array = files.iter().collect();
        let opened = self.open(file::names(&files), payload, progress).await?;
        let traces: Vec<String> = opened.traces.iter().map(TraceSummary::key).collect();
        spawn(async move { file_store::keep(&files, &traces).await });
        Ok(opened)
    }

    /// Opens the files again that this tab had open before it was reloaded. Does so once, and not if files are open.
    pub async fn restore_files(&self, progress: impl Fn(Progress) + 'static) {
        let is_first = self.inner.try_update_value(|inner| !std::mem::replace(&mut inner.restored, true));
        if is_first != Some(true) || untrack(|| self.files.with(Option::is_some)) {
            return;
        }
        if let Some(files) = file_store::open_set().await {
            self.reopen_kept(files, progress).await;
        }
    }

    /// Opens the kept files that a trace is in. Whether there are any.
    pub(super) async fn open_kept(&self, id: &str, progress: impl Fn(Progress) + 'static) -> bool {
        let Some(files) = file_store::with_trace(id).await else { return false };
        self.reopen_kept(files, progress).await;
        self.in_files(id)
    }

    async fn reopen_kept(&self, files: Vec<web_sys::File>, progress: impl Fn(Progress) + 'static) {
        let payload: Array = files.iter().collect();
        // Files that cannot be read any more are as good as not kept.
        let _ = self.open(file::names(&files), payload, progress).await;
    }

    /// Opens pasted text as a file.
    pub async fn open_text(&self, text: &str) -> Result<OpenFiles, Problem> {
        self.open_files(file::from_text("pasted text", text).into_iter().collect(), |_| {}).await
    }

    /// Opens bytes as a file; they are transferred to the worker.
    pub async fn open_bytes(&self, bytes: Uint8Array) -> Result<OpenFiles, Problem> {
        self.open("bytes".to_owned(), Array::of1(&bytes), |_| {}).await
    }

    async fn open(
        &self,
        name: String,
        payload: Array,
        progress: impl Fn(Progress) + 'static,
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
        matches!(self.ask(&ask, Some(payload), |_| {}).await.answer, Answer::Opened { .. })
    }
}
