//! The search form: a draft of a search. Only “Find traces” makes it the page's address.

use super::Services;
use crate::route::{Route, SearchParams, Zone};
use crate::state::clock;
use crate::state::data::use_data;
use crate::state::navigation::use_navigation;
use crate::state::settings::use_settings;
use crate::state::tasks;
use crate::ui::element::{El, el, option, typed};
use crate::ui::view::{View, effect, part, several, when};
use leptos::prelude::*;
use spandrel_trace::source::{parse_duration, parse_tags, print_tags};
use std::sync::Arc;
use web_sys::{Event, SubmitEvent};

/// Lookbacks that are offered.
const LOOKBACKS: [(&str, &str); 11] = [
    ("5m", "Last 5 minutes"),
    ("15m", "Last 15 minutes"),
    ("30m", "Last 30 minutes"),
    ("1h", "Last hour"),
    ("3h", "Last 3 hours"),
    ("6h", "Last 6 hours"),
    ("12h", "Last 12 hours"),
    ("1d", "Last day"),
    ("2d", "Last 2 days"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
];
/// The name of "between two moments of one's own" in the list of lookbacks.
const CUSTOM: &str = "custom";

/// The fields as they stand, and what is wrong with them.
#[derive(Clone, Copy)]
struct Draft {
    service: RwSignal<String>,
    operation: RwSignal<String>,
    tags: RwSignal<String>,
    lookback: RwSignal<String>,
    begin: RwSignal<String>,
    end: RwSignal<String>,
    shortest: RwSignal<String>,
    longest: RwSignal<String>,
    limit: RwSignal<String>,
    /// Whose clock begin and end are of.
    zone: RwSignal<Zone>,
    /// Field and complaint.
    wrong: RwSignal<Option<(&'static str, String)>>,
}

impl Draft {
    fn new(zone: RwSignal<Zone>) -> Self {
        let text = || RwSignal::new(String::new());
        Draft {
            service: text(),
            operation: text(),
            tags: text(),
            lookback: text(),
            begin: text(),
            end: text(),
            shortest: text(),
            longest: text(),
            limit: text(),
            zone,
            wrong: RwSignal::new(None),
        }
    }

    fn load(self, params: &SearchParams) {
        let custom = params.lookback.is_empty() && params.start.is_some();
        let lookback = if custom { CUSTOM } else { params.lookback.as_str() };
        self.service.set(params.service.clone());
        self.operation.set(params.operation.clone());
        self.tags.set(print_tags(&params.tags));
        self.lookback.set(if lookback.is_empty() { SearchParams::LOOKBACK } else { lookback }.to_owned());
        let (begin, end) = params.window((js_sys::Date::now() * 1_000.0) as u64);
        let field = |us: u64| clock::moment(us.saturating_mul(1_000), self.zone.get_untracked()).field();
        self.begin.set(field(begin));
        self.end.set(field(end));
        self.shortest.set(params.min_duration.clone());
        self.longest.set(params.max_duration.clone());
        let limit = if params.limit == 0 { SearchParams::LIMIT } else { params.limit };
        self.limit.set(limit.to_string());
        self.wrong.set(None);
    }

    /// Begin and end stay the moments that they are when the clock changes.
    fn turn(self, read: &mut Zone) {
        let zone = self.zone.get();
        let before = std::mem::replace(read, zone);
        for field in [self.begin, self.end] {
            let moment = field.with_untracked(|text| clock::from_field(text, before));
            if let Some(us) = moment.filter(|_| before != zone) {
                field.set(clock::moment(us.saturating_mul(1_000), zone).field());
            }
        }
    }

    /// The search that the fields describe, or the field that does not say anything and why.
    fn params(self, before: &SearchParams) -> Result<SearchParams, (&'static str, String)> {
        let text = |field: RwSignal<String>| field.get_untracked().trim().to_owned();
        let tags = parse_tags(&text(self.tags)).map_err(|why| ("tags", why))?;
        for (name, field) in [("shortest", self.shortest), ("longest", self.longest)] {
            let text = text(field);
            if !text.is_empty() && parse_duration(&text).is_none() {
                return Err((name, format!("“{text}” is no duration: write 1.2s, 100ms or 500us")));
            }
        }
        let (shortest, longest) = (text(self.shortest), text(self.longest));
        if let (Some(least), Some(most)) = (parse_duration(&shortest), parse_duration(&longest))
            && least > most
        {
            return Err(("longest", "the longest is shorter than the shortest".to_owned()));
        }
        let limit =
            text(self.limit).parse::<u32>().ok().filter(|limit| (1..=SearchParams::MOST).contains(limit));
        let Some(limit) = limit else {
            return Err(("limit", format!("a number from 1 to {}", SearchParams::MOST)));
        };
        let custom = text(self.lookback) == CUSTOM;
        let (mut start, mut end) = (None, None);
        if custom {
            let moment = |name: &'static str, field: RwSignal<String>| {
                let read = clock::from_field(&text(field), self.zone.get_untracked());
                read.ok_or((name, "a day and a time".to_owned()))
            };
            (start, end) = (Some(moment("begin", self.begin)?), Some(moment("end", self.end)?));
            if start >= end {
                return Err(("end", "it has to be after the begin".to_owned()));
            }
        }
        Ok(SearchParams {
            service: text(self.service),
            operation: text(self.operation),
            tags,
            lookback: if custom { String::new() } else { text(self.lookback) },
            start,
            end,
            min_duration: shortest,
            max_duration: longest,
            limit,
            sort: before.sort,
            files: false,
            zone: self.zone.get_untracked(),
        })
    }
}

/// The form. It begins with what the address says; `services` can be chosen.
pub fn search_form(params: Memo<SearchParams>, services: Services) -> El {
    let (data, navigation) = (use_data(), use_navigation());
    let draft = Draft::new(use_settings().zone);
    // What was typed is kept when only the order or the clock changes.
    let asked = Memo::new(move |_| params.get().asked());
    effect(move || asked.with(|asked| draft.load(asked)));
    let mut read = draft.zone.get_untracked();
    effect(move || draft.turn(&mut read));

    let operations = RwSignal::new(Arc::new(Vec::<String>::new()));
    effect(move || {
        let service = draft.service.get();
        operations.set(Arc::default());
        if service.is_empty() {
            return;
        }
        tasks::spawn_scoped(async move {
            // Without the list a name can still stand in the address; the search itself says what is wrong.
            let mut names: Vec<String> =
                data.operations(&service).await.unwrap_or_default().into_iter().map(|one| one.name).collect();
            // They come sorted; one name may be there once for each kind.
            names.dedup();
            operations.set(Arc::new(names));
        });
    });

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match draft.params(&params.get_untracked()) {
            Ok(asked) => {
                draft.wrong.set(None);
                let asked = asked.asked_at((js_sys::Date::now() * 1_000.0) as u64);
                navigation.push(Route::Search(asked));
            }
            Err(wrong) => draft.wrong.set(Some(wrong)),
        }
    };
    let known = Signal::derive(move || match services.get() {
        Some(Ok(services)) => services,
        _ => Arc::default(),
    });
    let every = move || match services.get() {
        None => "Loading…",
        Some(Err(_)) => "Not known",
        Some(Ok(_)) => "All services",
    };
    let service =
        choice("Service", "field-service", draft.service, every, known).on("change", move |event| {
            draft.service.set(typed(&event));
            draft.operation.set(String::new());
        });
    let operation =
        choice("Operation", "field-operation", draft.operation, || "All operations", operations.into())
            .on("change", move |event| draft.operation.set(typed(&event)));
    let tags =
        el("textarea", "field mono").attr("rows", "2").attr("placeholder", "error=true http.status_code=500");
    let lookback = el("select", "field")
        .test("field-lookback")
        .on("change", move |event: Event| draft.lookback.set(typed(&event)))
        .part(move || draft.lookback.get(), |chosen| lookbacks(&chosen));
    let lookback = el("label", "search-form__field").child(el("span", "").text("From")).child(lookback);
    let text = |numeric: bool, hint: &str| {
        el("input", "field")
            .attr("type", "text")
            .attr("inputmode", if numeric { "numeric" } else { "text" })
            .attr("placeholder", hint)
    };
    let moments = move || {
        let moment = || el("input", "field").attr("type", "datetime-local").attr("step", "1");
        several([
            field(draft, WIDE, "Begin", ("field-begin", "begin"), draft.begin, moment()),
            field(draft, WIDE, "End", ("field-end", "end"), draft.end, moment()),
        ])
    };
    let duration = || text(false, "1.2s, 100ms");
    let (shortest, longest) = (("field-min", "shortest"), ("field-max", "longest"));
    el("form", "search-form")
        .test("search-form")
        .attr("aria-label", "Search")
        .attr("novalidate", true)
        .on("submit", submit)
        .children([service, operation])
        .child(field(draft, WIDE, "Tags", ("field-tags", "tags"), draft.tags, tags))
        .child(lookback)
        .child(field(draft, PLAIN, "Limit", ("field-limit", "limit"), draft.limit, text(true, "20")))
        .child(when(move || draft.lookback.with(|lookback| lookback == CUSTOM), moments))
        .child(field(draft, PLAIN, "Span longer than", shortest, draft.shortest, duration()))
        .child(field(draft, PLAIN, "Span shorter than", longest, draft.longest, duration()))
        .child(
            el("button", "button button--main search-form__submit")
                .attr("type", "submit")
                .test("search-submit")
                .text("Find traces"),
        )
        .child(el("p", "search-form__hint").text("Trace files can be dropped anywhere, or pasted."))
}

