//! The views of a trace, and options of single views.

use super::Named;
use super::query::Query;
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

impl Named for TraceTab {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Waterfall, "", "Waterfall"),
        (Self::Statistics, "statistics", "Statistics"),
        (Self::Flame, "flame", "Flame graph"),
        (Self::Spans, "spans", "Spans"),
        (Self::Events, "events", "Events"),
        (Self::Graph, "graph", "Graph"),
        (Self::Sequence, "sequence", "Sequence"),
        (Self::Lanes, "lanes", "Lanes"),
        (Self::Json, "json", "JSON"),
        (Self::CriticalPath, "critical", "Critical path"),
        (Self::Logs, "logs", "Logs"),
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

impl Named for FlameLayout {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Time, "", "Time order"),
        (Self::LeftHeavy, "left", "Left heavy"),
        (Self::Sandwich, "sandwich", "Sandwich"),
    ];
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

impl Named for LaneGroup {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Service, "", "Service"), (Self::Host, "host", "Host"), (Self::Thread, "thread", "Thread")];
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
            layout: FlameLayout::from_name(query.get("flame")),
            operation: SpanId::parse(query.get("of")),
            zoom: range(query.get("zoom")),
        }
    }

    pub(super) fn write(self, query: &mut Query) {
        query.add("flame", self.layout.name());
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
