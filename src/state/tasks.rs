//! Tasks on the page's event loop: started, aborted with what they belong to, and yielding to it.

use super::busy;
use crate::io::clock;
use futures_util::future::{AbortHandle, abortable};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::future::Future;

pub use clock::{next_frame, sleep, yield_to_event_loop};

/// A running task. Dropping it drops the task's future.
#[derive(Debug)]
pub struct AbortOnDrop(AbortHandle);

impl AbortOnDrop {
    /// Starts `work`.
    pub fn spawn(work: impl Future<Output = ()> + 'static) -> Self {
        let (work, handle) = abortable(work);
        spawn_local(async move {
            // An abort is not an error.
            let _ = work.await;
        });
        Self(handle)
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts `work`, which runs to its end.
pub fn spawn(work: impl Future<Output = ()> + 'static) {
    spawn_local(work);
}

/// Starts `work`, which is aborted when the current owner is cleaned up: when its effect runs again or its view goes.
pub fn spawn_scoped(work: impl Future<Output = ()> + 'static) {
    StoredValue::new_local(AbortOnDrop::spawn(work));
}

/// Resumes when a view that was just built is painted. That takes four frames: in the first it is laid out, in the others
/// what depends on its size is drawn, some rows in each. Requests that start only then do not compete with the first paint
/// for the processor.
pub async fn after_first_paint() {
    for _ in 0..4 {
        next_frame().await;
    }
}

/// A signal that becomes true after one yield to the event loop. What is built only then does not lengthen the current
/// task. The page counts as busy until then.
pub fn after_yield() -> RwSignal<bool> {
    let yielded = RwSignal::new(false);
    let busy = busy::hold();
    spawn_scoped(async move {
        yield_to_event_loop().await;
        yielded.set(true);
        drop(busy);
    });
    yielded
}

/// Counts `done` up to `steps`, one per animation frame, or one per task while `is_urgent`. The page counts as busy until
/// then.
pub fn count_up(steps: u32, done: RwSignal<u32>, is_urgent: impl Fn() -> bool + 'static) {
    let busy = busy::hold();
    spawn_scoped(async move {
        for step in 1..=steps {
            if is_urgent() {
                yield_to_event_loop().await;
            } else {
                next_frame().await;
            }
            done.set(step);
        }
        drop(busy);
    });
}
