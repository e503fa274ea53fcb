//! Text generation: sentences of the context that fit the question, deterministic and without a model, or any endpoint that
//! answers like OpenAI's chat completions.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::embedding::{embed, similarity, words};

/// The name of the built-in generator.
const BUILT_IN: &str = "extractive-1";
/// Sentences of an answer at most.
const SENTENCES: usize = 3;
/// How long an endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What was generated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Generated {
    pub(crate) text: String,
    pub(crate) model: String,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
    pub(crate) finish_reason: String,
}

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GeneratorError {
    #[error("the endpoint could not be reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("the endpoint answered {status}")]
    Refused { status: u16 },
    #[error("the endpoint answered without a choice")]
    Empty,
}

/// An endpoint that answers like OpenAI's.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The base URL, such as `http://127.0.0.1:11434/v1`.
    pub url: String,
    /// The key that it is sent.
    pub key: String,
    /// The model that is asked for.
    pub model: String,
}

/// The source of answers.
pub(crate) enum Generator {
    BuiltIn,
    Endpoint { endpoint: Endpoint, client: reqwest::Client },
}

#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    model: String,
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize)]
struct Choice {
    message: ChoiceMessage,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct ChoiceMessage {
    #[serde(default)]
    content: Option<String>,
}

#[derive(Default, Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: i64,
    #[serde(default)]
    completion_tokens: i64,
}

impl Generator {
    /// The endpoint where one is given, else the built-in one.
    pub(crate) fn new(endpoint: Option<Endpoint>) -> Self {
        match endpoint {
            Some(endpoint) => Generator::Endpoint { endpoint, client: reqwest::Client::new() },
            None => Generator::BuiltIn,
        }
    }

    /// The provider, as spans name it (`gen_ai.provider.name`).
    pub(crate) fn provider(&self) -> &'static str {
        match self {
            Generator::BuiltIn => "spandrel",
            Generator::Endpoint { .. } => "openai",
        }
    }

    /// The model that is asked for.
    pub(crate) fn model(&self) -> &str {
        match self {
            Generator::BuiltIn => BUILT_IN,
            Generator::Endpoint { endpoint, .. } => &endpoint.model,
        }
    }

    /// Answers a question from a context.
    ///
    /// # Errors
    /// Where the endpoint fails; the built-in generator never does.
    pub(crate) async fn generate(&self, question: &str, context: &str) -> Result<Generated, GeneratorError> {
        let (endpoint, client) = match self {
            Generator::BuiltIn => return Ok(extract(question, context)),
            Generator::Endpoint { endpoint, client } => (endpoint, client),
        };
        let body = json!({
            "model": endpoint.model,
            "messages": [
                {"role": "system", "content": "Answer in at most three sentences from the context alone."},
                {"role": "user", "content": format!("Context:\n{context}\n\nQuestion: {question}")},
            ],
        });
        let url = format!("{}/chat/completions", endpoint.url.trim_end_matches('/'));
        let request = client.post(url).timeout(TIMEOUT).bearer_auth(&endpoint.key).json(&body);
        let answer = request.send().await?;
        if !answer.status().is_success() {
            return Err(GeneratorError::Refused { status: answer.status().as_u16() });
        }
        let completion: Completion = answer.json().await?;
        let choice = completion.choices.into_iter().next().ok_or(GeneratorError::Empty)?;
        Ok(Generated {
            text: choice.message.content.unwrap_or_default(),
            model: completion.model,
            input_tokens: completion.usage.prompt_tokens,
            output_tokens: completion.usage.completion_tokens,
            finish_reason: choice.finish_reason.unwrap_or_default(),
        })
    }
}

/// The sentences of the context that are nearest to the question, in their order.
fn extract(question: &str, context: &str) -> Generated {
    let wanted = embed(question);
    let sentences: Vec<&str> =
        context.split_inclusive(". ").map(str::trim).filter(|text| !text.is_empty()).collect();
    let mut ranked: Vec<(usize, f32)> = sentences
        .iter()
        .enumerate()
        .map(|(at, sentence)| (at, similarity(&wanted, &embed(sentence))))
        .filter(|(_, near)| *near > 0.05)
        .collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    ranked.truncate(SENTENCES);
    ranked.sort_by_key(|(at, _)| *at);
    let chosen: Vec<&str> = ranked.iter().filter_map(|(at, _)| sentences.get(*at).copied()).collect();
    let text = match chosen.is_empty() {
        true => "The documents say nothing about that.".to_owned(),
        false => chosen.join(" "),
    };
    let tokens = |text: &str| i64::try_from(words(text).count()).unwrap_or(i64::MAX);
    Generated {
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
    fn the_fitting_sentences_are_chosen_in_their_order() {
        let context = "Clocks differ between hosts. A cache keeps answers. A lookup in the cache can miss. ";
        let generated = extract("What does a cache lookup do?", context);
        assert_eq!(generated.text, "A cache keeps answers. A lookup in the cache can miss.");
        assert_eq!(generated, extract("What does a cache lookup do?", context));
        assert!(generated.input_tokens > generated.output_tokens);
        assert_eq!(extract("Quoi?", "").text, "The documents say nothing about that.");
    }
}
