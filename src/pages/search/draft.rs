//! The fields of the search form as they are typed, and the search they describe.

use super::tags::tags_of;
use crate::route::{SearchParams, Zone};
use crate::state::clock;
use leptos::prelude::*;
use spandrel_trace::source::print_tags;
use spandrel_trace::units::parse_go_duration;

/// Value of the list of time ranges for a range between two moments.
pub const CUSTOM: &str = "custom";

/// A field that can be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchField {
    Tags,
    LogText,
    Start,
    End,
    MinDuration,
    MaxDuration,
    Limit,
}

/// Texts of the fields, and the one that was refused last. Copy handle.
#[derive(Clone, Copy)]
pub struct Draft {
    pub service: RwSignal<String>,
    pub operation: RwSignal<String>,
    pub tags: RwSignal<String>,
    pub lookback: RwSignal<String>,
    pub start: RwSignal<String>,
    pub end: RwSignal<String>,
    pub min_duration: RwSignal<String>,
    pub max_duration: RwSignal<String>,
    pub log_text: RwSignal<String>,
    pub limit: RwSignal<String>,
    /// Time zone of `start` and `end`.
    pub zone: RwSignal<Zone>,
    /// The refused field and why. Set anew each time, so that the field is focused again.
    pub refused: RwSignal<Option<(SearchField, String)>>,
}

impl Draft {
    /// A draft with the fields of `params`.
    pub fn new(params: &SearchParams, zone: RwSignal<Zone>) -> Self {
        let text = || RwSignal::new(String::new());
        let draft = Draft {
            service: text(),
            operation: text(),
            tags: text(),
            lookback: text(),
            start: text(),
            end: text(),
            min_duration: text(),
            max_duration: text(),
            log_text: text(),
            limit: text(),
            zone,
            refused: RwSignal::new(None),
        };
        draft.load(params);
        draft
    }

    /// Sets all fields to those of `params`.
    pub fn load(self, params: &SearchParams) {
        let custom = params.lookback.is_empty() && params.start.is_some();
        let lookback = if custom { CUSTOM } else { params.lookback.as_str() };
        self.service.set(params.service.clone());
        self.operation.set(params.operation.clone());
        self.tags.set(print_tags(&params.tags));
        self.lookback.set(if lookback.is_empty() { SearchParams::LOOKBACK } else { lookback }.to_owned());
        let (start, end) = params.window((js_sys::Date::now() * 1_000.0) as u64);
        let field = |us: u64| clock::moment(us.saturating_mul(1_000), self.zone.get_untracked()).field();
        self.start.set(field(start));
        self.end.set(field(end));
        self.min_duration.set(params.min_duration.clone());
        self.max_duration.set(params.max_duration.clone());
        self.log_text.set(params.log_text.clone());
        let limit = if params.limit == 0 { SearchParams::LIMIT } else { params.limit };
        self.limit.set(limit.to_string());
        self.refused.set(None);
    }

    /// Rewrites start and end from the time zone `before` to the current one: they stay the same moments.
    pub fn change_zone(self, before: Zone) {
        let zone = self.zone.get_untracked();
        for field in [self.start, self.end] {
            if let Some(us) = field.with_untracked(|text| clock::from_field(text, before)) {
                field.set(clock::moment(us.saturating_mul(1_000), zone).field());
            }
        }
    }

    /// The search that the fields describe, sorted as `before`; or the first field that is not understood, and why.
    pub fn params(self, before: &SearchParams) -> Result<SearchParams, (SearchField, String)> {
        let text = |field: RwSignal<String>| field.get_untracked().trim().to_owned();
        let tags = tags_of(&text(self.tags)).map_err(|why| (SearchField::Tags, why))?;
        let duration = |name: SearchField, field: RwSignal<String>| {
            let text = text(field);
            if !text.is_empty() && parse_go_duration(&text).is_err() {
                return Err((name, "Not a duration. Examples: 1.2s, 100ms, 500us".to_owned()));
            }
            Ok(text)
        };
        let min_duration = duration(SearchField::MinDuration, self.min_duration)?;
        let max_duration = duration(SearchField::MaxDuration, self.max_duration)?;
        if let (Ok(min), Ok(max)) = (parse_go_duration(&min_duration), parse_go_duration(&max_duration))
            && min > max
        {
            return Err((SearchField::MaxDuration, "Maximum is below minimum".to_owned()));
        }
        let limit =
            text(self.limit).parse::<u32>().ok().filter(|limit| (1..=SearchParams::MOST).contains(limit));
        let limit = limit.ok_or((SearchField::Limit, format!("Enter 1–{}", SearchParams::MOST)))?;
        let is_custom = text(self.lookback) == CUSTOM;
        let (mut start, mut end) = (None, None);
        if is_custom {
            let moment = |name: SearchField, field: RwSignal<String>| {
                let moment = clock::from_field(&text(field), self.zone.get_untracked());
                moment.ok_or((name, "Enter a date and time".to_owned()))
            };
            (start, end) =
                (Some(moment(SearchField::Start, self.start)?), Some(moment(SearchField::End, self.end)?));
            if start >= end {
                return Err((SearchField::End, "Must be after the start".to_owned()));
            }
        }
        Ok(SearchParams {
            service: text(self.service),
            operation: text(self.operation),
            tags,
            lookback: if is_custom { String::new() } else { text(self.lookback) },
            start,
            end,
            min_duration,
            max_duration,
            log_text: text(self.log_text),
            limit,
            sort: before.sort,
            files: false,
            zone: self.zone.get_untracked(),
            // Traces that arrive do not belong to a custom range.
            live: before.live && !is_custom,
        })
    }
}
