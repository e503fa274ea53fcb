//! A hypothetical change in an address: `whatif=faster200~operation~a1`.

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

const SCOPES: [(WhatIfScope, &str); 3] = [
    (WhatIfScope::Spans, "spans"),
    (WhatIfScope::Operation, "operation"),
    (WhatIfScope::Siblings, "siblings"),
];

impl WhatIf {
    /// Parses the text in an address; `None` if it is invalid.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let (change, scope, listed) = (parts.next()?, parts.next()?, parts.next()?);
        let change = match change {
            "gone" => WhatIfChange::Gone,
            "cached" => WhatIfChange::Cached,
            "parallel" => WhatIfChange::Parallel,
            faster => {
                let hundredths = faster.strip_prefix("faster")?.parse().ok()?;
                WhatIfChange::Faster(Some(hundredths).filter(|hundredths| *hundredths > 0)?)
            }
        };
        let scope = SCOPES.iter().find(|(_, word)| *word == scope)?.0;
        let spans = ids(listed);
        (!spans.is_empty()).then_some(WhatIf { change, scope, spans })
    }

    /// The text in an address.
    pub(super) fn print(&self) -> String {
        let change = match self.change {
            WhatIfChange::Faster(hundredths) => format!("faster{hundredths}"),
            WhatIfChange::Gone => "gone".to_owned(),
            WhatIfChange::Cached => "cached".to_owned(),
            WhatIfChange::Parallel => "parallel".to_owned(),
        };
        let scope = SCOPES.iter().find(|(scope, _)| *scope == self.scope).map_or("", |(_, word)| word);
        format!("{change}~{scope}~{}", print_ids(&self.spans))
    }
}
