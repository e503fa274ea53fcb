//! Counts damage in a stream of documents, and words the warnings.

/// Maximum number of faults that are listed.
const NAMED: usize = 5;

/// Counts of damage.
#[derive(Clone, Debug, Default)]
pub(in crate::format) struct StreamDamage {
    /// Whether the input starts with text that is not JSON.
    text: bool,
    faults: Vec<(&'static str, u64)>,
    more_faults: u64,
    /// Number of lines without a document, and offset of the first.
    lines: u64,
    first_line: u64,
    /// Length of the first line in bytes, if it is the end of a document.
    begins_within: Option<u64>,
    /// Number of lines with a document after other text.
    prefixed: u64,
}

impl StreamDamage {
    /// For an input that starts with text.
    pub(super) fn within_text() -> Self {
        StreamDamage { text: true, ..Self::default() }
    }

    /// Whether there was nothing but text.
    pub(in crate::format) fn is_text(&self) -> bool {
        self.text && self.prefixed == 0
    }

    /// The first fault and its offset.
    pub(in crate::format) fn first_fault(&self) -> Option<(&'static str, u64)> {
        self.faults.first().copied()
    }

    /// Counts a fault.
    pub(super) fn fault(&mut self, why: &'static str, at: u64) {
        if self.faults.len() < NAMED {
            self.faults.push((why, at));
        } else {
            self.more_faults += 1;
        }
    }

    /// Counts a line without a document, `length` bytes from `at`; `last` is its last byte that is not white space.
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

    /// Counts a document after text in its line.
    pub(super) fn prefixed(&mut self) {
        self.prefixed += 1;
    }

    /// The warnings.
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
            let warning = lines(self.lines, "that is not JSON was skipped", "that are not JSON were skipped");
            warnings.push(format!("{warning} (the first at byte {})", self.first_line));
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
