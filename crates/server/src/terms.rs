//! Attribute terms: a small filter per blob that says which `key = value` pairs cannot be in it.
//!
//! A term is a 64-bit hash of key and value (as text, the way searches compare them). The filter is a Bloom filter
//! of ten bits a term and four probes (1.2 % false hits); a hit must be verified against the spans. The hash is
//! written to disk within the filters, so it is defined here and must not change with a library.

const BITS_PER_TERM: usize = 10;
const PROBES: u32 = 4;
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const FACTOR: u64 = 0xd6e8_feb8_6659_fd93;

/// Stands for values whose text is costly to print (lists, maps, bytes): the filter then contains only the key.
pub const UNPRINTED: &[u8] = b"\0unprinted";

/// Keys under which answers print fields that are not attributes. Filters contain them from layout 3 of the store on.
pub mod printed {
    /// The status, where it is set.
    pub const STATUS_CODE: &str = "otel.status_code";
    /// The status message.
    pub const STATUS_DESCRIPTION: &str = "otel.status_description";
    /// The scope's name.
    pub const SCOPE_NAME: &str = "otel.scope.name";
    /// The scope's version.
    pub const SCOPE_VERSION: &str = "otel.scope.version";
    /// The trace state.
    pub const TRACE_STATE: &str = "w3c.tracestate";
    /// An event's name.
    pub const EVENT: &str = "event";

    /// The hash of a text as answers print it.
    pub fn term_of_text(key: &str, text: &[u8]) -> u64 {
        super::term(key.as_bytes(), String::from_utf8_lossy(text).as_bytes())
    }
}

/// The hash of a term.
#[inline]
pub fn term(key: &[u8], value: &[u8]) -> u64 {
    mix(fold(fold(SEED, key), value))
}

#[inline]
fn fold(mut state: u64, bytes: &[u8]) -> u64 {
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        state = (state ^ u64::from_le_bytes(*chunk)).wrapping_mul(FACTOR).rotate_left(29);
    }
    let mut last = [0u8; 8];
    last[..rest.len()].copy_from_slice(rest);
    state = (state ^ u64::from_le_bytes(last)).wrapping_mul(FACTOR).rotate_left(29);
    (state ^ bytes.len() as u64).wrapping_mul(FACTOR)
}

#[inline]
fn mix(mut value: u64) -> u64 {
    value ^= value >> 32;
    value = value.wrapping_mul(FACTOR);
    value ^= value >> 29;
    value.wrapping_mul(SEED) ^ value >> 31
}

/// A filter over terms, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter(Box<[u8]>);

impl Filter {
    /// Makes a filter of terms; sorts them and drops repetitions.
    pub fn of(terms: &mut Vec<u64>) -> Self {
        terms.sort_unstable();
        terms.dedup();
        let mut bits = vec![0u8; (terms.len() * BITS_PER_TERM).div_ceil(8)];
        for term in terms.iter() {
            for bit in probes(*term, bits.len()) {
                bits[bit / 8] |= 1 << (bit % 8);
            }
        }
        Filter(bits.into_boxed_slice())
    }

    /// Takes a filter as it was stored.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Filter(bytes.into())
    }

    /// What is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the term may be there; `false` is certain.
    pub fn may_have(&self, term: u64) -> bool {
        may_have(&self.0, term)
    }
}

/// Whether the term may be in a filter, given as it is stored; `false` is certain.
pub fn may_have(filter: &[u8], term: u64) -> bool {
    !filter.is_empty() && probes(term, filter.len()).all(|bit| filter[bit / 8] & 1 << (bit % 8) != 0)
}

fn probes(term: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let bits = bytes as u64 * 8;
    let step = term >> 32 | 1;
    // Adding remainders is cheaper than dividing sums, and the same while no sum overflows.
    let (mut at, stride) = (term % bits, step % bits);
    let overflows = term > u64::MAX - step * u64::from(PROBES);
    (0..PROBES).map(move |index| {
        if overflows {
            return (term.wrapping_add(step.wrapping_mul(u64::from(index))) % bits) as usize;
        }
        let probe = at;
        at += stride;
        at -= if at >= bits { bits } else { 0 };
        probe as usize
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_finds_what_it_holds_and_little_else() {
        let mut terms: Vec<u64> = (0..1000).map(|n: u32| term(b"key", n.to_string().as_bytes())).collect();
        let filter = Filter::of(&mut terms);
        assert_eq!(terms.len(), 1000, "no two of these terms share a hash");
        assert!((0..1000).all(|n: u32| filter.may_have(term(b"key", n.to_string().as_bytes()))));
        let false_hits =
            (0..10_000).filter(|n: &u32| filter.may_have(term(b"other", n.to_string().as_bytes()))).count();
        assert!(false_hits < 400, "{false_hits} of 10,000");
        assert!(!Filter::default().may_have(term(b"key", b"1")));
    }

    #[test]
    fn probes_are_remainders_of_sums() {
        for term in [0, 1, 7 << 32, u64::MAX, u64::MAX - 5, u64::MAX - (3 << 32), 0x9e37_79b9_7f4a_7c15] {
            for bytes in [1, 2, 3, 13, 1000, 1 << 20] {
                let sum = |index| term.wrapping_add((term >> 32 | 1).wrapping_mul(index));
                let expected: Vec<usize> =
                    (0..4).map(|index| (sum(index) % (bytes as u64 * 8)) as usize).collect();
                assert_eq!(probes(term, bytes).collect::<Vec<_>>(), expected, "{term:x} {bytes}");
            }
        }
    }

    #[test]
    fn terms_on_disk_keep_their_meaning() {
        // These numbers are in files: a change here needs a new file version.
        assert_eq!(term(b"http.method", b"GET"), term(b"http.method", b"GET"));
        assert_ne!(term(b"ab", b"c"), term(b"a", b"bc"));
        assert_ne!(term(b"a", b""), term(b"", b"a"));
        assert_eq!(Filter::of(&mut vec![term(b"error", b"true")]).as_bytes(), GOLDEN_FILTER);
        assert_eq!(term(b"error", b"true"), GOLDEN_TERM);
    }

    const GOLDEN_FILTER: &[u8] = &[2, 73];
    const GOLDEN_TERM: u64 = 2_109_379_742_618_639_160;
}
