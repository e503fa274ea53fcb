//! Reading the trace again: once, or again and again until nothing new comes.

use super::header::{counted, grouped};
use super::session::Session;
use super::turns::ahead;
use crate::state::data::Data;
use crate::state::tasks::{sleep, spawn_scoped};
use crate::ui::view::effect;
use leptos::prelude::*;
use spandrel_trace::analysis::added::{added, is_same};
use spandrel_trace::units::Problem;
use std::sync::Arc;

/// How long new spans stand out, milliseconds.
const FLASH: u32 = 2_000;

/// When to ask again. A trace is quiet when several answers in a row had nothing new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    unchanged: u32,
}

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask again after so many milliseconds.
    Wait(u32),
    /// Stop: the trace is quiet.
    Quiet,
}

impl Patience {
    /// The first wait, milliseconds. Each answer without news doubles it.
    const FIRST: u32 = 2_000;
    /// So many answers without news are enough.
    const ENOUGH: u32 = 4;

    /// Takes an answer.
    pub fn heard(&mut self, news: bool) -> Next {
        self.unchanged = if news { 0 } else { self.unchanged + 1 };
        match self.unchanged {
            Self::ENOUGH.. => Next::Quiet,
            unchanged => Next::Wait(Self::FIRST << unchanged),
        }
    }
}

/// What reads a trace again.
#[derive(Clone, Copy)]
pub struct Refresher {
    data: Data,
    session: Session,
    id: StoredValue<String>,
    /// Counts the wishes for an answer now.
    wanted: RwSignal<u32>,
    /// Whether one is on its way.
    pub asking: RwSignal<bool>,
    /// Whether it goes on by itself.
    pub following: RwSignal<bool>,
    /// What came of it, in words.
    pub said: RwSignal<String>,
}

impl Refresher {
    /// For the page of `session`, whose trace has this id. It lives as long as the view that is being built.
    pub fn new(data: Data, session: Session, id: StoredValue<String>) -> Self {
        let refresher = Refresher {
            data,
            session,
            id,
            wanted: RwSignal::new(0),
            asking: RwSignal::new(false),
            following: RwSignal::new(false),
            said: RwSignal::default(),
        };
        effect(move || {
            if refresher.wanted.get() > 0 {
                spawn_scoped(async move {
                    refresher.ask().await;
                });
            }
        });
        effect(move || {
            if refresher.following.get() {
                spawn_scoped(refresher.follow());
            }
        });
        effect(move || {
            if session.added.with(|added| !added.is_empty()) {
                spawn_scoped(async move {
                    sleep(FLASH).await;
                    session.added.set(Arc::default());
                });
            }
        });
        refresher
    }

    /// Reads the trace again, now.
    pub fn now(self) {
        self.wanted.update(|count| *count += 1);
    }

    async fn follow(self) {
        let mut patience = Patience::default();
        loop {
            // Who has failed is not asked again by itself.
            let Some(news) = self.ask().await else { break };
            match patience.heard(news) {
                Next::Wait(milliseconds) => sleep(milliseconds).await,
                Next::Quiet => {
                    self.said.set("Nothing new for half a minute: no longer refreshing by itself".to_owned());
                    break;
                }
            }
        }
        self.following.set(false);
    }

    /// Whether there was news; `None` where there was no answer.
    async fn ask(self) -> Option<bool> {
        let (session, before) = (self.session, self.session.outline());
        self.asking.set(true);
        let answer = self.data.refresh(&self.id.get_value(), |_| {}).await;
        self.asking.set(false);
        match answer {
            Err(problem) => {
                self.said.set(failed(&problem));
                None
            }
            Ok(outline) if is_same(&before, &outline) => {
                self.said.set("Nothing new".to_owned());
                Some(false)
            }
            Ok(outline) => {
                let new = added(&before, &outline);
                self.said.set(match new.len() {
                    0 => "The trace has changed, without new spans".to_owned(),
                    count => format!("{}{}", grouped(count), counted(count, "new span", "new spans")),
                });
                ahead(session, &outline).await;
                session.renew(outline);
                session.added.set(Arc::new(new));
                Some(true)
            }
        }
    }
}

fn failed(problem: &Problem) -> String {
    format!("Refreshing did not work: {}", problem.happened)
}

#[cfg(test)]
mod tests {
    use super::{Next, Patience};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn it_waits_longer_without_news_and_stops_in_the_end() {
        let mut patience = Patience::default();
        let heard: Vec<Next> =
            [true, false, false, true, false, false, false, false].map(|news| patience.heard(news)).into();
        let waits = [2_000, 4_000, 8_000, 2_000, 4_000, 8_000, 16_000].map(Next::Wait);
        assert_eq!(heard[..7], waits);
        assert_eq!(heard[7], Next::Quiet);
    }
}
