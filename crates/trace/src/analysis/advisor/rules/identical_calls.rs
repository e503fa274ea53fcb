//! One request made again and again in one trace, by one service: its answer could have been kept.
//!
//! Requests that change something are none, nor are those that failed (repeating them is another rule's matter), nor those
//! that do not say all of what they request, such as statements with parameters that were sent apart.

use crate::analysis::advisor::{CallType, Confidence, Context, Evidence, Finding};
use crate::analysis::what_if::Change;
use crate::model::{Flags, SpanIx};
use crate::units::{count, duration};
use rustc_hash::FxHashMap;

/// The rule's name.
pub const NAME: &str = "identical-calls";

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let (outline, calls) = (context.outline, &context.calls);
    let mut groups: FxHashMap<(u64, u64), Vec<SpanIx>> = FxHashMap::default();
    for span in 0..outline.len() {
        let is_call = calls.call[span] != CallType::None && calls.request[span] != 0 && !calls.writes[span];
        let failed = outline.flags[span].has(Flags::OWN_ERROR);
        if is_call && !failed && context.critical_below(span as SpanIx) > 0 {
            groups.entry((calls.shape[span], calls.request[span])).or_default().push(span as SpanIx);
        }
    }
    let least = context.thresholds.identical_calls.max(2) as usize;
    let large = groups.into_values().filter(|spans| spans.len() >= least);
    let mut large: Vec<(u64, Vec<SpanIx>)> = large
        .map(|spans| (repeated_time(context, &spans), spans))
        .filter(|(time, _)| context.is_worth(*time))
        .collect();
    large.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    large.truncate(context.thresholds.findings_per_rule as usize);
    large.into_iter().filter_map(|(time, spans)| finding(context, spans, time)).collect()
}

/// Time on the critical path of all but the first.
fn repeated_time(context: &Context, spans: &[SpanIx]) -> u64 {
    spans.iter().skip(1).map(|span| context.critical_below(*span)).sum()
}

fn finding(context: &Context, spans: Vec<SpanIx>, time: u64) -> Option<Finding> {
    let saves = context.saving(&[Change::Cached { spans: spans[1..].to_vec() }], time);
    if !context.is_worth(saves) {
        return None;
    }
    let headline = format!(
        "{} makes the same {} request {} times; with the first answer kept {}",
        context.outline.service_of(spans[0]),
        context.outline.name_of(spans[0]),
        count(spans.len() as u64),
        context.instead(saves),
    );
    let polls = is_polling(context, &spans);
    let mut finding = Finding::new(NAME, headline, Evidence::of(spans));
    finding.explanation = format!(
        "Every call has the same parameters; all but the first take {} ({} of {}) on the critical path.",
        duration(time),
        context.percent(time),
        context.whole(),
    );
    finding.advice = match polls {
        true => "Long pauses lie between the calls, as if they polled for a change: use a notification, or poll less often.",
        false => "Keep the answer for the length of the request, pass it on to where it is needed, or cache it.",
    }
    .to_owned();
    finding.saves = Some(saves);
    finding.severity = context.severity(saves);
    finding.confidence = if polls { Confidence::Low } else { Confidence::Medium };
    Some(finding)
}

/// Whether the pauses between most calls are three times as long as the calls, and 100 ms at least.
fn is_polling(context: &Context, spans: &[SpanIx]) -> bool {
    let outline = context.outline;
    let pauses = spans.windows(2).filter(|pair| {
        let pause = outline.start[pair[1] as usize].saturating_sub(outline.end[pair[0] as usize]);
        pause >= 100_000_000 && pause >= 3 * outline.duration_of(pair[0])
    });
    pauses.count() * 2 >= spans.len()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{headlines, of_rule};
    use super::*;

    fn drawn(attributes: [&str; 3], gap: usize) -> String {
        let line = |at: usize| {
            format!(
                "  shop: GET (client)    {}[=======] {}\n",
                " ".repeat(1 + at * (9 + gap)),
                attributes[at]
            )
        };
        format!("shop: order (server)    [{}]\n{}{}{}", "=".repeat(30 + 2 * gap), line(0), line(1), line(2))
    }

    #[test]
    fn one_request_made_three_times_is_found() {
        let found = of_rule(NAME, &drawn(["http.url=http://conf/flags http.status_code=200"; 3], 0));
        let headlines: Vec<&str> = found.iter().map(|one| one.headline.as_str()).collect();
        assert_eq!(
            headlines,
            [
                "shop makes the same GET request 3 times; with the first answer kept it would take 17 ms instead of 31 ms"
            ]
        );
        assert_eq!(found[0].confidence, Confidence::Medium);
    }

    #[test]
    fn other_parameters_or_an_unknown_request_are_no_repetition() {
        let other = ["http.url=http://conf/1", "http.url=http://conf/2", "http.url=http://conf/3"];
        assert!(headlines(NAME, &drawn(other, 0)).is_empty());
        assert!(headlines(NAME, &drawn([""; 3], 0)).is_empty(), "nothing says that they request the same");
        let host = ["http.url=10.0.0.1:8080"; 3];
        assert!(headlines(NAME, &drawn(host, 0)).is_empty(), "an address without a path");
        let apart = ["db.statement=SELECT/a/?"; 3];
        assert!(headlines(NAME, &drawn(apart, 0)).is_empty(), "parameters were sent apart");
    }

    #[test]
    fn what_writes_is_meant_to_be_repeated() {
        assert!(headlines(NAME, &drawn(["http.url=http://log/a http.method=POST"; 3], 0)).is_empty());
        assert!(headlines(NAME, &drawn(["db.statement=UPDATE/a/1"; 3], 0)).is_empty());
    }

    #[test]
    fn two_are_too_few_and_polling_is_told() {
        let two = ["http.url=http://conf/1", "http.url=http://conf/1", "http.url=http://conf/2"];
        assert!(headlines(NAME, &drawn(two, 0)).is_empty());
        let polls = of_rule(NAME, &drawn(["http.url=http://job/1/state"; 3], 110));
        assert_eq!((polls.len(), polls[0].confidence), (1, Confidence::Low));
        assert!(polls[0].advice.contains("polled"));
    }
}
