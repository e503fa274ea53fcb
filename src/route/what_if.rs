//! A change that is tried out on a trace, as an address says it: `whatif=faster200~operation~a1`.

use super::span_ids::{ids, print_ids};
use spandrel_trace::units::SpanId;

/// What would be different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatIfChange {
    /// So many times faster, in hundredths; above 0.
    Faster(u32),
    /// It takes no time.
    Gone,
    /// It takes as long as a cache.
    Cached,
    /// The spans do not wait for each other.
    Parallel,
}

/// Which spans a change is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatIfScope {
    /// Those named.
    Spans,
    /// All of the operation of the one named.
    Operation,
    /// Those of them that have the same parent.
    Siblings,
}

/// A change that is tried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// What.
    pub change: WhatIfChange,
    /// For which spans.
    pub scope: WhatIfScope,
    /// The spans named; at least one.
    pub spans: Vec<SpanId>,
}

const SCOPES: [(WhatIfScope, &str); 3] = [
    (WhatIfScope::Spans, "spans"),
    (WhatIfScope::Operation, "operation"),
    (WhatIfScope::Siblings, "siblings"),
];

impl WhatIf {
    /// From its text in an address; `None` for anything else.
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

    /// Its text in an address.
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
