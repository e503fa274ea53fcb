//! Work that is given up when nobody waits for it any more: dropping the errand drops its future at once.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
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
        let errand = Errand::default();
        let (gone, waker) = (errand.gone.clone(), errand.waker.clone());
        let mut work = Some(Box::pin(work));
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
}

impl Drop for Errand {
    fn drop(&mut self) {
        self.gone.set(true);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}
