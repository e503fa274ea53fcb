//! The hands of the project: everything that is done to it rather than by it.
//!
//! `cargo xtask run` and `cargo xtask test` are the two commands a newcomer needs; each sets up what it needs by
//! itself. What is installed for the project alone goes into `target/tools`, pinned (`tools`); what comes from the
//! system is taken as found (`system`).
#![allow(clippy::print_stdout, reason = "this program speaks to the person who called it")]

mod bench;
mod dist;
mod fixtures;
mod http;
mod place;
mod process;
mod run;
mod service;
mod shrink;
mod split;
mod system;
mod test;
mod tools;
mod viewer;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Sets up, runs, tests, measures and ships Spandrel"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds all, starts the server, the shop and a little traffic, and says where to look
    Run(run::Options),
    /// Everything CI checks: formatting, lints, native, browser and end-to-end tests
    Test(test::Options),
    /// Measures against a floor in the same run: the server, decoding in the browser, or whole pages
    Bench(bench::Options),
    /// Builds what is shipped into dist/, and the server with the viewer inside it
    Dist(dist::Options),
    /// Installs everything that the other commands would install, and stops
    Setup,
    /// Records the shop's traces anew into fixtures/
    Fixtures,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Test(options) => return test::test(&options),
        Command::Bench(options) => bench::bench(&options),
        Command::Dist(options) => dist::dist(&options),
        Command::Setup => tools::setup(),
        Command::Fixtures => fixtures::record(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}
