//! Receives an outline: copies its columns from transferred buffers into wasm memory.

use crate::io::clock;
use js_sys::{Array, BigUint64Array, Uint8Array, Uint32Array};
use spandrel_trace::engine::transfer::{Buffer, BufferType, OutlineDecoder};
use spandrel_trace::model::Outline;

/// Bytes copied between two yields to the event loop.
const SLICE: u32 = 4 << 20;

/// Copies the columns in `buffers`, yielding to the event loop in between. `None` if they are not an outline.
pub(super) async fn receive(buffers: &Array) -> Option<Outline> {
    let mut decoder = OutlineDecoder::default();
    let mut copied = 0;
    for buffer in buffers.iter() {
        let column = match decoder.wants()? {
            BufferType::Bytes => Buffer::Bytes(Uint8Array::new(&buffer).to_vec().into()),
            BufferType::U32 => Buffer::U32(Uint32Array::new(&buffer).to_vec().into()),
            BufferType::U64 => Buffer::U64(BigUint64Array::new(&buffer).to_vec().into()),
        };
        if !decoder.take(column) {
            return None;
        }
        copied += Uint8Array::new(&buffer).length();
        if copied > SLICE {
            copied = 0;
            clock::yield_to_event_loop().await;
        }
    }
    // What is computed from the outline runs in a task of its own.
    clock::yield_to_event_loop().await;
    decoder.finish()
}
