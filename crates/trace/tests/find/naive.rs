//! A finder without columns, tables or sets: every span is put together and asked.

use spandrel_trace::analysis::critical_path::{CriticalPath, slack};
use spandrel_trace::analysis::query::{
    BuiltinField, Condition, Field, FieldType, FieldWord, FindWords, Literal, Operator, Owner, Relation,
    SearchText, Step,
};
use spandrel_trace::model::record::{Attribute, AttributeValue, Resource, Scope, SpanRecord};
use spandrel_trace::model::{Flags, Outline, SpanKind, StatusCode, Trace, ValueRef};
use spandrel_trace::units::{parse_go_duration, parse_hex};
use std::cmp::Ordering;

/// A span as a whole.
struct Whole<'a> {
    outline: &'a Outline,
    at: u32,
    record: SpanRecord,
    resource: Resource,
    scope: Scope,
}

/// The spans that a text finds.
pub fn find(trace: &Trace, reading: &SearchText) -> Vec<u32> {
    let outline = trace.outline();
    let spans: Vec<Whole<'_>> = (0..outline.len() as u32)
        .map(|at| Whole {
            outline,
            at,
            record: trace.record(at),
            resource: trace.resource(at),
            scope: trace.scope(at),
        })
        .collect();
    let hits = match reading {
        SearchText::Words(words) => spans.iter().map(|span| span.has_words(words)).collect(),
        SearchText::Query(query) => run(query.steps(), &spans),
    };
    (0..).zip(hits).filter(|(_, hit)| *hit).map(|(span, _)| span).collect()
}

