//! Calls that were cut at a round time: a timeout, and whose it was.
//!
//! A span is taken for cut where its duration is a round number (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten, or 15,
//! 45 or 90 s) or a little more, and besides it failed and says so (`timeout`, `deadline`, `canceled`), or what it called went on
//! after its end, or it failed. The timeout belongs to the innermost span that was cut: what is above it was cut by it.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity, failure_text};
use crate::analysis::rpc::server_of;
use crate::model::{Flags, SpanIx, SpanKind};
use crate::units::duration;

/// The rule's name.
pub const NAME: &str = "timeout";

/// Words of failures by timeout, in lower case.
const WORDS: [&str; 7] =
    ["timeout", "timed out", "time-out", "deadline", "etimedout", "canceled", "cancelled"];

/// Round numbers below a hundred, in tenths; each also counts a power of ten shorter or longer.
const ROUND: [u64; 12] = [10, 15, 20, 25, 30, 40, 45, 50, 60, 75, 80, 90];

/// How a span shows that it was cut, the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    /// It failed after a round time.
    Failed,
    /// What it called went on.
    WentOn,
    /// It says so.
    Says,
}

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    let mut cut_below = vec![false; outline.len()];
    let mut found = Vec::new();
    for span in (0..outline.len() as SpanIx).rev() {
        let sign = sign(context, span);
        let is_inner = !cut_below[span as usize];
        if let Some((timeout, sign)) = sign.filter(|_| is_inner) {
            found.extend(finding(context, span, timeout, sign));
        }
        if let Some(parent) = outline.parent_of(span) {
            cut_below[parent as usize] |= sign.is_some() || cut_below[span as usize];
        }
    }
    found.reverse();
    context.most_saving(found)
}

/// The timeout that cut a span, and how that shows.
fn sign(context: &Context, span: SpanIx) -> Option<(u64, Sign)> {
    let outline = context.outline;
    let timeout = round_below(context, outline.duration_of(span))?;
    let failed = outline.flags[span as usize].has(Flags::OWN_ERROR);
    if failed {
        let text = failure_text(context.trace, span).unwrap_or_default().to_lowercase();
        let says = WORDS.iter().any(|word| text.contains(word));
        return Some((
            timeout,
            if says {
                Sign::Says
            } else if outlived_by(context, span).is_some() {
                Sign::WentOn
            } else {
                Sign::Failed
            },
        ));
    }
    // What did not fail may have been cut by who called it, or leave work behind on purpose: a client waits.
    let is_client = outline.kind[span as usize] == SpanKind::Client;
    (is_client && outlived_by(context, span).is_some()).then_some((timeout, Sign::WentOn))
}

/// The child that answered a span's call, or another that it waited for, and that ended later by a twentieth of the span.
fn outlived_by(context: &Context, span: SpanIx) -> Option<SpanIx> {
    let outline = context.outline;
    let (start, end) = (outline.start[span as usize], outline.end[span as usize]);
    let child = server_of(outline, span)?;
    let goes_on = outline.end[child as usize] > end + (end - start) / 20;
    // Clocks that differ would show the same, with a start before that of the call or at its very end.
    let starts_within = (start..start + (end - start) / 2 + 1).contains(&outline.start[child as usize]);
    (goes_on && starts_within).then_some(child)
}

/// The round number at which a duration may have been cut.
fn round_below(context: &Context, time: u64) -> Option<u64> {
    let thresholds = context.thresholds;
    if time < thresholds.shortest_timeout {
        return None;
    }
    let above = |round: u64| round + (round as f64 * thresholds.timeout_tolerance) as u64 + 1_000_000;
    let mut scale = 1_000_000;
    while scale <= time {
        for tenths in ROUND {
            let round = scale / 10 * tenths;
            if (round..=above(round)).contains(&time) && round >= thresholds.shortest_timeout {
                return Some(round);
            }
        }
        scale *= 10;
    }
    None
}

