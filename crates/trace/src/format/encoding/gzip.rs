//! Gzip (RFC 1952): any number of members, and the trailing zeros of tapes and preallocated files.

use super::Step;
use super::input::Input;
use flate2::bufread::GzDecoder;
use std::io::{ErrorKind, Read};

/// Maximum output of a step in bytes.
const ROOM: usize = 64 << 10;

/// The decoder.
#[derive(Debug)]
pub(in crate::format) struct Gzip {
    state: State,
    padding: u64,
}

#[derive(Debug)]
enum State {
    /// Between members.
    Between(Input),
    Within(Box<GzDecoder<Input>>),
}

impl Default for Gzip {
    fn default() -> Self {
        Gzip { state: State::Between(Input::default()), padding: 0 }
    }
}

impl Gzip {
    /// Input.
    pub(super) fn input(&mut self) -> &mut Input {
        match &mut self.state {
            State::Between(input) => input,
            State::Within(decoder) => decoder.get_mut(),
        }
    }

    /// Appends some of the output.
    pub(super) fn step(&mut self, out: &mut Vec<u8>) -> Result<Step, String> {
        let decoder = match &mut self.state {
            State::Within(decoder) => decoder,
            State::Between(input) => {
                let zeros = input.rest().iter().take_while(|byte| **byte == 0).count();
                self.padding += zeros as u64;
                input.take(zeros);
                match input.rest() {
                    [] => return Ok(Step::NeedsInput),
                    [0x1f, ..] => {
                        let input = std::mem::take(input);
                        self.state = State::Within(Box::new(GzDecoder::new(input)));
                        return Ok(Step::Progress);
                    }
                    _ => return Err("what follows is not gzip".to_owned()),
                }
            }
        };
        let before = out.len();
        out.resize(before + ROOM, 0);
        let result = decoder.read(&mut out[before..]);
        out.truncate(before + *result.as_ref().unwrap_or(&0));
        match result {
            Ok(0) => {
                let input = std::mem::take(decoder.get_mut());
                self.state = State::Between(input);
                Ok(Step::Progress)
            }
            Ok(_) => Ok(Step::Progress),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Step::NeedsInput),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Step::CutOff),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A warning for the end.
    pub(super) fn remark(&self) -> Option<String> {
        (self.padding > 0).then(|| format!("{} zero bytes after the gzip data were ignored", self.padding))
    }
}
