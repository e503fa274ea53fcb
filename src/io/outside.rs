//! The browser's memory beside the program's own.

use js_sys::{Function, Reflect, Uint8Array};
use spandrel_trace::model::Outside;
use std::cell::RefCell;
use wasm_bindgen::JsCast;

/// Bytes of a source that stay in the program's memory: when they are interned and gone, there is room for much of what
/// is made of the others.
const HERE: u64 = 64 << 20;

thread_local! {
    static KEPT: RefCell<Vec<Option<Uint8Array>>> = const { RefCell::new(Vec::new()) };
}

/// Bytes kept in buffers of the browser's.
pub fn memory() -> Outside {
    Outside { after: HERE, keep, copy, forget }
}

fn keep(bytes: &[u8]) -> u32 {
    let bytes = Some(Uint8Array::from(bytes));
    KEPT.with_borrow_mut(|kept| {
        let place = kept.iter().position(Option::is_none).unwrap_or(kept.len());
        match kept.get_mut(place) {
            Some(free) => *free = bytes,
            None => kept.push(bytes),
        }
        place as u32
    })
}

fn copy(number: u32, from: usize, room: &mut [u8]) {
    KEPT.with_borrow(|kept| {
        if let Some(Some(bytes)) = kept.get(number as usize) {
            bytes.subarray(from as u32, (from + room.len()) as u32).copy_to(room);
        }
    });
}

fn forget(number: u32) {
    let kept = KEPT.with_borrow_mut(|kept| kept.get_mut(number as usize).and_then(Option::take));
    let Some(buffer) = kept.map(|bytes| bytes.buffer()) else { return };
    // A buffer that is handed on as an empty one is given back at once, others when the browser gets round to it.
    let hand_on = Reflect::get(&buffer, &"transfer".into()).ok().and_then(|found| found.dyn_into().ok());
    if let Some(hand_on) = hand_on {
        let hand_on: Function = hand_on;
        // It can be refused only where it has been handed on before.
        let _ = hand_on.call1(&buffer, &0.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_kept_is_copied_back_until_it_is_forgotten() {
        let (one, other) = (keep(b"some bytes"), keep(b"others"));
        let mut room = [0; 5];
        copy(one, 5, &mut room);
        assert_eq!(&room, b"bytes");
        let buffer = KEPT.with_borrow(|kept| kept[one as usize].as_ref().map(Uint8Array::buffer));
        forget(one);
        assert_eq!(buffer.map(|buffer| buffer.byte_length()), Some(0));
        copy(other, 1, &mut room);
        assert_eq!(&room, b"thers");
        assert_eq!(keep(b"new"), one, "places are taken again");
    }
}
