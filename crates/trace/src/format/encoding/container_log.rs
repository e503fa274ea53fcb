//! Unwraps logs of container runtimes: Docker's `json-file` (`{"log":"…\n","stream":…}`), and the format of the
//! Kubernetes container runtime interface (`TIME stdout F …`). Both split long lines.

use super::Step;
use super::input::Input;
use memchr::memchr;
use serde::Deserialize;
use std::borrow::Cow;

/// Runtimes split lines at 16 KiB; longer lines than this are not from them.
const LONGEST: usize = 1 << 20;

/// The decoder.
#[derive(Debug, Default)]
pub(in crate::format) struct ContainerLog {
    /// Input.
    pub(super) input: Input,
    /// Whether the current line is too long.
    too_long: bool,
}

#[derive(Deserialize)]
struct DockerLine<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
}

impl ContainerLog {
    /// Whether `head` starts with such a line.
    pub(super) fn detect(head: &[u8]) -> Option<Self> {
        let docker = head.starts_with(br#"{"log":""#);
        (docker || kubernetes(head).is_some()).then(Self::default)
    }

    /// Appends the text of the next line.
    pub(super) fn step(&mut self, out: &mut Vec<u8>) -> Step {
        let rest = self.input.rest();
        let end = memchr(b'\n', rest).map(|at| at + 1);
        let line = match end {
            Some(end) => &rest[..end],
            None if !rest.is_empty() && (self.input.ended || self.too_long || rest.len() > LONGEST) => rest,
            None => return Step::NeedsInput,
        };
        if self.too_long || line.len() > LONGEST {
            self.too_long = end.is_none();
            out.extend_from_slice(line);
        } else if let Ok(docker) = serde_json::from_slice::<DockerLine<'_>>(line) {
            out.extend_from_slice(docker.log.as_bytes());
        } else if let Some((message, whole)) = kubernetes(line) {
            let message = if whole { message } else { message.trim_ascii_end() };
            out.extend_from_slice(message);
        } else {
            out.extend_from_slice(line);
        }
        let count = line.len();
        self.input.take(count);
        Step::Progress
    }
}

/// The text of a line, and whether it ends there.
fn kubernetes(line: &[u8]) -> Option<(&[u8], bool)> {
    let mut words = line.splitn(4, |byte| *byte == b' ');
    let (time, stream, tag) = (words.next()?, words.next()?, words.next()?);
    let dated = matches!(time, [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', .., _])
        && time.contains(&b'T');
    let whole = match tag {
        b"F" => true,
        b"P" => false,
        _ => return None,
    };
    (dated && matches!(stream, b"stdout" | b"stderr")).then_some((words.next()?, whole))
}
