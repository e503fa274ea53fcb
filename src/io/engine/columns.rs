//! Receives the columns of an answer: copies each from its transferred buffer into wasm memory.

use crate::io::clock;
use js_sys::{Array, BigUint64Array, Uint8Array, Uint32Array};
use spandrel_trace::engine::Answer;
use spandrel_trace::units::ColumnMut;

/// Bytes copied between two yields to the event loop.
const SLICE: u32 = 4 << 20;

/// Bytes after which what is computed from the answer runs in a task of its own.
const LARGE: u32 = 256 << 10;

/// Fills the columns of `answer` with `buffers`, yielding to the event loop in between. `None` if there are not as many.
pub(super) async fn receive(mut answer: Answer, buffers: &Array) -> Option<Answer> {
    let columns = answer.columns();
    if columns.len() != buffers.length() as usize {
        return None;
    }
    let mut copied = 0;
    for (column, buffer) in columns.into_iter().zip(buffers.iter()) {
        match column {
            ColumnMut::U32(words) => *words = Uint32Array::new(&buffer).to_vec(),
            ColumnMut::U64(longs) => *longs = BigUint64Array::new(&buffer).to_vec(),
        }
        copied += Uint8Array::new(&buffer).length();
        if copied > SLICE {
            copied = 0;
            clock::yield_to_event_loop().await;
        }
    }
    if copied > LARGE {
        clock::yield_to_event_loop().await;
    }
    Some(answer)
}
