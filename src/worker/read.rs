//! Streams response bodies, files and bytes into the engine, and reports progress.

use super::Worker;
use super::indexing::WarmUpState;
use super::timer::YieldTimer;
use crate::io::fetch::{self, early_request};
use crate::io::file;
use futures_util::FutureExt as _;
use js_sys::{Array, Uint8Array};
use spandrel_trace::engine::message::encode;
use spandrel_trace::engine::{Answer, ExpectedInput, FileSet, InputReader, Progress};
use spandrel_trace::units::Problem;
use wasm_bindgen::JsCast;
use web_sys::File;

/// Bytes of a transferred buffer that are read at a time.
const CHUNK: usize = 256 << 10;
/// Reason of a request that was cancelled; it is not shown.
const CANCELLED: &str = "it was cancelled";

impl Worker {
    /// Reads a body to its end.
    pub(super) async fn stream(
        &self,
        id: u32,
        mut input: InputReader,
        mut body: fetch::Body,
        timer: &mut YieldTimer,
    ) -> Result<Answer, Box<Problem>> {
        loop {
            match body.next().await {
                Ok(Some(chunk)) => {
                    self.warm_up.set(WarmUpState::Superseded);
                    let progress = input.push(chunk).map_err(Box::new)?;
                    self.report(id, progress, timer);
                }
                Ok(None) => break,
                Err(why) => return Err(Box::new(input.interrupted(&why))),
            }
            // Chunks that have arrived already are read without yielding, so that messages would not be handled.
            timer.yield_if_due().await;
            if self.is_cancelled(id) {
                return Err(Box::new(input.interrupted(CANCELLED)));
            }
        }
        Ok(self.finish(input))
    }

    #[inline(never)]
    fn finish(&self, input: InputReader) -> Answer {
        self.engine.borrow_mut().finish(input)
    }

    /// Reads files and buffers one after the other, as one list of traces.
    pub(super) async fn read_files(&self, id: u32, name: &str, payload: &Array) -> Result<Answer, Problem> {
        early_request::abort();
        let mut set = FileSet::default();
        let mut timer = YieldTimer::default();
        for part in payload.iter() {
            let first = set.is_empty();
            let file = part.dyn_ref::<File>();
            let name = file.map_or_else(|| name.to_owned(), File::name);
            let expect = ExpectedInput::File { name: name.clone(), first };
            let read = if let Some(file) = file {
                let input = self.engine.borrow().begin(expect, 200, Some(file.size() as u64));
                let read = self.stream(id, input, file::open(file), &mut timer).boxed_local().await;
                read.map_err(|problem| *problem)
            } else {
                self.read_bytes(id, expect, part.unchecked_into(), &mut timer).await
            };
            match read {
                Err(problem) if self.is_cancelled(id) => return Err(problem),
                read => set.add(&name, read.unwrap_or_else(Answer::Failed)),
            }
        }
        Ok(set.finish())
    }

    async fn read_bytes(
        &self,
        id: u32,
        expect: ExpectedInput,
        bytes: Uint8Array,
        timer: &mut YieldTimer,
    ) -> Result<Answer, Problem> {
        let length = bytes.length();
        let mut input = self.engine.borrow().begin(expect, 200, Some(u64::from(length)));
        let mut chunk = Vec::new();
        for from in (0..length).step_by(CHUNK) {
            let part = bytes.subarray(from, (from + CHUNK as u32).min(length));
            chunk.resize(part.length() as usize, 0);
            part.copy_to(&mut chunk);
            self.report(id, input.push(&chunk)?, timer);
            timer.yield_if_due().await;
            if self.is_cancelled(id) {
                return Err(input.interrupted(CANCELLED));
            }
        }
        Ok(self.finish(input))
    }

    fn report(&self, id: u32, progress: Progress, timer: &mut YieldTimer) {
        if timer.report_is_due() {
            let encoded = Uint8Array::from(encode(&progress).as_slice());
            self.post(&Array::of3(&id.into(), &"progress".into(), &encoded));
        }
    }
}
