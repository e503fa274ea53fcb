//! The views of a trace, and options of single views.

use super::query::Query;
use super::words::{meaning, word};
use spandrel_trace::units::SpanId;

/// A view of one trace, as `view=` in an address names it. All views share selection, find, filters and colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceTab {
    /// The tree of spans with their bars.
    #[default]
    Waterfall,
    /// Spans in groups, with their figures.
    Statistics,
    /// The spans as frames, each below its caller.
    Flame,
    /// All spans as a table.
    Spans,
    /// All events as a table.
    Events,
    /// The operations and the calls between them.
    Graph,
    /// The calls between services as a sequence diagram.
    Sequence,
    /// The spans packed by service, host or thread.
    Lanes,
    /// The JSON text.
    Json,
    /// The critical path as a table.
    CriticalPath,
    /// The log lines as a table.
    Logs,
}

impl TraceTab {
    /// All views with their names in addresses, in display order.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Waterfall, ""),
        (Self::Statistics, "statistics"),
        (Self::Flame, "flame"),
        (Self::Spans, "spans"),
        (Self::Events, "events"),
        (Self::Graph, "graph"),
        (Self::Sequence, "sequence"),
        (Self::Lanes, "lanes"),
        (Self::Json, "json"),
        (Self::CriticalPath, "critical"),
        (Self::Logs, "logs"),
    ];
}

/// How the flame graph arranges frames, as `flame=` in an address names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlameLayout {
    /// Spans in the order of time.
    #[default]
    Time,
    /// Spans of the same call path as one frame, those with the most time first.
    LeftHeavy,
    /// Callers and callees of the selected span's operation.
    Sandwich,
}

impl FlameLayout {
    /// All layouts with their names in addresses, in display order.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Time, ""), (Self::LeftHeavy, "left"), (Self::Sandwich, "sandwich")];
}

/// What lanes are grouped by, as `lanes=` in an address names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LaneGroup {
    /// The service.
    #[default]
    Service,
    /// The host, pod, container or instance.
    Host,
    /// The thread or process.
    Thread,
}

impl LaneGroup {
    /// All groupings with their names in addresses.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Service, ""), (Self::Host, "host"), (Self::Thread, "thread")];
}

/// Options of the flame graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlameView {
    /// How it arranges frames.
    pub layout: FlameLayout,
    /// A span of the operation whose callers and callees are shown.
    pub operation: Option<SpanId>,
    /// Visible range of merged frames, nanoseconds (or spans) from the first; `None` for all. In the order of time
    /// the visible time of all views is used.
    pub zoom: Option<(u64, u64)>,
}

impl FlameView {
    pub(super) fn read(query: &Query) -> Self {
        FlameView {
            layout: meaning(&FlameLayout::ALL, query.get("flame")),
            operation: SpanId::parse(query.get("of")),
            zoom: range(query.get("zoom")),
        }
    }

    pub(super) fn write(self, query: &mut Query) {
        query.add("flame", word(&FlameLayout::ALL, self.layout));
        if let Some(span) = self.operation {
            query.add("of", span.to_string());
        }
        if let Some((start, end)) = self.zoom {
            query.add("zoom", format!("{start}-{end}"));
        }
    }
}

/// `start-end`, with the start before the end.
pub(super) fn range(text: &str) -> Option<(u64, u64)> {
    let (start, end) = text.split_once('-')?;
    let (start, end) = (start.parse().ok()?, end.parse().ok()?);
    (start < end).then_some((start, end))
}
