//! The checks: what each looks for, why that matters, what to do.

use serde::{Deserialize, Serialize};

/// How much a check matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impact {
    /// Weight 40.
    Critical,
    /// Weight 30.
    Important,
    /// Weight 20.
    Normal,
    /// Weight 10.
    Low,
}

impl Impact {
    /// What a check of this impact counts for in a score.
    pub fn weight(self) -> u8 {
        match self {
            Impact::Critical => 40,
            Impact::Important => 30,
            Impact::Normal => 20,
            Impact::Low => 10,
        }
    }
}

/// A check of spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum LintCheck {
    /// The resource has no `service.name`, or the SDK's `unknown_service`.
    NoServiceName,
    /// A span that calls another service, or is called by one, has no kind.
    MissingKind,
    /// The name contains an id, a number or a query string, so that no two spans have the same.
    VaryingName,
    /// It has no start, or ends before it starts.
    ImpossibleTimes,
    /// It starts before its parent of the same service, or ends after it.
    OutsideParent,
    /// An attribute of older semantic conventions, without its replacement.
    OldConvention,
    /// It takes no time at all.
    ZeroDuration,
}

impl LintCheck {
    /// All checks, those of most impact first.
    pub const ALL: &'static [LintCheck] = &[
        LintCheck::NoServiceName,
        LintCheck::MissingKind,
        LintCheck::VaryingName,
        LintCheck::ImpossibleTimes,
        LintCheck::OutsideParent,
        LintCheck::OldConvention,
        LintCheck::ZeroDuration,
    ];

    /// How much it matters.
    pub fn impact(self) -> Impact {
        match self {
            LintCheck::NoServiceName => Impact::Critical,
            LintCheck::MissingKind | LintCheck::VaryingName | LintCheck::ImpossibleTimes => Impact::Important,
            LintCheck::OutsideParent | LintCheck::OldConvention => Impact::Normal,
            LintCheck::ZeroDuration => Impact::Low,
        }
    }

    /// What is wrong, for a list.
    pub fn title(self) -> &'static str {
        match self {
            LintCheck::NoServiceName => "No service name",
            LintCheck::MissingKind => "Missing span kind",
            LintCheck::VaryingName => "High-cardinality span name",
            LintCheck::ImpossibleTimes => "Impossible times",
            LintCheck::OutsideParent => "Child outside its parent",
            LintCheck::OldConvention => "Old semantic conventions",
            LintCheck::ZeroDuration => "Zero duration",
        }
    }

    /// Why it matters, and what to do.
    pub fn advice(self) -> &'static str {
        match self {
            LintCheck::NoServiceName => {
                "Spans without a service cannot be found by service. Set service.name in the resource (OTEL_SERVICE_NAME)."
            }
            LintCheck::MissingKind => {
                "Without a kind, calls between services cannot be told from work inside one. Set client or server \
                 (producer or consumer for messages)."
            }
            LintCheck::VaryingName => {
                "Names with ids or numbers in them cannot be grouped. Use the route or the statement without its values, \
                 and put the values into attributes."
            }
            LintCheck::ImpossibleTimes => {
                "Spans without a start, or that end before they start, were not ended or use a wrong clock. End every span, \
                 also when an error leaves it."
            }
            LintCheck::OutsideParent => {
                "A parent that ends before its child makes the child's time invisible in it. End the parent after \
                 everything it waits for, or use a link for work that goes on."
            }
            LintCheck::OldConvention => {
                "Queries and dashboards look for the current attribute names. Update the instrumentation, or set \
                 OTEL_SEMCONV_STABILITY_OPT_IN."
            }
            LintCheck::ZeroDuration => {
                "A span without a duration says no more than an event. Record an event, or use a clock with a finer \
                 resolution."
            }
        }
    }
}
