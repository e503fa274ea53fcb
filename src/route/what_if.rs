//! A hypothetical change in an address: `whatif=faster200~operation~a1`.

use super::Named;
use super::span_ids::{ids, print_ids};
use spandrel_trace::units::SpanId;

/// Type of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatIfChange {
    /// Speed-up in hundredths; above 0.
    Faster(u32),
    /// Zero duration.
    Gone,
    /// Duration of a cache hit.
    Cached,
    /// Parallel instead of sequential.
    Parallel,
}

/// The spans to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatIfScope {
    /// The listed spans.
    Spans,
    /// All spans of the listed span's operation.
    Operation,
    /// Siblings of the same operation.
    Siblings,
}

/// A hypothetical change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// Type.
    pub change: WhatIfChange,
    /// Scope.
    pub scope: WhatIfScope,
    /// The listed spans; at least one.
    pub spans: Vec<SpanId>,
}

impl Named for WhatIfScope {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (WhatIfScope::Spans, "spans", "only this, with its descendants"),
        (WhatIfScope::Operation, "operation", "all of this operation"),
        (WhatIfScope::Siblings, "siblings", "with its siblings of this operation"),
    ];
}

impl WhatIfChange {
    /// One change of each type with the name of the type and its label.
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (WhatIfChange::Faster(200), "faster", "faster"),
        (WhatIfChange::Gone, "gone", "gone"),
        (WhatIfChange::Cached, "cached", "cached (1 ms at most)"),
        (WhatIfChange::Parallel, "parallel", "in parallel"),
    ];

    /// Whether both are of the same type.
    pub fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// Parses the name of a type; that of a speed-up is followed by its hundredths.
    fn read(text: &str) -> Option<Self> {
        let (change, rest) =
            Self::ALL.iter().find_map(|(change, name, _)| Some((*change, text.strip_prefix(name)?)))?;
        match change {
            WhatIfChange::Faster(_) => {
                rest.parse().ok().filter(|hundredths| *hundredths > 0).map(WhatIfChange::Faster)
            }
            other => rest.is_empty().then_some(other),
        }
    }

    fn print(self) -> String {
        let name = Self::ALL.iter().find(|(change, ..)| change.is_like(self)).map_or("", |(_, name, _)| name);
        match self {
            WhatIfChange::Faster(hundredths) => format!("{name}{hundredths}"),
            _ => name.to_owned(),
        }
    }
}

impl WhatIf {
    /// Parses the text in an address; `None` if it is invalid.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let (change, scope, listed) = (parts.next()?, parts.next()?, parts.next()?);
        let change = WhatIfChange::read(change)?;
        let scope = WhatIfScope::ALL.iter().find(|(_, name, _)| *name == scope)?.0;
        let spans = ids(listed);
        (!spans.is_empty()).then_some(WhatIf { change, scope, spans })
    }

    /// The text in an address.
    pub(super) fn print(&self) -> String {
        format!("{}~{}~{}", self.change.print(), self.scope.name(), print_ids(&self.spans))
    }
}
