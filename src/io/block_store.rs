//! Stores blocks of bytes in buffers of the browser, outside of wasm memory, which never shrinks.

use js_sys::{Function, Reflect, Uint8Array};
use spandrel_trace::model::ExternalStore;
use std::cell::RefCell;
use wasm_bindgen::JsCast;

/// Bytes of a source that stay in wasm memory: once they are interned and freed, their space is reused for what is made
/// of the remaining bytes.
const IN_MEMORY: u64 = 64 << 20;

thread_local! {
    static BLOCKS: RefCell<Vec<Option<Uint8Array>>> = const { RefCell::new(Vec::new()) };
}

/// The block store of this thread.
pub fn block_store() -> ExternalStore {
    ExternalStore { threshold: IN_MEMORY, write: store, read: load, free }
}

/// Stores a copy of `bytes` and returns its handle.
fn store(bytes: &[u8]) -> u32 {
    let bytes = Some(Uint8Array::from(bytes));
    BLOCKS.with_borrow_mut(|blocks| {
        let handle = blocks.iter().position(Option::is_none).unwrap_or(blocks.len());
        match blocks.get_mut(handle) {
            Some(free) => *free = bytes,
            None => blocks.push(bytes),
        }
        handle as u32
    })
}

/// Copies a block's bytes from `offset` on into `target`.
fn load(handle: u32, offset: usize, target: &mut [u8]) {
    BLOCKS.with_borrow(|blocks| {
        if let Some(Some(bytes)) = blocks.get(handle as usize) {
            bytes.subarray(offset as u32, (offset + target.len()) as u32).copy_to(target);
        }
    });
}

fn free(handle: u32) {
    let block = BLOCKS.with_borrow_mut(|blocks| blocks.get_mut(handle as usize).and_then(Option::take));
    let Some(buffer) = block.map(|bytes| bytes.buffer()) else { return };
    // `transfer(0)` frees the memory at once; otherwise it is freed by the garbage collector.
    let transfer = Reflect::get(&buffer, &"transfer".into()).ok().and_then(|found| found.dyn_into().ok());
    if let Some(transfer) = transfer {
        let transfer: Function = transfer;
        // Refused only if the buffer was transferred before.
        let _ = transfer.call1(&buffer, &0.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn blocks_are_readable_until_freed_and_handles_are_reused() {
        let (one, other) = (store(b"some bytes"), store(b"others"));
        let mut target = [0; 5];
        load(one, 5, &mut target);
        assert_eq!(&target, b"bytes");
        let buffer = BLOCKS.with_borrow(|blocks| blocks[one as usize].as_ref().map(Uint8Array::buffer));
        free(one);
        assert_eq!(buffer.map(|buffer| buffer.byte_length()), Some(0));
        load(other, 1, &mut target);
        assert_eq!(&target, b"thers");
        assert_eq!(store(b"new"), one);
    }
}
