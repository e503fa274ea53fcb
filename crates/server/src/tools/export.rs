//! `spandrel-server export`: writes everything that is stored as OTLP.

use super::{DataDir, ToolResult, said};
use crate::store::StoreError;
use crate::store::inspect::each_part;
use spandrel_trace::format::otlp_proto;
use spandrel_trace::format::write::{Envelope, OtlpJson};
use spandrel_trace::model::record::{Resource, Scope};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Writes all stored spans, in the order in which they came, to standard output or a file. Also while a server runs.
///
/// Exit code: 0 where all was written, 1 where damaged parts were left out, 2 where the directory cannot be read or the
/// output cannot be written.
#[derive(Clone, Debug, clap::Args)]
pub struct Export {
    #[command(flatten)]
    directory: DataDir,
    /// File to write; standard output where not given.
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Write one OTLP protobuf message instead of OTLP JSON lines.
    #[arg(long)]
    protobuf: bool,
}

/// Why an export ended.
enum ExportError {
    Store(StoreError),
    Write(io::Error),
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        ExportError::Store(error)
    }
}

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        ExportError::Write(error)
    }
}

impl Export {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<ToolResult, String> {
        let directory = &self.directory.data_dir;
        let written = match &self.output {
            None => self.write(out),
            Some(path) => {
                let file = std::fs::File::create(path).map_err(|error| said(path.display())(&error))?;
                self.write(&mut BufWriter::new(file))
            }
        };
        match written {
            Ok(0) => Ok(ToolResult::Well),
            Ok(unread) => {
                eprintln!("spandrel-server: {unread} damaged parts or segments were left out");
                Ok(ToolResult::Damage)
            }
            Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                Ok(ToolResult::Well)
            }
            Err(ExportError::Write(error)) => Err(error.to_string()),
            Err(ExportError::Store(error)) => Err(said(directory.display())(&error)),
        }
    }

    fn write(&self, out: &mut dyn Write) -> Result<u64, ExportError> {
        let mut damaged = 0;
        let unread = each_part(&self.directory.data_dir, |blob| {
            if self.protobuf {
                // One message after the other is a message.
                out.write_all(blob)?;
            } else {
                damaged += write_line(blob, out)?;
            }
            Ok::<_, ExportError>(())
        })?;
        out.flush()?;
        Ok(unread + damaged)
    }
}

/// Writes a `TracesData` message as a line of JSON; answers how many spans cannot be read.
fn write_line(blob: &[u8], out: &mut dyn Write) -> io::Result<u64> {
    let mut json = OtlpJson::new(out, Envelope::Plain, true)?;
    let (mut unread, mut result) = (0, Ok(()));
    let mut last: Option<(&[u8], &[u8], Resource, Scope)> = None;
    let split = otlp_proto::split(blob, |parts| {
        let is_same = last.as_ref().is_some_and(|(resource, scope, own, of)| {
            std::ptr::eq(*resource, parts.resource)
                && std::ptr::eq(*scope, parts.scope)
                && own.schema_url == parts.resource_schema
                && of.schema_url == parts.scope_schema
        });
        if !is_same {
            let mut resource = otlp_proto::read_resource(parts.resource).unwrap_or_default();
            let mut scope = otlp_proto::read_scope(parts.scope).unwrap_or_default();
            resource.schema_url = parts.resource_schema.to_owned();
            scope.schema_url = parts.scope_schema.to_owned();
            last = Some((parts.resource, parts.scope, resource, scope));
        }
        match (otlp_proto::read_span(parts.span), &last) {
            (Ok(span), Some((_, _, resource, scope))) if result.is_ok() => {
                result = json.span(resource, scope, &span);
            }
            (Err(_), _) => unread += 1,
            _ => {}
        }
    });
    result?;
    json.finish()?.write_all(b"\n")?;
    Ok(unread + u64::from(split.is_err()))
}
