//! Work that is given up when nobody waits for it any more: dropping the errand drops its future at once.

use super::busy;
use crate::io::clock;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A future on its way.
#[derive(Default)]
pub struct Errand {
    gone: Rc<Cell<bool>>,
    waker: Rc<RefCell<Option<Waker>>>,
}

impl Errand {
    /// Sends `work` on its way.
    pub fn send(work: impl Future<Output = ()> + 'static) -> Self {
        Self::boxed(Box::pin(work))
    }

    // One compiled driver for all futures.
    fn boxed(work: Pin<Box<dyn Future<Output = ()>>>) -> Self {
        let errand = Errand::default();
        let (gone, waker) = (errand.gone.clone(), errand.waker.clone());
        let mut work = Some(work);
        leptos::task::spawn_local(poll_fn(move |context| {
            if gone.get() {
                work = None;
            }
            let Some(running) = &mut work else { return Poll::Ready(()) };
            *waker.borrow_mut() = Some(context.waker().clone());
            running.as_mut().poll(context)
        }));
        errand
    }

    /// Lets the work go on without anybody waiting.
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        self.gone.set(true);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// Sends `work` that is given up when the effect or the part of a page that began it runs anew or goes.
pub fn begin(work: impl Future<Output = ()> + 'static) {
    StoredValue::new_local(Errand::send(work));
}

/// Becomes true in the next task. What is built only then does not lengthen the one that runs now; the page counts as
/// busy until it is.
pub fn next_task() -> RwSignal<bool> {
    let come = RwSignal::new(false);
    let waiting = busy::hold();
    begin(async move {
        turn().await;
        come.set(true);
        drop(waiting);
    });
    come
}

/// Counts `done` up to `steps`: by one in each frame, or while it `is_urgent` in each task. What is built in steps
/// neither lengthens the task that runs now nor makes one frame lay out all of it; the page counts as busy until then.
pub fn in_steps(steps: u32, done: RwSignal<u32>, is_urgent: impl Fn() -> bool + 'static) {
    let waiting = busy::hold();
    begin(async move {
        for step in 1..=steps {
            if is_urgent() {
                turn().await
            } else {
                clock::frame().await
            }
            done.set(step);
        }
        drop(waiting);
    });
}

/// Lets what is to be painted be painted.
pub async fn frame() {
    clock::frame().await;
}

/// Lets so many milliseconds pass.
pub async fn rest(milliseconds: u32) {
    clock::sleep(milliseconds).await;
}

/// Lets others have a turn: what waits to be heard, and a frame that is due.
pub async fn turn() {
    clock::turn().await;
}
