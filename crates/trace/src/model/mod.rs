//! The trace model: columns for drawing ([`Outline`]), whole spans on demand ([`record::SpanRecord`]), and summaries
//! for lists ([`TraceSummary`]).

mod block;
mod columns;
mod decode_hints;
pub mod json;
mod logs;
mod outline;
mod prefix_cache;
pub mod record;
mod sink;
mod span_set;
mod strings;
mod summary;
mod trace;
mod whole;

pub use block::{Block, BlockCache, ExternalStore};
pub use columns::{AttributeOwner, AttributeTable, Cell, RareFieldsRef, RowRanges, SpanColumns};
pub use decode_hints::{DecodeHints, HintCursor};
pub use logs::{LogLine, SEVERITIES, TraceLogs};
pub use outline::{Flags, NO_SPAN, Outline, SpanIx, SpanKind, StatusCode, TraceVersion};
pub use prefix_cache::{DecodeCache, PrefixCache};
pub use sink::{Piece, Sink, ValueRef};
pub use span_set::SpanSet;
pub use strings::{StrIx, Strings};
pub use summary::{DependencyLink, Operation, ServiceCount, ServiceRequests, TraceSummary};
pub use trace::{Decode, ParsedTraces, SourceTables, SpanLocation, Trace, TraceRows};
