//! SQL through `sqlx`: SQLite in a file of its own for each service, or PostgreSQL; a CLIENT span for each statement.

use std::path::Path;
use std::time::Duration;

use axum::http::StatusCode;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use spandrel_simulation::statements::SqlStatement;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tokio::sync::Mutex;

use super::sql_value::{SqlRow, SqlValue, bind_postgres, bind_sqlite, postgres_row, sqlite_row};

use crate::runtime::{Problem, Service, record};

/// Connections of a pool. The fault `pool-exhausted` makes more statements at once.
const CONNECTIONS: u32 = 3;
/// How long a statement waits for a connection, and for the lock of a file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the database is.
#[derive(Clone, Debug)]
pub(crate) enum DatabaseLocation<'a> {
    /// A folder, in which each service has a file.
    Folder(&'a Path),
    /// The URL of a PostgreSQL server, whose tables the services share.
    Postgres(&'a str),
}

/// Rows that a statement returned, and rows that it changed.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<SqlRow>,
    pub(crate) changed: u64,
}

/// Why a batch was rolled back.
#[derive(Debug)]
pub(crate) enum Unfinished {
    /// The statement with these parameters changed no row.
    NoRow(usize),
    /// The database failed.
    Failed(Problem),
}

enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// The database of one service.
pub(crate) struct Database {
    pool: Pool,
    namespace: String,
    /// Held while SQLite writes. It has one writer at a time, and one that waits for its lock sleeps up to 100 ms between two
    /// attempts: at a hundred orders per second connections would wait for each other most of the time.
    writing: Mutex<()>,
}

impl Database {
    /// Opens it and creates what is missing.
    ///
    /// # Errors
    /// Where the file cannot be written, or the server not be reached.
    pub(crate) async fn open(
        service: &'static str,
        location: &DatabaseLocation<'_>,
        schema: &[&'static str],
    ) -> Result<Self, sqlx::Error> {
        let (pool, namespace) = match location {
            DatabaseLocation::Folder(folder) => {
                let options = SqliteConnectOptions::new()
                    .filename(folder.join(format!("{service}.sqlite")))
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Off)
                    .busy_timeout(PATIENCE);
                let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
                (Pool::Sqlite(pool.connect_with(options).await?), format!("{service}.sqlite"))
            }
            DatabaseLocation::Postgres(url) => {
                let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
                let namespace = url.rsplit('/').next().unwrap_or_default();
                let namespace = namespace.split('?').next().unwrap_or_default().to_owned();
                (Pool::Postgres(pool.connect(url).await?), namespace)
            }
        };
        for statement in schema {
            match &pool {
                Pool::Sqlite(pool) => {
                    sqlx::query(*statement).execute(pool).await?;
                }
                Pool::Postgres(pool) => {
                    sqlx::query(*statement).execute(pool).await?;
                }
            }
        }
        Ok(Self { pool, namespace, writing: Mutex::new(()) })
    }

    /// Runs a statement in a span.
    ///
    /// # Errors
    /// 500 where the database fails; its error is recorded on the span.
    pub(crate) async fn run(
        &self,
        service: &Service,
        parent: &Context,
        statement: SqlStatement,
        parameters: &[SqlValue],
    ) -> Result<Outcome, Problem> {
        let cx = self.span(service, parent, statement);
        service.pace.work(statement.distance).await;
        let outcome = self.send(statement, parameters).await;
        if let Ok(outcome) = &outcome {
            let rows = i64::try_from(outcome.rows.len()).unwrap_or(i64::MAX);
            cx.span().set_attribute(KeyValue::new(attribute::DB_RESPONSE_RETURNED_ROWS, rows));
        }
        let outcome = outcome.map_err(|error| failed(service, &cx, &error));
        cx.span().end();
        outcome
    }

    /// Runs one statement with several sets of parameters in a transaction. Each has to change a row.
    pub(crate) async fn run_batch(
        &self,
        service: &Service,
        parent: &Context,
        statement: SqlStatement,
        batch: &[Vec<SqlValue>],
    ) -> Result<(), Unfinished> {
        let cx = self.span(service, parent, statement);
        if batch.len() > 1 {
            let size = i64::try_from(batch.len()).unwrap_or(i64::MAX);
            cx.span().set_attribute(KeyValue::new(attribute::DB_OPERATION_BATCH_SIZE, size));
        }
        service.pace.work(statement.distance).await;
        let outcome = match self.transaction(statement, batch).await {
            Ok(None) => Ok(()),
            Ok(Some(index)) => Err(Unfinished::NoRow(index)),
            Err(error) => Err(Unfinished::Failed(failed(service, &cx, &error))),
        };
        cx.span().end();
        outcome
    }

