//! Ids: of the trace that a record is in, of the span that a version is, and of records that come without one.

use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The trace that holds all versions of a record: the same for the same id, on every server.
pub fn trace_of(id: &str) -> u128 {
    let digest = Sha256::new().chain_update(b"eval-track\0").chain_update(id).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    // Zero is no id.
    u128::from_be_bytes(bytes).max(1)
}

/// The span of a version.
pub fn span_of(id: &str, received: u64, record: &str) -> u64 {
    let digest =
        Sha256::new().chain_update(id).chain_update(received.to_be_bytes()).chain_update(record).finalize();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(bytes).max(1)
}

/// Now, nanoseconds since the Unix epoch, and later than ever before in this process: versions are ordered by it.
pub fn receive() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    // Spans hold times up to the year 2262.
    let now = u64::try_from(now).unwrap_or(u64::MAX).min(i64::MAX as u64 - (1 << 32));
    let later = |last: u64| Some(now.max(last + 1));
    let (Ok(last) | Err(last)) = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
    now.max(last + 1)
}

/// A new id: a ULID (<https://github.com/ulid/spec>).
pub fn new_id(received: u64) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let number = u128::from(received / 1_000_000) << 80 | fastrand::u128(..) >> 48;
    (0..26).rev().map(|digit| char::from(DIGITS[(number >> (5 * digit) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_same_on_every_server() {
        // These numbers are in stores: a change would part versions of one record.
        assert_eq!(trace_of("01HZX"), 0x4cc4_313e_c04c_d786_30eb_ee9b_42b0_12b3);
        assert_ne!(trace_of("a"), trace_of("b"));
        assert_ne!(span_of("a", 1, "{}"), span_of("a", 2, "{}"));
    }

    #[test]
    fn times_of_receipt_never_repeat() {
        let times: std::collections::BTreeSet<u64> = (0..1000).map(|_| receive()).collect();
        assert_eq!(times.len(), 1000);
    }

    #[test]
    fn new_ids_are_ulids() {
        // The example of the specification: 1469918176385 ms.
        assert!(new_id(1_469_918_176_385_000_000).starts_with("01ARYZ6S41"));
        assert_eq!(new_id(1).len(), 26);
    }
}
