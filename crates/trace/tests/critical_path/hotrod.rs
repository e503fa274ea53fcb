//! Real traces of Jaeger's demo, HotROD, as golden text.
//!
//! `UPDATE_GOLDEN=1 cargo test -p spandrel-trace --test critical_path` writes it anew.

use spandrel_trace::analysis::critical_path::{CriticalPath, slack};
use spandrel_trace::format::Reader;
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::testing::skip;
use std::fmt::Write;
use std::path::Path;

fn text(outline: &Outline) -> String {
    let path = CriticalPath::of(outline);
    let slack = slack(outline, &path);
    let name = |span: SpanIx| format!("{} {}", outline.service_of(span), outline.name_of(span));
    let mut text = String::new();
    let (trace, duration) = (outline.trace_id, outline.duration);
    writeln!(text, "trace {trace} spans {} duration {duration} path {}", outline.len(), path.total())
        .unwrap();
    for part in &path.segments {
        writeln!(text, "{}..{} {} {}", part.start, part.end, part.span, name(part.span)).unwrap();
    }
    for one in &path.left_out {
        writeln!(text, "left out {} {}: {:?}", one.span, name(one.span), one.reason).unwrap();
    }
    for (span, time) in path.time_by_span(outline.len()).into_iter().enumerate() {
        let own = outline.duration_of(span as SpanIx);
        writeln!(
            text,
            "{span} duration {own} critical {time} slack {} {}",
            slack[span],
            name(span as SpanIx)
        )
        .unwrap();
    }
    text
}

#[test]
fn the_paths_of_hotrods_traces_are_as_they_were() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/jaeger");
    if !corpus.is_dir() {
        skip("the files of other projects (../shared/fixtures) are not here");
        return;
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for name in ["hotrod-51", "hotrod-errors", "hotrod-15-warnings", "hotrod-dup-ids-skew"] {
        let mut reader = Reader::new();
        reader.push(&std::fs::read(corpus.join(format!("{name}.json"))).unwrap()).unwrap();
        let opened = reader.finish().unwrap();
        let found: String = opened.traces.iter().map(|trace| text(trace.outline())).collect();
        let file = golden.join(format!("critical_path__{name}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, &found).unwrap();
        }
        let golden = std::fs::read_to_string(&file).unwrap_or_default();
        for (line, (was, is)) in golden.lines().zip(found.lines()).enumerate() {
            assert_eq!(was, is, "{name}, line {}", line + 1);
        }
        assert_eq!(golden.lines().count(), found.lines().count(), "{name}");
    }
}
