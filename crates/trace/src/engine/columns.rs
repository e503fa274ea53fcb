//! The columns of answers, which are transferred beside the message: the page copies each into its memory at once, and
//! yields between two of them, where a message of a million spans would have to be copied and decoded as a whole.

use super::answer::Answer;
use super::transfer::Buffer;
use crate::units::ColumnMut;

impl Answer {
    /// The columns, in an order that depends on the kind of answer alone. They may be empty.
    pub fn columns(&mut self) -> Vec<ColumnMut<'_>> {
        match self {
            Answer::CriticalPath(path) => path.columns(),
            Answer::Column(column) => column.columns(),
            Answer::Order(order) => vec![ColumnMut::U32(&mut order.rows)],
            Answer::Times(times) => vec![ColumnMut::U64(&mut times.values)],
            Answer::Flame(frames) => frames.columns(),
            _ => Vec::new(),
        }
    }

    /// Takes the columns out, which leaves them empty.
    pub fn take_columns(&mut self) -> Vec<Buffer<'static>> {
        let take = |column| match column {
            ColumnMut::U32(words) => Buffer::U32(std::mem::take(words).into()),
            ColumnMut::U64(longs) => Buffer::U64(std::mem::take(longs).into()),
        };
        self.columns().into_iter().map(take).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::critical_path::PathBySpan;
    use crate::analysis::flame::{FrameOrder, flame_frames};
    use crate::analysis::narrowed::SpanFilter;
    use crate::analysis::query::{Field, column, times};
    use crate::engine::TableOrder;
    use crate::engine::message::{decode, encode};
    use crate::testing::trace;

    #[test]
    fn an_answer_is_what_it_was_once_its_columns_are_put_back() {
        let trace = trace("a: one [====] code=500\n  b: two [=]\n  b: two   [=] code=200");
        let frames =
            |order| Answer::Flame(Box::new(flame_frames(trace.outline(), order, &SpanFilter::default())));
        let answers = [
            frames(FrameOrder::Time),
            frames(FrameOrder::LeftHeavy),
            frames(FrameOrder::Sandwich { span: 1 }),
            Answer::CriticalPath(Box::new(PathBySpan::of(trace.outline()))),
            Answer::Column(Box::new(column(&trace, &Field::parse("code")))),
            Answer::Times(Box::new(times(&trace, &Field::parse("self")))),
            Answer::Order(Box::new(TableOrder { rows: vec![2, 0, 1], unsearched: 0 })),
            Answer::Missing,
        ];
        for answer in answers {
            let mut sent = answer.clone();
            let buffers = sent.take_columns();
            assert!(answer == Answer::Missing || sent != answer, "nothing was taken from {answer:?}");
            let mut received: Answer = decode(&encode(&sent)).unwrap();
            let columns = received.columns();
            assert_eq!(columns.len(), buffers.len());
            for (column, buffer) in columns.into_iter().zip(buffers) {
                match (column, buffer) {
                    (ColumnMut::U32(words), Buffer::U32(numbers)) => *words = numbers.into_owned(),
                    (ColumnMut::U64(longs), Buffer::U64(numbers)) => *longs = numbers.into_owned(),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(received, answer);
        }
    }
}
