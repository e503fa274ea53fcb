"""Says which topic a question is of: a service of Spandrel's demo in Python.

Usage: classifier.py [--host HOST] [--port PORT]

Port 0 takes a free one. When it listens, one line says so: `ready classifier=http://HOST:PORT`.

FastAPI with OpenTelemetry's SDK and its instrumentation of FastAPI, as their documentation says. The caller's trace
continues by the W3C headers `traceparent`, `tracestate` and `baggage`; spans go where the variables
OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT say, http://localhost:4318 by default.
"""

import argparse
import os
import re
import socket
from contextlib import asynccontextmanager

# HTTP attributes by today's semantic conventions. The instrumentation reads it when it is imported.
os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")

import uvicorn
from fastapi import FastAPI
from opentelemetry import baggage, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic import BaseModel, Field

VERSION = "0.1.0"

# What each topic is about. A topic's score is the share of the question's words that are among these.
TOPICS = {
    "structure": {"trace", "span", "spans", "parent", "root", "child", "children", "link", "links", "differ"},
    "performance": {"critical", "path", "slow", "latency", "duration", "query", "queries", "n+1", "parallel", "self"},
    "reliability": {"circuit", "breaker", "retry", "retries", "timeout", "error", "errors", "fails", "open"},
    "collection": {"sampling", "tail", "head", "collector", "exporter", "otlp", "clock", "skew", "start"},
}

resource = Resource.create(
    {"service.name": "classifier", "service.namespace": "spandrel-demo", "service.version": VERSION}
)
provider = TracerProvider(resource=resource)
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("classifier", VERSION)


class Question(BaseModel):
    question: str = Field(min_length=1, max_length=2000)


class Classified(BaseModel):
    topic: str
    score: float


@asynccontextmanager
async def lifespan(_app):
    yield
    # Sends the spans that wait.
    provider.shutdown()


app = FastAPI(title="classifier", version=VERSION, lifespan=lifespan)


@app.get("/health")
def health():
    return {"service": "classifier", "version": VERSION, "status": "ok"}


@app.post("/classify")
def classify(body: Question) -> Classified:
    correlation_id = baggage.get_baggage("correlation.id")
    if correlation_id:
        trace.get_current_span().set_attribute("correlation.id", str(correlation_id))
    with tracer.start_as_current_span("score topics") as span:
        words = re.findall(r"[\w+]+", body.question.lower())
        scores = {topic: sum(word in known for word in words) for topic, known in TOPICS.items()}
        topic = max(scores, key=scores.get)
        if scores[topic] == 0:
            topic = "general"
        score = scores.get(topic, 0) / max(len(words), 1)
        span.set_attributes({"question.words": len(words), "question.topic": topic, "question.score": score})
    return Classified(topic=topic, score=score)


FastAPIInstrumentor.instrument_app(
    app, tracer_provider=provider, excluded_urls="health", exclude_spans=["receive", "send"]
)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8020)
    options = parser.parse_args()
    listener = socket.create_server((options.host, options.port))
    print(f"ready classifier=http://{options.host}:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main()
