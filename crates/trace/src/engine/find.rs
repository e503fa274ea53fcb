//! Finding spans in a trace that is held, whether everything of it is searchable yet or not.

use super::question::{Answer, Findings, Matches, QuestionTopic};
use crate::analysis::advisor::{self, Thresholds};
use crate::analysis::lint::lint;
use crate::analysis::peers::peers;
use crate::analysis::query::{self, Field, Reading};
use crate::model::{SpanSet, Trace};

/// Bytes made searchable before a question about attributes is answered: what is left of most traces, and for the
/// largest no more than a moment's work. What is still left is said, and made searchable between messages.
const AHEAD: usize = 16 << 20;

/// Answers a question about the attributes of all spans; true when everything is searchable now.
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
        // Some attributes would prove less than all of them, and another thing.
        0 => Findings { findings: advisor::findings(trace, &Thresholds::default()), unsearched: 0 },
        unsearched => Findings { findings: Vec::new(), unsearched },
    }
}

fn matches(trace: &Trace, text: &str) -> Matches {
    match query::read(text) {
        Ok(reading) => Matches {
            spans: query::find(trace, &reading),
            is_query: matches!(reading, Reading::Query(_)),
            error: None,
            unsearched: trace.unindexed_spans() as u32,
        },
        Err(mistake) => Matches {
            spans: SpanSet::none(trace.outline().len()),
            is_query: true,
            error: Some(mistake),
            unsearched: 0,
        },
    }
}