/// Classes of a field in half of the form's width, and in all of it.
const PLAIN: &str = "search-form__field";
const WIDE: &str = "search-form__field search-form__wide";

/// What is typed into, with its label and, below it, what is wrong with it. `names` are what tests and complaints
/// call the field.
fn field(
    draft: Draft,
    class: &str,
    label: &str,
    names: (&str, &'static str),
    value: RwSignal<String>,
    control: El,
) -> El {
    let (test, name) = names;
    let wrong = move || {
        let wrong = draft.wrong.get().filter(|(field, _)| *field == name);
        wrong.map(|(_, why)| why)
    };
    let control = control
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .test(test)
        .live_value(move || value.get())
        .live_attr("aria-invalid", move || wrong().map(|_| "true"))
        .on("input", move |event: Event| value.set(typed(&event)));
    let complaint =
        part(wrong, |why| why.map(|why| el("span", "search-form__wrong").attr("role", "alert").text(why)));
    el("label", class).child(el("span", "").text(label)).child(control).child(complaint)
}

fn lookbacks(chosen: &str) -> View {
    let offered = LOOKBACKS.iter().any(|(key, _)| *key == chosen) || chosen == CUSTOM;
    // A lookback of somebody's address is offered beside ours.
    let own = (!offered).then(|| option(chosen, &format!("Last {chosen}"), chosen));
    let ours = LOOKBACKS.iter().chain(&[(CUSTOM, "Custom range")]);
    several(own.into_iter().chain(ours.map(|(key, label)| option(key, label, chosen))))
}

/// A list of names with an entry for all of them; a value that is not in the list stays choosable.
fn choice(
    label: &str,
    test: &str,
    value: RwSignal<String>,
    all: impl Fn() -> &'static str + 'static,
    names: Signal<Arc<Vec<String>>>,
) -> El {
    let options = part(
        move || (all(), names.get(), value.get()),
        |(all, names, chosen)| {
            let stray = (!chosen.is_empty() && !names.contains(&chosen)).then_some(&chosen);
            let named = stray.into_iter().chain(names.iter()).map(|name| option(name, name, &chosen));
            several([option("", all, &chosen)].into_iter().chain(named))
        },
    );
    let number = move || match names.with(|names| names.len()) {
        0 => String::new(),
        number => number.to_string(),
    };
    let label =
        el("span", "").text(label).text(" ").child(el("span", "search-form__count").live_text(number));
    let list = el("select", "field").test(test).child(options);
    el("label", WIDE).child(label).child(list)
}
