//! The first painting of a waterfall. In a page that has just opened most of the code runs for the first time, and making
//! all rows of a screen and painting their bars in one frame takes a task of more than 50 ms. So they are made in tasks of
//! their own, some rows in each, and the browser lays out and paints between them.

use super::Board;
use crate::state::busy;
use crate::state::tasks::{next_frame, spawn, yield_to_event_loop};

/// Steps after which the browser paints.
const STEPS_A_FRAME: u32 = 2;

/// How far the first painting is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum FirstPaint {
    /// There was nothing to paint: no rows yet, or no room for them.
    #[default]
    Waiting,
    /// A task paints.
    Running,
    /// From now on painting takes place in animation frames.
    Done,
}

/// What [`Board::paint`] has painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Painted {
    /// Everything on screen.
    All,
    /// Some of the rows, or all of them without their bars; the rest is painted the next time.
    InPart,
    /// Nothing: there are no rows, or there is no room for them.
    NoRows,
}

impl Board {
    /// Starts the tasks of the first painting, unless they run.
    pub(super) fn start_first_paint(&self) {
        if self.first_paint.replace(FirstPaint::Running) == FirstPaint::Running {
            return;
        }
        let (board, busy) = (self.this.clone(), busy::hold());
        spawn(async move {
            for step in 1u32.. {
                yield_to_event_loop().await;
                let Some(board) = board.upgrade() else { break };
                let next = match board.paint() {
                    // A frame that lays out many rows takes long, too.
                    Painted::InPart if step % STEPS_A_FRAME == 0 => {
                        next_frame().await;
                        continue;
                    }
                    Painted::InPart => continue,
                    Painted::NoRows => FirstPaint::Waiting,
                    Painted::All => FirstPaint::Done,
                };
                board.first_paint.set(next);
                break;
            }
            drop(busy);
        });
    }
}