fn run(steps: &[Step], spans: &[Whole<'_>]) -> Vec<bool> {
    let mut stack: Vec<Vec<bool>> = Vec::new();
    for step in steps {
        let set = match step {
            Step::Condition(condition) => spans.iter().map(|span| span.is(condition)).collect(),
            Step::Not => stack.pop().unwrap().into_iter().map(|hit| !hit).collect(),
            Step::And | Step::Or => {
                let (one, other) = (stack.pop().unwrap(), stack.pop().unwrap());
                let join =
                    |(one, other): (bool, bool)| if *step == Step::And { one && other } else { one || other };
                one.into_iter().zip(other).map(join).collect()
            }
            Step::Related(relation) => {
                let set = stack.pop().unwrap();
                spans.iter().map(|span| span.is_related(*relation, &set)).collect()
            }
        };
        stack.push(set);
    }
    stack.pop().unwrap()
}

fn is_id(field: &Field) -> bool {
    use BuiltinField::{Id, LinkSpan, LinkTrace, ParentId, Trace};
    matches!(field, Field::Builtin(Id | ParentId | Trace | LinkTrace | LinkSpan))
}

fn text(value: &AttributeValue) -> String {
    ValueRef::Nested(value.clone()).text().into_owned()
}

impl Whole<'_> {
    fn ancestors(&self, of: u32) -> Vec<u32> {
        std::iter::successors(self.outline.parent_of(of), |span| self.outline.parent_of(*span)).collect()
    }

    fn is_related(&self, relation: Relation, set: &[bool]) -> bool {
        let all = 0..self.outline.len() as u32;
        let hit = |span: u32| set[span as usize];
        match relation {
            Relation::Under => self.ancestors(self.at).into_iter().any(hit),
            Relation::Parent => self.outline.parent_of(self.at).is_some_and(hit),
            Relation::Over => {
                all.into_iter().any(|span| hit(span) && self.ancestors(span).contains(&self.at))
            }
            Relation::Child => {
                all.into_iter().any(|span| hit(span) && self.outline.parent_of(span) == Some(self.at))
            }
        }
    }

    /// The tags and logs that Jaeger would show, the service's name aside.
    fn tags(&self) -> Vec<(String, String)> {
        let mut tags: Vec<(String, String)> = Vec::new();
        let mut tag = |key: &str, value: &str| tags.push((key.to_owned(), value.to_owned()));
        let record = &self.record;
        record.attributes.iter().for_each(|attribute| tag(&attribute.key, &text(&attribute.value)));
        for attribute in &self.resource.attributes {
            if attribute.key != "service.name" {
                tag(&attribute.key, &text(&attribute.value));
            }
        }
        for event in &record.events {
            let message = |attribute: &Attribute| {
                attribute.key == "message" && attribute.value == AttributeValue::String(event.name.clone())
            };
            if !event.name.is_empty() && !event.attributes.iter().any(message) {
                tag("event", &event.name);
            }
            event.attributes.iter().for_each(|attribute| tag(&attribute.key, &text(&attribute.value)));
        }
        if record.kind != SpanKind::Unspecified {
            tag("span.kind", record.kind.name());
        }
        if self.outline.flags[self.at as usize].has(Flags::OWN_ERROR) {
            tag("error", "true");
        }
        match record.status {
            StatusCode::Unset => {}
            StatusCode::Ok => tag("otel.status_code", "OK"),
            StatusCode::Error => tag("otel.status_code", "ERROR"),
        }
        for (key, value) in [
            ("otel.status_description", &record.status_message),
            ("w3c.tracestate", &record.trace_state),
            ("otel.scope.name", &self.scope.name),
            ("otel.scope.version", &self.scope.version),
        ] {
            if !value.is_empty() {
                tag(key, value);
            }
        }
        tags
    }

    fn has_words(&self, words: &FindWords) -> bool {
        let has = |text: &str| words.wanted.iter().any(|word| text.to_lowercase().contains(word));
        let tag = |(key, value): &(String, String)| {
            let left_out = words.except.iter().any(|except| key.to_lowercase().contains(except));
            !left_out && (has(key) || has(value) || has(&format!("{key}={value}")))
        };
        let left_out = words.except.iter().any(|except| "service.name".contains(except));
        let service = self.resource.service.to_lowercase();
        let service_named = |word: &String| {
            !left_out && word.strip_prefix("service.name=").is_some_and(|start| service.starts_with(start))
        };
        let kind = self.record.kind.name();
        let status = ["unset", "ok", "error"][self.record.status as usize];
        let named = |names: [&str; 3], value: &str| {
            let signs = names.map(|name| [format!("{name}="), format!("{name}:")]).concat();
            let part =
                |word: &String| signs.iter().find_map(|sign| word.strip_prefix(sign)).map(str::to_owned);
            let mut parts = words.wanted.iter().filter_map(part).filter(|part| !part.is_empty());
            !words.except.iter().any(|except| names.iter().any(|name| name.contains(except)))
                && parts.any(|part| value.to_lowercase().contains(&part))
        };
        named(["kind", "span.kind", "span_kind"], kind)
            || named(["status", "status_code", "status.code"], status)
            || named(["scope", "instrumentation_scope", "instrumentation.scope"], &self.scope.name)
            || has(&self.record.name)
            || has(self.outline.service_of(self.at))
            || !self.resource.service.is_empty() && words.wanted.iter().any(service_named)
            || self.tags().iter().any(tag)
            || words.fields.iter().any(|word| {
                let name = word.field.to_string().to_lowercase();
                !words.except.iter().any(|except| name.contains(except)) && self.has_field(word)
            })
            || words.wanted.iter().any(|word| {
                let id = self.record.span_id.to_string();
                word.trim_start_matches('0') == id.trim_start_matches('0')
                    && !word.is_empty()
                    && !self.record.span_id.is_none()
            })
    }

    /// Whether a text starts with a word's value in any case, or another value is equal to it.
    fn has_field(&self, word: &FieldWord) -> bool {
        let FieldWord { field, value: wanted } = word;
        match field {
            Field::Builtin(BuiltinField::Error) => self.failed(&wanted.text),
            _ => self.values(field).iter().any(|value| match field.class() {
                FieldType::Text if is_id(field) => equal(value, wanted, true),
                FieldType::Text => text(value).to_lowercase().starts_with(&wanted.text),
                _ => equal(value, wanted, false),
            }),
        }
    }

    fn is(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Text(text) => {
                self.has_words(&FindWords { wanted: vec![text.to_lowercase()], ..FindWords::default() })
            }
            Condition::Has(Field::Builtin(BuiltinField::Error)) => self.failed("own"),
            Condition::Has(field @ Field::Builtin(known)) if *known != BuiltinField::Percentile => {
                let nothing = |value: &AttributeValue| {
                    matches!(value, AttributeValue::Int(0) | AttributeValue::Bool(false))
                        || *value == AttributeValue::String(String::new())
                };
                self.values(field).iter().any(|value| !nothing(value))
            }
            Condition::Has(field) => !self.values(field).is_empty(),
            Condition::Compare(Field::Builtin(BuiltinField::Error), op, literals) => {
                literals.iter().any(|literal| self.failed(&literal.text)) != (*op == Operator::Differs)
            }
            Condition::Compare(field, op, literals) => {
                self.values(field).iter().any(|value| holds(value, *op, literals, is_id(field)))
            }
        }
    }

    fn failed(&self, word: &str) -> bool {
        let flags = self.outline.flags[self.at as usize];
        match word {
            "below" => flags.has(Flags::ERROR_BELOW),
            "false" => !flags.has(Flags::OWN_ERROR),
            _ => flags.has(Flags::OWN_ERROR),
        }
    }

    /// Durations and ids as texts.
    fn values(&self, field: &Field) -> Vec<AttributeValue> {
        let (outline, at, record) = (self.outline, self.at as usize, &self.record);
        let text = |text: &str| vec![AttributeValue::String(text.to_owned())];
        let some = |found: &str| if found.is_empty() { Vec::new() } else { text(found) };
        let int = |number: u64| vec![AttributeValue::Int(number as i64)];
        let time = |nanoseconds: u64| vec![AttributeValue::String(format!("{nanoseconds}ns"))];
        let keyed = |list: &[Attribute], key: &str| -> Vec<AttributeValue> {
            list.iter().filter(|one| one.key == key).map(|one| one.value.clone()).collect()
        };
        let known = match field {
            Field::Builtin(known) => known,
            Field::Key(owner, key) => {
                let span = keyed(&record.attributes, key);
                let resource = keyed(&self.resource.attributes, key);
                return match owner {
                    Owner::Any => [span, resource].concat(),
                    Owner::Span => span,
                    Owner::Resource => resource,
                    Owner::Scope => keyed(&self.scope.attributes, key),
                    Owner::Event => {
                        record.events.iter().flat_map(|event| keyed(&event.attributes, key)).collect()
                    }
                    Owner::Link => {
                        record.links.iter().flat_map(|link| keyed(&link.attributes, key)).collect()
                    }
                };
            }
        };
        match known {
            BuiltinField::Service => text(outline.service_of(self.at)),
            BuiltinField::Operation => text(&record.name),
            BuiltinField::Kind if record.kind == SpanKind::Unspecified => text("unspecified"),
            BuiltinField::Kind => text(record.kind.name()),
            BuiltinField::Status => text(["unset", "ok", "error"][record.status as usize]),
            BuiltinField::StatusMessage => some(&record.status_message),
            BuiltinField::Error => Vec::new(),
            BuiltinField::Duration => time(outline.end[at] - outline.start[at]),
            BuiltinField::SelfTime => {
                let covered = |time: &u64| {
                    outline
                        .children(self.at)
                        .any(|c| outline.start[c as usize] <= *time && *time < outline.end[c as usize])
                };
                time((outline.start[at]..outline.end[at]).filter(|time| !covered(time)).count() as u64)
            }
            // What the path is has oracles of its own.
            BuiltinField::Critical | BuiltinField::CriticalTime => {
                let critical = CriticalPath::of(outline).time_by_span(outline.len())[at];
                match known {
                    BuiltinField::Critical => vec![AttributeValue::Bool(critical > 0)],
                    _ => time(critical),
                }
            }
            BuiltinField::Slack => time(slack(outline, &CriticalPath::of(outline))[at]),
            BuiltinField::Percentile => {
                let of = |span: u32| {
                    let kind = outline.kind[span as usize];
                    (outline.service_of(span), outline.name_of(span), kind)
                };
                let like = |other: &u32| of(*other) == of(self.at);
                let like: Vec<u32> = (0..outline.len() as u32).filter(like).collect();
                let took = |span: u32| outline.end[span as usize] - outline.start[span as usize];
                let shorter = like.iter().filter(|other| took(**other) < took(self.at)).count();
                match like.len() {
                    0..5 => Vec::new(),
                    all => int((100 * shorter / all) as u64),
                }
            }
            BuiltinField::Start => time(outline.start[at]),
            BuiltinField::End => time(outline.end[at]),
            BuiltinField::Depth => int(self.ancestors(self.at).len() as u64),
            BuiltinField::Children => int(outline.children(self.at).count() as u64),
            BuiltinField::Descendants => int((0..outline.len() as u32)
                .filter(|span| self.ancestors(*span).contains(&self.at))
                .count() as u64),
            BuiltinField::Id => {
                text(&record.span_id.to_string()).into_iter().filter(|_| !record.span_id.is_none()).collect()
            }
            BuiltinField::ParentId if record.parent_span_id.is_none() => Vec::new(),
            BuiltinField::ParentId => text(&record.parent_span_id.to_string()),
            BuiltinField::Trace => text(&record.trace_id.to_string()),
            BuiltinField::Events => int(record.events.len() as u64),
            BuiltinField::Links => int(record.links.len() as u64),
            BuiltinField::Warnings => int(record.warnings.len() as u64),
            BuiltinField::Warning => record.warnings.iter().flat_map(|warning| text(warning)).collect(),
            BuiltinField::ScopeName => some(&self.scope.name),
            BuiltinField::ScopeVersion => some(&self.scope.version),
            BuiltinField::TraceState => some(&record.trace_state),
            BuiltinField::EventName => record.events.iter().flat_map(|event| text(&event.name)).collect(),
            BuiltinField::LinkTrace => {
                record.links.iter().flat_map(|link| text(&link.trace_id.to_string())).collect()
            }
            BuiltinField::LinkSpan => {
                record.links.iter().flat_map(|link| text(&link.span_id.to_string())).collect()
            }
        }
    }
}

