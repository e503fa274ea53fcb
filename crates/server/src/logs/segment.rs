//! One file of lines: an SQLite database in write-ahead mode, with an index by trace and by time and a full-text index of
//! trigrams, so that any part of a word is found.

use super::criteria::LogQuery;
use super::line::LogLine;
use crate::store::StoreError;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params, types::Value};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The layout of these files. A file of a later one is not opened.
const LAYOUT: i64 = 1;
/// How long a statement waits for another connection.
const BUSY: Duration = Duration::from_secs(5);
/// The shortest text of which there are trigrams, in characters.
const TRIGRAM: usize = 3;
/// Rows up to which comparing each with a text costs less than asking the index for all of its trigrams.
const FEW_ROWS: i64 = 100_000;

const SCHEMA: &str = "
    CREATE TABLE segment(created INTEGER NOT NULL);
    CREATE TABLE services(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE resources(id INTEGER PRIMARY KEY, attributes TEXT NOT NULL UNIQUE);
    CREATE TABLE lines(
        id INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        severity INTEGER NOT NULL,
        service INTEGER NOT NULL,
        resource INTEGER NOT NULL,
        trace BLOB,
        span BLOB,
        body TEXT NOT NULL,
        attributes TEXT NOT NULL);
    CREATE INDEX by_time ON lines(time);
    CREATE INDEX by_trace ON lines(trace, time) WHERE trace IS NOT NULL;
    CREATE VIRTUAL TABLE words USING fts5(body, content='', tokenize='trigram', detail=none, columnsize=0);
    PRAGMA user_version = 1;
";

const COLUMNS: &str = "lines.time, lines.severity, services.name, lines.trace, lines.span, lines.body, \
    lines.attributes, resources.attributes, lines.id";
const JOINS: &str =
    "JOIN services ON services.id = lines.service JOIN resources ON resources.id = lines.resource";

/// A file, and the connections that read it.
pub(super) struct Segment {
    pub(super) number: u64,
    path: PathBuf,
    /// Unix seconds at which it was made.
    pub(super) created: u64,
    readers: Mutex<Vec<Connection>>,
}

/// The one connection that writes a file.
pub(super) struct LogWriter {
    connection: Connection,
    services: HashMap<String, i64>,
    resources: HashMap<String, i64>,
}

/// A query as SQL.
struct Statement {
    from: &'static str,
    filter: String,
    order: &'static str,
    values: Vec<Value>,
}

/// A line with its place in the file, which tells apart lines of one time.
pub(super) type LineWithRowId = (LogLine, u64, i64);

impl Segment {
    /// Opens a file, making it if need be, and recovers what was committed to it.
    pub(super) fn open(directory: &Path, number: u64, now: u64) -> Result<(Self, LogWriter), StoreError> {
        let path = path_of(directory, number);
        let existed = path.exists();
        let connection = Connection::open(&path)?;
        connection.busy_timeout(BUSY)?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version > LAYOUT {
            return Err(StoreError::Layout { path: path.display().to_string(), version });
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "journal_size_limit", 16 << 20)?;
        if version == 0 {
            let transaction = connection.unchecked_transaction()?;
            transaction.execute_batch(SCHEMA)?;
            transaction.execute("INSERT INTO segment VALUES (?1)", [now as i64])?;
            transaction.commit()?;
        }
        if !existed {
            // A file is durable only when the directory that names it is.
            File::open(directory)?.sync_all()?;
        }
        let created: i64 = connection.query_row("SELECT created FROM segment", [], |row| row.get(0))?;
        let names = |table: &str| -> Result<HashMap<String, i64>, StoreError> {
            let mut statement = connection.prepare(table)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let services = names("SELECT name, id FROM services")?;
        let resources = names("SELECT attributes, id FROM resources")?;
        let segment = Segment { number, path, created: created as u64, readers: Mutex::default() };
        Ok((segment, LogWriter { connection, services, resources }))
    }

    /// Whether its file exists.
    pub fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Bytes of the file and its log.
    pub(super) fn bytes(&self) -> u64 {
        self.files().iter().filter_map(|path| Some(path.metadata().ok()?.len())).sum()
    }

    fn files(&self) -> [PathBuf; 3] {
        let beside = |end: &str| PathBuf::from(format!("{}{end}", self.path.display()));
        [self.path.clone(), beside("-wal"), beside("-shm")]
    }

    /// Deletes the file. Queries that read it finish first, on systems where an open file can be deleted.
    pub(super) fn delete(&self) -> Result<(), StoreError> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        for path in self.files() {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The lines that match, at most `most`: the earliest of a trace, the latest otherwise.
    pub(super) fn find(&self, query: &LogQuery, most: usize) -> Result<Vec<LineWithRowId>, StoreError> {
        self.with_reader(|reader| self.find_with(reader, query, most))
    }

    /// Runs `work` with a connection that no other thread uses.
    fn with_reader<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let reader = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match reader {
            Some(reader) => reader,
            None => {
                let reader = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                reader.busy_timeout(BUSY)?;
                reader
            }
        };
        let done = work(&reader);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        done
    }

    fn find_with(
        &self,
        reader: &Connection,
        query: &LogQuery,
        most: usize,
    ) -> Result<Vec<LineWithRowId>, StoreError> {
        let Some(Statement { from, filter, order, values }) = self.statement(reader, query)? else {
            return Ok(Vec::new());
        };
        let sql =
            format!("SELECT {COLUMNS} FROM {from} {JOINS} WHERE {filter} ORDER BY {order} LIMIT {most}");
        let mut statement = reader.prepare_cached(&sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), |row| self.read(row))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The traces of the lines that match, those of the latest `most` lines by arrival.
    pub(super) fn traces(
        &self,
        query: &LogQuery,
        most: usize,
        found: &mut HashSet<u128>,
    ) -> Result<usize, StoreError> {
        self.with_reader(|reader| {
            let Some(Statement { from, filter, values, .. }) = self.statement(reader, query)? else {
                return Ok(0);
            };
            let row = if from.starts_with("words") { "words.rowid" } else { "lines.id" };
            let sql = format!(
                "SELECT lines.trace FROM {from} WHERE {filter} AND +lines.trace IS NOT NULL \
                 ORDER BY {row} DESC LIMIT {most}"
            );
            let mut statement = reader.prepare_cached(&sql)?;
            let mut rows = statement.query(rusqlite::params_from_iter(values))?;
            let mut lines = 0;
            while let Some(row) = rows.next()? {
                lines += 1;
                let id = row.get_ref(0)?.as_blob().ok().and_then(|id| id.try_into().ok());
                found.extend(id.map(u128::from_be_bytes));
            }
            Ok(lines)
        })
    }

    /// The parts of a statement that finds the lines of a query; `None` where none can match.
    fn statement(&self, reader: &Connection, query: &LogQuery) -> Result<Option<Statement>, StoreError> {
        let (mut conditions, mut plain) = (Vec::new(), Vec::new());
        let mut values: Vec<Value> = Vec::new();
        let mut add = |condition: &str, value: Value| {
            values.push(value);
            conditions.push(condition.replace('?', &format!("?{}", values.len())));
        };
        let time = |time: u64| Value::Integer(i64::try_from(time).unwrap_or(i64::MAX));
        if let Some(from) = query.from {
            add("lines.time >= ?", time(from));
        }
        if let Some(to) = query.to {
            add("lines.time <= ?", time(to));
        }
        if !query.services.is_empty() {
            let mut known = reader.prepare_cached("SELECT id FROM services WHERE name = ?1")?;
            let mut ids = Vec::new();
            for name in &query.services {
                ids.extend(known.query_row([name], |row| row.get::<_, i64>(0)).optional()?);
            }
            if ids.is_empty() {
                return Ok(None);
            }
            let list: Vec<String> = ids.iter().map(i64::to_string).collect();
            // The plus keeps the condition out of the choice of an index: there is none by service.
            plain.push(format!("+lines.service IN ({})", list.join(", ")));
        }
        if query.untraced {
            // Nor is the index by trace of use: it has only lines with one.
            plain.push("+lines.trace IS NULL".to_owned());
        }
        if query.severity > 0 {
            add("lines.severity >= ?", Value::Integer(query.severity.into()));
        }
        if let Some(trace) = query.trace {
            add("lines.trace = ?", Value::Blob(trace.to_be_bytes().to_vec()));
        }
        if let Some(span) = query.span {
            add("lines.span = ?", Value::Blob(span.to_be_bytes().to_vec()));
        }
        let mut from = "lines";
        let mut order =
            if query.trace.is_some() { "lines.time, lines.id" } else { "lines.time DESC, lines.id DESC" };
        if let Some(text) = &query.text {
            let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            add("lines.body LIKE ? ESCAPE '\\'", Value::Text(format!("%{escaped}%")));
            if query.trace.is_none() {
                let Some((first, last)) = self.rows_within(reader, query)? else { return Ok(None) };
                // Rows are numbered as they arrive, which is nearly the order of their times.
                order = "lines.id DESC";
                let mut row = "lines.id";
                if let Some(words) = trigrams(text).filter(|_| last.saturating_sub(first) > FEW_ROWS) {
                    from = "words CROSS JOIN lines ON lines.id = words.rowid";
                    (row, order) = ("words.rowid", "words.rowid DESC");
                    add("words MATCH ?", Value::Text(words));
                }
                add(&format!("{row} >= ?"), Value::Integer(first));
                add(&format!("{row} <= ?"), Value::Integer(last));
            }
        }
        let from = if order == "lines.id DESC" { "lines NOT INDEXED" } else { from };
        conditions.append(&mut plain);
        let filter = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        Ok(Some(Statement { from, filter, order, values }))
    }

    /// The first and last row whose time is asked for; `None` where there is none.
    fn rows_within(&self, reader: &Connection, query: &LogQuery) -> Result<Option<(i64, i64)>, StoreError> {
        if query.from.is_none() && query.to.is_none() {
            let last: Option<i64> = reader.query_row("SELECT max(id) FROM lines", [], |row| row.get(0))?;
            return Ok(last.map(|last| (0, last)));
        }
        let bound = |time: Option<u64>, other: i64| {
            time.map_or(other, |time| i64::try_from(time).unwrap_or(i64::MAX))
        };
        let sql = "SELECT min(id), max(id) FROM lines INDEXED BY by_time WHERE time BETWEEN ?1 AND ?2";
        let rows: (Option<i64>, Option<i64>) =
            reader.query_row(sql, params![bound(query.from, 0), bound(query.to, i64::MAX)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(rows.0.zip(rows.1))
    }

    fn read(&self, row: &Row<'_>) -> Result<LineWithRowId, rusqlite::Error> {
        let trace: Option<Vec<u8>> = row.get(3)?;
        let span: Option<Vec<u8>> = row.get(4)?;
        let line = LogLine {
            time: row.get::<_, i64>(0)? as u64,
            severity: row.get(1)?,
            service: row.get(2)?,
            trace: trace.and_then(|id| id.try_into().ok()).map(u128::from_be_bytes),
            span: span.and_then(|id| id.try_into().ok()).map(u64::from_be_bytes),
            body: row.get(5)?,
            attributes: row.get(6)?,
            resource: row.get(7)?,
        };
        Ok((line, self.number, row.get(8)?))
    }
}

impl LogWriter {
    /// Writes lines in one transaction. When this returns, they are on disk.
    pub(super) fn commit<'l>(&mut self, lines: impl Iterator<Item = &'l LogLine>) -> Result<(), StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        let mut added = [Vec::new(), Vec::new()];
        let wrote = (|| -> Result<(), StoreError> {
            let mut line_row = transaction.prepare_cached(
                "INSERT INTO lines(time, severity, service, resource, trace, span, body, attributes) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            let mut words = transaction.prepare_cached("INSERT INTO words(rowid, body) VALUES (?1, ?2)")?;
            for line in lines {
                let [new_services, new_resources] = &mut added;
                let service =
                    id_of(&transaction, "services(name)", &mut self.services, &line.service, new_services)?;
                let resource = id_of(
                    &transaction,
                    "resources(attributes)",
                    &mut self.resources,
                    &line.resource,
                    new_resources,
                )?;
                line_row.execute(params![
                    i64::try_from(line.time).unwrap_or(i64::MAX),
                    line.severity,
                    service,
                    resource,
                    line.trace.map(u128::to_be_bytes),
                    line.span.map(u64::to_be_bytes),
                    line.body,
                    line.attributes,
                ])?;
                words.execute(params![transaction.last_insert_rowid(), line.body])?;
            }
            Ok(())
        })();
        let done = wrote.and_then(|()| Ok(transaction.commit()?));
        if done.is_err() {
            // The names were rolled back with the lines.
            for (known, added) in [(&mut self.services, &added[0]), (&mut self.resources, &added[1])] {
                known.retain(|name, _| !added.contains(name));
            }
        }
        done
    }

    /// Moves the log into the file, when nothing more will be written.
    pub(super) fn seal(self) -> Result<(), StoreError> {
        self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(())
    }
}

/// The number of a name, adding it where it is new.
fn id_of(
    connection: &Connection,
    table: &str,
    known: &mut HashMap<String, i64>,
    name: &str,
    added: &mut Vec<String>,
) -> Result<i64, StoreError> {
    if let Some(id) = known.get(name) {
        return Ok(*id);
    }
    connection.prepare_cached(&format!("INSERT INTO {table} VALUES (?1)"))?.execute([name])?;
    let id = connection.last_insert_rowid();
    known.insert(name.to_owned(), id);
    added.push(name.to_owned());
    Ok(id)
}

/// The file of a number.
pub(super) fn path_of(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:08}.logs"))
}

/// Trigrams of a text as a condition of the full-text index, all of which a line must have; `None` where it is too short to
/// have any. Every third is enough for a candidate, and each costs a list.
fn trigrams(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() < TRIGRAM {
        return None;
    }
    let last = &characters[characters.len() - TRIGRAM..];
    let mut quoted: Vec<String> = Vec::new();
    for three in characters.chunks_exact(TRIGRAM).chain([last]) {
        let three: String = three.iter().collect();
        quoted.push(format!("\"{}\"", three.replace('"', "\"\"")));
    }
    Some(quoted.join(" AND "))
}
