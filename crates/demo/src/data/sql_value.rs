//! Parameters and rows, the same for both databases.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, Row as _, TypeInfo as _};

/// A parameter, or a column of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SqlValue {
    Null,
    Text(String),
    Int(i64),
    Real(f64),
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        SqlValue::Text(text.to_owned())
    }
}

impl From<String> for SqlValue {
    fn from(text: String) -> Self {
        SqlValue::Text(text)
    }
}

impl From<i64> for SqlValue {
    fn from(number: i64) -> Self {
        SqlValue::Int(number)
    }
}

/// One row of an answer.
#[derive(Clone, Debug)]
pub(crate) struct SqlRow(Vec<SqlValue>);

impl SqlRow {
    /// A text column; empty where it is none.
    pub(crate) fn text(&self, column: usize) -> String {
        match self.0.get(column) {
            Some(SqlValue::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    /// An integer column; 0 where it is none.
    pub(crate) fn int(&self, column: usize) -> i64 {
        match self.0.get(column) {
            Some(SqlValue::Int(number)) => *number,
            _ => 0,
        }
    }
}

pub(super) type SqliteQuery<'q> =
    sqlx::query::Query<'q, sqlx::Sqlite, <sqlx::Sqlite as sqlx::Database>::Arguments>;
pub(super) type PostgresQuery<'q> =
    sqlx::query::Query<'q, sqlx::Postgres, <sqlx::Postgres as sqlx::Database>::Arguments>;

pub(super) fn bind_sqlite<'q>(mut query: SqliteQuery<'q>, parameters: &'q [SqlValue]) -> SqliteQuery<'q> {
    for parameter in parameters {
        query = match parameter {
            SqlValue::Null => query.bind(None::<String>),
            SqlValue::Text(text) => query.bind(text.clone()),
            SqlValue::Int(number) => query.bind(*number),
            SqlValue::Real(number) => query.bind(*number),
        };
    }
    query
}

pub(super) fn bind_postgres<'q>(
    mut query: PostgresQuery<'q>,
    parameters: &'q [SqlValue],
) -> PostgresQuery<'q> {
    for parameter in parameters {
        query = match parameter {
            SqlValue::Null => query.bind(None::<String>),
            SqlValue::Text(text) => query.bind(text.clone()),
            SqlValue::Int(number) => query.bind(*number),
            SqlValue::Real(number) => query.bind(*number),
        };
    }
    query
}

pub(super) fn sqlite_row(row: &SqliteRow) -> SqlRow {
    let value = |index: usize| {
        row.try_get::<i64, _>(index)
            .map(SqlValue::Int)
            .or_else(|_| row.try_get::<f64, _>(index).map(SqlValue::Real))
            .or_else(|_| row.try_get::<String, _>(index).map(SqlValue::Text))
            .unwrap_or(SqlValue::Null)
    };
    SqlRow((0..row.len()).map(value).collect())
}

pub(super) fn postgres_row(row: &PgRow) -> SqlRow {
    let value = |(index, column): (usize, &sqlx::postgres::PgColumn)| match column.type_info().name() {
        "INT8" => row.try_get::<i64, _>(index).map_or(SqlValue::Null, SqlValue::Int),
        "FLOAT8" => row.try_get::<f64, _>(index).map_or(SqlValue::Null, SqlValue::Real),
        _ => row.try_get::<String, _>(index).map_or(SqlValue::Null, SqlValue::Text),
    };
    SqlRow(row.columns().iter().enumerate().map(value).collect())
}
