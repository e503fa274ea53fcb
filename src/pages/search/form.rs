//! The search form: a draft of a search. Only “Find traces” makes it the page's address.

use super::{Services, moment};
use crate::route::{Route, SearchParams};
use crate::state::data::use_data;
use crate::state::errand::Errand;
use crate::state::navigation::use_navigation;
use leptos::prelude::*;
use spandrel_trace::source::{parse_duration, parse_tags, print_tags};
use std::sync::Arc;

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
    /// Field and complaint.
    wrong: RwSignal<Option<(&'static str, String)>>,
}

impl Draft {
    fn new() -> Self {
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
        self.begin.set(moment::field(begin));
        self.end.set(moment::field(end));
        self.shortest.set(params.min_duration.clone());
        self.longest.set(params.max_duration.clone());
        let limit = if params.limit == 0 { SearchParams::LIMIT } else { params.limit };
        self.limit.set(limit.to_string());
        self.wrong.set(None);
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
            start =
                Some(moment::from_field(&text(self.begin)).ok_or(("begin", "a day and a time".to_owned()))?);
            end = Some(moment::from_field(&text(self.end)).ok_or(("end", "a day and a time".to_owned()))?);
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
        })
    }
}

/// The form.
#[component]
pub fn SearchForm(
    /// What the address says; the form begins with it.
    params: Memo<SearchParams>,
    /// The services that can be chosen.
    services: Services,
) -> impl IntoView {
    let (data, navigation) = (use_data(), use_navigation());
    let draft = Draft::new();
    Effect::new(move |_| params.with(|params| draft.load(params)));

    let operations = RwSignal::new(Arc::new(Vec::<String>::new()));
    let asking = StoredValue::new_local(None::<Errand>);
    Effect::new(move |_| {
        let service = draft.service.get();
        operations.set(Arc::default());
        asking.set_value(None);
        if service.is_empty() {
            return;
        }
        asking.set_value(Some(Errand::send(async move {
            // Without the list a name can still stand in the address; the search itself says what is wrong.
            let mut names: Vec<String> =
                data.operations(&service).await.unwrap_or_default().into_iter().map(|one| one.name).collect();
            // They come sorted; one name may be there once for each kind.
            names.dedup();
            operations.try_set(Arc::new(names));
        })));
    });

    let submit = move |event: web_sys::SubmitEvent| {
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
    let choose = move |service: String| {
        draft.service.set(service);
        draft.operation.set(String::new());
    };
    let custom = move || draft.lookback.get() == CUSTOM;
    view! {
        <form class="search-form" data-test="search-form" aria-label="Search" novalidate on:submit=submit>
            <Choice label="Service" test="field-service" value=draft.service all=every names=known choose=Callback::new(choose)/>
            <Choice label="Operation" test="field-operation" value=draft.operation all=move || "All operations"
                names=operations.into() choose=Callback::new(move |operation| draft.operation.set(operation))/>
            <label class="search-form__field search-form__wide">
                <span>"Tags"</span>
                <textarea class="field mono" rows="2" spellcheck="false" autocomplete="off" data-test="field-tags"
                    placeholder="error=true http.status_code=500" prop:value=draft.tags
                    aria-invalid=move || wrong_in(draft, "tags") on:input=move |event| draft.tags.set(event_target_value(&event))></textarea>
                <Complaint draft=draft field="tags"/>
            </label>
            <label class="search-form__field">
                <span>"From"</span>
                <select class="field" data-test="field-lookback" on:change=move |event| draft.lookback.set(event_target_value(&event))>
                    {move || lookbacks(&draft.lookback.get())}
                </select>
            </label>
            <Text label="Limit" test="field-limit" field="limit" value=draft.limit draft=draft hint="20" numeric=true/>
            <Show when=custom>
                <Moment label="Begin" test="field-begin" field="begin" value=draft.begin draft=draft/>
                <Moment label="End" test="field-end" field="end" value=draft.end draft=draft/>
            </Show>
            <Text label="Span longer than" test="field-min" field="shortest" value=draft.shortest draft=draft hint="1.2s, 100ms" numeric=false/>
            <Text label="Span shorter than" test="field-max" field="longest" value=draft.longest draft=draft hint="1.2s, 100ms" numeric=false/>
            <button type="submit" class="button button--main search-form__submit" data-test="search-submit">"Find traces"</button>
            <p class="search-form__hint">"Trace files can be dropped anywhere, or pasted."</p>
        </form>
    }
}

fn wrong_in(draft: Draft, field: &str) -> Option<&'static str> {
    draft.wrong.with(|wrong| wrong.as_ref().is_some_and(|(name, _)| *name == field)).then_some("true")
}

