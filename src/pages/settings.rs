//! Preferences: which backend is asked, and how the page looks.

use crate::route::Route;
use crate::state::data::use_data;
use crate::state::settings::{Theme, use_settings};
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use leptos::task::spawn_local;
use spandrel_trace::units::Problem;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, SubmitEvent};

/// What came of asking a backend.
#[derive(Clone)]
enum Tried {
    Not,
    Asking,
    Answered(usize),
    Failed(Problem),
}

/// The settings page.
#[component]
pub fn Settings() -> impl IntoView {
    view! {
        <div class="settings">
            <h1>"Settings"</h1>
            <SourceForm/>
            <ThemeForm/>
            <p class="settings-note">
                "Settings are kept in this browser and sent nowhere. "
                <a href=Route::About.to_string()>"About Spandrel"</a>
            </p>
        </div>
    }
}

#[component]
fn SourceForm() -> impl IntoView {
    let (data, settings) = (use_data(), use_settings());
    let tried = RwSignal::new(Tried::Not);
    let written = move || {
        let field = document().get_element_by_id("source");
        field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()).map(|field| field.value())
    };
    let ask = move |keep: bool| {
        let Some(written) = written() else { return };
        tried.set(Tried::Asking);
        if keep {
            settings.set_source(&written);
        }
        spawn_local(async move {
            let answer = match data.services_at(&written).await {
                Ok(services) => Tried::Answered(services.len()),
                Err(problem) => Tried::Failed(problem),
            };
            // The page may have been left meanwhile.
            let _ = tried.try_set(answer);
        });
    };
    let outcome = move || {
        match tried.get() {
        Tried::Not => ().into_any(),
        Tried::Asking => view! { <p role="status">"Asking …"</p> }.into_any(),
        Tried::Answered(1) => view! { <p role="status" class="settings-good">"It answers and knows 1 service."</p> }.into_any(),
        Tried::Answered(count) => {
            view! { <p role="status" class="settings-good">{format!("It answers and knows {count} services.")}</p> }.into_any()
        }
        Tried::Failed(problem) => view! { <ProblemCard problem/> }.into_any(),
    }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        ask(true);
    };
    view! {
        <form class="settings-group" on:submit=submit>
            <h2>"Source"</h2>
            <label for="source">"Address of a Jaeger, or of a server that speaks like one"</label>
            <div class="settings-line">
                <input id="source" class="field" inputmode="url" autocomplete="off" spellcheck="false" data-test="settings-source"
                    placeholder="Empty: the server that this page comes from" prop:value=move || settings.source()/>
                <button type="button" class="button" data-test="settings-try" on:click=move |_| ask(false)>"Try"</button>
                <button class="button button--main" data-test="settings-save">"Save"</button>
            </div>
            <p class="settings-note">
                "The backend must allow this page to read its answers (CORS) when it is on another origin."
            </p>
            {outcome}
        </form>
    }
}

#[component]
fn ThemeForm() -> impl IntoView {
    let settings = use_settings();
    let choice = move |theme: Theme| {
        let label = match theme {
            Theme::System => "As the system",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        };
        view! {
            <label class="settings-choice">
                <input type="radio" name="theme" value=theme.name() prop:checked=move || settings.theme() == theme
                    on:change=move |_| settings.set_theme(theme)/>
                {label}
            </label>
        }
    };
    view! {
        <fieldset class="settings-group" data-test="settings-theme">
            <legend>"Theme"</legend>
            <div class="settings-line">{Theme::ALL.map(choice).collect_view()}</div>
        </fieldset>
    }
}
