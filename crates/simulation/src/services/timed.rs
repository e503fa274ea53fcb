//! `service1` and `service2`, which answer after a fixed time, and the orchestrator that calls both at once.

use serde_json::{Map, Value, json};

use super::call::Call;
use crate::faults::Fault;
use crate::problem::Problem;
use crate::recorder::{Cx, Run};

/// How long the gateway waits for both, milliseconds.
const TIMEOUT: u32 = 8_000;

impl Run<'_> {
    /// Calls both services in parallel. One that fails does not make the other fail.
    ///
    /// # Errors
    /// The problem of the orchestrator.
    pub(super) fn orchestrate(&mut self, cx: Cx) -> Result<Value, Problem> {
        self.call(cx, &Call::get("orchestrator", "/orchestrate").timeout(TIMEOUT), |run, server, _| {
            let start = run.now;
            let first = run.timed(server, Call::get("service1", "/service1"), 1_000);
            let end = std::mem::replace(&mut run.now, start);
            let mut call = Call::get("service2", "/service2");
            call.is_down = run.fault == Some(Fault::ServiceDown);
            let second = run.timed(server, call, 500);
            run.now = run.now.max(end);
            let mut services = Map::new();
            let mut success_count = 0_i64;
            for (name, outcome) in [("service1", first), ("service2", second)] {
                success_count += i64::from(outcome.is_ok());
                let (status, message) = match outcome {
                    Ok(message) => ("success", message),
                    Err(problem) => ("error", problem.detail),
                };
                let answer = json!({"service": name, "status": status, "message": message});
                services.insert(name.to_owned(), answer);
            }
            run.set(server, "orchestration.success_count", success_count);
            let total_time = (run.now - start) as f64 / 1e9;
            let answer = json!({
                "services": services,
                "total_time": total_time,
                "success_count": success_count,
            });
            Ok((200, answer))
        })
    }

    fn timed(&mut self, cx: Cx, call: Call, milliseconds: u32) -> Result<String, Problem> {
        self.call(cx, &call, |run, server, _| {
            let working = run.internal(server, "work");
            run.wait(f64::from(milliseconds));
            run.end(working);
            Ok((200, format!("{} answered after {milliseconds} ms", server.service)))
        })
    }
}
