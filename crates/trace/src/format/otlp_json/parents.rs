//! A parent that is no span: some senders write the trace's id there.

use crate::format::ids::IdText;

/// Whether what is named as the parent is the trace.
pub(super) fn parent_is_trace(parent: IdText<'_>, trace: IdText<'_>) -> bool {
    !parent.span().1.is_empty() && !trace.is_empty() && parent.trace().0 == trace.trace().0
}
