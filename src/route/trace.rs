//! View state of a trace in an address.
//!
//! ```text
//! trace/4bf92f…?range=5-900&span=a1&open=1&uiFind=GET&show=hide&colour=kind&column=http.route
//! ```

use super::query::Query;
use super::span_ids::{ids, print_ids};
use super::tab::range;
use super::{FlameView, LaneGroup, Named, TableViews, TraceTab, WhatIf, Zone};
use spandrel_trace::units::SpanId;

/// View state of a trace. Spans are referred to by id, so that it is valid after a refresh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceView {
    /// Which view of the trace is shown.
    pub tab: TraceTab,
    /// Options of the tables.
    pub tables: Box<TableViews>,
    /// Options of the flame graph.
    pub flame: FlameView,
    /// What lanes are grouped by.
    pub lanes: LaneGroup,
    /// Visible time, nanoseconds from the trace's start; `None` for all.
    pub range: Option<(u64, u64)>,
    /// The selected span.
    pub span: Option<SpanId>,
    /// Whether the selected span's details are open.
    pub open: bool,
    /// Spans with inline details, in the order in which they were opened.
    pub opened: Vec<SpanId>,
    /// Position of the details.
    pub detail: Placement,
    /// Spans at this depth and deeper are collapsed.
    pub level: Option<u32>,
    /// Collapsed spans.
    pub collapsed: Vec<SpanId>,
    /// Exceptions from `level` and `folded`, and open groups.
    pub expanded: Vec<SpanId>,
    /// Services whose spans are collapsed.
    pub folded: Vec<String>,
    /// If set, only the subtree of this span is shown.
    pub focus: Option<SpanId>,
    /// Services whose spans are hidden, with their descendants.
    pub hidden: Vec<String>,
    /// Jaeger's equivalent, a checksum and bit mask of the trace's services; parsed, never written.
    pub service_filter: String,
    /// Sibling order.
    pub order: OrderParam,
    /// Whether repeated siblings are grouped.
    pub group: bool,
    /// Search text: Jaeger's `uiFind`, or a query.
    pub find: String,
    /// Display of spans that do not match.
    pub show: Show,
    /// Whether the list of findings is open.
    pub findings: bool,
    /// Display of the critical path.
    pub path: ShowPath,
    /// Rows of the table of the critical path.
    pub path_rows: PathRows,
    /// Colours of bars.
    pub colour: Colour,
    /// Attribute columns.
    pub columns: Vec<String>,
    /// Whether times are absolute instead of relative to the trace's start.
    pub absolute: bool,
    /// Time zone of absolute times.
    pub zone: Zone,
    /// Whether the times of services whose clocks differ are corrected.
    pub corrected: bool,
    /// A hypothetical change.
    pub what_if: Option<WhatIf>,
    /// Whether the quality of the instrumentation is shown.
    pub lint: bool,
}

/// Position of the details.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// Beside the waterfall.
    #[default]
    Right,
    /// Below it.
    Bottom,
    /// Between its rows, below the span's own.
    Inline,
}

/// Sibling order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderParam {
    /// By start time.
    #[default]
    Start,
    /// Longest first.
    Duration,
    /// Most own time first.
    SelfTime,
}

/// Display of spans that do not match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// Unchanged; matches are highlighted.
    #[default]
    All,
    /// Dimmed.
    Dim,
    /// Hidden.
    Matches,
    /// Hidden, except ancestors of matches.
    Ancestors,
}

/// Display of the critical path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShowPath {
    /// A line under the bars and in the minimap.
    #[default]
    Line,
    /// Nothing.
    Off,
    /// The line, and only the rows of spans on the path and their ancestors.
    Only,
}

/// Rows of the table of the critical path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathRows {
    /// Services.
    #[default]
    Service,
    /// Operations of services.
    Operation,
    /// Spans.
    Span,
}

/// Colours of bars.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// The service.
    #[default]
    Service,
    /// The kind of the span.
    Kind,
    /// Status.
    Status,
    /// Self time.
    SelfTime,
    /// Time on the critical path, without children.
    CriticalTime,
    /// Slack.
    Slack,
    /// Percentile of the duration in its service and operation.
    Percentile,
    /// The value of the attribute with this key.
    Attribute(String),
}

impl Named for Placement {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Right, "", "Right"), (Self::Bottom, "bottom", "Bottom"), (Self::Inline, "inline", "Inline")];
}

impl Named for OrderParam {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Start, "", "Start"),
        (Self::Duration, "duration", "Duration, longest first"),
        (Self::SelfTime, "self", "Self time, longest first"),
    ];
}

impl Named for Show {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::All, "", "Highlight"),
        (Self::Dim, "dim", "Dim others"),
        (Self::Matches, "matches", "Matches only"),
        (Self::Ancestors, "ancestors", "Matches with ancestors"),
    ];
}

impl Named for ShowPath {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Line, "", "Line under the bars"),
        (Self::Only, "only", "Only its spans"),
        (Self::Off, "off", "Hidden"),
    ];
}

