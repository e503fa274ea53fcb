//! How a question is answered: documents by words and by embedding, one context of both, and the sentences of it that fit.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use spandrel_trace::units::{sort_by_number, sort_by_number_descending};

use crate::corpus::CORPUS;
use crate::embedding::{DIMENSIONS, embed, fnv, similarity, words};

/// The name of the built-in generator.
pub const BUILT_IN: &str = "extractive-1";
/// How many documents there are.
pub const DOCUMENTS: usize = CORPUS.len();
/// Documents that are found, and documents of a context, at most.
const MOST: usize = 4;
/// Sentences of an answer at most.
const SENTENCES: usize = 3;
/// How much the place in one list counts: the usual constant of reciprocal rank fusion.
const FUSION: f64 = 60.0;

/// A document that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentHit {
    /// Its ID.
    pub id: String,
    /// Higher is better.
    pub score: f64,
}

/// What was found.
#[derive(Debug, Serialize, Deserialize)]
pub struct FoundDocuments {
    /// By the words of the question, best first.
    pub by_words: Vec<DocumentHit>,
    /// By its embedding, best first.
    pub by_vector: Vec<DocumentHit>,
}

/// The context for the generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerContext {
    /// The texts of the documents.
    pub context: String,
    /// Their titles.
    pub sources: Vec<String>,
}

/// What was generated.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedText {
    /// The answer.
    pub text: String,
    /// The model that made it.
    pub model: String,
    /// Words of question and context.
    pub input_tokens: i64,
    /// Words of the answer.
    pub output_tokens: i64,
    /// Why the model stopped.
    pub finish_reason: String,
}

/// Questions of the same words have the same key.
pub fn question_key(question: &str) -> String {
    let words: Vec<String> = words(question).collect();
    format!("{:016x}", fnv(words.join(" ").as_bytes()))
}

/// The embeddings of all documents.
static INDEX: LazyLock<Vec<(&'static str, [f32; DIMENSIONS])>> = LazyLock::new(|| {
    CORPUS
        .iter()
        .map(|document| (document.id, embed(&format!("{} {}", document.title, document.text))))
        .collect()
});

/// A number that orders scores as they are; those below 0 count as 0.
fn rank_number(score: f64) -> u64 {
    // The bits of floats from 0 on are in the order of the floats.
    score.max(0.0).to_bits()
}

/// The documents with most of the words, each weighted by how few documents have it.
pub fn rank(question: &str) -> Vec<DocumentHit> {
    let documents: Vec<Vec<String>> =
        CORPUS.iter().map(|document| words(document.title).chain(words(document.text)).collect()).collect();
    let mut scores = vec![0.0; documents.len()];
    for word in words(question) {
        let with: Vec<usize> =
            (0..documents.len()).filter(|at| documents.get(*at).is_some_and(|d| d.contains(&word))).collect();
        let weight = (documents.len() as f64 / (with.len() as f64).max(1.0)).ln();
        for at in with {
            if let Some(score) = scores.get_mut(at) {
                *score += weight;
            }
        }
    }
    let mut hits: Vec<DocumentHit> = CORPUS
        .iter()
        .zip(scores)
        .filter(|(_, score)| *score > 0.0)
        .map(|(document, score)| DocumentHit { id: document.id.into(), score })
        .collect();
    sort_by_number_descending(&mut hits, |hit| rank_number(hit.score));
    hits.truncate(MOST);
    hits
}

/// The documents whose embeddings are nearest to that of a question.
pub fn nearest(wanted: &[f32; DIMENSIONS]) -> Vec<DocumentHit> {
    let mut hits: Vec<DocumentHit> = INDEX
        .iter()
        .map(|(id, vector)| DocumentHit { id: (*id).into(), score: f64::from(similarity(wanted, vector)) })
        .collect();
    sort_by_number_descending(&mut hits, |hit| rank_number(hit.score));
    hits.truncate(MOST);
    hits
}

