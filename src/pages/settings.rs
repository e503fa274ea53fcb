//! Preferences: which backend is asked, and how the page looks.

use crate::route::{Route, Zone};
use crate::state::data::use_data;
use crate::state::settings::{Theme, store_zone, use_settings};
use crate::state::tasks::spawn;
use crate::ui::element::{El, button, el};
use crate::ui::problem::problem_card;
use crate::ui::view::{View, part};
use leptos::prelude::*;
use spandrel_trace::units::Problem;
use web_sys::{Event, HtmlInputElement, MouseEvent, SubmitEvent};

/// What came of asking a backend.
#[derive(Clone)]
enum Tried {
    Not,
    Asking,
    Answered(usize),
    Failed(Problem),
}

/// The settings page.
pub fn settings() -> El {
    let note = el("p", "settings-note")
        .text("Settings are kept in this browser and sent nowhere. ")
        .child(el("a", "").attr("href", Route::About.to_string()).text("About Spandrel"));
    el("div", "settings").children([
        el("h1", "").text("Settings"),
        source_form(),
        theme_form(),
        zone_form(),
        note,
    ])
}

fn source_form() -> El {
    let (data, settings) = (use_data(), use_settings());
    let tried = RwSignal::new(Tried::Not);
    let field = el("input", "field")
        .attr("id", "source")
        .attr("inputmode", "url")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .test("settings-source")
        .attr("placeholder", "Empty: the server that this page comes from")
        .live_value(move || settings.source());
    let written: HtmlInputElement = field.node();
    let ask = move |keep: bool| {
        let written = written.value();
        tried.set(Tried::Asking);
        if keep {
            settings.set_source(&written);
        }
        let asked = async move {
            let answer = match data.services_at(&written).await {
                Ok(services) => Tried::Answered(services.len()),
                Err(problem) => Tried::Failed(problem),
            };
            tried.set(answer);
        };
        spawn(asked);
    };
    let said = |class: &str, words: &str| View::from(el("p", class).attr("role", "status").text(words));
    let outcome = part(
        move || tried.get(),
        move |tried| match tried {
            Tried::Not => View::NONE,
            Tried::Asking => said("", "Asking …"),
            Tried::Answered(1) => said("settings-good", "It answers and knows 1 service."),
            Tried::Answered(count) => {
                said("settings-good", &format!("It answers and knows {count} services."))
            }
            Tried::Failed(problem) => problem_card(problem, None).into(),
        },
    );
    let save = ask.clone();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        save(true);
    };
    let line = el("div", "settings-line").children([
        field,
        button("button").test("settings-try").on("click", move |_: MouseEvent| ask(false)).text("Try"),
        el("button", "button button--main").test("settings-save").text("Save"),
    ]);
    let label = "Address of a Jaeger, or of a server that speaks like one";
    let note = "The backend must allow this page to read its answers (CORS) when it is on another origin.";
    el("form", "settings-group")
        .on("submit", submit)
        .children([
            el("h2", "").text("Source"),
            el("label", "").attr("for", "source").text(label),
            line,
            el("p", "settings-note").text(note),
        ])
        .child(outcome)
}

fn theme_form() -> El {
    let settings = use_settings();
    let choice = move |theme: Theme| {
        let label = match theme {
            Theme::System => "As the system",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        };
        let radio = el("input", "")
            .attr("type", "radio")
            .attr("name", "theme")
            .attr("value", theme.name())
            .live_checked(move || settings.theme() == theme)
            .on("change", move |_: Event| settings.set_theme(theme));
        el("label", "settings-choice").child(radio).text(label)
    };
    el("fieldset", "settings-group")
        .test("settings-theme")
        .child(el("legend", "").text("Theme"))
        .child(el("div", "settings-line").children(Theme::ALL.map(choice)))
}

fn zone_form() -> El {
    let zone = use_settings().zone;
    let choice = move |(of, label): (Zone, &str)| {
        let radio = el("input", "")
            .attr("type", "radio")
            .attr("name", "zone")
            .attr("value", if of == Zone::Utc { "utc" } else { "local" })
            .live_checked(move || zone.get() == of)
            .on("change", move |_: Event| {
                store_zone(of);
                zone.set(of);
            });
        el("label", "settings-choice").child(radio).text(label)
    };
    el("fieldset", "settings-group").test("settings-zone").child(el("legend", "").text("Times of day")).child(
        el("div", "settings-line")
            .children([(Zone::Local, "On this computer's clock"), (Zone::Utc, "UTC")].map(choice)),
    )
}
