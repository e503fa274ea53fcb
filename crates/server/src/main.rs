//! `spandrel-server`: reads its flags, starts, says where it listens, stops on Ctrl-C or SIGTERM; or explains the traces of
//! a file and ends.

use clap::{CommandFactory, FromArgMatches};
use spandrel_server::config::{Config, LogFormat};
use spandrel_server::explain::{Explain, ExplainResult, explain};
use spandrel_server::tools::{StoreTool, ToolResult};
use std::io::Write;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Configured in `.cargo/config.toml`; why: docs/adr/0029.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Takes spans in over OTLP, keeps them, answers as Jaeger does and serves the viewer.
#[derive(clap::Parser)]
#[command(
    name = "spandrel-server",
    version,
    args_override_self = true,
    args_conflicts_with_subcommands = true
)]
struct CommandLine {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Option<Tool>,
}

/// What the program does besides serving.
#[derive(clap::Subcommand)]
enum Tool {
    Explain(Explain),
    #[command(flatten)]
    Store(StoreTool),
}

fn main() -> ExitCode {
    let given = CommandLine::command().get_matches();
    let CommandLine { config, command } =
        CommandLine::from_arg_matches(&given).unwrap_or_else(|error| error.exit());
    if let Some(Tool::Explain(args)) = command {
        return match explain(&args, &mut std::io::stdout().lock()) {
            Ok(ExplainResult::NothingFound) => ExitCode::SUCCESS,
            Ok(ExplainResult::Found) => ExitCode::from(1),
            Err(why) => {
                eprintln!("spandrel-server: {why}");
                ExitCode::from(2)
            }
        };
    }
    if let Some(Tool::Store(tool)) = command {
        log(LogFormat::Text);
        return match tool.run(&mut std::io::stdout().lock()) {
            Ok(ToolResult::Well) => ExitCode::SUCCESS,
            Ok(ToolResult::Damage) => ExitCode::from(1),
            Err(why) => {
                eprintln!("spandrel-server: {why}");
                ExitCode::from(2)
            }
        };
    }
    let config = match config.with_file(&given, &|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(mistake) => {
            eprintln!("spandrel-server: {mistake}");
            return ExitCode::from(2);
        }
    };
    if config.print_config {
        return match config.printed().map(|text| std::io::stdout().write_all(text.as_bytes())) {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(error)) => fail(&format!("the settings cannot be printed: {error}")),
            Err(error) => fail(&format!("the settings cannot be printed: {error}")),
        };
    }
    log(config.log_format);
    // Other users of this machine must not read what is stored.
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};
        umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
        // Many systems allow 1024 open files until a program asks for more; where not, there are fewer connections.
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the runtime cannot start: {error}")),
    };
    let ended = runtime.block_on(async {
        let running = match spandrel_server::start(&config).await {
            Ok(running) => running,
            Err(error) => return fail(&format!("{error:#}")),
        };
        let line = running.ready_line();
        // One line that scripts and tests wait for; a closed standard output is no reason to stop.
        let _ = writeln!(std::io::stdout(), "{line}").and_then(|()| std::io::stdout().flush());
        wait_for_signal().await;
        running.stop().await;
        ExitCode::SUCCESS
    });
    // Queries that still run on threads of their own are not waited for.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    ended
}

/// `RUST_LOG` chooses what is logged; standard output is for the ready line, or what a tool prints, alone.
fn log(format: LogFormat) {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("spandrel-server: {why}");
    ExitCode::FAILURE
}

async fn wait_for_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
