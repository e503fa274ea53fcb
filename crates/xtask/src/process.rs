//! Running other programs: in the foreground, quietly, or read line by line while they are shown.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result, bail};

/// Runs a program with our own output and no input; anything but success is an error that names the command.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{}` could not be started", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// What a program prints on its standard output, trimmed; `None` when it cannot be started or fails.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a program, shows each line of its output as it comes, and hands it to `each` as well. Standard output and
/// standard error each keep their order; lines of one may overtake those of the other.
pub fn follow(command: &mut Command, mut each: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{}` could not be started", shown(command)))?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        let sender = sender.clone();
        thread::spawn(move || read_lines(stdout, |line| sender.send((line, true)).is_ok()));
    }
    if let Some(stderr) = child.stderr.take() {
        thread::spawn(move || read_lines(stderr, |line| sender.send((line, false)).is_ok()));
    }
    for (line, is_stdout) in receiver {
        if is_stdout {
            print!("{line}");
        } else {
            eprint!("{line}");
        }
        each(line.trim_end());
    }
    Ok(child.wait()?)
}

/// Hands over each line with its end, until there are no more or `each` returns false.
fn read_lines(source: impl Read, mut each: impl FnMut(String) -> bool) {
    let mut reader = BufReader::new(source);
    let mut line = Vec::new();
    // Bytes, not `lines()`: a test may print what is not UTF-8, and the reading must go on.
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        if !each(String::from_utf8_lossy(&line).into_owned()) {
            return;
        }
        line.clear();
    }
}

/// The command as a person would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_outputs_are_followed() {
        let mut seen = Vec::new();
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo out; echo err >&2; printf 'caf\\351\\n'; printf last; exit 3"]);
        let status = follow(&mut shell, |line| seen.push(line.to_owned())).unwrap();
        seen.sort();
        assert_eq!(seen, ["caf\u{fffd}", "err", "last", "out"]);
        assert_eq!(status.code(), Some(3));
    }
}
