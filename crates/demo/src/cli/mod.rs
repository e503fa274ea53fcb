//! The commands of the program.

mod arguments;
mod checking;
mod load;
mod sequence;
mod services;

pub(crate) use arguments::Arguments;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use arguments::Command;

/// Runs a command; the exit code is 0 where it succeeded.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let settings = arguments.services;
    match arguments.command.unwrap_or(Command::All) {
        Command::All => services::run(&settings, Vec::new()).await,
        Command::Serve { names } => services::run(&settings, names).await,
        Command::Traffic(options) => load::traffic(&options).await,
        Command::Load(options) => load::load(&options).await,
        Command::Demo(options) => sequence::run(&settings, &options).await,
        Command::Check(options) => checking::run(&options).await,
    }
}

/// One line on standard output, at once: programs wait for it. A reader that has closed it does not want it.
fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