fn finding(context: &Context, span: SpanIx, timeout: u64, sign: Sign) -> Option<Finding> {
    let outline = context.outline;
    let critical = context.critical_below(span);
    // A failure at a round time alone may be chance: it has to be seen in the whole.
    if sign == Sign::Failed && (!context.is_worth(critical) || timeout < 500_000_000) {
        return None;
    }
    let called = server_of(outline, span);
    let owner = outline.service_of(span);
    let callee = called.map_or_else(|| outline.name_of(span).to_owned(), |called| context.name(called));
    let headline = match sign {
        Sign::Failed => format!(
            "{} failed after {}, a round time: probably a timeout of {owner}",
            context.name(span),
            duration(timeout)
        ),
        _ => format!("{owner} gave up on {callee} after {}: a timeout of {owner}", duration(timeout)),
    };
    let mut spans = vec![span];
    spans.extend(called);
    let mut ancestors = 0;
    let mut above = outline.parent_of(span);
    while let Some(parent) = above.filter(|parent| outline.flags[*parent as usize].has(Flags::OWN_ERROR)) {
        if spans.len() < 100 {
            spans.push(parent);
        }
        ancestors += 1;
        above = outline.parent_of(parent);
    }
    let reaches_root = above.is_none() && outline.flags[span as usize].has(Flags::OWN_ERROR);
    let mut finding = Finding::new(NAME, headline, Evidence::of(spans));
    let went_on = called
        .map(|called| (called, outline.end[called as usize].saturating_sub(outline.end[span as usize])));
    let went_on = match went_on {
        Some((called, more)) if more > 0 => {
            format!(
                "{} went on for {} after that; its caller no longer waited for the answer.",
                outline.service_of(called),
                duration(more)
            )
        }
        _ if called.is_none() && outline.kind[span as usize] == SpanKind::Client => {
            "The trace does not show what the called service did in that time.".to_owned()
        }
        _ if called.is_none() && !outline.has_children(span) => {
            "The trace does not show what it waited for in that time.".to_owned()
        }
        _ => String::new(),
    };
    let spread = match (reaches_root, ancestors) {
        (true, _) => format!(" The failure reached the root: {} failed.", context.subject()),
        (false, 0) => String::new(),
        (false, many) => format!(" The failure spread to {many} spans above it."),
    };
    finding.explanation = format!("{went_on}{spread}").trim_start().to_owned();
    finding.advice = format!(
        "Find out why the call takes longer than {}. If that is normal, raise the timeout; every timeout above it has to be \
         longer, and the called service should stop when its caller is gone.",
        duration(timeout)
    );
    // Without a root nothing would be left of the trace.
    finding.saves = Some(critical).filter(|critical| *critical > 0 && outline.parent_of(span).is_some());
    finding.confidence = match sign {
        Sign::Says => Confidence::High,
        Sign::WentOn => Confidence::Medium,
        Sign::Failed => Confidence::Low,
    };
    finding.severity = match sign {
        Sign::Failed => Severity::Note,
        _ if reaches_root => Severity::Problem,
        _ => Severity::Warning,
    };
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, of_rule};
    use super::*;

    #[test]
    fn a_call_cut_at_a_round_time_names_its_timeout_and_what_went_on() {
        let drawing = "
            gate: order (server) !        [========================]
              order: create (client) !     [=====================]
                order: create (server) !    [===================]           status=deadline
                  order: charge (client) !   [===================] exception.message=deadline-exceeded
                    pay: charge (server)      [=======================================]
            ";
        let found = of_rule(NAME, drawing);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].headline, "order gave up on pay: charge after 20 ms: a timeout of order");
        assert!(
            found[0].explanation.starts_with("pay went on for 21 ms after that"),
            "{}",
            found[0].explanation
        );
        assert!(found[0].explanation.ends_with("The failure reached the root: this request failed."));
        assert_eq!((found[0].severity, found[0].confidence), (Severity::Problem, Confidence::High));
        assert_eq!(all(drawing)[0].rule, NAME, "named before the failure that it caused");
    }

    #[test]
    fn a_call_that_did_not_fail_or_ended_by_itself_is_no_timeout() {
        let fine = "
            order: create (server)     [======================]
              order: charge (client)   [===================]
                pay: charge (server)    [================]
            ";
        assert!(of_rule(NAME, fine).is_empty());
        let failed = "
            order: create (server) !     [======================]
              order: charge (client) !   [===================]
                pay: charge (server) !    [================]
            ";
        assert!(of_rule(NAME, failed).is_empty(), "20 ms may be chance");
    }

    #[test]
    fn a_root_that_was_cut_saves_nothing_and_called_nobody() {
        let found =
            of_rule(NAME, "order: create (server) !     [===================] exception.message=timeout\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].saves, None);
        assert!(
            found[0].explanation.starts_with("The trace does not show what it waited for in that time."),
            "{}",
            found[0].explanation
        );
    }

    #[test]
    fn a_time_that_is_not_round_is_no_timeout() {
        for (bar, is_round) in [(19, true), (20, true), (21, false), (17, false)] {
            let drawing = format!(
                "order: create (server) !     [{}]\n  order: charge (client) !   [{}] exception.message=timeout\n",
                "=".repeat(25),
                "=".repeat(bar),
            );
            assert_eq!(of_rule(NAME, &drawing).len(), usize::from(is_round), "{bar}");
        }
    }
}
