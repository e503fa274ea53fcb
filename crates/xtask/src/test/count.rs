//! Counts tests that passed, failed and were skipped from what the runners print.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::process::ExitStatus;

/// Counts of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed, were ignored, or could not run.
    pub failed: u64,
    /// Tests that returned early because their input is missing: their number by the reason that they gave.
    skipped: BTreeMap<String, u64>,
    /// Names of the skipped tests of the test binary that runs now.
    names: BTreeSet<String>,
}

impl Tally {
    /// A check that has no tests of its own and succeeded.
    pub fn check() -> Self {
        Tally { passed: 1, ..Tally::default() }
    }

    /// A step that could not run.
    pub fn failure() -> Self {
        Tally { failed: 1, ..Tally::default() }
    }

    /// A check that did not run because what it needs is not here.
    pub fn not_run(reason: &str) -> Self {
        Tally { skipped: BTreeMap::from([(reason.to_owned(), 1)]), ..Tally::default() }
    }

    /// How many tests were skipped.
    pub fn skipped(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// Reasons for which tests were skipped, each with the number of tests.
    pub fn reasons(&self) -> impl Iterator<Item = (&str, u64)> {
        self.skipped.iter().map(|(reason, count)| (reason.as_str(), *count))
    }

    /// Reads a line of `cargo test` or of the wasm test runner.
    ///
    /// - `test result: ok. 3 passed; 0 failed; 1 ignored; …`: ignored tests count as failed, for none may be ignored.
    /// - `skipped: NAME: REASON`, printed by a test whose input is missing. The harness counts such a test as passed,
    ///   so it is taken off there. A test that prints the line twice is one test.
    /// - `Running …`: the next test binary, in which names may occur again.
    pub fn read_rust(&mut self, line: &str) {
        if line.trim_start().starts_with("Running ") {
            self.names.clear();
        } else if let Some((_, skip)) = line.split_once("skipped: ")
            && let Some((name, reason)) = skip.split_once(": ")
        {
            if self.names.insert(name.to_owned()) {
                *self.skipped.entry(reason.to_owned()).or_default() += 1;
            }
        } else if let Some((_, counts)) = line.split_once("test result: ") {
            for part in counts.split([';', '.']) {
                match part.trim().split_once(' ') {
                    Some((count, "passed")) => self.passed += count.parse().unwrap_or(0),
                    Some((count, "failed" | "ignored")) => self.failed += count.parse().unwrap_or(0),
                    _ => {}
                }
            }
        }
    }

    /// Reads a line of node's test runner (`# pass 3` or `ℹ pass 3`). Whatever did not pass counts as failed.
    pub fn read_node(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) else { return };
        match counts.split_once(' ') {
            Some(("pass", count)) => self.passed += count.parse().unwrap_or(0),
            Some(("fail" | "cancelled" | "skipped" | "todo", count)) => {
                self.failed += count.parse().unwrap_or(0)
            }
            _ => {}
        }
    }

    /// The counts after the runner ended. A runner that fails without a failed test (it did not compile, it crashed), or
    /// that ran nothing, counts as one failed test.
    pub fn finished(mut self, status: ExitStatus) -> Tally {
        if self.failed == 0 && (!status.success() || self.passed == 0) {
            self.failed = 1;
        }
        self.passed = self.passed.saturating_sub(self.skipped());
        self.names.clear();
        self
    }

    /// Adds the counts of another step.
    pub fn add(&mut self, other: &Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        for (reason, count) in &other.skipped {
            *self.skipped.entry(reason.clone()).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn status(code: u8) -> ExitStatus {
        Command::new("sh").args(["-c", &format!("exit {code}")]).status().unwrap()
    }

    fn tally(passed: u64, failed: u64) -> Tally {
        Tally { passed, failed, ..Tally::default() }
    }

    fn read(read: fn(&mut Tally, &str), lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| read(&mut tally, line));
        tally
    }

    #[test]
    fn rust_counts_are_added_over_all_targets() {
        let lines = [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test a ... FAILED",
            "test result: FAILED. 4 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.50s",
        ];
        assert_eq!(read(Tally::read_rust, &lines), tally(7, 3));
    }

    #[test]
    fn skipped_tests_are_counted_by_reason_and_not_as_passed() {
        let lines = [
            "     Running tests/a.rs (target/debug/deps/a-1)",
            "skipped: corpus::reads: ../shared/fixtures is not here",
            "skipped: corpus::reads: ../shared/fixtures is not here",
            "test corpus::writes ... skipped: corpus::writes: no Redis: none on the PATH",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "     Running tests/b.rs (target/debug/deps/b-1)",
            "skipped: corpus::reads: ../shared/fixtures is not here",
            "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ];
        let tally = read(Tally::read_rust, &lines).finished(status(0));
        assert_eq!(tally.to_string(), "1 passed, 0 failed, 3 skipped");
        let reasons: Vec<_> = tally.reasons().collect();
        assert_eq!(reasons, [("../shared/fixtures is not here", 2), ("no Redis: none on the PATH", 1)]);

        let mut all = self::tally(4, 1);
        all.add(&tally);
        all.add(&tally);
        assert_eq!(all.to_string(), "6 passed, 1 failed, 6 skipped");
    }

    #[test]
    fn a_check_that_did_not_run_has_not_passed() {
        let tally = Tally::not_run("advisories: no database");
        assert_eq!(tally.to_string(), "0 passed, 0 failed, 1 skipped");
        assert_eq!(tally.reasons().collect::<Vec<_>>(), [("advisories: no database", 1)]);
    }

    #[test]
    fn node_counts_what_was_skipped_as_failed() {
        let spec = [
            "✔ opens (12ms)",
            "ℹ tests 6",
            "ℹ pass 3",
            "ℹ fail 1",
            "ℹ cancelled 0",
            "ℹ skipped 2",
            "ℹ todo 0",
        ];
        assert_eq!(read(Tally::read_node, &spec), tally(3, 3));
        assert_eq!(read(Tally::read_node, &["# pass 5", "# fail 0", "    # pass 9"]), tally(5, 0));
    }

    #[test]
    fn a_runner_that_crashed_or_ran_nothing_has_failed() {
        assert_eq!(tally(3, 0).finished(status(0)), tally(3, 0));
        assert_eq!(tally(3, 0).finished(status(101)), tally(3, 1));
        assert_eq!(tally(0, 0).finished(status(0)), tally(0, 1));
        assert_eq!(tally(3, 2).finished(status(1)), tally(3, 2));
    }
}
