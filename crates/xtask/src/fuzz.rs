//! `fuzz`: looks for inputs that a reader does not survive.
//!
//! With a nightly toolchain, the targets of `crates/trace/fuzz` run under cargo-fuzz. Without one, the property tests of
//! the trace crate run again and again, with new random cases each time.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{place, process, tools};

/// The targets of `crates/trace/fuzz`.
const TARGETS: [&str; 5] = ["any_bytes", "jaeger_json", "otlp_json", "otlp_protobuf", "query"];

/// The options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Options {
    /// Minutes in all, shared equally between the targets
    #[arg(default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    minutes: u64,
}

/// Fuzzes for the given time. Fails when an input was found; the message says where it is kept.
pub fn fuzz(options: &Options) -> Result<()> {
    let time = Duration::from_secs(options.minutes * 60);
    if !has_nightly() {
        println!(
            "There is no nightly toolchain (`rustup toolchain install nightly`): property tests instead"
        );
        let rounds = properties(time)?;
        println!("{rounds} rounds of property tests passed");
        return Ok(());
    }
    let path = tools::cargo_fuzz()?;
    let folder = place::root().join("crates").join("trace");
    let seconds = time.as_secs() / TARGETS.len() as u64;
    let fuzz = |command: &str, target: &str| {
        let mut cargo = Command::new("rustup");
        cargo.args(["run", "nightly", "cargo", "fuzz", command, target]).current_dir(&folder);
        cargo.env("PATH", &path).env("RUSTUP_AUTO_INSTALL", "0");
        cargo
    };
    for target in TARGETS {
        println!("Building {target} (2 to 4 minutes when nothing is built yet)");
        process::run(&mut fuzz("build", target))?;
        println!("Fuzzing {target} for {seconds} s");
        let corpus = folder.join("fuzz").join("corpus").join(target);
        fs::create_dir_all(&corpus)?;
        let mut command = fuzz("run", target);
        command.arg(&corpus);
        if target == "any_bytes" {
            // Seeds: whole files, which is what this target reads.
            command.arg(place::root().join("fixtures"));
        }
        command.args(["--", &format!("-max_total_time={seconds}"), "-print_final_stats=1"]);
        process::run(&mut command).with_context(|| {
            format!("{target} failed; an input that it found is in crates/trace/fuzz/artifacts/{target}")
        })?;
    }
    Ok(())
}

/// Runs the property tests of the trace crate until the time is over, at least once. Returns how often.
pub fn properties(time: Duration) -> Result<u32> {
    let cargo = |more: &[&str]| {
        let mut command = Command::new(place::cargo());
        // The selection of the native tests: with the trace crate alone, dependencies have fewer features and are compiled
        // anew.
        command.args([
            "test",
            "--quiet",
            "--workspace",
            "--exclude",
            "spandrel",
            "--test",
            "laws",
            "--test",
            "find",
        ]);
        command.args(more).current_dir(place::root());
        command
    };
    process::run(&mut cargo(&["--no-run"]))?;
    let start = Instant::now();
    let mut rounds = 0;
    while rounds == 0 || start.elapsed() < time {
        let output = cargo(&[]).output().context("cargo could not be started")?;
        if !output.status.success() {
            let (out, err) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            bail!("a property does not hold:\n{out}\n{err}");
        }
        rounds += 1;
    }
    Ok(rounds)
}

fn has_nightly() -> bool {
    // Never installs one.
    let mut rustc = Command::new("rustup");
    rustc.args(["run", "nightly", "rustc", "--version"]).env("RUSTUP_AUTO_INSTALL", "0");
    process::answer(&mut rustc).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_of_the_fuzz_crate_runs() {
        let manifest = fs::read_to_string(place::root().join("crates/trace/fuzz/Cargo.toml")).unwrap();
        let mut names: Vec<&str> =
            manifest.split("[[bin]]").skip(1).filter_map(|bin| bin.split('"').nth(1)).collect();
        names.sort_unstable();
        assert_eq!(names, TARGETS);
    }
}
