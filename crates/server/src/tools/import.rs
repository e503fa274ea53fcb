//! `spandrel-server import`: takes the traces of files into a store, or sends them to a server.

use super::{DataDir, ToolResult, line, said};
use crate::explain::open;
use crate::ingest::memory::Memory;
use crate::ingest::regroup::rebuild;
use crate::ingest::regroup::regroup;
use crate::ingest::span_writer::{self, SpanWriter};
use crate::machine::Machine;
use crate::store::{Limits, Store, StoreError};
use crate::wire::put_bytes;
use spandrel_trace::format::otlp_proto;
use spandrel_trace::model::{Piece, Sink, Trace};
use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::PathBuf;

/// Bytes of a request, roughly: a trace is taken in by pieces of this size.
const PIECE: usize = 4 << 20;
/// Bytes that a request may take while it is taken apart.
const MEMORY: usize = 256 << 20;

/// Takes the traces of files into the store: OTLP (JSON, JSON lines, protobuf), Jaeger JSON and Zipkin JSON, compressed or
/// not. A span that is stored already is not stored again. Where a server runs on the directory, `--to` sends to it.
///
/// Exit code: 0 where all was taken, 2 where a file cannot be read or the store cannot be written.
#[derive(Clone, Debug, clap::Args)]
pub struct Import {
    #[command(flatten)]
    directory: DataDir,
    /// Files; `-` reads standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// OTLP endpoint of a server, such as `http://127.0.0.1:4318`.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Token of that server.
    #[arg(long, env = "SPANDREL_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// A resource and a scope as they are written, each with its schema URL.
type Heads = (Vec<u8>, String, Vec<u8>, String);

/// Where spans go.
enum Target {
    Store(Store),
    Server { client: reqwest::Client, url: String, token: Option<String> },
}

impl Import {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<ToolResult, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let target = self.target()?;
        for file in &self.files {
            let opened = open(file)?;
            let (mut taken, mut known) = (0u64, 0u64);
            for warning in &opened.warnings {
                eprintln!("spandrel-server: {}: {warning}", file.display());
            }
            let count = opened.traces.len();
            for trace in opened.traces {
                let (new, before) = runtime.block_on(take(&target, &trace))?;
                taken += new;
                known += before;
            }
            let name = file.display();
            line(
                out,
                format_args!("{name}: {count} traces, {taken} spans taken, {known} were stored already"),
            )?;
        }
        if let Target::Store(store) = target {
            store.close();
        }
        Ok(ToolResult::Well)
    }

    fn target(&self) -> Result<Target, String> {
        if let Some(to) = &self.to {
            // Another that was chosen before does as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let client = reqwest::Client::builder().build().map_err(|error| error.to_string())?;
            let url = format!("{}/v1/traces", to.trim_end_matches('/'));
            return Ok(Target::Server { client, url, token: self.token.clone() });
        }
        let directory = &self.directory.data_dir;
        let disk = Machine::look(directory, 1).disk;
        // Nothing is deleted for its age while it is imported.
        let limits = Limits { retention: None, max_disk: disk.map(Limits::fits_disk), ..Limits::default() };
        let opened = Store::open_merging(directory, limits, rebuild).map_err(|error| match error {
            StoreError::InUse(_) => {
                format!(
                    "{}: a server uses it; send to that with --to http://127.0.0.1:4318",
                    directory.display()
                )
            }
            other => said(directory.display())(&other),
        });
        opened.map(Target::Store)
    }
}

/// Takes one trace; answers how many spans are new and how many were there.
async fn take(target: &Target, trace: &Trace) -> Result<(u64, u64), String> {
    let stored = match target {
        Target::Store(store) => store.trace(trace.outline().trace_id.0).map_err(|error| error.to_string())?,
        Target::Server { .. } => None,
    };
    let mut known = HashSet::new();
    if let Some(stored) = &stored {
        stored.each(|parts| {
            known.insert((parts.resource.to_vec(), parts.scope.to_vec(), parts.span.to_vec()));
        });
    }
    let (mut new, mut before) = (0, 0);
    let (mut request, mut groups): (Vec<u8>, HashMap<Heads, Vec<u8>>) = Default::default();
    let mut bytes = 0;
    for index in 0..trace.outline().len() as u32 {
        let record = trace.record_as_sent(index);
        let (of_resource, of_scope) = (trace.resource(index), trace.scope(index));
        let (mut resource, mut scope, mut span) = (Vec::new(), Vec::new(), Vec::new());
        span_writer::resource(&mut resource, &of_resource);
        span_writer::scope(&mut scope, &of_scope);
        let mut writer = SpanWriter::new(&mut span);
        writer.piece(Piece::Name(&record.name));
        writer.piece(Piece::Kind(record.kind));
        record.emit(&mut writer);
        writer.finish();
        if let Some(why) = writer.refused.take() {
            return Err(format!("a span of trace {} cannot be taken: {why}", trace.outline().trace_id));
        }
        let key = (resource, scope, span);
        if known.contains(&key) {
            before += 1;
            continue;
        }
        new += 1;
        bytes += key.2.len();
        let heads = (key.0, of_resource.schema_url, key.1, of_scope.schema_url);
        put_bytes(groups.entry(heads).or_default(), 2, &key.2);
        if bytes >= PIECE {
            write_request(&mut request, &mut groups);
            send(target, &mut request).await?;
            bytes = 0;
        }
    }
    write_request(&mut request, &mut groups);
    send(target, &mut request).await?;
    Ok((new, before))
}

/// Writes groups of spans as a request, and empties them.
fn write_request(request: &mut Vec<u8>, groups: &mut HashMap<Heads, Vec<u8>>) {
    let mut sorted: Vec<_> = groups.drain().collect();
    sorted.sort_unstable();
    for ((resource, resource_schema, scope, scope_schema), spans) in sorted {
        let (mut of_scope, mut of_resource) = (Vec::new(), Vec::new());
        put_bytes(&mut of_scope, 1, &scope);
        of_scope.extend_from_slice(&spans);
        put_schema(&mut of_scope, &scope_schema);
        put_bytes(&mut of_resource, 1, &resource);
        put_bytes(&mut of_resource, 2, &of_scope);
        put_schema(&mut of_resource, &resource_schema);
        put_bytes(request, 1, &of_resource);
    }
}

fn put_schema(out: &mut Vec<u8>, schema: &str) {
    if !schema.is_empty() {
        put_bytes(out, 3, schema.as_bytes());
    }
}

async fn send(target: &Target, request: &mut Vec<u8>) -> Result<(), String> {
    if request.is_empty() {
        return Ok(());
    }
    let request = std::mem::take(request);
    // Whatever a server or store takes, a reader of files has taken: this is only checked.
    otlp_proto::split(&request, |_| ()).map_err(|error| error.to_string())?;
    match target {
        Target::Store(store) => {
            let mut reserved = Memory::new(MEMORY).reservation();
            let parts = regroup(&request, &mut reserved).map_err(|error| error.to_string())?;
            store.append(parts).await.map(|_| ()).map_err(|error| error.to_string())
        }
        Target::Server { client, url, token } => {
            let mut post = client.post(url).header("content-type", "application/x-protobuf").body(request);
            if let Some(token) = token {
                post = post.bearer_auth(token);
            }
            let answer = post.send().await.map_err(|error| said(url)(&error))?;
            let status = answer.status();
            if status.is_success() {
                return Ok(());
            }
            Err(said(url)(&format!("{status} {}", answer.text().await.unwrap_or_default())))
        }
    }
}
