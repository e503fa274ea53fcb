//! The way back from the waterfall to the table that set its find.

use super::super::session::Session;
use leptos::prelude::*;

/// Where a find came from: offers to go back there with the find that was set before.
#[component]
pub fn BackToTable(
    /// State of the trace.
    session: Session,
) -> impl IntoView {
    // Another view, or another find, is another matter.
    let shown = Memo::new(move |_| {
        session.returns.get().filter(|returns| {
            session.tab.get() == Default::default() && session.find.query.with(|find| *find == returns.set)
        })
    });
    move || {
        shown.get().map(|returns| {
            let back = move |_| {
                batch(|| {
                    session.find.query.set(returns.before.clone());
                    session.tab.set(returns.tab);
                    session.returns.set(None);
                });
            };
            view! {
                <p class="table-bar table-bar--facts" data-test="back-to-table">
                    <span role="status">"Spans of one group are highlighted"</span>
                    <button type="button" class="button button--flat" on:click=back>"Back to statistics"</button>
                </p>
            }
        })
    }
}
