//! Statistics as CSV (RFC 4180): a header, then a line per group, lines ended by CR LF.
//!
//! Durations are whole nanoseconds (means are rounded), rates and shares from 0 to 1. Texts are from
//! untrusted senders: those that a spreadsheet would evaluate as a formula are preceded by an apostrophe.

use super::figures::{WIDTH, figures};
use super::grouping::{Grouping, Keys, LEFT_OUT};
use super::order::compare;
use super::{CriticalPath, Figure, StatisticsSort, of_keys, order};
use crate::model::{SpanSet, Trace};
use rustc_hash::FxHashMap;
use std::fmt::Write;

/// The groups that `filter` lets through, sorted, as text. With `then` each group is followed by a line for each of its
/// parts by that second field. `None` while attributes cannot be searched yet.
pub fn csv(
    trace: &Trace,
    path: &CriticalPath,
    grouping: &Grouping,
    then: Option<&Grouping>,
    within: Option<&SpanSet>,
    sort: StatisticsSort,
    filter: &str,
) -> Option<String> {
    let keys = Keys::of(trace, grouping, within).ok()?;
    let critical = path.time_by_span(trace.outline().len());
    let (groups, numbers) = of_keys(trace, &keys, &critical);
    let duration = groups.trace_duration;
    let parts = match then {
        Some(then) => Some(Parts::of(trace, &keys, then, within, &critical, sort)?),
        None => None,
    };
    let mut out = head(grouping, then);
    for group in order(&groups, sort, filter) {
        label(&mut out, grouping, groups.key(group as usize));
        if let Some(then) = then {
            out.push(',');
            label(&mut out, then, None);
        }
        line(&mut out, |figure| groups.figure(group as usize, figure));
        let Some((parts, then)) = parts.as_ref().zip(then) else { continue };
        for part in parts.of_group(numbers[group as usize]) {
            label(&mut out, grouping, groups.key(group as usize));
            out.push(',');
            let second = parts.pairs[*part as usize].1;
            label(&mut out, then, (!parts.keys.is_absent(second)).then(|| parts.keys.label(second)));
            let row = &parts.rows[*part as usize * WIDTH..(*part as usize + 1) * WIDTH];
            line(&mut out, |figure| figure.of(row, duration));
        }
    }
    Some(out)
}

/// Groups by two fields at once.
struct Parts<'a> {
    keys: Keys<'a>,
    /// The numbers of both groups.
    pairs: Vec<(u32, u32)>,
    rows: Vec<u64>,
    /// The pairs, those of one first group beside each other, sorted.
    sorted: Vec<u32>,
}

impl<'a> Parts<'a> {
    fn of(
        trace: &'a Trace,
        first: &Keys<'_>,
        then: &Grouping,
        within: Option<&SpanSet>,
        critical: &[u64],
        sort: StatisticsSort,
    ) -> Option<Self> {
        let keys = Keys::of(trace, then, within).ok()?;
        let (mut known, mut pairs) = (FxHashMap::default(), Vec::new());
        let pair_of = |pair: (&u32, &u32)| match pair {
            (&LEFT_OUT, _) | (_, &LEFT_OUT) => LEFT_OUT,
            (first, second) => *known.entry((*first, *second)).or_insert_with(|| {
                pairs.push((*first, *second));
                pairs.len() as u32 - 1
            }),
        };
        let number: Vec<u32> = first.number.iter().zip(&keys.number).map(pair_of).collect();
        let rows = figures(trace.outline(), &number, pairs.len(), critical);
        let value = |part: u32, figure: Figure| {
            figure.of(&rows[part as usize * WIDTH..(part as usize + 1) * WIDTH], trace.outline().duration)
        };
        let label = |part: u32| {
            let second = pairs[part as usize].1;
            (keys.is_absent(second), keys.label(second))
        };
        let mut sorted: Vec<u32> = (0..pairs.len() as u32).collect();
        sorted.sort_unstable_by(|one, other| {
            let by_group = pairs[*one as usize].0.cmp(&pairs[*other as usize].0);
            by_group.then_with(|| compare(sort, *one, *other, &value, &label))
        });
        Some(Parts { keys, pairs, rows, sorted })
    }