    /// Runs a statement while it holds one of the pool's few connections, for as long as the network takes too. The span
    /// starts when the connection is there.
    ///
    /// # Errors
    /// 500 where the database fails.
    pub(crate) async fn run_holding(
        &self,
        service: &Service,
        parent: &Context,
        statement: SqlStatement,
        parameters: &[SqlValue],
    ) -> Result<(), Problem> {
        let held = match &self.pool {
            Pool::Sqlite(pool) => pool.acquire().await.map(HeldConnection::Sqlite),
            Pool::Postgres(pool) => pool.acquire().await.map(HeldConnection::Postgres),
        };
        let cx = self.span(service, parent, statement);
        let outcome = match held {
            Ok(mut held) => {
                service.pace.work(statement.distance).await;
                let outcome = match &mut held {
                    HeldConnection::Sqlite(connection) => {
                        let query = bind_sqlite(sqlx::query(statement.text), parameters);
                        query.fetch_all(&mut **connection).await.map(|_| ())
                    }
                    HeldConnection::Postgres(connection) => {
                        let query = bind_postgres(sqlx::query(statement.text), parameters);
                        query.fetch_all(&mut **connection).await.map(|_| ())
                    }
                };
                cx.span().end();
                outcome
            }
            Err(error) => Err(error),
        };
        outcome.map_err(|error| failed(service, &cx, &error))
    }

    /// Reads without a span, for what belongs to no request.
    ///
    /// # Errors
    /// Where the database fails.
    pub(crate) async fn read_quietly(&self, statement: SqlStatement) -> Result<Vec<SqlRow>, sqlx::Error> {
        self.send(statement, &[]).await.map(|outcome| outcome.rows)
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }

    /// A CLIENT span for one statement (semantic conventions for SQL databases, stable).
    fn span(&self, service: &Service, parent: &Context, statement: SqlStatement) -> Context {
        let system = match self.pool {
            Pool::Sqlite(_) => "sqlite",
            Pool::Postgres(_) => "postgresql",
        };
        let summary = format!("{} {}", statement.operation, statement.table);
        service.span(
            parent,
            SpanKind::Client,
            summary.clone(),
            vec![
                KeyValue::new(attribute::DB_SYSTEM_NAME, system),
                KeyValue::new(attribute::DB_NAMESPACE, self.namespace.clone()),
                KeyValue::new(attribute::DB_COLLECTION_NAME, statement.table),
                KeyValue::new(attribute::DB_OPERATION_NAME, statement.operation),
                KeyValue::new(attribute::DB_QUERY_SUMMARY, summary),
                KeyValue::new(attribute::DB_QUERY_TEXT, statement.text),
            ],
        )
    }

    async fn send(&self, statement: SqlStatement, parameters: &[SqlValue]) -> Result<Outcome, sqlx::Error> {
        let reads = statement.operation == "SELECT";
        Ok(match &self.pool {
            Pool::Sqlite(pool) => {
                let query = bind_sqlite(sqlx::query(statement.text), parameters);
                if reads {
                    let rows = query.fetch_all(pool).await?;
                    Outcome { rows: rows.iter().map(sqlite_row).collect(), changed: 0 }
                } else {
                    let _writing = self.writing.lock().await;
                    Outcome { rows: Vec::new(), changed: query.execute(pool).await?.rows_affected() }
                }
            }
            Pool::Postgres(pool) => {
                let query = bind_postgres(sqlx::query(statement.text), parameters);
                if reads {
                    let rows = query.fetch_all(pool).await?;
                    Outcome { rows: rows.iter().map(postgres_row).collect(), changed: 0 }
                } else {
                    Outcome { rows: Vec::new(), changed: query.execute(pool).await?.rows_affected() }
                }
            }
        })
    }

    /// The index of the parameters that changed no row, if any did not; then nothing is changed.
    async fn transaction(
        &self,
        statement: SqlStatement,
        batch: &[Vec<SqlValue>],
    ) -> Result<Option<usize>, sqlx::Error> {
        match &self.pool {
            Pool::Sqlite(pool) => {
                let _writing = self.writing.lock().await;
                let mut transaction = pool.begin().await?;
                for (index, parameters) in batch.iter().enumerate() {
                    let query = bind_sqlite(sqlx::query(statement.text), parameters);
                    if query.execute(&mut *transaction).await?.rows_affected() == 0 {
                        transaction.rollback().await?;
                        return Ok(Some(index));
                    }
                }
                transaction.commit().await?;
            }
            Pool::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                for (index, parameters) in batch.iter().enumerate() {
                    let query = bind_postgres(sqlx::query(statement.text), parameters);
                    if query.execute(&mut *transaction).await?.rows_affected() == 0 {
                        transaction.rollback().await?;
                        return Ok(Some(index));
                    }
                }
                transaction.commit().await?;
            }
        }
        Ok(None)
    }
}

enum HeldConnection {
    Sqlite(sqlx::pool::PoolConnection<sqlx::Sqlite>),
    Postgres(sqlx::pool::PoolConnection<sqlx::Postgres>),
}

fn failed(service: &Service, cx: &Context, error: &sqlx::Error) -> Problem {
    if let Some(code) = error.as_database_error().and_then(|error| error.code()) {
        cx.span().set_attribute(KeyValue::new(attribute::DB_RESPONSE_STATUS_CODE, code.into_owned()));
    }
    record(cx, "sqlx::Error", error);
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store_failed", service.name, error.to_string())
}
