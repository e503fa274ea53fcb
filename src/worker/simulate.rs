//! Answers requests to the simulated services of the demo, which are loaded when the first comes; `io::engine::simulated`
//! describes the messages.

use super::Worker;
use crate::io::part::part;
use js_sys::{Array, Uint8Array};
use spandrel_simulation::{SimulatedRequest, batches};
use spandrel_trace::engine::message::{decode, encode};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

part! {
    /// What answers a request: worker, number of the request, the encoded request.
    pub(super) fn simulation in simulation -> fn(&Worker, u32, &[u8]) = Worker::answer_simulated;
}

impl Worker {
    pub(super) fn simulate(self: &Rc<Self>, id: u32, request: Vec<u8>) {
        let worker = self.clone();
        spawn_local(async move {
            match simulation().await {
                Ok(answer) => answer(&worker, id, &request),
                // Without an answer the page sees that none comes.
                Err(_) => worker.post(&Array::of2(&id.into(), &"simulated".into())),
            }
        });
    }

    fn answer_simulated(&self, id: u32, request: &[u8]) {
        let Some(request) = decode::<SimulatedRequest>(request) else { return };
        let (answer, spans) = self.simulation.borrow_mut().answer(&request);
        let batches = batches(&spans);
        let times: Vec<u64> = batches.iter().map(|batch| batch.arrived_unix).collect();
        let encoded = Uint8Array::from(encode(&(answer, times)).as_slice());
        let otlp: Vec<Uint8Array> =
            batches.iter().map(|batch| Uint8Array::from(batch.otlp.as_slice())).collect();
        let message = Array::of3(&id.into(), &"simulated".into(), &encoded);
        message.push(&otlp.iter().collect::<Array>());
        let transferred: Array = otlp.iter().map(Uint8Array::buffer).collect();
        // Buffers that were just created can always be transferred.
        let _ = self.scope.post_message_with_transfer(&message, &transferred);
    }
}
