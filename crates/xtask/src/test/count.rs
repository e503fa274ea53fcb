//! Reads how many tests passed and failed from what the runners print.

use std::fmt;
use std::ops::Add;
use std::process::ExitStatus;

/// Tests counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that passed.
    pub passed: u64,
    /// Those that failed, were skipped, or could not be run.
    pub failed: u64,
}

impl Tally {
    /// A check that has no tests of its own and went well.
    pub const CHECK: Tally = Tally { passed: 1, failed: 0 };

    /// Adds what a line of `cargo test` or of the wasm test runner says
    /// (`test result: ok. 3 passed; 0 failed; 1 ignored; …`). An ignored test is a failed one: none may be.
    pub fn read_rust(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else { return };
        for part in counts.split([';', '.']) {
            match part.trim().split_once(' ') {
                Some((count, "passed")) => self.passed += count.parse().unwrap_or(0),
                Some((count, "failed" | "ignored")) => self.failed += count.parse().unwrap_or(0),
                _ => {}
            }
        }
    }

    /// Adds what a line of node's test runner says (`# pass 3` or `ℹ pass 3`); whatever did not pass has failed.
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

    /// A runner that fails without a failed test (it did not compile, it died), or that ran nothing, has failed.
    pub fn finished(mut self, status: ExitStatus) -> Tally {
        if self.failed == 0 && (!status.success() || self.passed == 0) {
            self.failed = 1;
        }
        self
    }
}

impl Add for Tally {
    type Output = Tally;
    fn add(self, other: Tally) -> Tally {
        Tally { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn status(code: u8) -> ExitStatus {
        Command::new("sh").args(["-c", &format!("exit {code}")]).status().unwrap()
    }

    fn read(read: fn(&mut Tally, &str), lines: &[&str]) -> (u64, u64) {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| read(&mut tally, line));
        (tally.passed, tally.failed)
    }

    #[test]
    fn rust_counts_are_added_over_all_targets() {
        let lines = [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test a ... FAILED",
            "test result: FAILED. 4 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.50s",
        ];
        assert_eq!(read(Tally::read_rust, &lines), (7, 3));
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
        assert_eq!(read(Tally::read_node, &spec), (3, 3));
        assert_eq!(read(Tally::read_node, &["# pass 5", "# fail 0", "    # pass 9"]), (5, 0));
    }

    #[test]
    fn a_runner_that_died_or_ran_nothing_has_failed() {
        let none = Tally::default();
        let three = Tally { passed: 3, failed: 0 };
        assert_eq!(three.finished(status(0)), three);
        assert_eq!(three.finished(status(101)).failed, 1);
        assert_eq!(none.finished(status(0)).failed, 1);
        assert_eq!(Tally { passed: 3, failed: 2 }.finished(status(1)).failed, 2);
    }

    #[test]
    fn the_closing_line_is_plain() {
        assert_eq!((Tally { passed: 12, failed: 0 }).to_string(), "12 passed, 0 failed");
    }
}
