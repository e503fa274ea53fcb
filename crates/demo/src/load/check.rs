//! The check of a deployment: makes requests to its gateway, and reads their traces back from its Jaeger or Spandrel.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::read_back::{FoundSpan, ORDER, crosses, is_linked_across_the_queue, one_root, read};

/// How long a trace may take to be complete.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks at it.
const PAUSE: Duration = Duration::from_millis(500);
/// Services that a question crosses which is not in the cache.
const QUESTION: [&str; 8] = ["gateway", "auth", "orchestrator", "search", "vector", "rag", "llm", "cache"];

/// One thing that was checked.
#[derive(Clone, Debug)]
pub struct Check {
    /// What it is.
    pub name: &'static str,
    /// Nothing, or why it failed.
    pub outcome: Result<(), String>,
}

struct Deployment<'a> {
    client: reqwest::Client,
    gateway: &'a str,
    jaeger: &'a str,
}

/// Checks a deployment: `gateway` and `jaeger` are base URLs without a slash at their end.
///
/// # Errors
/// Where the HTTP client cannot start.
pub async fn check(gateway: &str, jaeger: &str) -> Result<Vec<Check>, reqwest::Error> {
    crate::runtime::install_tls();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(40)).no_proxy().build()?;
    let deployment = Deployment { client, gateway, jaeger };
    Ok(vec![
        Check { name: "health", outcome: deployment.health().await },
        Check { name: "order: one trace across seven services", outcome: deployment.order().await },
        Check { name: "failed payment: the error and its ancestors", outcome: deployment.failed().await },
        Check { name: "question: generated once, then from the cache", outcome: deployment.question().await },
        Check { name: "orchestration: both services in parallel", outcome: deployment.orchestration().await },
    ])
}

impl Deployment<'_> {
    async fn answer(&self, path: &str, body: Option<Value>) -> Result<(u16, Value), String> {
        let url = format!("{}{path}", self.gateway);
        let request = match &body {
            Some(body) => self.client.post(&url).json(body),
            None => self.client.get(&url),
        };
        let response = request.send().await.map_err(|error| format!("{url}: {error}"))?;
        let status = response.status().as_u16();
        let trace = response.headers().get("traceresponse").and_then(|value| value.to_str().ok());
        let trace = trace.and_then(|value| value.split('-').nth(1)).map(str::to_owned);
        let mut body: Value = response.json().await.map_err(|error| format!("{url}: {error}"))?;
        if let (Some(members), Some(trace)) = (body.as_object_mut(), trace) {
            members.insert("trace_id".into(), trace.into());
        }
        Ok((status, body))
    }

    /// The spans of a trace, once `is_complete` holds.
    async fn spans(
        &self,
        answer: &Value,
        is_complete: impl Fn(&[FoundSpan]) -> Result<(), String>,
    ) -> Result<(), String> {
        let trace_id = answer["trace_id"].as_str().ok_or("the gateway names no trace: is it sampled?")?;
        let end = Instant::now() + PATIENCE;
        loop {
            let why =
                match read(&self.client, self.jaeger, trace_id).await.and_then(|spans| is_complete(&spans)) {
                    Ok(()) => return Ok(()),
                    Err(why) => why,
                };
            if Instant::now() >= end {
                return Err(format!("trace {trace_id}: {why}"));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn health(&self) -> Result<(), String> {
        let (status, body) = self.answer("/health", None).await?;
        match (status, body["status"].as_str()) {
            (200, Some("ok")) => Ok(()),
            _ => Err(format!("{status}: {body}")),
        }
    }

    async fn order(&self) -> Result<(), String> {
        let order = json!({
            "user_id": "demo-user",
            "items": [{"id": "item-1", "name": "Widget", "price": 29.99, "quantity": 2}],
            "payment_method": "credit_card",
        });
        let (status, answer) = self.answer("/orders", Some(order)).await?;
        if status != 201 {
            return Err(format!("{status}: {answer}"));
        }
        self.spans(&answer, |spans| {
            one_root(spans)?;
            crosses(spans, &ORDER)?;
            is_linked_across_the_queue(spans)
        })
        .await
    }

    async fn failed(&self) -> Result<(), String> {
        let order = json!({"payment_method": "invalid_method"});
        let (status, answer) = self.answer("/orders/simulate-error", Some(order)).await?;
        if status < 500 {
            return Err(format!("{status}: {answer}"));
        }
        self.spans(&answer, |spans| {
            one_root(spans)?;
            let mut at = spans
                .iter()
                .find(|span| span.name == "authorize payment")
                .ok_or("there is no span `authorize payment`")?;
            loop {
                if !at.is_error {
                    return Err(format!("`{}` of {} is not marked as an error", at.name, at.service));
                }
                let Some(parent) = &at.parent else { return Ok(()) };
                at = spans.iter().find(|span| span.id == *parent).ok_or("an ancestor is missing")?;
            }
        })
        .await
    }

    async fn question(&self) -> Result<(), String> {
        // A number that no question had before.
        let question = format!("What is a trace, number {}?", fastrand::u64(..));
        let (_, first) = self.answer("/ask", Some(json!({"question": question}))).await?;
        let (_, second) = self.answer("/ask", Some(json!({"question": question}))).await?;
        if first["cached"] != false || second["cached"] != true {
            return Err(format!("first: {first}, second: {second}"));
        }
        self.spans(&first, |spans| one_root(spans).and_then(|()| crosses(spans, &QUESTION))).await?;
        self.spans(&second, |spans| match spans.iter().find(|span| span.service == "llm") {
            Some(_) => Err("the second answer was generated too".into()),
            None => crosses(spans, &["gateway", "orchestrator", "cache"]),
        })
        .await
    }

    async fn orchestration(&self) -> Result<(), String> {
        let (_, answer) = self.answer("/orchestrate", None).await?;
        let time = answer["total_time"].as_f64().unwrap_or_default();
        if answer["success_count"] != 2 || !(1.0..1.5).contains(&time) {
            return Err(format!("not two answers within 1.5 s: {answer}"));
        }
        self.spans(&answer, |spans| crosses(spans, &["gateway", "orchestrator", "service1", "service2"]))
            .await
    }
}
