//! Formats byte counts.

/// `bytes` with three significant digits in steps of 1,000: `999 B`, `1.2 kB`, `45.6 MB`, `182 MB`.
pub fn bytes(bytes: u64) -> String {
    const STEPS: [(u64, &str); 4] =
        [(1_000, "kB"), (1_000_000, "MB"), (1_000_000_000, "GB"), (1_000_000_000_000, "TB")];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    // Rounding may carry into the next step: 999,950 bytes are 1 MB.
    let step = STEPS.iter().find(|(unit, name)| bytes / (unit / 1_000) < 999_500 || *name == "TB");
    let (unit, name) = step.copied().unwrap_or((1_000_000_000_000, "TB"));
    let size = bytes as f64 / unit as f64;
    let text = match size {
        _ if size < 9.995 => format!("{size:.2}"),
        _ if size < 99.95 => format!("{size:.1}"),
        _ => return format!("{size:.0} {name}"),
    };
    format!("{} {name}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits() {
        for (size, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1 kB"),
            (1_234, "1.23 kB"),
            (45_553_745, "45.6 MB"),
            (182_000_000, "182 MB"),
            (999_499, "999 kB"),
            (999_500, "1 MB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(bytes(size), text, "{size}");
        }
    }
}
