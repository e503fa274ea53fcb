//! `spandrel-server`: reads its flags, starts, says where it listens, stops on Ctrl-C or SIGTERM.

use clap::Parser;
use spandrel_server::config::Config;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let config = Config::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the runtime cannot start: {error}")),
    };
    runtime.block_on(async {
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
    })
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
