//! `spandrel-demo`: runs the services until Ctrl-C or SIGTERM, makes traffic and load, and checks a deployment.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,spandrel_demo=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match cli::run(arguments).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("spandrel-demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}
