//! Names of the members of a span.

/// A member of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Trace,
    Id,
    Name,
    References,
    Parent,
    Flags,
    Start,
    Duration,
    Tags,
    Logs,
    ProcessKey,
    Process,
    Warnings,
    /// The id in Jaeger's domain model, which its API does not have.
    ModelId,
    Other,
}

impl Member {
    const NAMES: [(&[u8], Member); 14] = [
        (b"traceID", Member::Trace),
        (b"spanID", Member::Id),
        (b"operationName", Member::Name),
        (b"references", Member::References),
        (b"parentSpanID", Member::Parent),
        (b"flags", Member::Flags),
        (b"startTime", Member::Start),
        (b"duration", Member::Duration),
        (b"tags", Member::Tags),
        (b"logs", Member::Logs),
        (b"processID", Member::ProcessKey),
        (b"process", Member::Process),
        (b"warnings", Member::Warnings),
        (b"spanId", Member::ModelId),
    ];

    /// The number of a member in [`crate::model::PrefixCache`].
    pub(super) fn number(name: &[u8]) -> u32 {
        let place = Self::NAMES.iter().position(|(known, _)| *known == name);
        place.unwrap_or(Self::NAMES.len()) as u32
    }

    /// The member with a number.
    #[inline]
    pub(super) fn of(number: u32) -> Member {
        Self::NAMES.get(number as usize).map_or(Member::Other, |(_, member)| *member)
    }
}
