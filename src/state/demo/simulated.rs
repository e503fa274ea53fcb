//! Requests to the simulated services, in the place of those to a server. An answer arrives when it would.

use super::super::browser_span::Exchange;
use super::super::data::Data;
use crate::io::clock;
use crate::io::demo::{DemoReply, now_unix};
use crate::io::engine::{ArrivingSpans, SimulatedReply};
use crate::io::random::random;
use js_sys::Uint8Array;
use spandrel_simulation::SimulatedRequest;

/// What stands before the paths of the gateway at a server of this page.
const MOUNT: &str = "demo";

/// Requests a list.
pub(super) async fn get(data: Data, path: &str) -> Result<DemoReply, String> {
    let request = SimulatedRequest {
        method: "GET".to_owned(),
        path: path_of(path),
        start_unix: now_unix(),
        ..SimulatedRequest::default()
    };
    answered(data, &request).await.map(|reply| reply_of(&reply))
}

/// Sends a request, and opens its trace with the browser's span in it. Gives the reply, once it has arrived, and why the trace
/// could not be opened.
pub(super) async fn exchange(
    data: Data,
    exchange: &mut Exchange,
    path: &str,
    body: Option<String>,
    fault: Option<&str>,
) -> (Result<DemoReply, String>, Option<String>) {
    let request = SimulatedRequest {
        method: exchange.method.to_owned(),
        path: path_of(path),
        body: body.unwrap_or_default(),
        fault: fault.map(str::to_owned),
        trace_id: exchange.ids.trace,
        parent: exchange.ids.span,
        start_unix: exchange.start_unix,
        seed: random::<8>().map_or(exchange.start_unix, u64::from_le_bytes),
    };
    let reply = match answered(data, &request).await {
        Ok(reply) => reply,
        Err(why) => return (Err(why), None),
    };
    let left = reply.answer.end_unix.saturating_sub(now_unix()).div_ceil(1_000_000);
    clock::sleep(u32::try_from(left).unwrap_or(u32::MAX)).await;
    exchange.answered(Ok(reply.answer.status));
    let own = format!("{}\n", exchange.otlp());
    let answer = reply_of(&reply);
    let mut spans = reply.spans;
    spans.push(ArrivingSpans { arrived_unix: now_unix(), otlp: Uint8Array::from(own.as_bytes()) });
    let opened = data.open_simulated(spans).await;
    (Ok(answer), opened.err().map(|problem| problem.happened))
}

async fn answered(data: Data, request: &SimulatedRequest) -> Result<SimulatedReply, String> {
    data.simulate(request).await.ok_or_else(|| "the simulated services did not answer: they could not be loaded, or the trace engine was restarted".to_owned())
}

/// The path at the gateway.
fn path_of(path: &str) -> String {
    path.strip_prefix(MOUNT).unwrap_or(path).to_owned()
}

fn reply_of(reply: &SimulatedReply) -> DemoReply {
    let answer = &reply.answer;
    DemoReply {
        status: answer.status,
        media_type: answer.media_type.clone(),
        correlation_id: answer.correlation_id.clone(),
        body: answer.body.clone(),
    }
}
