//! The steps of `test`, in the order in which they find mistakes soonest.
//!
//! There are few distinct builds: lints and native tests in the development profile, browser tests in the same profile
//! for wasm, and the viewer once as it is shipped. The end-to-end tests use that viewer, and the server and demo of the
//! native tests.

use std::cmp::Reverse;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::count::Tally;
use super::parts::TestDatabases;
use crate::advisories::Checked;
use crate::system::{CHROMEDRIVER, CHROMIUM, FIREFOX, NODE, WEBKIT_DRIVER, XVFB};
use crate::{advisories, dist, fonts, fuzz, place, process, tools};

/// One step.
pub struct Step {
    /// Its name in `--only` and in the report.
    pub name: &'static str,
    /// What it checks, printed before it runs.
    pub what: &'static str,
    /// Runs it.
    pub run: fn() -> Result<Tally>,
}

/// All steps.
pub const STEPS: &[Step] = &[
    Step { name: "fmt", what: "is the source formatted", run: fmt },
    Step { name: "clippy", what: "lints of everything native", run: clippy },
    Step { name: "native", what: "tests of the trace crate, server, demo and build tasks", run: native },
    Step { name: "fuzz", what: "property tests with new random cases, for a minute", run: fuzz },
    Step { name: "advisories", what: "known vulnerabilities of dependencies", run: advisories },
    Step { name: "clippy-wasm", what: "lints of the viewer", run: clippy_wasm },
    Step { name: "wasm", what: "tests of the viewer's components, in headless Chromium", run: wasm },
    Step { name: "viewer", what: "the viewer as it is shipped, within its weight limit", run: ship },
    Step {
        name: "parts",
        what: "tests and journeys of the demo again, with a real Redis and PostgreSQL",
        run: parts,
    },
    Step { name: "e2e", what: "end-to-end tests, in Chromium, Firefox and WebKit", run: e2e },
];

const WASM: &str = "wasm32-unknown-unknown";
/// Everything but the viewer, which is only ever built for wasm.
const NATIVE: [&str; 3] = ["--workspace", "--exclude", "spandrel"];

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(place::cargo());
    command.args(arguments).current_dir(place::root());
    if std::env::var_os("CI").is_some() {
        // CI compiles once: without the state of incremental builds, and without debug information, which takes time in
        // the compiler and in the linker of each test.
        command.env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "none");
    }
    command
}

fn fmt() -> Result<Tally> {
    process::run(&mut cargo(&["fmt", "--all", "--check"]))?;
    Ok(Tally::check())
}

fn clippy() -> Result<Tally> {
    process::run(cargo(&["clippy"]).args(NATIVE).args(["--all-targets", "--", "-D", "warnings"]))?;
    Ok(Tally::check())
}

fn clippy_wasm() -> Result<Tally> {
    tools::wasm_target()?;
    let targets = ["--package", "spandrel", "--target", WASM, "--all-targets", "--all-features"];
    process::run(cargo(&["clippy"]).args(targets).args(["--", "-D", "warnings"]))?;
    Ok(Tally::check())
}

fn native() -> Result<Tally> {
    process::run(cargo(&["test", "--no-run", "--quiet"]).args(NATIVE))?;
    let mut test = cargo(&["test", "--no-fail-fast"]);
    test.args(NATIVE).env("INSTA_UPDATE", "no").env("SPANDREL_STRICT", "1");
    test.env("SPANDREL_SERVER_BIN", place::binary("debug", "spandrel-server")?);
    test.env("SPANDREL_DEMO_BIN", place::binary("debug", "spandrel-demo")?);
    let (mut tally, mut missing) = (Tally::default(), Vec::new());
    // A missing program leaves its variable unset; each test that needs it then fails by its own name.
    for (variable, found) in
        [("SPANDREL_NODE", NODE.get()), ("SPANDREL_NPM", tools::npm()), ("SPANDREL_PYTHON", tools::python())]
    {
        match found {
            Ok(path) => drop(test.env(variable, path)),
            Err(error) => missing.push(format!("{error:#}")),
        }
    }
    missing.iter().for_each(|error| eprintln!("{error}"));
    tally.failed += missing.len() as u64;
    let status = process::follow(&mut test, |line| tally.read_rust(line))?;
    Ok(tally.finished(status))
}

/// Tests of the demo that run with embedded parts among the native ones.
const WITH_PARTS: [&str; 4] = ["orders", "questions", "faults", "load"];

/// Journeys in which the demo stores orders, sends messages, and shows every fault.
const JOURNEYS_WITH_PARTS: [&str; 3] = ["demo", "faults", "order"];

