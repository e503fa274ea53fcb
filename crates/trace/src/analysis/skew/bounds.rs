//! Bounds of clock offsets, from the calls between two services.

use crate::model::{Flags, Outline, SpanIx, SpanKind, StrIx};
use rustc_hash::FxHashMap;

/// A bound, and the span that sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    at: i128,
    span: SpanIx,
}

/// Bounds of the offset of one service's clock from another's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    /// From requests: they are received after they are sent.
    request: (Option<Bound>, Option<Bound>),
    /// From responses, if the client waited for them.
    answer: (Option<Bound>, Option<Bound>),
    /// Number of calls.
    pub(super) calls: u32,
}

fn raise(least: &mut Option<Bound>, at: i128, span: SpanIx) {
    if least.is_none_or(|known| known.at < at) {
        *least = Some(Bound { at, span });
    }
}

fn lower(most: &mut Option<Bound>, at: i128, span: SpanIx) {
    if most.is_none_or(|known| known.at > at) {
        *most = Some(Bound { at, span });
    }
}

impl Bounds {
    /// Adds a call by the reference service (`is_callee`), or a call of it.
    fn add(&mut self, request: i128, answer: Option<i128>, span: SpanIx, is_callee: bool) {
        self.calls += 1;
        if is_callee {
            lower(&mut self.request.1, request, span);
            if let Some(answer) = answer {
                raise(&mut self.answer.0, answer, span);
            }
        } else {
            raise(&mut self.request.0, -request, span);
            if let Some(answer) = answer {
                lower(&mut self.answer.1, -answer, span);
            }
        }
    }

    /// The bounds relative to the other service.
    fn turned(&self) -> Self {
        let turn = |(least, most): (Option<Bound>, Option<Bound>)| {
            let negative = |bound: Bound| Bound { at: -bound.at, ..bound };
            (most.map(negative), least.map(negative))
        };
        Bounds { request: turn(self.request), answer: turn(self.answer), calls: self.calls }
    }

    /// Combines the bounds of requests and responses; those of responses are ignored if they contradict. `None` if
    /// those of requests contradict each other.
    fn both(&self) -> Option<(Option<Bound>, Option<Bound>)> {
        let contradict = |least: Option<Bound>, most: Option<Bound>| {
            least.zip(most).is_some_and(|(least, most)| least.at > most.at)
        };
        let tighter = |one: Option<Bound>, other: Option<Bound>, is_better: fn(i128, i128) -> bool| match (
            one, other,
        ) {
            (Some(one), Some(other)) => Some(if is_better(other.at, one.at) { other } else { one }),
            _ => one.or(other),
        };
        let least = tighter(self.request.0, self.answer.0, |new, known| new > known);
        let most = tighter(self.request.1, self.answer.1, |new, known| new < known);
        if !contradict(least, most) {
            return Some((least, most));
        }
        Some(self.request).filter(|(least, most)| !contradict(*least, *most))
    }

    /// Minimum and maximum offset.
    pub(super) fn narrowed(&self) -> (Option<i128>, Option<i128>) {
        let (least, most) = self.both().unwrap_or_default();
        (least.map(|bound| bound.at), most.map(|bound| bound.at))
    }

    /// The estimated offset; `None` if the clocks may be equal within the tolerance, or without an estimate.
    pub(super) fn offset(&self, tolerance: u64) -> Option<i128> {
        let tolerance = i128::from(tolerance);
        match self.narrowed() {
            (least, Some(most)) if most < -tolerance => {
                Some(least.map_or(most, |least| least + (most - least) / 2))
            }
            (Some(least), most) if least > tolerance => {
                Some(most.map_or(least, |most| least + (most - least) / 2))
            }
            _ => None,
        }
    }

    /// The span that sets the bound closest to 0.
    pub(super) fn example(&self, offset: i128) -> SpanIx {
        let (least, most) = self.both().unwrap_or_default();
        let bound = if offset > 0 { least } else { most };
        bound.map(|bound| bound.span).unwrap_or_default()
    }
}

/// The bounds of all pairs of services that call each other.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// By pair of services; the smaller index is the reference.
    bounds: FxHashMap<(StrIx, StrIx), Bounds>,
    /// The services that each service communicates with, in order of appearance.
    partners: FxHashMap<StrIx, Vec<StrIx>>,
}

impl Pairs {
    /// The services that one communicates with, and the bounds of their offsets.
    pub(super) fn of(&self, reference: StrIx) -> impl Iterator<Item = (StrIx, Bounds)> + '_ {
        let partners = self.partners.get(&reference).map_or(&[][..], Vec::as_slice);
        partners.iter().filter_map(move |service| {
            let bounds = self.bounds.get(&(reference.min(*service), reference.max(*service)))?;
            Some((*service, if reference < *service { *bounds } else { bounds.turned() }))
        })
    }
}

/// Compares every span that received a call from another service with its parent.
pub(super) fn pairs(outline: &Outline) -> Pairs {
    let mut pairs = Pairs::default();
    for span in 0..outline.len() as SpanIx {
        let Some(parent) = outline.parent_of(span).filter(|parent| is_call(outline, *parent, span)) else {
            continue;
        };
        let (at, up) = (span as usize, parent as usize);
        let (caller, service) = (outline.service[up], outline.service[at]);
        let since = |time: u64, of: u64| i128::from(time) - i128::from(of);
        let waited = outline.kind[at] != SpanKind::Consumer
            && matches!(outline.kind[up], SpanKind::Client | SpanKind::Unspecified)
            && !outline.flags[up].has(Flags::OWN_ERROR)
            && outline.duration_of(span) <= outline.duration_of(parent);
        let answer = waited.then(|| since(outline.end[at], outline.end[up]));
        let key = (caller.min(service), caller.max(service));
        let bounds = pairs.bounds.entry(key).or_insert_with(|| {
            pairs.partners.entry(caller).or_default().push(service);
            pairs.partners.entry(service).or_default().push(caller);
            Bounds::default()
        });
        bounds.add(since(outline.start[at], outline.start[up]), answer, span, caller < service);
    }
    pairs
}

/// Whether a span received what its parent sent to another service. If kinds are missing, a change of the service is
/// sufficient.
fn is_call(outline: &Outline, parent: SpanIx, span: SpanIx) -> bool {
    let (at, up) = (span as usize, parent as usize);
    let sends = matches!(outline.kind[up], SpanKind::Client | SpanKind::Producer | SpanKind::Unspecified);
    let receives = matches!(outline.kind[at], SpanKind::Server | SpanKind::Consumer | SpanKind::Unspecified);
    let has_times = |at: usize| {
        let flags = outline.flags[at];
        !flags.has(Flags::NO_START) && !flags.has(Flags::ENDS_EARLY) && !flags.has(Flags::NO_SERVICE)
    };
    outline.service[at] != outline.service[up] && sends && receives && has_times(at) && has_times(up)
}
