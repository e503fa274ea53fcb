//! Outlines of open traces: cached, and told apart by version.
//!
//! Span indices are those of one version of a trace. The version that the engine has is the outline that it sent last; a
//! page may still show an older one. [`Data::renewed_outline`] tells the page of the newer one.

use super::{Data, OnProgress, mark, resume_after_paint, unexpected};
use crate::io::engine::EngineReply;
use leptos::prelude::*;
use spandrel_trace::analysis::added::is_same;
use spandrel_trace::engine::{Answer, EngineCommand};
use spandrel_trace::model::Outline;
use spandrel_trace::source::Task;
use spandrel_trace::units::Problem;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// Spans of cached outlines at most; the one opened last is always cached.
const MAX_SPANS: usize = 2_000_000;

/// A trace of which the engine has another version than a page has shown.
#[derive(Clone, Debug)]
pub(super) struct ReplacedTrace {
    id: String,
    outline: Arc<Outline>,
}

#[derive(Debug, Default)]
pub(super) struct Outlines {
    /// In the order in which they were opened.
    cached: Vec<(String, Arc<Outline>)>,
    /// The version of each trace that the engine has.
    versions: HashMap<String, Weak<Outline>>,
}

impl Outlines {
    fn cached(&self, id: &str) -> Option<Arc<Outline>> {
        self.cached.iter().find(|(key, _)| key == id).map(|(_, outline)| outline.clone())
    }

    /// Caches the version of a trace that the engine has now.
    fn insert(&mut self, id: &str, outline: Arc<Outline>) {
        self.versions.retain(|_, version| version.strong_count() > 0);
        self.versions.insert(id.to_owned(), Arc::downgrade(&outline));
        self.cached.retain(|(key, _)| key != id);
        self.cached.push((id.to_owned(), outline));
        let mut spans: usize = self.cached.iter().map(|(_, outline)| outline.len()).sum();
        while spans > MAX_SPANS && self.cached.len() > 1 {
            spans -= self.cached.remove(0).1.len();
        }
    }

    /// Empties the cache. Pages that show an outline keep it, and the engine its version.
    pub(super) fn clear(&mut self) {
        self.cached.clear();
    }
}

impl Data {
    /// A trace's outline: cached, or requested from the server.
    pub async fn trace(&self, id: &str, progress: OnProgress) -> Result<Arc<Outline>, Problem> {
        self.restore_files(progress.clone()).await;
        let cached = self.inner.with_value(|inner| inner.outlines.cached(id));
        match cached {
            Some(outline) => Ok(outline),
            None => self.refresh(id, progress).await,
        }
    }

    /// A trace's outline as the server has it now.
    pub async fn refresh(&self, id: &str, progress: OnProgress) -> Result<Arc<Outline>, Problem> {
        let reply = if self.in_files(id) {
            let reply = self.reopened(id).await;
            if matches!(reply.answer, Answer::Missing) && self.reopen_files().await {
                self.reopened(id).await
            } else {
                reply
            }
        } else {
            let reply = self.task(Task::Trace { id: id.to_owned() }, progress.clone()).await;
            // The server may not have it, or there may be none, because it came from a file.
            if matches!(reply.answer, Answer::Failed(_) | Answer::Missing)
                && self.open_kept(id, progress).await
            {
                self.reopened(id).await
            } else {
                reply
            }
        };
        self.opened(id, reply)
    }

    /// The outline of a trace as the engine has it; it fails with what [`Answer::Missing`] means where it has none.
    pub(super) async fn engine_outline(&self, id: &str) -> Result<Arc<Outline>, Problem> {
        let reply = self.reopened(id).await;
        self.opened(id, reply)
    }

    fn opened(&self, id: &str, reply: EngineReply) -> Result<Arc<Outline>, Problem> {
        match (reply.answer, reply.outline) {
            (Answer::Opened { .. } | Answer::Outline, Some(outline)) => {
                let outline = self.insert_outline(id, outline);
                resume_after_paint(reply.paused);
                Ok(outline)
            }
            (answer, _) => Err(unexpected(answer)),
        }
    }

    async fn reopened(&self, id: &str) -> EngineReply {
        let ask = EngineCommand::Outline { trace: id.to_owned() };
        self.ask(&ask, None, None).await
    }

    pub(super) fn insert_outline(&self, id: &str, outline: Outline) -> Arc<Outline> {
        let outline = Arc::new(outline);
        self.inner.update_value(|inner| inner.outlines.insert(id, outline.clone()));
        mark("spandrel:outline");
        outline
    }

    /// The version of a trace that the engine has; `None` if it is not known.
    pub(super) fn engine_version(&self, id: &str) -> Option<Arc<Outline>> {
        self.inner.with_value(|inner| inner.outlines.versions.get(id).and_then(Weak::upgrade))
    }

    /// Tells the page that shows `shown` of the engine's version, if that is another one.
    pub(super) fn renew(&self, id: &str, shown: &Arc<Outline>, outline: &Arc<Outline>) {
        if !Arc::ptr_eq(shown, outline) && !is_same(shown, outline) {
            self.renewed.set(Some(ReplacedTrace { id: id.to_owned(), outline: outline.clone() }));
        }
    }

    /// The newer version of a trace that was found when a question about an older one was asked. Tracked.
    pub fn renewed_outline(&self, id: &str) -> Option<Arc<Outline>> {
        self.renewed.with(|renewed| {
            renewed.as_ref().filter(|renewed| renewed.id == id).map(|renewed| renewed.outline.clone())
        })
    }
}