impl Named for PathRows {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Service, "", "Service"),
        (Self::Operation, "operation", "Operation"),
        (Self::Span, "span", "Span"),
    ];
}

impl Colour {
    /// Prefix of attribute keys.
    const ATTRIBUTE: &str = "attribute:";

    /// All colourings with their names in addresses and their labels, in the order in which they are offered; the one by an
    /// attribute without its key.
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Service, "", "Service"),
        (Self::Kind, "kind", "Kind"),
        (Self::Status, "status", "Status"),
        (Self::SelfTime, "self", "Self time"),
        (Self::CriticalTime, "critical", "Critical time"),
        (Self::Slack, "slack", "Slack"),
        (Self::Percentile, "percentile", "Percentile"),
        (Self::Attribute(String::new()), "attribute", "Attribute…"),
    ];

    fn read(text: &str) -> Self {
        if let Some(key) = text.strip_prefix(Self::ATTRIBUTE).filter(|key| !key.is_empty()) {
            return Colour::Attribute(key.to_owned());
        }
        let named = Self::ALL.iter().find(|(_, name, _)| *name == text);
        // An attribute has a key in addresses.
        named
            .map(|(colour, ..)| colour.clone())
            .filter(|colour| colour.column() != Some(""))
            .unwrap_or_default()
    }

    /// The field that the colours need, as in queries.
    pub fn column(&self) -> Option<&str> {
        match self {
            Colour::Attribute(key) => Some(key),
            Colour::Percentile => Some("percentile"),
            _ => None,
        }
    }

    fn print(&self) -> String {
        if let Colour::Attribute(key) = self {
            return format!("{}{key}", Self::ATTRIBUTE);
        }
        let named = Self::ALL.iter().find(|(colour, ..)| colour == self);
        named.map_or_else(String::new, |(_, name, _)| (*name).to_owned())
    }
}

impl TraceView {
    pub(super) fn read(query: &Query) -> Self {
        TraceView {
            tab: TraceTab::from_name(query.get("view")),
            tables: Box::new(TableViews::read(query)),
            flame: FlameView::read(query),
            lanes: LaneGroup::from_name(query.get("lanes")),
            range: range(query.get("range")),
            span: SpanId::parse(query.get("span")),
            open: query.has("open"),
            opened: ids(query.get("opened")),
            detail: Placement::from_name(query.get("detail")),
            level: query.get("level").parse().ok(),
            collapsed: ids(query.get("collapsed")),
            expanded: ids(query.get("expanded")),
            folded: texts(query, "fold"),
            focus: SpanId::parse(query.get("focus")),
            hidden: texts(query, "hide"),
            service_filter: query.get("svcFilter").to_owned(),
            order: OrderParam::from_name(query.get("order")),
            group: query.has("group"),
            find: query.get("uiFind").to_owned(),
            show: Show::from_name(query.get("show")),
            findings: query.has("findings"),
            path: ShowPath::from_name(query.get("path")),
            path_rows: PathRows::from_name(query.get("pathRows")),
            colour: Colour::read(query.get("colour")),
            columns: texts(query, "column"),
            absolute: query.get("time") == "absolute",
            zone: Zone::from_name(query.get("zone")),
            corrected: query.get("clocks") == "corrected",
            what_if: WhatIf::read(query.get("whatif")),
            lint: query.has("lint"),
        }
    }

    pub(super) fn write(&self, query: &mut Query) {
        query.add("view", self.tab.name());
        self.flame.write(query);
        query.add("lanes", self.lanes.name());
        if let Some((start, end)) = self.range {
            query.add("range", format!("{start}-{end}"));
        }
        self.tables.write(query);
        if let Some(span) = self.span {
            query.add("span", span.to_string());
        }
        query.add("open", if self.open { "1" } else { "" });
        query.add("opened", print_ids(&self.opened));
        query.add("detail", self.detail.name());
        if let Some(level) = self.level {
            query.add("level", level.to_string());
        }
        query.add("collapsed", print_ids(&self.collapsed));
        query.add("expanded", print_ids(&self.expanded));
        self.folded.iter().for_each(|service| query.add("fold", service));
        if let Some(focus) = self.focus {
            query.add("focus", focus.to_string());
        }
        self.hidden.iter().for_each(|service| query.add("hide", service));
        query.add("svcFilter", &self.service_filter);
        query.add("order", self.order.name());
        query.add("group", if self.group { "1" } else { "" });
        query.add("uiFind", &self.find);
        query.add("show", self.show.name());
        query.add("findings", if self.findings { "1" } else { "" });
        query.add("path", self.path.name());
        query.add("pathRows", self.path_rows.name());
        query.add("colour", self.colour.print());
        self.columns.iter().for_each(|key| query.add("column", key));
        query.add("time", if self.absolute { "absolute" } else { "" });
        query.add("zone", self.zone.name());
        query.add("clocks", if self.corrected { "corrected" } else { "" });
        query.add("whatif", self.what_if.as_ref().map(WhatIf::print).unwrap_or_default());
        query.add("lint", if self.lint { "1" } else { "" });
    }
}

fn texts(query: &Query, key: &str) -> Vec<String> {
    query.all(key).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}
