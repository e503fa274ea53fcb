//! Parent ids that are no span ids: some senders write the trace id.

use crate::format::ids::IdText;

/// Whether the parent id is the trace id.
pub(super) fn parent_is_trace(parent: IdText<'_>, trace: IdText<'_>) -> bool {
    !parent.span().1.is_empty() && !trace.is_empty() && parent.trace().0 == trace.trace().0
}