/// Reciprocal rank fusion of both lists (Cormack, Clarke and Büttcher, 2009).
pub fn fuse(found: &FoundDocuments) -> AnswerContext {
    let score = |id: &str| -> f64 {
        let place = |hits: &[DocumentHit]| hits.iter().position(|hit| hit.id == id);
        [place(&found.by_words), place(&found.by_vector)]
            .into_iter()
            .flatten()
            .map(|place| 1.0 / (FUSION + place as f64))
            .sum()
    };
    let mut ranked: Vec<_> = CORPUS.iter().map(|document| (score(document.id), document)).collect();
    ranked.retain(|(score, _)| *score > 0.0);
    sort_by_number_descending(&mut ranked, |(score, _)| rank_number(*score));
    ranked.truncate(MOST);
    AnswerContext {
        context: ranked.iter().map(|(_, document)| format!("{} ", document.text)).collect(),
        sources: ranked.iter().map(|(_, document)| document.title.to_owned()).collect(),
    }
}

/// The sentences of the context that are nearest to the question, in their order.
pub fn extract(question: &str, context: &str) -> GeneratedText {
    let wanted = embed(question);
    let sentences: Vec<&str> =
        context.split_inclusive(". ").map(str::trim).filter(|text| !text.is_empty()).collect();
    let mut ranked: Vec<(usize, f32)> = sentences
        .iter()
        .enumerate()
        .map(|(at, sentence)| (at, similarity(&wanted, &embed(sentence))))
        .filter(|(_, near)| *near > 0.05)
        .collect();
    sort_by_number_descending(&mut ranked, |(_, near)| rank_number(f64::from(*near)));
    ranked.truncate(SENTENCES);
    sort_by_number(&mut ranked, |(at, _)| *at as u64);
    let chosen: Vec<&str> = ranked.iter().filter_map(|(at, _)| sentences.get(*at).copied()).collect();
    let text = match chosen.is_empty() {
        true => "The documents say nothing about that.".to_owned(),
        false => chosen.join(" "),
    };
    let tokens = |text: &str| i64::try_from(words(text).count()).unwrap_or(i64::MAX);
    GeneratedText {
        input_tokens: tokens(question) + tokens(context),
        output_tokens: tokens(&text),
        text,
        model: BUILT_IN.to_owned(),
        finish_reason: "stop".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_with_the_rare_words_comes_first() {
        assert_eq!(rank("What is a circuit breaker?")[0].id, "circuit-breaker");
        assert!(rank("xylophone").is_empty());
        assert!(rank("a span of a trace, its parent and its children").len() <= MOST);
    }

    #[test]
    fn the_nearest_document_comes_first() {
        let hits = nearest(&embed("Why do clocks of hosts differ, and what does skew do to spans?"));
        assert_eq!(hits[0].id, "clock-skew");
        assert_eq!(hits.len(), MOST);
    }

    #[test]
    fn a_document_of_both_lists_comes_before_the_first_of_one() {
        let hit = |id: &str| DocumentHit { id: id.into(), score: 1.0 };
        let prepared = fuse(&FoundDocuments {
            by_words: vec![hit("trace"), hit("cache")],
            by_vector: vec![hit("span"), hit("cache")],
        });
        assert_eq!(prepared.sources[0], "Cache");
        assert_eq!(prepared.sources.len(), 3);
        assert!(prepared.context.starts_with("A cache keeps"));
    }

    #[test]
    fn the_fitting_sentences_are_chosen_in_their_order() {
        let context = "Clocks differ between hosts. A cache keeps answers. A lookup in the cache can miss. ";
        let generated = extract("What does a cache lookup do?", context);
        assert_eq!(generated.text, "A cache keeps answers. A lookup in the cache can miss.");
        assert_eq!(generated, extract("What does a cache lookup do?", context));
        assert!(generated.input_tokens > generated.output_tokens);
        assert_eq!(extract("Quoi?", "").text, "The documents say nothing about that.");
    }

    #[test]
    fn the_same_words_have_the_same_key() {
        assert_eq!(question_key("What is a trace?"), question_key("what is  a TRACE"));
        assert_ne!(question_key("What is a trace?"), question_key("What is a span?"));
    }
}
