//! Build tasks: `cargo xtask run`, `dev`, `test`, `bench`, `fuzz`, `dist`, `setup`, `fixtures`.
//!
//! `run` and `test` are the two commands that a newcomer needs; each installs what it needs. Tools of the project go
//! into `target/tools`, each version pinned (module `tools`); system programs are used as found (module `system`).
#![allow(clippy::print_stdout, reason = "a command-line program prints to its user")]

mod advisories;
mod backend;
mod bench;
mod dev;
mod dist;
mod fixtures;
mod fonts;
mod fuzz;
mod http;
mod parts;
mod place;
mod process;
mod run;
mod service;
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
    /// Builds everything, starts the server, the demo and a little traffic, and prints the address
    Run(run::Options),
    /// Server, demo and `trunk serve`: the viewer rebuilt on every change
    Dev(dev::Options),
    /// Everything CI checks: formatting, lints, native, browser and end-to-end tests
    Test(test::Options),
    /// Benchmarks, each as a ratio to a baseline of the same run: server, decoding in the browser, whole pages
    Bench(bench::Options),
    /// Looks for inputs that a reader does not survive: cargo-fuzz with a nightly toolchain, else property tests
    Fuzz(fuzz::Options),
    /// Release build of the viewer into dist/, and of the server with the viewer inside it
    Dist(dist::Options),
    /// Installs everything that the other commands would install, and stops
    Setup,
    /// Records the demo's traces into fixtures/ again
    Fixtures,
    /// What Trunk calls as wasm-bindgen while it builds the viewer
    #[command(hide = true)]
    WasmBindgen(parts::BindgenArguments),
    /// The viewer that `test` tests, which it builds beside other steps
    #[command(hide = true)]
    TestedViewer,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Dev(options) => dev::dev(&options),
        Command::Test(options) => return test::test(&options),
        Command::Bench(options) => bench::bench(&options),
        Command::Fuzz(options) => fuzz::fuzz(&options),
        Command::Dist(options) => dist::dist(&options),
        Command::Setup => tools::setup(),
        Command::Fixtures => fixtures::record(),
        Command::WasmBindgen(arguments) => parts::bindgen(&arguments),
        Command::TestedViewer => test::build_viewer(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// clap checks names and flags of a command only when that command is parsed.
    #[test]
    fn every_command_is_well_formed() {
        Cli::command().debug_assert();
    }
}
