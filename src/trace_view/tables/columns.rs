//! Columns of the table of spans: fields of the query language. What the outline has is shown from it; durations and
//! attributes are loaded once for all spans.

use super::super::session::Session;
use super::super::span_source::SpanSource;
use super::{duration_cell, kind_word, service_cell, status_word};
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use crate::ui::table::{TableBar, TableCell, TableColumn};
use leptos::prelude::*;
use spandrel_trace::analysis::query::{BuiltinField, Column, Field, FieldType, Times};
use spandrel_trace::engine::{Answer, QuestionTopic};
use spandrel_trace::model::{Flags, Outline, SpanIx};
use spandrel_trace::units::{display_name, duration_exact};
use std::sync::Arc;

/// The columns unless the address says otherwise.
pub const DEFAULT: [&str; 8] =
    ["service", "operation", "start", "duration", "self", "critical_time", "kind", "status"];

/// Values of a field that were loaded.
#[derive(Clone, Debug)]
enum Loaded {
    Texts(Arc<Column>),
    Times(Arc<Times>),
}

/// Values by field, as far as they are loaded.
#[derive(Clone, Debug, Default)]
pub struct FieldValues(Vec<(String, Loaded)>);

/// Whether a field is shown from the outline alone.
fn is_of_outline(field: &Field) -> bool {
    use BuiltinField::{Duration, Kind, Operation, Service, Start, Status};
    matches!(field, Field::Builtin(Service | Operation | Start | Duration | Kind | Status))
}

/// Loads the values of these fields, until the current owner is cleaned up.
pub fn load_fields(
    session: Session,
    source: SpanSource,
    fields: Memo<Vec<String>>,
) -> RwSignal<Arc<FieldValues>> {
    let values = RwSignal::new(Arc::new(FieldValues::default()));
    let loaded_of = StoredValue::new(session.outline());
    Effect::new(move |_| {
        let outline = session.outline_live().get();
        let is_same = loaded_of.with_value(|before| Arc::ptr_eq(before, &outline));
        loaded_of.set_value(outline);
        let before = if is_same { values.get_untracked() } else { Arc::default() };
        let (mut known, mut wanted) = (FieldValues::default(), Vec::new());
        for name in fields.get() {
            match before.0.iter().find(|(other, _)| *other == name) {
                Some(loaded) => known.0.push(loaded.clone()),
                None if !is_of_outline(&Field::parse(&name)) => wanted.push(name),
                None => {}
            }
        }
        spawn_scoped(async move {
            let _busy = busy::hold();
            for name in wanted {
                let is_time = Field::parse(&name).class() == FieldType::Time;
                let topic = match is_time {
                    true => QuestionTopic::Times { key: name.clone() },
                    false => QuestionTopic::Column { key: name.clone() },
                };
                // A column that could not be loaded stays empty.
                let loaded = match source.ask(topic).await {
                    Ok(Answer::Times(times)) => Loaded::Times(Arc::new(*times)),
                    Ok(Answer::Column(column)) => Loaded::Texts(Arc::new(*column)),
                    _ => continue,
                };
                known.0.push((name, loaded));
                values.set(Arc::new(known.clone()));
            }
        });
    });
    values
}

/// The columns of these fields.
pub fn columns_of(fields: &[String]) -> Vec<TableColumn> {
    let column = |(place, name): (usize, &String)| {
        let field = Field::parse(name);
        let (width, grow) = match &field {
            Field::Builtin(BuiltinField::Service) => (140, 1),
            Field::Builtin(BuiltinField::Operation) => (220, 3),
            Field::Builtin(BuiltinField::Duration) => (200, 1),
            Field::Builtin(BuiltinField::Kind | BuiltinField::Status) => (84, 0),
            _ if field.class() == FieldType::Time => (92, 0),
            Field::Builtin(_) => (100, 0),
            Field::Key(..) => (150, 1),
        };
        TableColumn {
            key: name.clone(),
            title: title_of(name),
            width: if place == 0 { width.max(140) } else { width },
            grow,
            is_number: matches!(field.class(), FieldType::Time | FieldType::Number)
                && field != Field::Builtin(BuiltinField::Duration),
            is_sorted: true,
            ..TableColumn::default()
        }
    };
    fields.iter().enumerate().map(column).collect()
}

fn title_of(name: &str) -> String {
    match name {
        "service" => "Service",
        "operation" | "name" => "Operation",
        "start" => "Start",
        "duration" => "Duration",
        "self" => "Self",
        "critical_time" => "Critical",
        "kind" => "Kind",
        "status" => "Status",
        name => return name.to_owned(),
    }
    .to_owned()
}

/// What a span shows in the column of a field.
pub fn field_cell(
    outline: &Outline,
    slots: &[u8],
    values: &FieldValues,
    (name, field): &(String, Field),
    span: SpanIx,
) -> TableCell {
    let at = span as usize;
    match field {
        Field::Builtin(BuiltinField::Service) => service_cell(outline, slots, span),
        Field::Builtin(BuiltinField::Operation) => {
            let text = display_name(outline.name_of(span));
            let is_error = outline.flags[at].has(Flags::OWN_ERROR);
            TableCell { title: text.to_owned(), is_error, ..TableCell::text(text) }
        }
        Field::Builtin(BuiltinField::Start) => {
            TableCell { title: duration_exact(outline.start[at]), ..duration_cell(outline.start[at]) }
        }
        Field::Builtin(BuiltinField::Duration) => bar_cell(outline, slots, span),
        Field::Builtin(BuiltinField::Kind) => {
            let word = kind_word(outline.kind[at]);
            TableCell { is_faint: word == "–", ..TableCell::text(word) }
        }
        Field::Builtin(BuiltinField::Status) => {
            let is_error = outline.flags[at].has(Flags::OWN_ERROR);
            let word = if is_error { "error" } else { status_word(outline.status[at]) };
            TableCell { is_error, is_faint: word == "unset", ..TableCell::text(word) }
        }
        _ => match values.0.iter().find(|(other, _)| other == name).map(|(_, loaded)| loaded) {
            None => TableCell { is_faint: true, ..TableCell::text("…") },
            Some(Loaded::Times(times)) => match times.values.get(at) {
                None => TableCell::none(),
                Some(time) => {
                    TableCell { title: duration_exact(*time), is_faint: *time == 0, ..duration_cell(*time) }
                }
            },
            Some(Loaded::Texts(column)) => match column.text_of(span) {
                None => TableCell::none(),
                Some(text) => TableCell { title: text.to_owned(), ..TableCell::text(shortened(text)) },
            },
        },
    }
}

/// The duration with a bar where the span lies in the trace.
fn bar_cell(outline: &Outline, slots: &[u8], span: SpanIx) -> TableCell {
    let (start, end) = (outline.start[span as usize], outline.end[span as usize]);
    let all = outline.duration.max(1) as f64;
    let slot = slots.get(outline.service[span as usize] as usize).map(|slot| slot + 1);
    TableCell {
        bar: Some(TableBar { start: start as f64 / all, length: (end - start) as f64 / all }),
        slot,
        title: duration_exact(end - start),
        ..duration_cell(end - start)
    }
}

/// Characters of a text that a cell has at most.
const LONGEST: usize = 300;

/// The start of a text, on one line.
pub fn shortened(text: &str) -> String {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    let mut short = text[..end].replace(['\n', '\r', '\t'], " ");
    if end < text.len() {
        short.push('…');
    }
    short
}
