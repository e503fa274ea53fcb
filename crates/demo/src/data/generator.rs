//! Text generation: sentences of the context that fit the question, deterministic and without a model, or any endpoint that
//! answers like OpenAI's chat completions.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::retrieval::{BUILT_IN, GeneratedText, extract};

/// How long an endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(30);

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
    pub(crate) async fn generate(
        &self,
        question: &str,
        context: &str,
    ) -> Result<GeneratedText, GeneratorError> {
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
        Ok(GeneratedText {
            text: choice.message.content.unwrap_or_default(),
            model: completion.model,
            input_tokens: completion.usage.prompt_tokens,
            output_tokens: completion.usage.completion_tokens,
            finish_reason: choice.finish_reason.unwrap_or_default(),
        })
    }
}
