//! Columns and cells of the table of groups.

use crate::ui::table::{TableCell, TableColumn, TableRow};
use spandrel_trace::analysis::statistics::{Figure, Statistics};
use spandrel_trace::units::{count, display_name, duration, duration_exact, is_blank_name, percent};

/// Key of the column with the labels.
pub const LABEL: &str = "label";

/// The title of a figure's column, and what it means.
fn title_of(figure: Figure) -> (&'static str, &'static str) {
    match figure {
        Figure::Count => ("Count", "Number of spans"),
        Figure::Total => (
            "Total",
            "Sum of the durations. Spans that run in parallel or within each other each count in full: it may exceed the trace's duration",
        ),
        Figure::SelfTime => ("Self", "Sum of the time in which the spans had no child at work"),
        Figure::Critical => ("Critical", "Time on the critical path of the trace"),
        Figure::Mean => ("Mean", "Mean duration"),
        Figure::Min => ("Min", "Shortest duration"),
        Figure::Max => ("Max", "Longest duration"),
        Figure::P50 => ("p50", "Half of the spans took no longer (exact, nearest rank)"),
        Figure::P90 => ("p90", "90 % of the spans took no longer (exact, nearest rank)"),
        Figure::P95 => ("p95", "95 % of the spans took no longer (exact, nearest rank)"),
        Figure::P99 => ("p99", "99 % of the spans took no longer (exact, nearest rank)"),
        Figure::ErrorRate => ("Errors", "Spans that have an error of their own, of all of the group"),
        Figure::Share => (
            "Share",
            "Part of the trace's duration in which at least one span of the group was running. Groups overlap: shares do not add up to 100 %",
        ),
    }
}

/// The columns of groups by these fields.
pub fn columns(by: &str, then: &str) -> Vec<TableColumn> {
    let title = if then.is_empty() { by.to_owned() } else { format!("{by}, then {then}") };
    let label = TableColumn {
        key: LABEL.to_owned(),
        title,
        width: 220,
        grow: 1,
        is_sorted: true,
        ..TableColumn::default()
    };
    let figures = Figure::ALL.into_iter().map(|(figure, name)| {
        let (title, hint) = title_of(figure);
        TableColumn {
            key: name.to_owned(),
            title: title.to_owned(),
            hint: hint.to_owned(),
            width: 78,
            grow: 0,
            is_number: true,
            is_sorted: true,
        }
    });
    std::iter::once(label).chain(figures).collect()
}

/// The greatest value of each figure, for the colours of cells; 0 where all groups have the same value, which colours none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scale([f64; Figure::ALL.len()]);

impl Scale {
    /// Of all groups.
    pub fn of(found: &Statistics) -> Self {
        let mut greatest = [0.0f64; Figure::ALL.len()];
        for (place, (figure, _)) in Figure::ALL.into_iter().enumerate() {
            let (least, most) = found.range(figure).unwrap_or_default();
            greatest[place] = if found.len() > 1 && least == most { 0.0 } else { most };
        }
        Scale(greatest)
    }

    /// The step from 1 to 6 that a value has; 0 for nothing.
    fn heat(&self, place: usize, value: f64) -> u8 {
        let greatest = self.0[place];
        if value <= 0.0 || greatest <= 0.0 { 0 } else { ((value / greatest * 6.0).ceil() as u8).clamp(1, 6) }
    }
}

/// The row of a group by the field `by`; `slot` is the colour of its service.
pub fn group_row(found: &Statistics, by: &str, group: usize, scale: &Scale, slot: Option<u8>) -> TableRow {
    let label = if found.is_absent(group) {
        TableCell { is_faint: true, ..TableCell::text("(no value)") }
    } else {
        let text = match found.label(group) {
            (first, Some(second)) => format!("{}: {}", display_name(first), display_name(second)),
            (first, None) if by == "service" => display_name(first).to_owned(),
            (first, None) if is_blank_name(first) => "(empty)".to_owned(),
            (first, None) => first.to_owned(),
        };
        TableCell { title: text.clone(), slot, ..TableCell::text(text) }
    };
    let figures = Figure::ALL.into_iter().enumerate().map(|(place, (figure, _))| {
        let value = found.figure(group, figure);
        let text = match figure {
            Figure::Count => count(value as u64),
            Figure::Share if found.trace_duration == 0 => "–".to_owned(),
            Figure::ErrorRate | Figure::Share => percent(value),
            _ => duration(value.round() as u64),
        };
        let title = if figure.is_time() { duration_exact(value.round() as u64) } else { String::new() };
        TableCell {
            title,
            // Errors are marked by their colour alone where there are any.
            heat: if figure == Figure::ErrorRate { 0 } else { scale.heat(place, value) },
            is_error: figure == Figure::ErrorRate && value > 0.0,
            is_faint: value == 0.0,
            ..TableCell::text(text)
        }
    });
    TableRow { cells: std::iter::once(label).chain(figures).collect(), ..TableRow::default() }
}
