//! Statements: a CLIENT span for each (semantic conventions for SQL databases).

use spandrel_trace::model::SpanKind;

use crate::recorder::{Cx, Run, attribute, int};
use crate::statements::SqlStatement;

/// What a statement takes beside its way to the database, milliseconds.
const OWN: f64 = 0.3;

impl Run<'_> {
    /// Runs a statement that returns rows, or none where it changes some.
    pub(super) fn statement(&mut self, parent: Cx, statement: &SqlStatement, rows: i64) {
        let cx = self.statement_span(parent, statement);
        self.work(statement.distance + OWN);
        self.set(cx, "db.response.returned_rows", rows);
        self.end(cx);
    }

    /// Runs a statement once for each of several sets of parameters, in a transaction.
    pub(super) fn statement_batch(&mut self, parent: Cx, statement: &SqlStatement, size: usize) {
        let cx = self.statement_span(parent, statement);
        if size > 1 {
            self.set(cx, "db.operation.batch.size", int(size));
        }
        self.work(statement.distance + OWN);
        self.end(cx);
    }

    /// Starts the span of a statement.
    pub(super) fn statement_span(&mut self, parent: Cx, statement: &SqlStatement) -> Cx {
        let summary = format!("{} {}", statement.operation, statement.table);
        let attributes = vec![
            attribute("db.system.name", "sqlite"),
            attribute("db.namespace", format!("{}.sqlite", parent.service)),
            attribute("db.collection.name", statement.table),
            attribute("db.operation.name", statement.operation),
            attribute("db.query.summary", summary.as_str()),
            attribute("db.query.text", statement.text),
        ];
        self.child(parent, SpanKind::Client, summary, attributes)
    }
}
