"""Sends one story through the stock Python OpenTelemetry SDK, once per exporter, and prints what it sent.

Usage: emit.py --http URL --grpc URL [--only EXPORTER] [--bulk N]

URL is the base of an OTLP/HTTP receiver and of an OTLP/gRPC one. Standard output gets one JSON object per exporter and
line: {"exporter", "spans": [...]}, each span as the SDK's own in-memory exporter has it. The exporters are configured as
their documentation says and otherwise left alone.
"""

import argparse
import json
import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression as HttpCompression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState
from grpc import Compression as GrpcCompression


def exporters(http, grpc):
    traces = http + "/v1/traces"
    return {
        "python-http": lambda: HttpExporter(endpoint=traces),
        "python-http-gzip": lambda: HttpExporter(endpoint=traces, compression=HttpCompression.Gzip),
        "python-grpc": lambda: GrpcExporter(endpoint=grpc, insecure=True),
        "python-grpc-gzip": lambda: GrpcExporter(
            endpoint=grpc, insecure=True, compression=GrpcCompression.Gzip
        ),
    }


def tell(tracer, bulk):
    """One trace with every kind, status and attribute type, and `bulk` plain spans below its root."""
    elsewhere = SpanContext(
        trace_id=0x0AF7651916CD43DD8448EB211C80319C,
        span_id=0xB7AD6B7169203331,
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
        trace_state=TraceState([("vendor", "state")]),
    )
    attributes = {
        "text": "plain",
        "text.empty": "",
        "text.unicode": "Grüße 東京 🚲 \"quoted\" \\ \n",
        "true": True,
        "false": False,
        "int": 42,
        "int.negative": -7,
        "int.large": 2**62 + 1,
        "double": 0.1,
        "double.whole": 2.0,
        "double.large": 1e300,
        "texts": ["a", "", "ü"],
        "ints": [1, 2, -3],
        "doubles": [0.5, 1.5],
        "bools": [True, False],
        "none.at.all": [],
    }
    links = [Link(elsewhere, {"why": "cause", "weight": 3})]
    with tracer.start_as_current_span(
        "GET /story", kind=SpanKind.SERVER, attributes=attributes, links=links
    ) as root:
        root.add_event("read", {"bytes": 512, "cached": False})
        with tracer.start_as_current_span("call", kind=SpanKind.CLIENT) as call:
            call.set_status(Status(StatusCode.OK))
        with tracer.start_as_current_span("send", kind=SpanKind.PRODUCER) as send:
            sent = send.get_span_context()
        with tracer.start_as_current_span(
            "process", kind=SpanKind.CONSUMER, links=[Link(sent), Link(elsewhere)]
        ):
            pass
        with tracer.start_as_current_span("fail") as fail:
            error = ValueError("the story ends badly")
            # A trace of our own choice: the real one names the folders of the machine.
            fail.record_exception(error, {"exception.stacktrace": f"ValueError: {error}\n  in tell"})
            fail.set_status(Status(StatusCode.ERROR, str(error)))
        for number in range(bulk):
            with tracer.start_as_current_span("step", attributes={"number": number}) as step:
                step.add_event("done", {"number": number})


def plain(span):
    def context(c):
        return {"trace_id": f"{c.trace_id:032x}", "span_id": f"{c.span_id:016x}"}

    return {
        **context(span.context),
        "parent_id": f"{span.parent.span_id:016x}" if span.parent else "",
        "name": span.name,
        "kind": span.kind.name,
        "start": span.start_time,
        "end": span.end_time,
        "status": span.status.status_code.name,
        "message": span.status.description or "",
        "attributes": dict(span.attributes),
        "events": [
            {"name": e.name, "time": e.timestamp, "attributes": dict(e.attributes)} for e in span.events
        ],
        "links": [
            {
                **context(l.context),
                # Its own exporters leave a link's trace state out (1.45.2).
                "state": "",
                "attributes": dict(l.attributes),
            }
            for l in span.links
        ],
        "resource": dict(span.resource.attributes),
        "scope": {"name": span.instrumentation_scope.name, "version": span.instrumentation_scope.version},
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--http", required=True)
    parser.add_argument("--grpc", required=True)
    parser.add_argument("--only")
    parser.add_argument("--bulk", type=int, default=0)
    options = parser.parse_args()
    for name, exporter in exporters(options.http, options.grpc).items():
        if options.only not in (None, name):
            continue
        provider = TracerProvider(
            resource=Resource.create({"service.name": name, "deployment.environment.name": "test"})
        )
        kept = InMemorySpanExporter()
        provider.add_span_processor(BatchSpanProcessor(exporter()))
        provider.add_span_processor(SimpleSpanProcessor(kept))
        tell(provider.get_tracer("story", "1.0.0"), options.bulk)
        provider.shutdown()
        spans = [plain(span) for span in kept.get_finished_spans()]
        json.dump({"exporter": name, "spans": spans}, sys.stdout)
        print(flush=True)


if __name__ == "__main__":
    main()
