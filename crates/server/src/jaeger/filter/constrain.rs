//! What the index decides of a filter: conditions without which a part cannot hold a span that satisfies it.

use super::value::Scalar;
use super::{Call, Comparison, Field, Level, SpanFilter, Term};
use crate::matching::kind_number;
use crate::store::{Criteria, KindOrTerms};
use crate::terms::{UNPRINTED, term};

impl SpanFilter {
    /// Adds to the criteria what the filter demands. They never exclude a span that satisfies it.
    pub fn constrain(&self, criteria: &mut Criteria) {
        let mut calls = vec![&self.root];
        while let Some(call) = calls.pop() {
            match call {
                Call::And(all) => calls.extend(all),
                // What one event or link satisfies, the span has.
                Call::Some(_, call) => calls.push(call),
                Call::Compare(comparison, term, scalar) => compare(*comparison, term, scalar, criteria),
                Call::In(Term::Attribute(key, _), scalars) => {
                    criteria.terms.push(scalars.iter().flat_map(|scalar| terms(key, scalar)).collect());
                }
                _ => {}
            }
        }
    }
}

fn compare(comparison: Comparison, of: &Term, scalar: &Scalar, criteria: &mut Criteria) {
    match (comparison, of) {
        (Comparison::Equal, Term::Attribute(key, _)) => criteria.terms.push(terms(key, scalar)),
        (Comparison::Equal, Term::Field(Level::Resource, Field::Service)) if criteria.service.is_none() => {
            criteria.service = Some(scalar.text.clone());
        }
        (Comparison::Equal, Term::Field(Level::Span, Field::Name)) if criteria.operation.is_none() => {
            criteria.operation = Some(scalar.text.clone());
        }
        (Comparison::Equal, Term::Field(Level::Span, Field::Kind)) => {
            let name = scalar.text.to_ascii_lowercase();
            if let kind @ Some(_) = kind_number(name.strip_prefix("span_kind_").unwrap_or(&name)) {
                criteria.kinds.push(KindOrTerms { kind, terms: Vec::new() });
            }
        }
        (Comparison::Equal, Term::Field(Level::Span, Field::Status)) => {
            let name = scalar.text.to_ascii_lowercase();
            if name.strip_prefix("status_code_").unwrap_or(&name) == "error" {
                criteria.failed_or.push(Vec::new());
            }
        }
        (Comparison::Greater | Comparison::GreaterOrEqual, Term::Field(Level::Span, Field::Duration)) => {
            criteria.duration_from = criteria.duration_from.max(scalar.duration);
        }
        (Comparison::Less | Comparison::LessOrEqual, Term::Field(Level::Span, Field::Duration)) => {
            let most = [criteria.duration_to, scalar.duration].into_iter().flatten().min();
            criteria.duration_to = most;
        }
        _ => {}
    }
}

/// Terms of which one is there where an attribute has a value with this text.
fn terms(key: &str, scalar: &Scalar) -> Vec<u64> {
    let key = key.as_bytes();
    let mut terms = vec![term(key, scalar.text.as_bytes()), term(key, UNPRINTED)];
    // An integer is filed as it is printed.
    if let Ok(number) = scalar.text.parse::<i64>() {
        terms.push(term(key, number.to_string().as_bytes()));
    }
    terms
}
