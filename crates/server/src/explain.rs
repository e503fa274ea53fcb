//! `spandrel-server explain FILE`: says on the command line why the traces of a file were slow or failed.

use spandrel_trace::analysis::advisor::{ReportFormat, Severity, Thresholds, findings, report};
use spandrel_trace::format::Reader;
use spandrel_trace::model::ParsedTraces;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Bytes read at a time.
const CHUNK: usize = 256 << 10;

/// Explains the traces of a file: what took the time, what failed, and what a fix would save.
///
/// Exit code: 0 without findings above a note, 1 with findings, 2 where the file cannot be read.
#[derive(Clone, Debug, clap::Args)]
pub struct Explain {
    /// A file with traces in any format that the viewer opens, compressed or not; `-` reads standard input.
    pub file: PathBuf,
    /// Write a JSON array with one object per trace.
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Write Markdown.
    #[arg(long)]
    pub markdown: bool,
    /// A JSON file with thresholds that differ from the defaults, such as `{"slow_query": 50000000}` (nanoseconds).
    #[arg(long, value_name = "FILE")]
    pub thresholds: Option<PathBuf>,
}

/// What became of it, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainResult {
    /// No finding above a note: 0.
    NothingFound,
    /// At least one: 1.
    Found,
}

/// Writes the findings about every trace of the file to `out`. The error says why the file cannot be read or the output
/// cannot be written.
pub fn explain(args: &Explain, out: &mut dyn Write) -> Result<ExplainResult, String> {
    let thresholds = match &args.thresholds {
        None => Thresholds::default(),
        Some(path) => {
            let text = std::fs::read(path).map_err(|error| said(path, &error))?;
            serde_json::from_slice(&text).map_err(|error| said(path, &error))?
        }
    };
    let opened = open(&args.file)?;
    if opened.traces.is_empty() {
        return Err(said(&args.file, &"no traces in it"));
    }
    let format = match (args.json, args.markdown) {
        (true, _) => ReportFormat::Json,
        (_, true) => ReportFormat::Markdown,
        _ => ReportFormat::Text,
    };
    let mut worst = Severity::Note;
    // A reader that has enough, such as `head`, ends the pipe: the exit code counts all the same.
    let write = |out: &mut dyn Write, text: &str| match out.write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    };
    for (number, mut trace) in opened.traces.into_iter().enumerate() {
        trace.index_some(usize::MAX);
        let found = findings(&trace, &thresholds);
        worst = found.iter().map(|finding| finding.severity).fold(worst, Severity::max);
        let between = match (format, number) {
            (ReportFormat::Json, 0) => "[",
            (ReportFormat::Json, _) => ",\n",
            (_, 0) => "",
            _ => "\n",
        };
        write(out, between)?;
        write(out, report(trace.outline(), &found, format).trim_end_matches('\n'))?;
        if format != ReportFormat::Json {
            write(out, "\n")?;
        }
    }
    if format == ReportFormat::Json {
        write(out, "]\n")?;
    }
    Ok(if worst > Severity::Note { ExplainResult::Found } else { ExplainResult::NothingFound })
}

/// Reads a file, or standard input for `-`, in any format that the viewer opens.
pub fn open(path: &Path) -> Result<ParsedTraces, String> {
    let mut input: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(std::io::stdin().lock()),
        _ => Box::new(std::fs::File::open(path).map_err(|error| said(path, &error))?),
    };
    let mut reader = Reader::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let len = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(len) => len,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(said(path, &error)),
        };
        reader.push(&chunk[..len]).map_err(|error| said(path, &error))?;
    }
    reader.finish().map_err(|error| said(path, &error))
}

fn said(path: &Path, why: &dyn std::fmt::Display) -> String {
    format!("{}: {why}", path.display())
}
