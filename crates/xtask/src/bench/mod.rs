//! `bench`: benchmarks, each as a ratio to a baseline measured in the same run.

mod decode;
mod page;
mod server;

use anyhow::Result;

/// The options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Options {
    /// What to measure; everything if nothing is named
    #[arg(value_enum)]
    what: Vec<What>,
    /// How many spans the decoded trace has
    #[arg(long, default_value_t = 50_000)]
    spans: u32,
    /// How often `decode` measures each variant
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    #[command(flatten)]
    page: page::Scope,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// The server's ingest, against only reading the body and answering
    Server,
    /// From a trace's bytes to its outline, against the browser's JSON.parse
    Decode,
    /// Whole pages, with the harness of ../shared/bench where it is there
    Page,
    /// Each view of traces of 200,000 and 1,000,000 spans, with the same harness
    Views,
}

/// Runs the named benchmarks, one after the other.
pub fn bench(options: &Options) -> Result<()> {
    let wanted = |what| options.what.is_empty() || options.what.contains(&what);
    if wanted(What::Server) {
        server::bench()?;
    }
    if wanted(What::Decode) {
        decode::bench(options.spans, options.rounds)?;
    }
    if wanted(What::Page) {
        page::bench(&options.page)?;
    }
    if wanted(What::Views) {
        page::bench_views(&options.page)?;
    }
    Ok(())
}
