//! `bench`: speed, always as a ratio to a floor measured in the same run.

mod decode;
mod page;
mod server;

use anyhow::Result;

/// The options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Options {
    /// What to measure; everything when nothing is named
    #[arg(value_enum)]
    what: Vec<What>,
    /// How many spans the decoded trace has
    #[arg(long, default_value_t = 50_000)]
    spans: u32,
    /// How often each contender of `decode` runs
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    #[command(flatten)]
    page: page::Scope,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// The server's intake against reading the body and answering
    Server,
    /// From a trace's bytes to something drawn, against the browser's own JSON.parse
    Decode,
    /// Whole pages, with the harness of ../shared/bench where it is there
    Page,
}

/// Runs what was asked for, one after the other.
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
    Ok(())
}
