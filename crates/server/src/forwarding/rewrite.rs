//! A request as a target gets it: without the spans or log lines that its rules leave out, redacted, in batches.

use super::batch::Batches;
use super::redact::{LINE, RESOURCE, SCOPE, SPAN, Shape};
use super::rules::{Rules, Verdict};
use crate::config::forward::Signal;
use crate::facts::{Facts, MISSING_SERVICE, facts_of, service_name};
use crate::wire::{TypedField, Walk, WireError, put_bytes};
use std::borrow::Cow;

/// Spans or lines that were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DroppedCounts {
    /// By a filter.
    pub filtered: u64,
    /// By sampling.
    pub sampled_out: u64,
}

/// Fields in which a resource has its scopes: 1000 is where they stood before they were called scopes. The messages of
/// both signals have the same members.
const SCOPES: [u32; 2] = [2, 1000];
const SPANS: [u32; 1] = [2];

/// Puts what the rules keep of a request into batches. `is_wanted` decides about a span's trace as a whole.
pub fn rewrite(
    request: &[u8],
    signal: Signal,
    rules: &Rules,
    is_wanted: &mut dyn FnMut(&Facts<'_>) -> bool,
    batches: &mut Batches,
) -> Result<DroppedCounts, WireError> {
    let mut left_out = DroppedCounts::default();
    members(request, &[1], |message| {
        let (fields, resource) = head(message, &SCOPES, RESOURCE, rules)?;
        let service = resource.map_or(Ok(Cow::Borrowed(MISSING_SERVICE)), service_name)?;
        if !rules.takes_service(&service) {
            return members(message, &SCOPES, |scope| {
                members(scope, &SPANS, |_| {
                    left_out.filtered += 1;
                    Ok(())
                })
            });
        }
        let of_resource = rules.of_resource(resource.unwrap_or_default())?;
        batches.resource(fields);
        members(message, &SCOPES, |message| {
            batches.scope(head(message, &SPANS, SCOPE, rules)?.0);
            members(message, &SPANS, |member| {
                let (verdict, shape) = match signal {
                    Signal::Traces => {
                        let facts = facts_of(member)?;
                        match rules.judge(member, &facts, &of_resource)? {
                            Verdict::Kept if !is_wanted(&facts) => (Verdict::SampledOut, SPAN),
                            verdict => (verdict, SPAN),
                        }
                    }
                    Signal::Logs => (rules.judge_line(member, &of_resource)?, LINE),
                };
                match verdict {
                    Verdict::Filtered => left_out.filtered += 1,
                    Verdict::SampledOut => left_out.sampled_out += 1,
                    Verdict::Kept => batches.span(&rules.redaction.message(member, shape)?),
                }
                Ok(())
            })
        })
    })?;
    Ok(left_out)
}

/// Calls `each` with the facts of every span.
pub fn each_span(request: &[u8], mut each: impl FnMut(Facts<'_>)) -> Result<(), WireError> {
    members(request, &[1], |resource| {
        members(resource, &SCOPES, |scope| {
            members(scope, &SPANS, |span| {
                each(facts_of(span)?);
                Ok(())
            })
        })
    })
}

/// Calls `each` with the messages that are one of these fields.
fn members<'a>(
    message: &'a [u8],
    fields: &[u32],
    mut each: impl FnMut(&'a [u8]) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let mut walk = Walk::new(message);
    while let Some((number, field)) = walk.next()? {
        if fields.contains(&number) {
            each(field.bytes(number)?)?;
        }
    }
    Ok(())
}

/// The fields of a message without its members, field 1 (of this shape) redacted; and field 1 as it came.
fn head<'a>(
    message: &'a [u8],
    members: &[u32],
    shape: Shape,
    rules: &Rules,
) -> Result<(Vec<u8>, Option<&'a [u8]>), WireError> {
    let (mut fields, mut first) = (Vec::new(), None);
    let mut walk = Walk::new(message);
    while let Some((number, field, raw)) = walk.next_raw()? {
        match number {
            number if members.contains(&number) => {}
            1 => {
                let bytes = field.bytes(1)?;
                first = first.or(Some(bytes));
                put_bytes(&mut fields, 1, &rules.redaction.message(bytes, shape)?);
            }
            _ => fields.extend_from_slice(raw),
        }
    }
    Ok((fields, first))
}

#[cfg(test)]
mod tests {
    use super::super::batch::Batch;
    use super::*;
    use crate::config::forward::Forward;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
    use opentelemetry_proto::tonic::resource::v1::Resource;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
    use proptest::prelude::*;
    use prost::Message;

    fn rules(more: &str) -> Rules {
        let text = format!("name = \"a\"\nendpoint = \"http://a\"\n{more}");
        Rules::of(&toml::from_str::<Forward>(&text).unwrap())
    }

    fn attribute(key: &str, value: &str) -> KeyValue {
        let value = Some(AnyValue { value: Some(Any::StringValue(value.to_owned())) });
        KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
    }

    fn span(trace: u8, id: u64, error: bool, route: &str) -> Span {
        Span {
            trace_id: vec![trace; 16],
            span_id: id.to_be_bytes().to_vec(),
            attributes: vec![attribute("http.route", route)],
            status: error.then(|| Status { code: 2, ..Status::default() }),
            ..Span::default()
        }
    }

    fn request(resources: Vec<(String, Vec<Vec<Span>>)>) -> ExportTraceServiceRequest {
        let scopes = |scopes: Vec<Vec<Span>>| {
            let of = |(index, spans)| ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: format!("scope {index}"),
                    ..InstrumentationScope::default()
                }),
                spans,
                ..ScopeSpans::default()
            };
            scopes.into_iter().enumerate().map(of).collect()
        };
        let resource = |(service, of): (String, Vec<Vec<Span>>)| ResourceSpans {
            resource: Some(Resource {
                attributes: vec![attribute("service.name", &service)],
                ..Resource::default()
            }),
            scope_spans: scopes(of),
            ..ResourceSpans::default()
        };
        ExportTraceServiceRequest { resource_spans: resources.into_iter().map(resource).collect() }
    }

    fn requests() -> impl Strategy<Value = ExportTraceServiceRequest> {
        let span = (0..20u8, any::<u64>(), any::<bool>(), "[ab]/[a-z]{0,40}")
            .prop_map(|(trace, id, error, route)| span(trace, id, error, &route));
        let scopes = prop::collection::vec(prop::collection::vec(span, 0..8), 0..4);
        prop::collection::vec(("[abc]", scopes), 0..4).prop_map(request)
    }

    /// Every span with its service, scope.
    fn flat(request: &ExportTraceServiceRequest) -> Vec<(String, String, Span)> {
        let mut all = Vec::new();
        for resource in &request.resource_spans {
            let service = format!("{:?}", resource.resource);
            for scope in &resource.scope_spans {
                let name = scope.scope.as_ref().unwrap().name.clone();
                all.extend(scope.spans.iter().map(|span| (service.clone(), name.clone(), span.clone())));
            }
        }
        all
    }

    fn run(
        request: &ExportTraceServiceRequest,
        rules: &Rules,
        spans: u64,
        bytes: usize,
    ) -> (Vec<Batch>, DroppedCounts) {
        let mut batches = Batches::new(spans, bytes);
        let left_out =
            rewrite(&request.encode_to_vec(), Signal::Traces, rules, &mut |_| true, &mut batches).unwrap();
        (batches.finish(), left_out)
    }

    fn read(batches: &[Batch]) -> Vec<(String, String, Span)> {
        let decode = |batch: &Batch| ExportTraceServiceRequest::decode(batch.bytes.as_slice()).unwrap();
        batches.iter().flat_map(|batch| flat(&decode(batch))).collect()
    }

    proptest! {
        #[test]
        fn batches_hold_every_span_once_in_order_and_are_no_larger_than_allowed(
            request in requests(), spans in 1..9u64, bytes in 200..2000usize,
        ) {
            let (batches, left_out) = run(&request, &rules(""), spans, bytes);
            prop_assert_eq!(left_out, DroppedCounts::default());
            prop_assert_eq!(read(&batches), flat(&request));
            for batch in &batches {
                prop_assert!((1..=spans).contains(&batch.spans));
                prop_assert!(batch.bytes.len() <= bytes || batch.spans == 1, "{}", batch.bytes.len());
                let one = std::slice::from_ref(batch);
                prop_assert_eq!(read(one).len() as u64, batch.spans);
            }
        }

        #[test]
        fn filters_keep_exactly_what_fulfils_all_of_them(request in requests()) {
            let rules = rules(
                "keep.services = [\"a\", \"b\"]\nkeep.without_services = [\"b\"]\nkeep.errors_only = true\n\
                 keep.attributes = { \"http.route\" = \"^a/\" }\nkeep.without_attributes = { \"http.route\" = \"z\" }",
            );
            let (batches, left_out) = run(&request, &rules, 100, 1 << 20);
            let all = flat(&request);
            let (wanted, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(service, _, span)| {
                let Some(Any::StringValue(route)) = span.attributes[0].value.clone().unwrap().value else { panic!() };
                service.contains("StringValue(\"a\")") && span.status.is_some() && route.starts_with("a/")
                    && !route.contains('z')
            });
            prop_assert_eq!(read(&batches), wanted);
            prop_assert_eq!(left_out, DroppedCounts { filtered: others.len() as u64, sampled_out: 0 });
        }

        #[test]
        fn a_sample_keeps_traces_whole(request in requests(), ratio in 0.0..1.0) {
            let (batches, left_out) = run(&request, &rules(&format!("sample = {ratio:?}")), 7, 1 << 20);
            let kept = read(&batches);
            let traces: std::collections::BTreeSet<_> = kept.iter().map(|(_, _, span)| span.trace_id.clone()).collect();
            let all = flat(&request);
            let of_kept = all.iter().filter(|(_, _, span)| traces.contains(&span.trace_id)).count();
            prop_assert_eq!(kept.len(), of_kept);
            prop_assert_eq!(left_out.sampled_out as usize, all.len() - kept.len());
        }
    }

    #[test]
    fn resources_are_redacted_too() {
        let request = request(vec![("secret-7".to_owned(), vec![vec![span(1, 1, false, "a/")]])]);
        let (batches, _) = run(&request, &rules("redact.values = [\"-[0-9]\"]"), 9, 1 << 20);
        let said = format!("{:?}", read(&batches));
        assert!(said.contains("secret[redacted]") && !said.contains("secret-7"), "{said}");
    }
}
