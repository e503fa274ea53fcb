//! Ids of records: ULIDs (<https://github.com/ulid/spec>), 26 characters that sort by time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Crockford's base 32.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new ULID: 48 bits of milliseconds since the Unix epoch, 80 random bits.
pub fn new_id() -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    print(elapsed.as_millis() & 0xffff_ffff_ffff, fastrand::u128(..) >> 48)
}

fn print(milliseconds: u128, random: u128) -> String {
    let number = milliseconds << 80 | random;
    (0..26).rev().map(|digit| char::from(DIGITS[(number >> (5 * digit) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ulid_has_the_digits_of_the_specification() {
        // The example of the specification: 1469918176385 ms.
        assert!(print(1_469_918_176_385, 0).starts_with("01ARYZ6S41"));
        assert_eq!(print((1 << 48) - 1, (1 << 80) - 1), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        assert_eq!(print(0, 0), "0".repeat(26));
    }

    #[test]
    fn ids_differ_and_sort_by_time() {
        let ids: std::collections::BTreeSet<String> = (0..1000).map(|_| new_id()).collect();
        assert_eq!(ids.len(), 1000);
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(ids.last().unwrap()[..10] < new_id()[..10]);
    }
}
