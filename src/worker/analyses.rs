//! Answers that few pages need at once: loaded when they are first asked for.

use super::Worker;
use super::simulate::simulation;
use super::timer::YieldTimer;
use crate::io::part::{PartNotLoaded, part};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use js_sys::{Array, Uint8Array};
use spandrel_trace::engine::{Answer, Download, Engine, Export, Question, SpanFilter};
use spandrel_trace::units::{Problem, ProblemKind};
use std::rc::Rc;
use web_sys::{Blob, Url};

part! {
    /// What answers the questions that are not basic.
    fn answer_analysis in analyses -> fn(&mut Engine, &Question) -> Answer = Engine::answer_analysis;
}

/// Answers a download: worker, request, trace, spans, format.
type Downloading = fn(Rc<Worker>, u32, String, SpanFilter, Export) -> LocalBoxFuture<'static, Answer>;

part! {
    /// What writes traces into files.
    pub(super) fn download in analyses -> Downloading = |worker, id, trace, filter, format| {
        let download = Download::begin(&worker.engine.borrow(), &trace, &filter, format);
        async move { worker.download(id, download).await }.boxed_local()
    };
}

/// The answer where it could not be computed because its part was not loaded.
pub(super) fn failure(failed: PartNotLoaded, attempted: &str) -> Answer {
    Answer::Failed(problem(failed, attempted))
}

fn problem(failed: PartNotLoaded, attempted: &str) -> Problem {
    Problem::new(ProblemKind::Interrupted, attempted, failed.to_string())
        .advise("Try again once the server is there.")
}

impl Worker {
    /// Loads all parts of the worker's program.
    pub(super) async fn load_parts(&self) -> Result<Answer, Problem> {
        let attempted = "load the program";
        answer_analysis().await.map_err(|failed| problem(failed, attempted))?;
        simulation().await.map_err(|failed| problem(failed, attempted))?;
        Ok(Answer::PartsLoaded)
    }

    pub(super) async fn answer_to(&self, question: &Question) -> Answer {
        if question.topic.is_basic() {
            return self.engine.borrow_mut().answer_basic(question);
        }
        match answer_analysis().await {
            Ok(answer) => answer(&mut self.engine.borrow_mut(), question),
            Err(failed) => failure(failed, "compute this"),
        }
    }

    /// Writes a trace into a blob and answers its URL. Yields to the event loop between slices.
    async fn download(&self, id: u32, download: Option<Download>) -> Answer {
        let Some(mut download) = download else { return Answer::Missing };
        let (pieces, mut timer) = (Array::new(), YieldTimer::default());
        loop {
            let piece = download.next(&self.engine.borrow());
            let Some(piece) = piece.filter(|_| !self.is_cancelled(id)) else { break };
            pieces.push(&Uint8Array::from(piece.as_slice()));
            timer.yield_if_due().await;
        }
        let url = Blob::new_with_u8_array_sequence(&pieces)
            .and_then(|blob| Url::create_object_url_with_blob(&blob));
        match url {
            Ok(url) if download.is_done() => Answer::Text(url),
            _ => Answer::Missing,
        }
    }
}