fn lookbacks(chosen: &str) -> Vec<AnyView> {
    let offered = LOOKBACKS.iter().any(|(key, _)| *key == chosen) || chosen == CUSTOM;
    // A lookback of somebody's address is offered beside ours.
    let own = (!offered).then(|| (chosen.to_owned(), format!("Last {chosen}")));
    let all = LOOKBACKS.iter().map(|(key, label)| ((*key).to_owned(), (*label).to_owned()));
    own.into_iter()
        .chain(all)
        .chain([(CUSTOM.to_owned(), "Custom range".to_owned())])
        .map(|(key, label)| {
            let selected = key == chosen;
            view! { <option value=key selected=selected>{label}</option> }.into_any()
        })
        .collect()
}

/// A list of names with an entry for all of them; a value that is not in the list stays choosable.
#[component]
fn Choice(
    label: &'static str,
    test: &'static str,
    value: RwSignal<String>,
    all: impl Fn() -> &'static str + Send + Sync + 'static,
    names: Signal<Arc<Vec<String>>>,
    choose: Callback<String>,
) -> impl IntoView {
    let options = move || {
        let (names, chosen) = (names.get(), value.get());
        let stray = (!chosen.is_empty() && !names.contains(&chosen)).then(|| chosen.clone());
        let names = stray.into_iter().chain(names.iter().cloned());
        let options = names.map(|name| {
            let selected = name == chosen;
            view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
        });
        let options = options.collect_view();
        view! { <option value="" selected=chosen.is_empty()>{all()}</option>{options} }
    };
    let number = move || match names.with(|names| names.len()) {
        0 => String::new(),
        number => number.to_string(),
    };
    view! {
        <label class="search-form__field search-form__wide">
            <span>{label}" "<span class="search-form__count">{number}</span></span>
            <select class="field" data-test=test on:change=move |event| choose.run(event_target_value(&event))>{options}</select>
        </label>
    }
}

#[component]
fn Text(
    label: &'static str,
    test: &'static str,
    field: &'static str,
    value: RwSignal<String>,
    draft: Draft,
    hint: &'static str,
    numeric: bool,
) -> impl IntoView {
    view! {
        <label class="search-form__field">
            <span>{label}</span>
            <input class="field" type="text" inputmode=if numeric { "numeric" } else { "text" } autocomplete="off" spellcheck="false"
                data-test=test placeholder=hint prop:value=value aria-invalid=move || wrong_in(draft, field)
                on:input=move |event| value.set(event_target_value(&event))/>
            <Complaint draft=draft field=field/>
        </label>
    }
}

#[component]
fn Moment(
    label: &'static str,
    test: &'static str,
    field: &'static str,
    value: RwSignal<String>,
    draft: Draft,
) -> impl IntoView {
    view! {
        <label class="search-form__field search-form__wide">
            <span>{label}</span>
            <input class="field" type="datetime-local" step="1" data-test=test prop:value=value
                aria-invalid=move || wrong_in(draft, field) on:input=move |event| value.set(event_target_value(&event))/>
            <Complaint draft=draft field=field/>
        </label>
    }
}

#[component]
fn Complaint(draft: Draft, field: &'static str) -> impl IntoView {
    move || {
        let wrong = draft.wrong.get().filter(|(name, _)| *name == field);
        wrong.map(|(_, why)| view! { <span class="search-form__wrong" role="alert">{why}</span> })
    }
}