fn parts() -> Result<Tally> {
    let parts = TestDatabases::start()?;
    let mut test = cargo(&["test", "--no-fail-fast"]);
    test.args(NATIVE);
    for name in WITH_PARTS {
        test.args(["--test", name]);
    }
    test.env("SPANDREL_TEST_REDIS_URL", &parts.redis_url);
    test.env("SPANDREL_TEST_DATABASE_URL", &parts.database_url);
    let mut tally = Tally::default();
    let status = process::follow(&mut test, |line| tally.read_rust(line))?;
    let mut tally = tally.finished(status);
    if !tested_dist().join("index.html").is_file() {
        let reason =
            "journeys with a real Redis and PostgreSQL: the viewer is not built, the step `viewer` does that";
        tally.add(&Tally::not_run(reason));
        return Ok(tally);
    }
    let folder = place::root().join("tests").join("e2e");
    let files = JOURNEYS_WITH_PARTS.map(|name| folder.join(format!("{name}.test.mjs")));
    // They share a database of Redis.
    let mut journeys = journeys(&files, 1)?;
    journeys
        .env("SPANDREL_TEST_REDIS_URL", &parts.redis_url)
        .env("SPANDREL_TEST_DATABASE_URL", &parts.database_url)
        .env("SPANDREL_TEST_PSQL", &parts.psql);
    let mut with_parts = Tally::default();
    let status = process::follow(&mut journeys, |line| with_parts.read_node(line))?;
    tally.add(&with_parts.finished(status));
    Ok(tally)
}

fn fuzz() -> Result<Tally> {
    let rounds = fuzz::properties(Duration::from_secs(60))?;
    println!("{rounds} rounds");
    Ok(Tally::check())
}

fn advisories() -> Result<Tally> {
    match advisories::check()? {
        Checked::Clean => Ok(Tally::check()),
        Checked::Not(reason) => {
            println!("{reason}");
            Ok(Tally::not_run(reason))
        }
    }
}

fn wasm() -> Result<Tally> {
    tools::wasm_target()?;
    let runner = tools::test_runner()?;
    let (chromium, driver) = (CHROMIUM.get()?, CHROMEDRIVER.get()?);
    let capabilities = serde_json::json!({ "goog:chromeOptions": {
        "binary": chromium,
        "args": ["--disable-background-networking", "--disable-component-update", "--no-first-run"],
    }});
    let settings = place::root().join("target").join("webdriver.json");
    fs::create_dir_all(place::root().join("target"))?;
    fs::write(&settings, capabilities.to_string())?;
    let mut test =
        cargo(&["test", "--no-fail-fast", "--package", "spandrel", "--target", WASM, "--lib", "--tests"]);
    test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
        .env("CHROMEDRIVER", driver)
        .env(fonts::VARIABLE, fonts::settings()?)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", settings)
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    let mut tally = Tally::default();
    let status = process::follow(&mut test, |line| tally.read_rust(line))?;
    Ok(tally.finished(status))
}

/// The folder of the viewer under test; not `dist/`, so that a test run does not replace what somebody built there.
pub fn tested_dist() -> PathBuf {
    place::root().join("target").join("test-dist")
}

fn ship() -> Result<Tally> {
    dist::ship(&tested_dist())?;
    Ok(Tally::check())
}

/// The command that runs files of journeys, so many at a time.
fn journeys(files: &[PathBuf], at_once: usize) -> Result<Command> {
    let mut test = Command::new(NODE.get()?);
    test.args(["--test", "--test-reporter=spec"])
        .arg(format!("--test-concurrency={at_once}"))
        .args(files)
        .current_dir(place::root());
    test.env("SPANDREL_NPM", tools::npm()?)
        .env("CHROMIUM", CHROMIUM.get()?)
        .env(fonts::VARIABLE, fonts::settings()?)
        .env("SPANDREL_DIST", tested_dist())
        .env("SPANDREL_SERVER_BIN", place::binary("debug", "spandrel-server")?)
        .env("SPANDREL_DEMO_BIN", place::binary("debug", "spandrel-demo")?)
        .env("NO_COLOR", "1");
    Ok(test)
}

fn e2e() -> Result<Tally> {
    if !tested_dist().join("index.html").is_file() {
        bail!("the viewer is not built: the step `viewer` does that");
    }
    let folder = place::root().join("tests").join("e2e");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    // The longest first, so that none is left to run alone at the end.
    files.sort_by_cached_key(|path| (Reverse(fs::metadata(path).map_or(0, |file| file.len())), path.clone()));
    // A journey waits for its page and its server as long as it computes, so two fit two cores: 39 s of journeys take 28 s.
    let mut test = journeys(&files, 2)?;
    test.env("FIREFOX", FIREFOX.get()?).env("WEBKIT_DRIVER", WEBKIT_DRIVER.get()?).env("XVFB", XVFB.get()?);
    let mut tally = Tally::default();
    let status = process::follow(&mut test, |line| tally.read_node(line))?;
    Ok(tally.finished(status))
}
