//! `spandrel-server check`: reads everything that is stored and says what is damaged.

use super::{DataDir, ToolResult, line, segments};
use crate::store::inspect::report;
use std::io::Write;

/// Pieces of damage that are named of a segment; the rest is counted.
const MOST_NAMED: usize = 20;

/// Reads every stored span, compares checksums and counts, and names what is damaged. Also while a server runs.
///
/// Exit code: 0 where all is well, 1 where something is damaged, 2 where the directory cannot be read.
#[derive(Clone, Debug, clap::Args)]
pub struct Check {
    #[command(flatten)]
    directory: DataDir,
}

impl Check {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<ToolResult, String> {
        let (mut spans, mut count, mut damaged) = (0, 0, 0);
        for number in segments(&self.directory)? {
            let Some(report) = report(&self.directory.data_dir, number, true) else { continue };
            let name = report.path.file_name().unwrap_or_default().to_string_lossy();
            count += 1;
            spans += report.spans;
            if report.damage.is_empty() {
                let (layout, parts, spans) = (report.layout, report.parts, report.spans);
                line(out, format_args!("{name}: layout {layout}, {parts} parts, {spans} spans, all well"))?;
                continue;
            }
            damaged += 1;
            line(out, format_args!("{name}: DAMAGED"))?;
            for damage in report.damage.iter().take(MOST_NAMED) {
                line(out, format_args!("  {damage}"))?;
            }
            if report.damage.len() > MOST_NAMED {
                line(out, format_args!("  and {} more", report.damage.len() - MOST_NAMED))?;
            }
        }
        line(out, format_args!("{count} segments, {spans} spans, {damaged} segments damaged"))?;
        Ok(if damaged == 0 { ToolResult::Well } else { ToolResult::Damage })
    }
}
