//! `spandrel-server`: reads its flags, starts, says where it listens, stops on Ctrl-C or SIGTERM.

use clap::Parser;
use spandrel_server::config::Config;
use std::io::Write;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

fn main() -> ExitCode {
    let config = Config::parse();
    // `RUST_LOG` chooses what is logged; standard output is for the ready line alone.
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // What is stored is for nobody else on this machine.
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
        // One line that scripts and tests wait for; nobody reading it is no reason to stop.
        let _ = writeln!(std::io::stdout(), "{line}").and_then(|()| std::io::stdout().flush());
        wait_for_signal().await;
        running.stop().await;
        ExitCode::SUCCESS
    });
    // Queries that still run on threads of their own are not waited for.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    ended
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
