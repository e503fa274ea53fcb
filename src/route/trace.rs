//! View state of a trace in an address.
//!
//! ```text
//! trace/4bf92f…?range=5-900&span=a1&open=1&uiFind=GET&show=hide&colour=kind&column=http.route
//! ```

use super::query::Query;
use super::span_ids::{ids, print_ids};
use super::tab::range;
use super::words::{meaning, word};
use super::{FlameView, LaneGroup, TableViews, TraceTab, WhatIf, Zone};
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
    pub order: Order,
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
pub enum Order {
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

impl Placement {
    /// All positions with their names in addresses.
    pub const ALL: [(Self, &str); 3] =
        [(Self::Right, ""), (Self::Bottom, "bottom"), (Self::Inline, "inline")];

    /// The position with a name; `Right` for any other name.
    pub fn of_word(word: &str) -> Self {
        meaning(&Self::ALL, word)
    }

    /// Its name in addresses.
    pub fn word(self) -> &'static str {
        word(&Self::ALL, self)
    }
}

impl Order {
    /// All orders with their names in addresses.
    pub const ALL: [(Self, &str); 3] =
        [(Self::Start, ""), (Self::Duration, "duration"), (Self::SelfTime, "self")];
}

impl Show {
    /// All values with their names in addresses.
    pub const ALL: [(Self, &str); 4] =
        [(Self::All, ""), (Self::Dim, "dim"), (Self::Matches, "matches"), (Self::Ancestors, "ancestors")];
}

impl ShowPath {
    /// All values with their names in addresses.
    pub const ALL: [(Self, &str); 3] = [(Self::Line, ""), (Self::Off, "off"), (Self::Only, "only")];
}

impl PathRows {
    /// All values with their names in addresses.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Service, ""), (Self::Operation, "operation"), (Self::Span, "span")];
}

impl Colour {
    /// Prefix of attribute keys.
    const ATTRIBUTE: &str = "attribute:";

    fn read(word: &str) -> Self {
        match word {
            "kind" => Colour::Kind,
            "status" => Colour::Status,
            "self" => Colour::SelfTime,
            "critical" => Colour::CriticalTime,
            "slack" => Colour::Slack,
            "percentile" => Colour::Percentile,
            _ => match word.strip_prefix(Self::ATTRIBUTE) {
                Some(key) if !key.is_empty() => Colour::Attribute(key.to_owned()),
                _ => Colour::Service,
            },
        }
    }

    /// The field that the colours need, as in queries.
    pub fn column(&self) -> Option<&str> {
        match self {
            Colour::Attribute(key) => Some(key),
            Colour::Percentile => Some("percentile"),
            _ => None,
        }
    }

    fn word(&self) -> String {
        match self {
            Colour::Service => String::new(),
            Colour::Kind => "kind".to_owned(),
            Colour::Status => "status".to_owned(),
            Colour::SelfTime => "self".to_owned(),
            Colour::CriticalTime => "critical".to_owned(),
            Colour::Slack => "slack".to_owned(),
            Colour::Percentile => "percentile".to_owned(),
            Colour::Attribute(key) => format!("{}{key}", Self::ATTRIBUTE),
        }
    }
}

impl TraceView {
    pub(super) fn read(query: &Query) -> Self {
        TraceView {
            tab: meaning(&TraceTab::ALL, query.get("view")),
            tables: Box::new(TableViews::read(query)),
            flame: FlameView::read(query),
            lanes: meaning(&LaneGroup::ALL, query.get("lanes")),
            range: range(query.get("range")),
            span: SpanId::parse(query.get("span")),
            open: query.has("open"),
            opened: ids(query.get("opened")),
            detail: Placement::of_word(query.get("detail")),
            level: query.get("level").parse().ok(),
            collapsed: ids(query.get("collapsed")),
            expanded: ids(query.get("expanded")),
            folded: texts(query, "fold"),
            focus: SpanId::parse(query.get("focus")),
            hidden: texts(query, "hide"),
            service_filter: query.get("svcFilter").to_owned(),
            order: meaning(&Order::ALL, query.get("order")),
            group: query.has("group"),
            find: query.get("uiFind").to_owned(),
            show: meaning(&Show::ALL, query.get("show")),
            findings: query.has("findings"),
            path: meaning(&ShowPath::ALL, query.get("path")),
            path_rows: meaning(&PathRows::ALL, query.get("pathRows")),
            colour: Colour::read(query.get("colour")),
            columns: texts(query, "column"),
            absolute: query.get("time") == "absolute",
            zone: Zone::from_word(query.get("zone")),
            corrected: query.get("clocks") == "corrected",
            what_if: WhatIf::read(query.get("whatif")),
            lint: query.has("lint"),
        }
    }

    pub(super) fn write(&self, query: &mut Query) {
        query.add("view", word(&TraceTab::ALL, self.tab));
        self.flame.write(query);
        query.add("lanes", word(&LaneGroup::ALL, self.lanes));
        if let Some((begin, end)) = self.range {
            query.add("range", format!("{begin}-{end}"));
        }
        self.tables.write(query);
        if let Some(span) = self.span {
            query.add("span", span.to_string());
        }
        query.add("open", if self.open { "1" } else { "" });
        query.add("opened", print_ids(&self.opened));
        query.add("detail", self.detail.word());
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
        query.add("order", word(&Order::ALL, self.order));
        query.add("group", if self.group { "1" } else { "" });
        query.add("uiFind", &self.find);
        query.add("show", word(&Show::ALL, self.show));
        query.add("findings", if self.findings { "1" } else { "" });
        query.add("path", word(&ShowPath::ALL, self.path));
        query.add("pathRows", word(&PathRows::ALL, self.path_rows));
        query.add("colour", self.colour.word());
        self.columns.iter().for_each(|key| query.add("column", key));
        query.add("time", if self.absolute { "absolute" } else { "" });
        query.add("zone", self.zone.word());
        query.add("clocks", if self.corrected { "corrected" } else { "" });
        query.add("whatif", self.what_if.as_ref().map(WhatIf::print).unwrap_or_default());
        query.add("lint", if self.lint { "1" } else { "" });
    }
}

fn texts(query: &Query, key: &str) -> Vec<String> {
    query.all(key).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}
