//! Evaluates tags with the index: excludes parts that cannot contain a matching span.

use super::criteria::{Criteria, KindOrTerms};
use super::read::SpanTest;
use crate::matching::{Precheck, Tag, kind_number, matches};
use crate::terms::{UNPRINTED, printed, term};
use spandrel_trace::format::SpanParts;

impl SpanTest for Vec<Tag> {
    fn accepts_all(&self) -> bool {
        self.is_empty()
    }

    fn constrain(&self, criteria: &mut Criteria) {
        add(criteria, self);
    }

    fn tester(&self) -> Box<dyn FnMut(&SpanParts) -> bool + '_> {
        let precheck = Precheck::new(self);
        Box::new(move |parts| precheck.may_match(parts) && matches(self, parts))
    }
}

/// Adds the conditions of tags to the criteria.
fn add(criteria: &mut Criteria, tags: &[Tag]) {
    for tag in tags {
        let attribute =
            vec![term(tag.key.as_bytes(), tag.value.as_bytes()), term(tag.key.as_bytes(), UNPRINTED)];
        match (tag.key.as_str(), tag.value.as_str()) {
            ("error", "true") | (printed::STATUS_CODE, "ERROR") => criteria.failed_or.push(attribute),
            ("error", "false") => {}
            ("error", _) => criteria.terms.push(attribute),
            ("span.status", status) if status.eq_ignore_ascii_case("error") => {
                criteria.failed_or.push(Vec::new());
            }
            ("span.status", status) if status.eq_ignore_ascii_case("ok") => {
                criteria.printed.push(vec![term(printed::STATUS_CODE.as_bytes(), b"OK")]);
            }
            ("span.status", status) if status.eq_ignore_ascii_case("unset") => {}
            // No span has another one.
            ("span.status", _) => criteria.terms.push(Vec::new()),
            ("span.kind", kind) => {
                criteria.kinds.push(KindOrTerms { kind: kind_number(kind), terms: attribute });
            }
            ("scope.name" | "scope.version", "") => {}
            ("scope.name", name) => {
                criteria.printed.push(vec![term(printed::SCOPE_NAME.as_bytes(), name.as_bytes())]);
            }
            ("scope.version", version) => {
                criteria.printed.push(vec![term(printed::SCOPE_VERSION.as_bytes(), version.as_bytes())]);
            }
            _ => match tag.attribute_key() {
                Some(key) if key == tag.key => criteria.terms.push(attribute),
                // `resource.x` is an attribute `x` of the resource or one that is called so.
                Some(key) => {
                    let mut terms = attribute;
                    terms.extend([
                        term(key.as_bytes(), tag.value.as_bytes()),
                        term(key.as_bytes(), UNPRINTED),
                    ]);
                    criteria.terms.push(terms);
                }
                None if tag.is_printed() => criteria.printed.push(attribute),
                None => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Limits, Part, Store};
    use crate::terms::Filter;

    fn tag(key: &str, value: &str) -> Vec<Tag> {
        vec![Tag { key: key.to_owned(), value: value.to_owned() }]
    }

    /// Two parts: a failed server span, and a client span with printed fields.
    async fn stored(directory: &std::path::Path) -> Store {
        let store = Store::open(directory, Limits::default()).unwrap();
        let part = |trace: u128, kind: u32, failed: bool, terms: &[(&str, &str)]| {
            let mut part = Part::of(trace, b"\x0a\x04\x12\x02\x12\x00".to_vec());
            part.add_operation("service", "name", kind);
            part.add_span(5, 6, failed);
            let mut terms: Vec<u64> =
                terms.iter().map(|(key, value)| term(key.as_bytes(), value.as_bytes())).collect();
            part.filter = Filter::of(&mut terms);
            part.calls = Some(Box::default());
            part
        };
        let printed = [("otel.status_code", "OK"), ("otel.scope.name", "lib"), ("event", "retry")];
        store.append(vec![part(1, 2, true, &[]), part(2, 3, false, &printed)]).await.unwrap();
        store
    }

    /// Traces that are read because they may match.
    fn read(store: &Store, key: &str, value: &str) -> usize {
        let criteria = Criteria { start_to: 10, ..Criteria::default() };
        store
            .search(criteria, &tag(key, value), || false)
            .map(|found| found.map(|_| ()))
            .filter(Result::is_ok)
            .count()
    }

    #[tokio::test]
    async fn printed_tags_are_looked_up_in_the_index() {
        let directory = tempfile::tempdir().unwrap();
        let store = stored(directory.path()).await;
        for (key, value, expected) in [
            ("otel.status_code", "ERROR", 1),
            ("otel.status_code", "OK", 1),
            ("error", "true", 1),
            ("error", "false", 2),
            ("span.status", "Error", 1),
            ("span.status", "ok", 1),
            ("span.status", "unset", 2),
            ("span.status", "nonsense", 0),
            ("span.kind", "client", 1),
            ("span.kind", "producer", 0),
            ("span.kind", "nonsense", 0),
            ("otel.scope.name", "lib", 1),
            ("scope.name", "lib", 1),
            ("scope.name", "other", 0),
            ("event", "retry", 1),
            ("event", "absent", 0),
            ("resource.host", "x", 0),
            ("http.method", "GET", 0),
        ] {
            assert_eq!(read(&store, key, value), expected, "{key}={value}");
        }
        store.close();
    }
}
