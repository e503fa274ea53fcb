//! Whether the program's second part is there, as pages follow it. Its code is what `later!` marks.

use super::busy;
use super::errand::Errand;
use crate::io::later;
use crate::signal::*;
use spandrel_trace::units::{Problem, ProblemKind};

/// On its way, there, or why it did not come.
pub type Arrival = Option<Result<(), Problem>>;

/// Has it come before anybody waits for it.
pub fn fetch_ahead() {
    // Whoever waits for it later hears what went wrong, and tries again.
    Errand::send(async { drop(later::arrive().await) }).forget();
}

/// Waits until it is there, for what is done rather than shown.
pub async fn arrived() -> Result<(), Problem> {
    later::arrive().await.map(drop).map_err(|why| missing(&why))
}

/// The second part, as a page waits for it. Copies are the same.
#[derive(Clone, Copy)]
pub struct Later(RwSignal<Arrival>);

impl Later {
    /// Has it come, if it is not there yet.
    pub fn begin() -> Self {
        let later = Later(RwSignal::new(later::is_here().then_some(Ok(()))));
        later.fetch();
        later
    }

    /// Tries again where it did not come.
    pub fn fetch(self) {
        if self.0.with_untracked(|arrival| matches!(arrival, Some(Ok(())))) {
            return;
        }
        self.0.set(None);
        let waiting = busy::hold();
        Errand::send(async move {
            let arrived = arrived().await;
            self.0.set(Some(arrived));
            drop(waiting);
        })
        .forget();
    }

    /// How far it is; tracked.
    pub fn arrival(self) -> Arrival {
        self.0.get()
    }
}

fn missing(why: &str) -> Problem {
    Problem::new(ProblemKind::Offline, "Loading the rest of Spandrel", why)
        .advise("Check that the server that this page came from still runs, then try again.")
        .advise("Reload the page if it has been open for long: a newer version may have taken the place of its files.")
}
