//! Searches spans of an open trace that may not be completely searchable yet.

use super::answer::{Answer, Findings, Matches};
use super::question::QuestionTopic;
use crate::analysis::advisor::{self, Thresholds};
use crate::analysis::lint::lint;
use crate::analysis::peers::peers;
use crate::analysis::query::{self, Field, SearchText};
use crate::model::{SpanSet, Trace};

/// Maximum number of bytes to index before a search is answered: all of most traces, and little time for the largest.
/// The answer says how many spans are not searchable.
const AHEAD: usize = 16 << 20;

/// Answers a question about attributes of all spans. Returns whether everything is searchable.
#[inline(never)]
pub(super) fn answer(trace: &mut Trace, topic: &QuestionTopic) -> (Answer, bool) {
    let searchable = trace.index_some(AHEAD);
    let answer = match topic {
        QuestionTopic::Complete { query, cursor } => {
            Answer::Completions(query::complete(trace, query, *cursor as usize))
        }
        QuestionTopic::Column { key } => Answer::Column(Box::new(query::column(trace, &Field::parse(key)))),
        QuestionTopic::Peers { span } => Answer::Peers(Box::new(peers(trace, *span))),
        QuestionTopic::Findings => Answer::Findings(Box::new(findings(trace))),
        QuestionTopic::FindingsReport { format } => {
            let found = findings(trace).findings;
            Answer::Text(advisor::report(trace.outline(), &found, *format))
        }
        QuestionTopic::Lint => Answer::Lint(Box::new(lint(trace))),
        QuestionTopic::Find { query } => Answer::Matches(Box::new(matches(trace, query))),
        _ => Answer::Missing,
    };
    (answer, searchable)
}

fn findings(trace: &Trace) -> Findings {
    match trace.unindexed_spans() as u32 {
        // With some of the attributes, findings would be wrong.
        0 => Findings { findings: advisor::findings(trace, &Thresholds::default()), unsearched: 0 },
        unsearched => Findings { findings: Vec::new(), unsearched },
    }
}

fn matches(trace: &Trace, text: &str) -> Matches {
    match query::read(text) {
        Ok(reading) => {
            let spans = query::find(trace, &reading);
            let unsearched = trace.unindexed_spans() as u32;
            // A name that no span has so far may still come.
            let hints = match unsearched {
                0 => query::hints(trace, text, &reading, &spans),
                _ => Vec::new(),
            };
            let is_query = matches!(reading, SearchText::Query(_));
            Matches { spans, is_query, error: None, hints, unsearched }
        }
        Err(mistake) => Matches {
            spans: SpanSet::none(trace.outline().len()),
            is_query: true,
            error: Some(mistake),
            hints: Vec::new(),
            unsearched: 0,
        },
    }
}