fn holds(value: &AttributeValue, op: Operator, literals: &[Literal], id: bool) -> bool {
    let literal = &literals[0];
    let shown = text(value);
    let regex = || regex_lite::Regex::new(&literal.text).unwrap();
    match op {
        Operator::Equal | Operator::Among => literals.iter().any(|literal| equal(value, literal, id)),
        Operator::Differs => !equal(value, literal, id),
        Operator::Matches => regex().is_match(&shown),
        Operator::MatchesNot => !regex().is_match(&shown),
        Operator::Contains => shown.to_lowercase().contains(&literal.text.to_lowercase()),
        Operator::Less => order(value, literal).is_some_and(Ordering::is_lt),
        Operator::AtMost => order(value, literal).is_some_and(Ordering::is_le),
        Operator::More => order(value, literal).is_some_and(Ordering::is_gt),
        Operator::AtLeast => order(value, literal).is_some_and(Ordering::is_ge),
    }
}

fn number(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches(['-', '+', '.']);
    text.parse().ok().filter(|_| digits.starts_with(|letter: char| letter.is_ascii_digit()))
}

fn equal(value: &AttributeValue, literal: &Literal, id: bool) -> bool {
    let shown = text(value);
    if id {
        return parse_hex(literal.text.as_bytes(), 32) == parse_hex(shown.as_bytes(), 32);
    }
    shown == literal.text || !literal.quoted && order(value, literal) == Some(Ordering::Equal)
}

/// The numbers of these tests are small enough for doubles.
fn order(value: &AttributeValue, literal: &Literal) -> Option<Ordering> {
    let shown = text(value);
    if literal.quoted {
        return matches!(value, AttributeValue::String(_)).then(|| shown.cmp(&literal.text));
    }
    let numeric =
        matches!(value, AttributeValue::Int(_) | AttributeValue::Double(_) | AttributeValue::String(_));
    match (number(&literal.text), parse_go_duration(&literal.text).ok()) {
        (Some(wanted), _) if numeric && number(&shown).is_some() => number(&shown)?.partial_cmp(&wanted),
        (_, Some(wanted)) => match value {
            AttributeValue::String(text) => Some(parse_go_duration(text).ok()?.cmp(&wanted)),
            _ => None,
        },
        _ => None,
    }
}
