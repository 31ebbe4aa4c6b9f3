"""One OpenTelemetry trace per attempt of a job, across all topics.

The trace id is derived from the job and attempt, so that the trace holds together even where no
``traceparent`` came along: a command from a plain Kafka client, an event relayed from the outbox.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from uuid import uuid5

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from contracts.base import NAMESPACE
from contracts.cloudevents import decoded_headers
from services.runtime.settings import RuntimeSettings

_PROPAGATOR = TraceContextTextMapPropagator()
_FIELDS = frozenset(_PROPAGATOR.fields)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""The only thing of a stranger's that goes on from record to record as it came: never longer than this."""
_NO_SPAN = nullcontext(trace.INVALID_SPAN)
_exporting = False
_carried: ContextVar[str | None] = ContextVar("traceparent", default=None)


def configure_tracing(settings: RuntimeSettings, service: str) -> None:
    """Export spans to the OpenTelemetry collector, if one is set."""
    if not settings.otlp_endpoint:
        return
    provider = TracerProvider(resource=Resource.create({"service.name": f"lectern-{service}"}))
    from services.runtime.outbound.collector import CollectorSession  # noqa: PLC0415 - where there is one

    session = CollectorSession(settings.otlp_endpoint, settings.outbound.proxies)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(session=session)))
    trace.set_tracer_provider(provider)
    global _exporting  # noqa: PLW0603  # set once, at start
    _exporting = True


def _parent(job_id: str, attempt: int, headers: Mapping[str, str]) -> Context:
    if "traceparent" in headers:
        carried = _PROPAGATOR.extract(dict(headers))
        if trace.get_current_span(carried).get_span_context().is_valid:
            return carried
    derived = uuid5(NAMESPACE, f"trace/{job_id}/{attempt}")
    root = SpanContext(
        derived.int, derived.int & 0xFFFFFFFFFFFFFFFF or 1, is_remote=True, trace_flags=TraceFlags(1)
    )
    return trace.set_span_in_context(NonRecordingSpan(root))


def carried_by(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Return those of a record's headers that carry a trace."""
    return decoded_headers([header for header in headers if header[0] in _FIELDS])


def span_of(
    stage: str, event_type: str, job_id: str, attempt: int, headers: Mapping[str, str]
) -> AbstractContextManager[trace.Span]:
    """Span of the work on one record, child of whatever caused the record.

    Where this process exports nothing, no span is made, which would cost a third of a hop; a ``traceparent``
    that came along is passed on.
    """
    if not _exporting:
        given = headers.get("traceparent")
        _carried.set(given if given is not None and _TRACEPARENT.fullmatch(given) else None)
        return _NO_SPAN
    return _exported_span(stage, event_type, job_id, attempt, headers)


@contextmanager
def _exported_span(
    stage: str, event_type: str, job_id: str, attempt: int, headers: Mapping[str, str]
) -> Iterator[trace.Span]:
    tracer = trace.get_tracer("lectern.runtime")
    with tracer.start_as_current_span(
        f"{stage} {event_type}",
        context=_parent(job_id, attempt, headers),
        kind=SpanKind.CONSUMER,
        attributes={"lectern.job_id": job_id, "lectern.attempt": attempt, "messaging.system": "kafka"},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield span


def failed(span: trace.Span, code: str) -> None:
    """Mark a span as failed; only the code goes into it."""
    span.set_status(Status(StatusCode.ERROR, code))


def trace_headers() -> dict[str, str]:
    """Return the headers that carry the current span to the records it causes."""
    if not _exporting:
        carried = _carried.get()
        return {"traceparent": carried} if carried else {}
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier
