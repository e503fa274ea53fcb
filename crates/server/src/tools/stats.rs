//! `spandrel-server stats`: how much is stored, of which time and which services.

use super::{DataDir, ToolResult, line, segments};
use crate::store::inspect::report;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;

/// Prints how many spans are stored, their bytes, time range and services. Also while a server runs.
#[derive(Clone, Debug, clap::Args)]
pub struct Stats {
    #[command(flatten)]
    directory: DataDir,
    /// Write one JSON object.
    #[arg(long)]
    json: bool,
}

impl Stats {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<ToolResult, String> {
        let (mut count, mut bytes, mut parts, mut spans, mut errors, mut damaged) = (0u64, 0, 0, 0, 0, 0);
        let mut services = BTreeSet::new();
        let mut times: Option<(u64, u64)> = None;
        for number in segments(&self.directory)? {
            let Some(report) = report(&self.directory.data_dir, number, false) else { continue };
            count += 1;
            bytes += report.bytes;
            parts += report.parts;
            spans += report.spans;
            errors += report.errors;
            damaged += u64::from(!report.damage.is_empty());
            services.extend(report.services);
            times = match (times, report.times) {
                (Some(all), Some(own)) => Some((all.0.min(own.0), all.1.max(own.1))),
                (all, own) => all.or(own),
            };
        }
        let time = |nanoseconds: u64| {
            let time = jiff::Timestamp::from_nanosecond(i128::from(nanoseconds));
            time.map_or_else(|_| format!("{nanoseconds} ns"), |time| time.to_string())
        };
        let per_span = (spans > 0).then(|| bytes as f64 / spans as f64);
        if self.json {
            let object = json!({
                "segments": count, "bytes": bytes, "bytesPerSpan": per_span, "parts": parts, "spans": spans,
                "errorSpans": errors, "damagedSegments": damaged, "services": services,
                "firstStart": times.map(|(first, _)| time(first)),
                "lastEnd": times.map(|(_, last)| time(last)),
            });
            line(out, format_args!("{object:#}"))?;
        } else {
            line(out, format_args!("segments   {count}{}", note(damaged)))?;
            let per_span = per_span.map_or_else(String::new, |bytes| format!(" ({bytes:.0} a span)"));
            line(out, format_args!("bytes      {bytes}{per_span}"))?;
            line(out, format_args!("spans      {spans} in {parts} parts, {errors} with errors"))?;
            if let Some((first, last)) = times {
                line(out, format_args!("times      {} to {}", time(first), time(last)))?;
            }
            let names: Vec<&str> = services.iter().map(String::as_str).collect();
            line(out, format_args!("services   {}: {}", services.len(), names.join(", ")))?;
        }
        Ok(if damaged == 0 { ToolResult::Well } else { ToolResult::Damage })
    }
}

fn note(damaged: u64) -> String {
    if damaged == 0 { String::new() } else { format!(" ({damaged} damaged: see `check`)") }
}
