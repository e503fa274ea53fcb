//! Records packed into requests within the limits of a service.

use crate::record::Record;
use std::collections::VecDeque;
use std::time::Duration;

/// The limits of one request and of one record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Records of one request.
    pub(crate) records: usize,
    /// Bytes of one request before compression.
    pub(crate) bytes: usize,
    /// Bytes that each record counts beside its own.
    pub(crate) each: usize,
    /// The oldest record that is taken.
    pub(crate) oldest: Option<Duration>,
    /// How far in the future a record may be.
    pub(crate) newest: Option<Duration>,
    /// The longest time between the first and the last record of a request.
    pub(crate) span: Option<Duration>,
    /// Whether the records of a request must be in order of time.
    pub(crate) sorted: bool,
}

/// A record as the service takes it.
pub(crate) struct Item {
    /// Its JSON.
    pub(crate) json: Vec<u8>,
    /// Loki: the JSON of the labels of its stream.
    pub(crate) stream: String,
    /// Nanoseconds since the Unix epoch.
    pub(crate) time: u64,
    /// Memory that its record takes in the buffer.
    pub(crate) weight: usize,
}

impl Item {
    pub(crate) fn new(record: &Record, json: Vec<u8>) -> Self {
        Item { json, stream: String::new(), time: record.time, weight: record.weight() }
    }
}

/// The body of a request.
pub(crate) struct Batch {
    /// As it is sent.
    pub(crate) body: Vec<u8>,
    /// Whether it is compressed.
    pub(crate) gzip: bool,
    /// Bytes before compression.
    pub(crate) plain: usize,
    /// Records in it.
    pub(crate) records: usize,
    /// Memory that these take in the buffer.
    pub(crate) weight: usize,
}

/// Records that no request contains.
#[derive(Default)]
pub(crate) struct Dropped {
    pub(crate) records: usize,
    pub(crate) bytes: usize,
    pub(crate) why: String,
}

/// What became of some records.
#[derive(Default)]
pub(crate) struct Packed {
    pub(crate) batches: VecDeque<Batch>,
    pub(crate) dropped: Dropped,
}

/// Packs records: `item` makes the JSON of one or says why the service would refuse it, `assemble` makes a body of
/// some: the bytes to send, their number before compression, and whether they are compressed.
pub(crate) fn pack(
    records: &[Record],
    limits: &Limits,
    now: u64,
    item: impl Fn(&Record) -> Result<Item, &'static str>,
    assemble: impl Fn(&[Item]) -> (Vec<u8>, usize, bool),
) -> Packed {
    let mut packed = Packed::default();
    let mut items = Vec::with_capacity(records.len());
    let age = |limit: Option<Duration>| limit.map_or(u64::MAX, |limit| limit.as_nanos() as u64);
    for record in records {
        let made = if now.saturating_sub(record.time) > age(limits.oldest) {
            Err("too old for the intake")
        } else if record.time.saturating_sub(now) > age(limits.newest) {
            Err("too far in the future for the intake")
        } else {
            item(record).and_then(|item| match item.json.len() + limits.each > limits.bytes {
                true => Err("larger than a whole request may be"),
                false => Ok(item),
            })
        };
        match made {
            Ok(item) => items.push(item),
            Err(why) => {
                packed.dropped.records += 1;
                packed.dropped.bytes += record.weight();
                packed.dropped.why = format!("a record is {why}");
            }
        }
    }
    if limits.sorted {
        items.sort_by_key(|item| item.time);
    }
    let mut first = 0;
    let mut bytes = 0;
    let mut finish = |items: &[Item]| {
        let (body, plain, gzip) = assemble(items);
        let weight = items.iter().map(|item| item.weight).sum();
        packed.batches.push_back(Batch { body, gzip, plain, records: items.len(), weight });
    };
    for (at, item) in items.iter().enumerate() {
        let more = item.json.len() + item.stream.len() + limits.each;
        let too_long = item.time.saturating_sub(items[first].time) > age(limits.span);
        if at > first && (at - first >= limits.records || bytes + more > limits.bytes || too_long) {
            finish(&items[first..at]);
            first = at;
            bytes = 0;
        }
        bytes += more;
    }
    if first < items.len() {
        finish(&items[first..]);
    }
    packed
}

/// The items as one JSON array.
pub(crate) fn array(items: &[Item]) -> Vec<u8> {
    let mut body = vec![b'['];
    append(&mut body, items.iter().map(|item| item.json.as_slice()));
    body.push(b']');
    body
}

/// Adds JSON values with commas between them.
pub(crate) fn append<'a>(body: &mut Vec<u8>, values: impl Iterator<Item = &'a [u8]>) {
    for (number, value) in values.enumerate() {
        if number > 0 {
            body.push(b',');
        }
        body.extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Severity;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits {
        records: 7,
        bytes: 300,
        each: 10,
        oldest: Some(Duration::from_secs(100)),
        newest: Some(Duration::from_secs(10)),
        span: Some(Duration::from_secs(30)),
        sorted: true,
    };

    proptest! {
        #[test]
        fn every_record_is_in_exactly_one_request_within_the_limits_or_dropped(
            sizes in proptest::collection::vec((0_usize..400, 0_u64..200), 0..60),
        ) {
            let now = 1_000_000_000_000;
            let records: Vec<Record> = sizes
                .iter()
                .map(|(size, age)| {
                    let mut record = Record::new(Severity::Info, "x".repeat(*size));
                    record.time = now - age * 1_000_000_000 + 15_000_000_000;
                    record
                })
                .collect();
            let item = |record: &Record| Ok(Item::new(record, record.message.clone().into_bytes()));
            let assemble = |items: &[Item]| {
                let bytes: usize = items.iter().map(|item| item.json.len() + LIMITS.each).sum();
                assert!(bytes <= LIMITS.bytes && items.len() <= LIMITS.records);
                assert!(items.is_sorted_by_key(|item| item.time));
                assert!(items[items.len() - 1].time - items[0].time <= 30_000_000_000);
                (Vec::new(), bytes, false)
            };
            let packed = pack(&records, &LIMITS, now, item, assemble);
            let kept: usize = packed.batches.iter().map(|batch| batch.records).sum();
            let weight: usize = packed.batches.iter().map(|batch| batch.weight).sum();
            prop_assert_eq!(kept + packed.dropped.records, records.len());
            let all: usize = records.iter().map(Record::weight).sum();
            prop_assert_eq!(weight + packed.dropped.bytes, all);
            let wrong = |record: &&Record| {
                record.time + 100_000_000_000 < now || record.time > now + 10_000_000_000 || record.message.len() > 290
            };
            prop_assert_eq!(packed.dropped.records, records.iter().filter(wrong).count());
        }
    }
}
