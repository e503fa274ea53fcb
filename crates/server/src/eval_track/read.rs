//! Reads records back: a list, newest first, and one by its id.

use super::answer::write_record;
use super::error::Error;
use super::{ids, versions};
use crate::jaeger::failure::Failure;
use crate::jaeger::params::{self, Params};
use crate::jaeger::queries::Cost;
use crate::jaeger::{Backend, json};
use crate::matching::Tag;
use crate::store::{Criteria, Store, StoreError, StoredTrace};
use axum::body::Body;
use axum::http::{Response, StatusCode};
use spandrel_trace::format::eval_track::{KIND, KIND_RECORD};
use spandrel_trace::units::TraceId;
use std::collections::BTreeMap;
use std::io::Write;

/// Records of a list unless fewer are asked for, and at most.
const DEFAULT_RECORDS: usize = 100;
const MAX_RECORDS: usize = 1000;
/// Bytes of records after which a list ends, however many are asked for.
const PAGE_BYTES: usize = 16 << 20;

/// Which records are listed.
pub struct ListQuery {
    limit: usize,
    /// Only those that follow this one in the list.
    before: Option<String>,
    criteria: Criteria,
    tags: Vec<Tag>,
}

impl ListQuery {
    /// Reads a query: `limit`, `before` (the id of the last record of the page before), `service`, `function_name`,
    /// `start` and `end` (RFC 3339, of the start of the call), `min_duration` and `max_duration` (`1.5s`, `200ms`), `tags`
    /// (a JSON object of texts: attributes of the record's span).
    pub fn read(query: Option<&str>) -> Result<Self, Error> {
        let params = Params::of(query);
        let text = |name: &str| params.get(&[name]).map(str::to_owned);
        let duration = |name: &str| read(&params, name, params::duration);
        let limit = read(&params, "limit", |text| match text.parse::<usize>() {
            Ok(limit @ 1..) => Ok(limit),
            _ => Err("Input should be a valid integer, greater than or equal to 1".to_owned()),
        })?;
        let tags = read(&params, "tags", |text| {
            serde_json::from_str::<BTreeMap<String, String>>(text).map_err(|error| error.to_string())
        })?;
        let of_records = [(KIND.to_owned(), KIND_RECORD.to_owned())];
        let tags = tags.unwrap_or_default().into_iter().chain(of_records);
        let criteria = Criteria {
            service: text("service"),
            operation: text("function_name"),
            start_from: read(&params, "start", params::time)?.unwrap_or(0),
            start_to: read(&params, "end", params::time)?.unwrap_or(u64::MAX),
            duration_from: duration("min_duration")?,
            duration_to: duration("max_duration")?.filter(|most| *most > 0),
            ..Criteria::default()
        };
        Ok(ListQuery {
            limit: limit.unwrap_or(DEFAULT_RECORDS).min(MAX_RECORDS),
            before: text("before"),
            criteria,
            tags: tags.map(|(key, value)| Tag { key, value }).collect(),
        })
    }
}

fn read<T>(
    params: &Params,
    name: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Error> {
    let Some(text) = params.get(&[name]) else { return Ok(None) };
    let invalid = |why| Error::invalid("value_error", &["query", name], why, Some(text));
    read(text).map(Some).map_err(invalid)
}

/// Answers a list: an array of records with their newest versions, those that start last first.
pub async fn list(backend: &Backend, query: ListQuery) -> Result<Response<Body>, Error> {
    let store = backend.store.clone();
    let ListQuery { limit, before, mut criteria, tags } = query;
    let body = backend.queries.run(Cost::Scan, move |out| {
        let watch = out.watch().clone();
        let mut behind = None;
        if let Some(id) = before {
            let stored = find(&store, &id)?.ok_or(Failure::NotFound("no record has the id of `before`"))?;
            let rank = store.locate(stored.trace)?.rank();
            criteria.start_to = criteria.start_to.min(rank.0.0);
            behind = Some(rank);
        }
        out.write_all(b"[")?;
        let (mut found, mut bytes) = (0, 0);
        for located in store.search(criteria, &tags, || watch.check().is_err()) {
            watch.check()?;
            let Some(located) = located? else { continue };
            if behind.is_some_and(|behind| located.rank() <= behind) {
                continue;
            }
            let Some(stored) = store.read(&located)? else { continue };
            out.weigh(stored.weight())?;
            let versions = versions::of(&stored);
            let Some(newest) = versions.last() else { continue };
            if found > 0 {
                out.write_all(b",")?;
            }
            bytes += newest.data.len();
            write_record(out, stored.trace, &versions, false)?;
            found += 1;
            if found == limit || bytes > PAGE_BYTES {
                break;
            }
        }
        out.write_all(b"]")?;
        Ok(())
    });
    Ok(json(StatusCode::OK, body.await?))
}

/// Answers one record with all its versions, by its id or by the id of its trace.
pub async fn one(backend: &Backend, id: String) -> Result<Response<Body>, Error> {
    let store = backend.store.clone();
    let cost = backend.cost_of(TraceId(ids::trace_of(&id)));
    let body = backend.queries.run(cost, move |out| {
        let stored = find(&store, &id)?.ok_or(Failure::NotFound("Trace not found"))?;
        out.weigh(stored.weight())?;
        write_record(out, stored.trace, &versions::of(&stored), true)?;
        Ok(())
    });
    Ok(json(StatusCode::OK, body.await?))
}

/// The trace of a record, by the id of either.
fn find(store: &Store, id: &str) -> Result<Option<StoredTrace>, StoreError> {
    let of_trace = (id.len() == 32).then(|| TraceId::parse(id)).flatten().map(|trace| trace.0);
    for trace in [Some(ids::trace_of(id)), of_trace].into_iter().flatten() {
        if let Some(stored) = store.trace(trace)?
            && !versions::of(&stored).is_empty()
        {
            return Ok(Some(stored));
        }
    }
    Ok(None)
}
