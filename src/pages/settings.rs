//! Settings page: which server is queried, which theme and time zone are used.

use crate::route::{Named, Route, Zone};
use crate::state::data::use_data;
use crate::state::obstacle::is_not_url;
use crate::state::part::part;
use crate::state::settings::{Theme, store_zone, use_settings, with_api};
use crate::state::tasks::{AbortOnDrop, sleep, spawn};
use crate::ui::problem::ProblemCard;
use futures_util::future::{Either, select};
use leptos::prelude::*;
use leptos::{ev, html};
use spandrel_trace::source::Base;
use spandrel_trace::units::{Problem, ProblemKind};
use std::pin::pin;

/// Result of a connection test.
#[derive(Clone, PartialEq)]
enum Connection {
    Untested,
    Connecting,
    /// The server lists this many services.
    Connected(usize),
    Failed(Problem),
}

/// How long a connection test waits for an answer, milliseconds.
const TIMEOUT: u32 = 15_000;

fn no_answer() -> Problem {
    let happened = "Something accepts connections at this URL, but has not answered for 15 seconds.";
    Problem::new(ProblemKind::Offline, "connect to the server", happened)
        .advise("Check the port: Jaeger's query API is on 16686.")
}

part! {
    /// Builds the page; it is in a part of the program.
    pub fn settings_page in pages -> fn() -> AnyView = || view! { <SettingsPage/> }.into_any();
}

/// The settings page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <div class="settings">
            <h1>"Settings"</h1>
            <ServerForm/>
            <ThemeChoice/>
            <ZoneChoice/>
            <KeptFiles/>
            <p class="settings-note">
                "Settings are stored only in this browser. " <a href=Route::About.to_string()>"About Spandrel"</a>
            </p>
        </div>
    }
}

/// URL of the server, with a connection test. Saving keeps the URL even if the test fails, but only if it is one.
#[component]
fn ServerForm() -> impl IntoView {
    let (data, settings) = (use_data(), use_settings());
    let input = NodeRef::<html::Input>::new();
    let connection = RwSignal::new(Connection::Untested);
    // A newer test aborts the one that is running.
    let running = StoredValue::new_local(None::<AbortOnDrop>);
    let test = move |url: String| {
        connection.set(Connection::Connecting);
        running.set_value(Some(AbortOnDrop::spawn(async move {
            let answer = pin!(data.services_at(&url));
            let timeout = pin!(sleep(TIMEOUT));
            connection.set(match select(answer, timeout).await {
                Either::Left((Ok(services), _)) => Connection::Connected(services.len()),
                Either::Left((Err(problem), _)) => Connection::Failed(problem),
                Either::Right(_) => Connection::Failed(no_answer()),
            });
        })));
    };
    let typed = move || input.get_untracked().map(|input| input.value()).unwrap_or_default();
    let is_eval_track = RwSignal::new(false);
    Effect::new(move || is_eval_track.set(Base::new(&settings.source()).is_eval_track()));
    let choose = move |eval_track: bool| {
        if let Some(input) = input.get_untracked() {
            input.set_value(&with_api(&input.value(), eval_track));
        }
        is_eval_track.set(eval_track);
    };
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        // A text that is no address is refused and not stored.
        if !is_not_url(&typed()) {
            settings.set_source(&typed());
        }
        test(typed());
    };
    view! {
        <form class="settings-group" on:submit=save>
            <h2>"Server"</h2>
            <label for="source">"Jaeger (or compatible) URL"</label>
            <div class="settings-line">
                <input
                    class="field"
                    id="source"
                    inputmode="url"
                    autocomplete="off"
                    spellcheck="false"
                    data-test="settings-source"
                    placeholder="Leave empty to use this server"
                    node_ref=input
                    prop:value=move || settings.source()
                    on:input=move |_| is_eval_track.set(Base::new(&typed()).is_eval_track())
                />
                <button type="button" class="button" data-test="settings-try" on:click=move |_| test(typed())>
                    "Test connection"
                </button>
                <button class="button button--main" data-test="settings-save">
                    "Save"
                </button>
            </div>
            <div class="settings-line" role="radiogroup" aria-label="API">
                {[(false, "jaeger", "Traces (Jaeger API)"), (true, "eval-track", "Records (eval-track API)")]
                    .map(|(eval_track, name, label)| {
                        view! {
                            <label class="settings-choice">
                                <input
                                    type="radio"
                                    name="api"
                                    value=name
                                    data-test=format!("settings-api-{name}")
                                    prop:checked=move || is_eval_track.get() == eval_track
                                    on:change=move |_| choose(eval_track)
                                />
                                {label}
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
            <p class="settings-note">"A server on another origin must allow this page through CORS."</p>
            <ConnectionStatus connection/>
        </form>
    }
}

/// Deletes the opened files that the browser keeps.
#[component]
fn KeptFiles() -> impl IntoView {
    let data = use_data();
    let outcome = RwSignal::new("");
    let delete = move |_| {
        spawn(async move {
            outcome.set(match data.delete_kept_files().await {
                true => "Deleted.",
                false => "This browser keeps no files.",
            });
        });
    };
    view! {
        <section class="settings-group">
            <h2>"Opened files"</h2>
            <p class="settings-note">
                "The trace files opened last are kept in this browser, so that a reload finds them again. They do not leave it."
            </p>
            <div class="settings-line">
                <button type="button" class="button" data-test="settings-delete-files" on:click=delete>
                    "Delete kept files"
                </button>
                <span role="status">{outcome}</span>
            </div>
        </section>
    }
}

/// Outcome of the latest connection test; announced to screen readers.
#[component]
fn ConnectionStatus(connection: RwSignal<Connection>) -> impl IntoView {
    move || match connection.get() {
        Connection::Untested => ().into_any(),
        Connection::Connecting => view! { <p role="status">"Connecting…"</p> }.into_any(),
        Connection::Connected(services) => {
            let text = match services {
                1 => "Connected: 1 service.".to_owned(),
                services => format!("Connected: {services} services."),
            };
            view! {
                <p class="settings-good" role="status">
                    {text}
                </p>
            }
            .into_any()
        }
        Connection::Failed(problem) => view! { <ProblemCard problem/> }.into_any(),
    }
}

#[component]
fn ThemeChoice() -> impl IntoView {
    let settings = use_settings();
    let option = move |&(theme, name, label): &(Theme, &'static str, &'static str)| {
        view! {
            <label class="settings-choice">
                <input
                    type="radio"
                    name="theme"
                    value=name
                    prop:checked=move || settings.theme() == theme
                    on:change=move |_| settings.set_theme(theme)
                />
                {label}
            </label>
        }
    };
    view! {
        <fieldset class="settings-group" data-test="settings-theme">
            <legend>"Theme"</legend>
            <div class="settings-line">{Theme::ALL.iter().map(option).collect_view()}</div>
        </fieldset>
    }
}

#[component]
fn ZoneChoice() -> impl IntoView {
    let zone = use_settings().zone;
    let option = move |(value, name, label): (Zone, &'static str, &'static str)| {
        view! {
            <label class="settings-choice">
                <input
                    type="radio"
                    name="zone"
                    value=name
                    prop:checked=move || zone.get() == value
                    on:change=move |_| {
                        store_zone(value);
                        zone.set(value);
                    }
                />
                {label}
            </label>
        }
    };
    let options = [(Zone::Local, "local", "Local"), (Zone::Utc, "utc", "UTC")].map(option);
    view! {
        <fieldset class="settings-group" data-test="settings-zone">
            <legend>"Time zone"</legend>
            <div class="settings-line">{options.collect_view()}</div>
        </fieldset>
    }
}
