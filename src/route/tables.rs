//! How the tables of one trace are looked at: statistics, spans, events and JSON.

use super::query::Query;

/// What a table is sorted by: the key of a column, and whether the greatest is first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSort {
    /// Key of the column.
    pub key: String,
    /// Greatest first.
    pub descending: bool,
}

impl TableSort {
    /// From `key`, or `-key` for the greatest first; `None` where there is no key.
    fn read(text: &str) -> Option<Self> {
        let (key, descending) = text.strip_prefix('-').map_or((text, false), |key| (key, true));
        (!key.is_empty()).then(|| TableSort { key: key.to_owned(), descending })
    }

    fn written(sort: Option<&Self>) -> String {
        sort.map(|sort| format!("{}{}", if sort.descending { "-" } else { "" }, sort.key)).unwrap_or_default()
    }
}

/// How the tables of one trace are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableViews {
    /// What spans are grouped by; empty for the default.
    pub by: String,
    /// What a group is divided by; empty for nothing.
    pub then: String,
    /// What groups are sorted by; `None` for the default.
    pub groups_sort: Option<TableSort>,
    /// Part of the labels of the groups that are listed.
    pub groups_filter: String,
    /// Fields that are columns of the table of spans; none for the default.
    pub fields: Vec<String>,
    /// What spans are sorted by; `None` for the default.
    pub spans_sort: Option<TableSort>,
    /// Part of the events that are listed.
    pub events: String,
    /// Part of the log lines that are listed.
    pub logs: String,
    /// The least severity of the log lines that are listed, by name; empty for any.
    pub logs_severity: String,
    /// OTLP JSON, not Jaeger's.
    pub json_otlp: bool,
    /// The JSON of the selected span alone.
    pub json_span: bool,
    /// Long lines of JSON are broken.
    pub json_wrap: bool,
    /// What is looked for in the JSON.
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
        query.add("json", if self.json_otlp { "otlp" } else { "" });
        query.add("jsonSpan", flag(self.json_span));
        query.add("wrap", flag(self.json_wrap));
        query.add("jsonFind", &self.json_find);
    }
}
