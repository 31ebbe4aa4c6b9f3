from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.runtime.observability import tracing

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setattr(tracing, "_exporting", True)
    yield exporter
    provider.shutdown()


def test_a_process_that_exports_nothing_passes_the_trace_on() -> None:
    with tracing.span_of("tts", "lectern.scene.planned.v1", "job-1", 1, {"traceparent": PARENT}):
        assert tracing.trace_headers() == {"traceparent": PARENT}
    with tracing.span_of("tts", "lectern.scene.planned.v1", "job-1", 1, {}):
        assert tracing.trace_headers() == {}


@pytest.mark.parametrize(
    "given", ["x" * 900_000, PARENT + "-" + "0" * 1_000, PARENT.upper(), "", PARENT + "\n"]
)
def test_nothing_but_a_trace_of_55_characters_is_passed_on(given: str) -> None:
    with tracing.span_of("tts", "lectern.scene.planned.v1", "job-1", 1, {"traceparent": given}):
        assert tracing.trace_headers() == {}


def test_an_attempt_of_a_job_is_one_trace_even_where_no_header_came_along(
    spans: InMemorySpanExporter,
) -> None:
    for stage, attempt in (("tts", 1), ("slides", 1), ("tts", 2)):
        with tracing.span_of(stage, "lectern.scene.planned.v1", "job-1", attempt, {}):
            assert tracing.trace_headers()["traceparent"].startswith("00-")
    first, second, retried = (span.context.trace_id for span in spans.get_finished_spans() if span.context)
    assert first == second != retried


def test_a_span_is_the_child_of_what_caused_its_record(spans: InMemorySpanExporter) -> None:
    with tracing.span_of("tts", "lectern.scene.planned.v1", "job-1", 1, {"traceparent": PARENT}) as span:
        tracing.failed(span, "TTS_FAILED")
    (finished,) = spans.get_finished_spans()
    assert finished.parent is not None
    assert format(finished.parent.span_id, "016x") == "b7ad6b7169203331"
    assert finished.status.description == "TTS_FAILED"
