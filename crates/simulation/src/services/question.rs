//! The services that answer questions: orchestrator, cache, search, vector, rag and llm.

use spandrel_trace::model::SpanKind;
use spandrel_trace::model::record::AttributeValue;

use super::call::Call;
use crate::embedding::{DIMENSIONS, embed, words};
use crate::faults::Fault;
use crate::problem::Problem;
use crate::recorder::{Cx, Run, attribute, int};
use crate::retrieval::{
    AnswerContext, BUILT_IN, DOCUMENTS, DocumentHit, FoundDocuments, GeneratedText, extract, fuse, nearest,
    question_key, rank,
};
use crate::state::AnsweredQuestion;

/// What stands before a key of the cache.
const PREFIX: &str = "spandrel-demo:answer:";
/// How long the gateway waits for an answer, and the orchestrator for a text. Milliseconds.
const TIMEOUT: u32 = 40_000;
const GENERATION_TIMEOUT: u32 = 35_000;
/// The model of the embeddings.
const EMBEDDING: &str = "hashing-128";

impl Run<'_> {
    /// Answers a question, from the cache where it is in it.
    ///
    /// # Errors
    /// The problem of the orchestrator.
    pub(super) fn ask(&mut self, cx: Cx, question: &str) -> Result<(AnsweredQuestion, bool), Problem> {
        let call = Call::post("orchestrator", "/answer").timeout(TIMEOUT);
        self.call(cx, &call, |run, server, _| run.orchestrated_answer(server, question).map(|it| (200, it)))
    }

    fn orchestrated_answer(
        &mut self,
        server: Cx,
        question: &str,
    ) -> Result<(AnsweredQuestion, bool), Problem> {
        let key = question_key(question);
        let known = self.cached(server, &key)?;
        self.set(server, "answer.cached", known.is_some());
        if let Some(known) = known {
            return Ok((known, true));
        }
        // Both at the same time.
        let start = self.now;
        let by_words = self.search(server, question)?;
        let searched = std::mem::replace(&mut self.now, start);
        let by_vector = self.look_up(server, question)?;
        self.now = self.now.max(searched);
        let prepared = self.prepare(server, &FoundDocuments { by_words, by_vector })?;
        let generated = self.generate(server, question, &prepared.context)?;
        let answered =
            AnsweredQuestion { answer: generated.text, sources: prepared.sources, model: generated.model };
        self.store(server, &key, &answered)?;
        Ok((answered, false))
    }

    /// A command of the cache (semantic conventions for Redis, whose commands it answers).
    fn command(&mut self, server: Cx, command: &str, key: &str) -> Cx {
        let attributes = vec![
            attribute("db.system.name", "redis"),
            attribute("db.operation.name", command),
            attribute("db.query.text", format!("{command} {PREFIX}{key}")),
            attribute("cache.store", "in_process"),
        ];
        self.child(server, SpanKind::Client, command, attributes)
    }

    fn cached(&mut self, cx: Cx, key: &str) -> Result<Option<AnsweredQuestion>, Problem> {
        self.call(cx, &Call::get("cache", "/entries/{key}").with_id(key), |run, server, _| {
            if run.fault == Some(Fault::CacheCold) {
                let deleting = run.command(server, "DEL", key);
                run.wait(0.05);
                run.state.answers.remove(key);
                run.end(deleting);
            }
            let reading = run.command(server, "GET", key);
            run.work(1.0);
            let known = run.state.answers.get(key).cloned();
            run.set(reading, "cache.hit", known.is_some());
            run.end(reading);
            run.set(server, "cache.hit", known.is_some());
            run.cache_outcome = Some(if known.is_some() { "HIT" } else { "MISS" });
            Ok((200, known))
        })
    }

    fn store(&mut self, cx: Cx, key: &str, answered: &AnsweredQuestion) -> Result<(), Problem> {
        let call = Call::new("PUT", "cache", "/entries/{key}").with_id(key);
        self.call(cx, &call, |run, server, _| {
            let writing = run.command(server, "SETEX", key);
            run.work(1.0);
            run.state.answers.insert(key.to_owned(), answered.clone());
            run.end(writing);
            Ok((200, ()))
        })
    }

    fn search(&mut self, cx: Cx, question: &str) -> Result<Vec<DocumentHit>, Problem> {
        self.call(cx, &Call::post("search", "/search"), |run, server, _| {
            let ranking = run.internal(server, "rank documents");
            run.work(14.0);
            let hits = rank(question);
            run.set(ranking, "search.documents", int(DOCUMENTS));
            run.set(ranking, "search.hits", int(hits.len()));
            run.end(ranking);
            Ok((200, hits))
        })
    }

    fn look_up(&mut self, cx: Cx, question: &str) -> Result<Vec<DocumentHit>, Problem> {
        self.call(cx, &Call::post("vector", "/lookup"), |run, server, _| {
            let embedding = run.internal(server, format!("embeddings {EMBEDDING}"));
            run.set(embedding, "gen_ai.operation.name", "embeddings");
            run.set(embedding, "gen_ai.provider.name", "spandrel");
            run.set(embedding, "gen_ai.request.model", EMBEDDING);
            run.work(6.0);
            run.set(embedding, "gen_ai.usage.input_tokens", int(words(question).count()));
            run.end(embedding);
            let looking = run.internal(server, "find nearest");
            run.work(10.0);
            let hits = nearest(&embed(question));
            run.set(looking, "vector.dimensions", int(DIMENSIONS));
            run.end(looking);
            Ok((200, hits))
        })
    }

    fn prepare(&mut self, cx: Cx, found: &FoundDocuments) -> Result<AnswerContext, Problem> {
        self.call(cx, &Call::post("rag", "/context"), |run, server, _| {
            let preparing = run.internal(server, "prepare context");
            run.work(8.0);
            let prepared = fuse(found);
            run.set(preparing, "rag.documents", int(prepared.sources.len()));
            run.set(preparing, "rag.context.bytes", int(prepared.context.len()));
            run.end(preparing);
            Ok((200, prepared))
        })
    }

    fn generate(&mut self, cx: Cx, question: &str, context: &str) -> Result<GeneratedText, Problem> {
        let call = Call::post("llm", "/generate").timeout(GENERATION_TIMEOUT);
        self.call(cx, &call, |run, server, _| {
            let attributes = vec![
                attribute("gen_ai.operation.name", "chat"),
                attribute("gen_ai.provider.name", "spandrel"),
                attribute("gen_ai.request.model", BUILT_IN),
            ];
            let chat = run.child(server, SpanKind::Client, format!("chat {BUILT_IN}"), attributes);
            run.work(90.0);
            let generated = extract(question, context);
            let reason = AttributeValue::String(generated.finish_reason.clone());
            run.set(chat, "gen_ai.response.model", generated.model.as_str());
            run.set(chat, "gen_ai.response.finish_reasons", AttributeValue::Array(vec![reason]));
            run.set(chat, "gen_ai.usage.input_tokens", generated.input_tokens);
            run.set(chat, "gen_ai.usage.output_tokens", generated.output_tokens);
            run.end(chat);
            Ok((200, generated))
        })
    }
}
