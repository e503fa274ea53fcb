//! The row of tabs that choose the view of a trace.

use super::commands;
use super::key_names::readable;
use super::regions::PANEL;
use super::session::Session;
use super::span_source::SpanSource;
use crate::route::{Named, TraceTab};
use crate::state::tasks::{next_frame, spawn_scoped};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Id of a view's tab.
pub fn id_of(tab: TraceTab) -> String {
    format!("trace-tab-{}", tab.label().replace(' ', "-"))
}

/// The tabs. Arrow keys move the focus among them, Enter chooses one.
#[component]
pub fn TraceTabs(
    /// State of the trace.
    session: Session,
    /// Whether it has logs.
    source: SpanSource,
) -> impl IntoView {
    let has_logs = Memo::new(move |_| source.has_logs());
    let list = NodeRef::<html::Div>::new();
    let move_focus = move |event: KeyboardEvent| {
        let Some(list) = list.get_untracked() else { return };
        let (tabs, focused) = (list.children(), document().active_element());
        let count = tabs.length();
        let now = (0..count).find(|index| tabs.item(*index) == focused).unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowRight" => (now + 1) % count,
            "ArrowLeft" => (now + count - 1) % count,
            "Home" => 0,
            "End" => count - 1,
            _ => return,
        };
        event.prevent_default();
        if let Some(tab) = tabs.item(next).and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
            // An element that cannot take the focus leaves it where it is.
            let _ = tab.focus();
        }
    };
    // Where not all fit, the chosen one is in sight.
    Effect::new(move |_| {
        let id = id_of(session.tab.get());
        spawn_scoped(async move {
            // When it is laid out: now that would be done for this alone.
            next_frame().await;
            if let Some(tab) = document().get_element_by_id(&id) {
                let how = ScrollIntoViewOptions::new();
                how.set_block(ScrollLogicalPosition::Nearest);
                how.set_inline(ScrollLogicalPosition::Nearest);
                tab.scroll_into_view_with_scroll_into_view_options(&how);
            }
        });
    });
    let tab = |&(tab, name, label): &(TraceTab, &'static str, &'static str)| {
        let is_shown = move || session.tab.get() == tab;
        let key = commands::of_view(tab)
            .and_then(|command| command.keys.first())
            .map(|key| format!(" ({})", readable(key)));
        view! {
            <button
                type="button"
                role="tab"
                class="trace-tab"
                id=id_of(tab)
                data-test="tab"
                data-label=label
                data-view=if name.is_empty() { "waterfall" } else { name }
                title=format!("{label}{}", key.unwrap_or_default())
                aria-selected=move || is_shown().to_string()
                aria-controls=PANEL
                tabindex=move || if is_shown() { "0" } else { "-1" }
                // An address can name a view that this server has not.
                hidden=move || tab == TraceTab::Logs && !has_logs.get() && !is_shown()
                on:click=move |_| session.tab.set(tab)
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="trace-tabs" role="tablist" aria-label="Views of the trace" node_ref=list on:keydown=move_focus>
            {TraceTab::ALL.iter().map(tab).collect_view()}
        </div>
    }
}
