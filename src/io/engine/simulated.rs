//! Requests to the simulated services of the demo, which run in the worker: `[id, "simulate", SimulatedRequest]`, answered
//! by `[id, "simulated", (SimulatedAnswer, times), buffers]` with the spans as OTLP JSON; by its first two members alone if the
//! services could not be loaded.

use super::{EngineClient, Inner};
use futures_channel::oneshot;
use js_sys::{Array, Uint8Array};
use spandrel_simulation::{SimulatedAnswer, SimulatedRequest};
use spandrel_trace::engine::message::{decode, encode};
use wasm_bindgen::JsCast;

/// The answer of the simulated services.
#[derive(Debug)]
pub struct SimulatedReply {
    /// The answer of the gateway.
    pub answer: SimulatedAnswer,
    /// The spans in the order in which they arrive, also after the answer.
    pub spans: Vec<ArrivingSpans>,
}

/// Spans that arrive together.
#[derive(Clone, Debug)]
pub struct ArrivingSpans {
    /// When they arrive, nanoseconds since the Unix epoch.
    pub arrived_unix: u64,
    /// A line of OTLP JSON.
    pub otlp: Uint8Array,
}

impl EngineClient {
    /// Sends a request to the simulated services. The answer comes at once: the caller waits until it has arrived. `None` if
    /// the worker has stopped.
    pub async fn simulate(&self, request: &SimulatedRequest) -> Option<SimulatedReply> {
        let id = self.0.take_id();
        let (done, reply) = oneshot::channel();
        self.0.simulated.borrow_mut().insert(id, done);
        let encoded = Uint8Array::from(encode(request).as_slice());
        self.0.post(&Array::of3(&id.into(), &"simulate".into(), &encoded));
        reply.await.ok()
    }
}

impl Inner {
    pub(super) fn receive_simulated(&self, id: u32, message: &Array) {
        let Some(done) = self.simulated.borrow_mut().remove(&id) else { return };
        let bytes = Uint8Array::new(&message.get(2)).to_vec();
        // Without an answer the sender is dropped, which its receiver sees.
        let Some((answer, times)) = decode::<(SimulatedAnswer, Vec<u64>)>(&bytes) else { return };
        let buffers = Array::from(&message.get(3));
        let spans = times
            .into_iter()
            .zip(buffers.iter())
            .map(|(arrived_unix, otlp)| ArrivingSpans { arrived_unix, otlp: otlp.unchecked_into() });
        // The receiver may have been dropped.
        let _ = done.send(SimulatedReply { answer, spans: spans.collect() });
    }
}