    fn of_group(&self, group: u32) -> &[u32] {
        let first = |part: &u32| self.pairs[*part as usize].0;
        let start = self.sorted.partition_point(|part| first(part) < group);
        let end = self.sorted.partition_point(|part| first(part) <= group);
        &self.sorted[start..end]
    }
}

fn head(grouping: &Grouping, then: Option<&Grouping>) -> String {
    let mut out = String::new();
    for grouping in std::iter::once(grouping).chain(then) {
        match grouping {
            Grouping::Operation => out.push_str("service,operation,"),
            Grouping::Field(field) => {
                cell(&mut out, &field.to_string());
                out.push(',');
            }
        }
    }
    for (place, (figure, name)) in Figure::ALL.into_iter().enumerate() {
        out.push_str(if place > 0 { "," } else { "" });
        out.push_str(name);
        out.push_str(if figure.is_time() { " (ns)" } else { "" });
    }
    out.push_str("\r\n");
    out
}

/// One cell, or two for service and operation; empty for spans without the field.
fn label(out: &mut String, grouping: &Grouping, label: Option<(&str, Option<&str>)>) {
    let (first, second) = label.unwrap_or_default();
    if label.is_some() {
        cell(out, first);
    }
    if *grouping == Grouping::Operation {
        out.push(',');
        if label.is_some() {
            cell(out, second.unwrap_or_default());
        }
    }
}

fn line(out: &mut String, figure: impl Fn(Figure) -> f64) {
    for (which, _) in Figure::ALL {
        let value = figure(which);
        // Writing to a string cannot fail.
        let _ = match which {
            Figure::ErrorRate | Figure::Share => write!(out, ",{value:.6}"),
            _ => write!(out, ",{value:.0}"),
        };
    }
    out.push_str("\r\n");
}

/// A text as a cell, in quotes where it has to be.
fn cell(out: &mut String, text: &str) {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let defused = if is_formula { "'" } else { "" };
    if text.is_empty() || text.contains([',', '"', '\r', '\n']) || text.trim() != text {
        out.push('"');
        out.push_str(defused);
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(defused);
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::trace;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_never_formulas() {
        let written = |text: &str| {
            let mut out = String::new();
            cell(&mut out, text);
            out
        };
        for (text, expected) in [
            ("GET /", "GET /"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+2", "'=1+2"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
            ("", "\"\""),
            (" padded", "\" padded\""),
        ] {
            assert_eq!(written(text), expected);
        }
    }

    #[test]
    fn parts_follow_their_group() {
        let trace = trace(
            "
            shop: order       [=========]
              stock: get        [==]      zone=a
              stock: put          [===]   zone=b
              stock: get !             [] zone=a
            ",
        );
        let (service, zone) = (Grouping::parse("service"), Grouping::parse("zone"));
        let text = csv(
            &trace,
            &CriticalPath::of(trace.outline()),
            &service,
            Some(&zone),
            None,
            StatisticsSort::default(),
            "",
        )
        .unwrap();
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(
            lines[0],
            "service,zone,count,total (ns),self (ns),critical (ns),mean (ns),min (ns),max (ns),p50 (ns),p90 (ns),p95 (ns),p99 (ns),errors,share"
        );
        let starts: Vec<String> =
            lines[1..].iter().map(|line| line.splitn(5, ',').take(4).collect::<Vec<_>>().join(",")).collect();
        assert_eq!(
            starts,
            [
                "shop,,1,10000000",
                "shop,,1,10000000",
                "stock,,3,8000000",
                "stock,a,2,4000000",
                "stock,b,1,4000000"
            ]
        );
        assert!(lines[3].contains(",0.333333,"), "{}", lines[3]);
        let one = csv(
            &trace,
            &CriticalPath::of(trace.outline()),
            &Grouping::Operation,
            None,
            None,
            StatisticsSort::default(),
            "put",
        )
        .unwrap();
        assert!(one.lines().nth(1).unwrap().starts_with("stock,put,1,4000000,"), "{one}");
        assert_eq!(one.lines().count(), 2);
    }
}
