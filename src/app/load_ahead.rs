//! Loads the parts of the program that no page has needed yet, once there is nothing else to do. A page that is kept open
//! works on after its server has gone or was updated, and a view opens without a request.

use crate::pages::demo::demo_page;
use crate::pages::settings::settings_page;
use crate::state::busy;
use crate::state::data::{Data, mark};
use crate::state::part::PartNotLoaded;
use crate::state::tasks::{sleep, spawn};
use crate::trace_view::other_views::other_views;

/// Milliseconds for which the page must have been idle, so that this does not slow down what a person waits for.
const REST_MS: u32 = 1_000;

/// Loads all parts when the page has been idle for [`REST_MS`]. The page does not count as busy meanwhile. Afterwards the
/// browser's timeline of performance has the mark `spandrel:parts-loaded`.
///
/// A part that cannot be loaded now is loaded when it is needed.
pub fn load_parts_when_idle(data: Data) {
    busy::when_idle(move || {
        spawn(async move {
            sleep(REST_MS).await;
            if !busy::is_idle() {
                return load_parts_when_idle(data);
            }
            let has_worker_parts = data.load_worker_parts().await;
            if load_pages().await.is_ok() && has_worker_parts {
                mark("spandrel:parts-loaded");
            }
        });
    });
}

/// Loads the parts of the page's program: one function of each.
async fn load_pages() -> Result<(), PartNotLoaded> {
    other_views().await?;
    settings_page().await?;
    demo_page().await?;
    Ok(())
}
