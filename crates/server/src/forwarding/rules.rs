//! Which spans and log lines a target gets, and what of them it may see.

use super::redact::Redaction;
use crate::config::forward::{Forward, Pattern};
use crate::facts::{Facts, key_and_value, walk_attributes};
use crate::wire::{TypedField, Walk, WireError, WireField};
use regex_lite::Regex;
use std::borrow::Cow;
use std::collections::HashSet;

/// The least severity number of errors.
const ERROR: u64 = 17;

/// The rules of a target.
#[derive(Debug, Default)]
pub struct Rules {
    services: HashSet<String>,
    without_services: HashSet<String>,
    attributes: Vec<(String, Regex)>,
    without_attributes: Vec<(String, Regex)>,
    errors_only: bool,
    ratio: Option<f64>,
    /// What is replaced.
    pub redaction: Redaction,
}

/// Why a span is kept or left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Kept,
    /// A filter left it out.
    Filtered,
    /// Its trace is not in the sample.
    SampledOut,
}

/// Which attribute rules a resource's attributes fulfil, in the order of the rules.
pub struct ResourceMatch {
    wanted: Vec<bool>,
    unwanted: bool,
}

impl Rules {
    /// The rules that a target's settings say.
    pub fn of(settings: &Forward) -> Self {
        let keep = &settings.keep;
        let patterns = |patterns: &[Pattern]| patterns.iter().map(|pattern| pattern.0.clone()).collect();
        let pairs = |pairs: &std::collections::BTreeMap<String, Pattern>| {
            pairs.iter().map(|(key, pattern)| (key.clone(), pattern.0.clone())).collect()
        };
        Rules {
            services: keep.services.iter().cloned().collect(),
            without_services: keep.without_services.iter().cloned().collect(),
            attributes: pairs(&keep.attributes),
            without_attributes: pairs(&keep.without_attributes),
            errors_only: keep.errors_only,
            ratio: (settings.sample.0 < 1.0).then_some(settings.sample.0),
            redaction: Redaction {
                keys: patterns(&settings.redact.keys),
                values: patterns(&settings.redact.values),
            },
        }
    }

    /// Whether every span goes on as it came.
    pub fn change_nothing(&self) -> bool {
        self.services.is_empty()
            && self.without_services.is_empty()
            && self.attributes.is_empty()
            && self.without_attributes.is_empty()
            && !self.errors_only
            && self.ratio.is_none()
            && self.redaction.is_empty()
    }

    /// Whether spans of a service may go on.
    pub fn takes_service(&self, service: &str) -> bool {
        (self.services.is_empty() || self.services.contains(service))
            && !self.without_services.contains(service)
    }

    /// What a resource's attributes say, for all of its spans.
    pub fn of_resource(&self, resource: &[u8]) -> Result<ResourceMatch, WireError> {
        let mut of = ResourceMatch { wanted: vec![false; self.attributes.len()], unwanted: false };
        self.note(resource, 1, &mut of)?;
        Ok(of)
    }

    /// Whether a span goes on.
    pub fn judge(
        &self,
        span: &[u8],
        facts: &Facts<'_>,
        resource: &ResourceMatch,
    ) -> Result<Verdict, WireError> {
        self.decide(span, 9, Some(facts.trace), facts.status == 2, resource)
    }

    /// Whether a log line goes on. Lines without a trace are in every sample.
    pub fn judge_line(&self, line: &[u8], resource: &ResourceMatch) -> Result<Verdict, WireError> {
        let (mut trace, mut severity) = (None, 0);
        let mut walk = Walk::new(line);
        while let Some((number, field)) = walk.next()? {
            match number {
                2 => severity = field.number(2)?,
                9 => trace = <[u8; 16]>::try_from(field.bytes(9)?).ok().map(u128::from_be_bytes),
                _ => {}
            }
        }
        self.decide(line, 6, trace.filter(|id| *id != 0), severity >= ERROR, resource)
    }

    /// `member` is the field in which a message has its attributes.
    fn decide(
        &self,
        message: &[u8],
        member: u32,
        trace: Option<u128>,
        is_error: bool,
        resource: &ResourceMatch,
    ) -> Result<Verdict, WireError> {
        if let (Some(ratio), Some(trace)) = (self.ratio, trace)
            && !is_chosen(trace, ratio)
        {
            return Ok(Verdict::SampledOut);
        }
        if self.errors_only && !is_error {
            return Ok(Verdict::Filtered);
        }
        if self.attributes.is_empty() && self.without_attributes.is_empty() {
            return Ok(Verdict::Kept);
        }
        let mut of = ResourceMatch { wanted: resource.wanted.clone(), unwanted: resource.unwanted };
        if !of.unwanted {
            self.note(message, member, &mut of)?;
        }
        Ok(if of.unwanted || of.wanted.contains(&false) { Verdict::Filtered } else { Verdict::Kept })
    }

    fn note(&self, message: &[u8], member: u32, of: &mut ResourceMatch) -> Result<(), WireError> {
        if self.attributes.is_empty() && self.without_attributes.is_empty() {
            return Ok(());
        }
        walk_attributes(message, member, &mut |attribute| {
            let (key, value) = key_and_value(attribute)?;
            let matches = |(name, pattern): &(String, Regex)| {
                name.as_bytes() == key && printed(value).is_some_and(|text| pattern.is_match(&text))
            };
            for (rule, fulfilled) in self.attributes.iter().zip(&mut of.wanted) {
                *fulfilled = *fulfilled || matches(rule);
            }
            of.unwanted = of.unwanted || self.without_attributes.iter().any(matches);
            Ok(())
        })
    }
}

/// A plain value as text; `None` for lists, maps and bytes.
fn printed(value: Option<(u32, WireField<'_>)>) -> Option<Cow<'_, str>> {
    Some(match value? {
        (1, WireField::Bytes(text)) => String::from_utf8_lossy(text),
        (2, WireField::Varint(flag)) => Cow::Borrowed(if flag == 0 { "false" } else { "true" }),
        (3, WireField::Varint(whole)) => (whole as i64).to_string().into(),
        (4, WireField::Fixed64(bits)) => f64::from_bits(bits).to_string().into(),
        _ => return None,
    })
}

/// Whether a trace is in the sample of this ratio. Traces of a smaller ratio are in every larger one, on every server.
/// The id is mixed first, for ids that are counted up and not random.
pub fn is_chosen(trace: u128, ratio: f64) -> bool {
    // SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
    let mix = |mut state: u64| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ state >> 31
    };
    let mixed = mix(mix(trace as u64) ^ (trace >> 64) as u64);
    ratio >= 1.0 || (mixed as f64) < ratio * 2f64.powi(64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_smaller_sample_is_part_of_a_larger_one(trace in any::<u128>(), one in 0.0..=1.0, other in 0.0..=1.0) {
            let (less, more) = if one < other { (one, other) } else { (other, one) };
            prop_assert!(!is_chosen(trace, less) || is_chosen(trace, more));
            prop_assert!(is_chosen(trace, 1.0) && !is_chosen(trace, 0.0));
        }

        #[test]
        fn a_sample_has_about_the_share_that_was_asked_for(ratio in 0.0..=1.0, first in any::<u64>()) {
            let chosen = (0..4000).filter(|n| is_chosen(u128::from(first) + n, ratio)).count() as f64 / 4000.0;
            prop_assert!((chosen - ratio).abs() < 0.06, "{chosen} of {ratio}");
        }
    }
}
