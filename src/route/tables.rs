//! Options of the tables of a trace: statistics, spans, events and JSON.

use super::query::Query;

/// Sort order of a table: column and direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSort {
    /// Key of the column.
    pub key: String,
    /// Descending.
    pub descending: bool,
}

impl TableSort {
    /// Parses `key`, or `-key` for descending order; `None` for an empty text.
    fn read(text: &str) -> Option<Self> {
        let (key, descending) = text.strip_prefix('-').map_or((text, false), |key| (key, true));
        (!key.is_empty()).then(|| TableSort { key: key.to_owned(), descending })
    }

    fn written(sort: Option<&Self>) -> String {
        sort.map(|sort| format!("{}{}", if sort.descending { "-" } else { "" }, sort.key)).unwrap_or_default()
    }
}

/// Options of the tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableViews {
    /// Field to group spans by; empty for the default.
    pub by: String,
    /// Field to divide groups by; empty for none.
    pub then: String,
    /// Order of the groups; `None` for the default.
    pub groups_sort: Option<TableSort>,
    /// Only groups whose label contains this.
    pub groups_filter: String,
    /// Columns of the table of spans; empty for the default.
    pub fields: Vec<String>,
    /// Order of the spans; `None` for the default.
    pub spans_sort: Option<TableSort>,
    /// Only events that contain this.
    pub events: String,
    /// Only log lines that contain this.
    pub logs: String,
    /// Minimum severity of log lines, by name; empty for any.
    pub logs_severity: String,
    /// Log lines without a trace are listed, too.
    pub logs_untraced: bool,
    /// OTLP JSON instead of Jaeger's.
    pub json_otlp: bool,
    /// Only the JSON of the selected span.
    pub json_span: bool,
    /// Wrap long lines of JSON.
    pub json_wrap: bool,
    /// Search text in the JSON.
    pub json_find: String,
}

impl TableViews {
    pub(super) fn read(query: &Query) -> Self {
        let fields = query.all("field").filter(|field| !field.is_empty()).map(str::to_owned).collect();
        TableViews {
            by: query.get("by").to_owned(),
            then: query.get("then").to_owned(),
            groups_sort: TableSort::read(query.get("groups")),
            groups_filter: query.get("label").to_owned(),
            fields,
            spans_sort: TableSort::read(query.get("spans")),
            events: query.get("events").to_owned(),
            logs: query.get("logs").to_owned(),
            logs_severity: query.get("severity").to_owned(),
            logs_untraced: query.has("untraced"),
            json_otlp: query.get("json") == "otlp",
            json_span: query.has("jsonSpan"),
            json_wrap: query.has("wrap"),
            json_find: query.get("jsonFind").to_owned(),
        }
    }

    pub(super) fn write(&self, query: &mut Query) {
        let flag = |is_set: bool| if is_set { "1" } else { "" };
        query.add("by", &self.by);
        query.add("then", &self.then);
        query.add("groups", TableSort::written(self.groups_sort.as_ref()));
        query.add("label", &self.groups_filter);
        self.fields.iter().for_each(|field| query.add("field", field));
        query.add("spans", TableSort::written(self.spans_sort.as_ref()));
        query.add("events", &self.events);
        query.add("logs", &self.logs);
        query.add("severity", &self.logs_severity);
        query.add("untraced", flag(self.logs_untraced));
        query.add("json", if self.json_otlp { "otlp" } else { "" });
        query.add("jsonSpan", flag(self.json_span));
        query.add("wrap", flag(self.json_wrap));
        query.add("jsonFind", &self.json_find);
    }
}
