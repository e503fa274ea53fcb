//! Asking the worker again while not all attributes of the trace are searchable.

use crate::state::tasks::sleep;

/// Milliseconds until it is asked again.
const PAUSE: u32 = 400;

/// Asks until `take` accepts the answer: it returns whether the answer is about all of the trace.
pub async fn until_indexed<T>(mut ask: impl AsyncFnMut() -> T, mut take: impl FnMut(T) -> bool) {
    while !take(ask().await) {
        sleep(PAUSE).await;
    }
}
