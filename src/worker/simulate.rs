//! Answers requests to the simulated services of the demo; `io::engine::simulated` describes the messages.

use super::Worker;
use js_sys::{Array, Uint8Array};
use spandrel_simulation::{SimulatedRequest, batches};
use spandrel_trace::engine::message::{decode, encode};

impl Worker {
    pub(super) fn simulate(&self, id: u32, request: &[u8]) {
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
