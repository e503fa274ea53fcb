//! What the program does on a store's directory besides serving: `check`, `stats`, `export` and `import`. The first three
//! write nothing there, so that a server may run meanwhile.

mod check;
mod export;
mod import;
mod stats;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::PathBuf;

/// Which directory.
#[derive(Clone, Debug, clap::Args)]
pub struct DataDir {
    /// Directory in which spans are kept.
    #[arg(long, env = "SPANDREL_DATA_DIR", default_value = "spandrel-data")]
    pub data_dir: PathBuf,
}

/// One of the tools: each is documented where it is, which is what `--help` prints.
#[allow(missing_docs)]
#[derive(Clone, Debug, clap::Subcommand)]
pub enum StoreTool {
    Check(check::Check),
    Export(export::Export),
    Import(import::Import),
    Stats(stats::Stats),
}

/// How a tool ended, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolResult {
    /// All is well: 0.
    Well,
    /// Something is damaged or was left out: 1.
    Damage,
}

impl StoreTool {
    /// Runs it. The error says why it could not do its work. Blocks.
    pub fn run(&self, out: &mut dyn Write) -> Result<ToolResult, String> {
        match self {
            StoreTool::Check(check) => check.run(out),
            StoreTool::Export(export) => export.run(out),
            StoreTool::Import(import) => import.run(out),
            StoreTool::Stats(stats) => stats.run(out),
        }
    }
}

fn said(what: impl std::fmt::Display) -> impl FnOnce(&dyn std::fmt::Display) -> String {
    move |why| format!("{what}: {why}")
}

/// The segments of a directory that is there.
fn segments(directory: &DataDir) -> Result<Vec<u64>, String> {
    let path = &directory.data_dir;
    crate::store::inspect::segments(path).map_err(|error| said(path.display())(&error))
}

/// Writes a line; a reader that has enough, such as `head`, is no failure.
fn line(out: &mut dyn Write, text: std::fmt::Arguments<'_>) -> Result<(), String> {
    match writeln!(out, "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}
