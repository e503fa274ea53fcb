//! The whole corpus: read or refused, with the counts that its index says.

use crate::dump::{compare, compare_whole, dump};
use crate::{gzip, read, read_chunks};
use spandrel_trace::testing::skip;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A row of the index.
pub struct Row {
    /// Path within the corpus.
    pub file: String,
    /// What the index calls it.
    pub format: String,
    /// Expected numbers of spans and traces, if given.
    pub counts: Option<(usize, usize)>,
}

/// Where other people's files are; the test counts as skipped where they are not.
pub fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    if path.join("INDEX.md").is_file() {
        return Some(path);
    }
    skip("the files of other projects (../shared/fixtures) are not here");
    None
}

/// The project's own fixtures.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// Every file of `fixtures/odd-synthetic`.
pub fn odd_rows() -> Vec<Row> {
    let index = std::fs::read_to_string(fixtures().join("odd-synthetic/index.tsv")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let counts = cells[2].parse().ok().zip(cells[3].parse().ok());
        Row { file: format!("odd-synthetic/{}", cells[0]), format: cells[1].to_owned(), counts }
    };
    index.lines().skip(1).map(row).collect()
}

/// Every file of the tables in the index that was not made for this project.
pub fn rows(corpus: &Path) -> Vec<Row> {
    let index = std::fs::read_to_string(corpus.join("INDEX.md")).unwrap();
    let mut folder = String::new();
    let mut rows = Vec::new();
    for line in index.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            folder = name.trim().to_owned();
        }
        if ["odd-synthetic", "recorded", "hunt"].contains(&folder.as_str()) {
            continue;
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, file, format, counts, ..] = cells[..] else { continue };
        if cells.len() < 9 || file == "file" || file.starts_with("---") {
            continue;
        }
        let numbers: Vec<Option<usize>> = counts.split('/').map(|count| count.trim().parse().ok()).collect();
        let counts = match numbers[..] {
            [Some(spans), Some(traces)] => Some((spans, traces)),
            _ => None,
        };
        rows.push(Row { file: format!("{folder}/{file}"), format: format.to_owned(), counts });
    }
    rows
}

/// Where we do otherwise than the index would make one expect, and why.
const OTHERWISE: &[(&str, ExpectedInput)] = &[
    // Version 1.
    ("zipkin/train-ticket-79-ZIPKIN-V1.json", ExpectedInput::Refused),
    // Counted as a model, but it is the input side, never an answer.
    ("jaeger/model-domain_01.json", ExpectedInput::Refused),
    // Calls between services in Jaeger's envelope: the index took the envelope for traces.
    ("odd-synthetic/dependencies-odd.json", ExpectedInput::Refused),
    // Each holds one span twice, byte for byte: it is shown once.
    ("jaeger/transform-out.json", ExpectedInput::Read(1, 1)),
    ("otlp/transform-in.json", ExpectedInput::Read(1, 1)),
    // An answer without traces behind a byte order mark: nothing found is no failure.
    ("odd-synthetic/bom-and-trailing-newlines.json", ExpectedInput::Read(0, 0)),
];

/// What should become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedInput {
    /// Spans and traces.
    Read(usize, usize),
    /// An error that names what it is.
    Refused,
}

/// What should become of a row's file.
pub fn expect(row: &Row) -> ExpectedInput {
    if let Some((_, expect)) = OTHERWISE.iter().find(|(file, _)| *file == row.file) {
        return *expect;
    }
    let ours = ["Jaeger JSON", "OTLP JSON", "api v3", "Zipkin list"]
        .iter()
        .any(|format| row.format.starts_with(format));
    match row.counts {
        Some((spans, traces)) if ours => ExpectedInput::Read(spans, traces),
        _ => ExpectedInput::Refused,
    }
}

#[test]
fn every_file_is_read_or_refused_as_the_index_says() {
    let Some(corpus) = corpus() else { return };
    let rows = rows(&corpus);
    assert!(rows.len() > 120, "only {} rows of INDEX.md were understood", rows.len());
    check_rows(&corpus, &rows, "refused");
}

#[test]
fn every_odd_file_is_read_or_refused_as_its_index_says() {
    let rows = odd_rows();
    assert!(rows.len() > 25, "{}", rows.len());
    check_rows(&fixtures(), &rows, "refused-odd");
}

fn check_rows(root: &Path, rows: &[Row], refused_name: &str) {
    let mut failures = Vec::new();
    let mut refused = String::new();
    for row in rows {
        let bytes = std::fs::read(root.join(&row.file)).unwrap();
        match (read(&bytes), expect(row)) {
            (Ok(opened), ExpectedInput::Read(spans, traces)) => {
                let found: usize = opened.traces.iter().map(|trace| trace.outline().len()).sum();
                if (found, opened.traces.len()) != (spans, traces) {
                    failures.push(format!(
                        "{}: {found} spans in {} traces, the index says {spans} in {traces}",
                        row.file,
                        opened.traces.len()
                    ));
                }
                failures.extend(compare(&row.file, &dump(&opened)));
            }
            (Err(error), ExpectedInput::Refused) => {
                assert!(error.why.len() > 20, "{}: {error}", row.file);
                writeln!(refused, "{}\n    {error}", row.file).unwrap();
            }
            (Ok(opened), ExpectedInput::Refused) => {
                failures.push(format!("{}: should be refused, has {} traces", row.file, opened.traces.len()));
            }
            (Err(error), ExpectedInput::Read(..)) => failures.push(format!("{}: {error}", row.file)),
        }
    }
    failures.extend(compare_whole(refused_name, &refused));
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn it_does_not_matter_how_the_bytes_come() {
    let Some(corpus) = corpus() else { return };
    let rows = rows(&corpus);
    assert!(rows.len() > 120);
    check_chunks(&corpus, &rows);
}

#[test]
fn it_does_not_matter_how_the_bytes_of_odd_files_come() {
    check_chunks(&fixtures(), &odd_rows());
}

fn check_chunks(root: &Path, rows: &[Row]) {
    for row in rows {
        let bytes = std::fs::read(root.join(&row.file)).unwrap();
        let whole = read(&bytes).map(|opened| dump(&opened)).map_err(|error| error.to_string());
        let same = |what: &str, bytes: &[u8], chunk: usize| {
            let other =
                read_chunks(bytes, chunk).map(|opened| dump(&opened)).map_err(|error| error.to_string());
            assert!(whole == other, "{} {what}: {:?}", row.file, other.err());
        };
        same("gzipped", &gzip(&bytes), 4096);
        same("in chunks", &bytes, 997);
        if bytes.len() < 40_000 {
            same("byte by byte", &bytes, 1);
            same("gzipped, byte by byte", &gzip(&bytes), 1);
            for chunk in [2, 3, 7, 64] {
                same("in small chunks", &bytes, chunk);
            }
        }
    }
}
