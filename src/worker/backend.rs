//! Requests to a server: Jaeger's API v3, or v1 where the server has no v3; or the eval-track API, by its URL.

use super::Worker;
use super::timer::YieldTimer;
use crate::io::fetch::{self, early_request};
use futures_util::FutureExt as _;
use spandrel_trace::engine::{Answer, ExpectedInput, api_is_absent, failure};
use spandrel_trace::source::{Api, Base, Task, plan};
use web_sys::AbortSignal;

impl Worker {
    /// Performs a task in the API that the server is known to have for it; if none is known, in v3 and then in v1.
    pub(super) async fn request(&self, id: u32, base: &Base, task: &Task, signal: &AbortSignal) -> Answer {
        let key = (base.clone(), std::mem::discriminant(task));
        let known = self.apis.borrow().get(&key).copied();
        let api = known.unwrap_or(Api::first(base));
        let first = self.request_in(id, base, task, api, signal).boxed_local().await;
        let Answer::Failed(problem) = &first else {
            self.apis.borrow_mut().insert(key, api);
            return first;
        };
        let has_no_second = api == Api::EvalTrack
            || matches!(
                task,
                Task::Dependencies { .. } | Task::Logs { .. } | Task::UntracedLogs { .. } | Task::Metrics(_)
            );
        if known.is_some() || has_no_second || !api_is_absent(problem) {
            return first;
        }
        let second = self.request_in(id, base, task, Api::V1, signal).boxed_local().await;
        match &second {
            Answer::Failed(problem) if api_is_absent(problem) => first,
            Answer::Failed(_) => second,
            _ => {
                self.apis.borrow_mut().insert(key, Api::V1);
                second
            }
        }
    }

    async fn request_in(&self, id: u32, base: &Base, task: &Task, api: Api, signal: &AbortSignal) -> Answer {
        let request = plan(base, api, task);
        let expect = ExpectedInput::Answer(task.clone(), api);
        let answer = async {
            let early = match task {
                Task::Trace { .. } => early_request::take(&request.url, signal),
                _ => None,
            };
            let response = match early {
                Some(response) => fetch::sent(response).await,
                None => fetch::send(&request, Some(signal)).await,
            };
            let response = response.map_err(|why| Box::new(failure::offline(&expect, &why)))?;
            let input = self.engine.borrow().begin(expect.clone(), response.status, response.total);
            self.stream(id, input, response.body, &mut YieldTimer::default()).boxed_local().await
        };
        let mut answer = answer.await.unwrap_or_else(|problem| Answer::Failed(*problem));
        if let Answer::Failed(problem) = &mut answer {
            problem.address = request.url;
        }
        answer
    }
}
