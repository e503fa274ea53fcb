//! Display of operation, service and event names.

/// What is shown instead of a name that has no visible character.
pub const NO_NAME: &str = "(no name)";

/// Names of more characters are split, so that their end stays visible when the middle is cut.
const LONG: usize = 22;
/// Length of the end of a split name in characters: minimum, and maximum, which is used where there is no separator.
const TAIL: std::ops::RangeInclusive<usize> = 6..=20;
const TAIL_WITHOUT_SEPARATOR: usize = 10;

/// Whether a name is empty or has only white space and invisible characters.
pub fn is_blank_name(name: &str) -> bool {
    name.chars().all(|letter| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    })
}

/// The name, or [`NO_NAME`] where it is blank.
pub fn display_name(name: &str) -> &str {
    if is_blank_name(name) { NO_NAME } else { name }
}

/// Splits a long name into a start, which may be cut, and an end that distinguishes it from names with the same
/// prefix: its last part, with the separator before it. The end of a short name is empty. Concatenated, the parts are
/// the name.
pub fn split_name(name: &str) -> (&str, &str) {
    // At most `LONG` bytes, therefore at most `LONG` characters.
    if name.len() <= LONG || name.chars().nth(LONG).is_none() {
        return (name, "");
    }
    let mut without_separator = name.len();
    for (count, (at, letter)) in name.char_indices().rev().enumerate().take(*TAIL.end()) {
        let length = count + 1;
        if length == TAIL_WITHOUT_SEPARATOR {
            without_separator = at;
        }
        if TAIL.contains(&length) && matches!(letter, '.' | '/' | ':' | '#' | '-' | '_' | ' ' | '$') {
            return name.split_at(at);
        }
    }
    name.split_at(without_separator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_without_a_visible_character_is_shown_as_no_name() {
        for blank in ["", " ", "\t\n", "\u{a0}", "\u{200b}\u{feff}", "\u{7}"] {
            assert_eq!(display_name(blank), NO_NAME, "{blank:?}");
        }
        assert_eq!(display_name(" GET / "), " GET / ");
    }

    #[test]
    fn the_end_of_a_long_name_is_its_last_part() {
        for (name, end) in [
            ("GET /stock", ""),
            ("com.example.inventory.Reservation.reserve", ".reserve"),
            ("com.example.inventory.Reservation.release", ".release"),
            // A last part that is too short is not distinctive.
            ("com.example.inventory.Store.get", ".Store.get"),
            ("GET /api/v1/customers/{id}/orders", "/orders"),
            ("abcdefghijklmnopqrstuvwxyz0123456789", "0123456789"),
            ("com.example.averyveryveryverylongmethodnameindeed", "nameindeed"),
        ] {
            assert_eq!(split_name(name).1, end, "{name}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_of_a_name_are_the_name(name in "\\PC{0,60}") {
            let (start, end) = split_name(&name);
            prop_assert_eq!(format!("{start}{end}"), &*name);
            prop_assert!(end.is_empty() || TAIL.contains(&end.chars().count()));
        }
    }
}
