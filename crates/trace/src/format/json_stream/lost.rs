//! What could not be read of a stream of documents, and how that is said.

/// Faults that are named one by one.
const NAMED: usize = 5;

/// Counts what is lost.
#[derive(Clone, Debug, Default)]
pub(in crate::format) struct Lost {
    /// The input begins as text that is not JSON.
    text: bool,
    faults: Vec<(&'static str, u64)>,
    more_faults: u64,
    /// Lines without a document: how many, and where the first is.
    lines: u64,
    first_line: u64,
    /// Bytes of the first line, where it is the end of one.
    begins_within: Option<u64>,
    /// Lines with a document behind something else.
    prefixed: u64,
}

impl Lost {
    /// Of an input that begins as text.
    pub(super) fn within_text() -> Self {
        Lost { text: true, ..Self::default() }
    }

    /// Whether there is nothing but text.
    pub(in crate::format) fn is_text(&self) -> bool {
        self.text && self.prefixed == 0
    }

    /// The first fault and its place.
    pub(in crate::format) fn first_fault(&self) -> Option<(&'static str, u64)> {
        self.faults.first().copied()
    }

    /// One more fault.
    pub(super) fn fault(&mut self, why: &'static str, at: u64) {
        if self.faults.len() < NAMED {
            self.faults.push((why, at));
        } else {
            self.more_faults += 1;
        }
    }

    /// A line that holds no document, `length` bytes from `at`; `last` is its last byte but white space.
    pub(super) fn line(&mut self, at: u64, length: u64, last: u8) {
        if at == 0 && matches!(last, b'}' | b']') {
            self.begins_within = Some(length);
            return;
        }
        if self.lines == 0 {
            self.first_line = at;
        }
        self.lines += 1;
    }

    /// A document behind text in its line.
    pub(super) fn prefixed(&mut self) {
        self.prefixed += 1;
    }

    /// All of it in words.
    pub(in crate::format) fn warnings(&self) -> Vec<String> {
        let lines = |count: u64, one: &str, many: &str| match count {
            1 => format!("1 line {one}"),
            _ => format!("{count} lines {many}"),
        };
        let mut warnings = Vec::new();
        if let Some(length) = self.begins_within {
            warnings.push(format!(
                "the input starts in the middle of a line: its first {length} bytes were skipped"
            ));
        }
        for (why, at) in &self.faults {
            warnings.push(format!("{why} (byte {at}); what follows was skipped up to the next document"));
        }
        if self.more_faults > 0 {
            warnings.push(format!("{} more places could not be read", self.more_faults));
        }
        if self.lines > 0 {
            let said = lines(self.lines, "that is not JSON was skipped", "that are not JSON were skipped");
            warnings.push(format!("{said} (the first at byte {})", self.first_line));
        }
        if self.prefixed > 0 {
            warnings.push(lines(
                self.prefixed,
                "starts with text that is not JSON; it was skipped",
                "start with text that is not JSON; it was skipped",
            ));
        }
        warnings
    }
}
