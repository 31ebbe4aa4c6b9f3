"""The exporter of spans over our session; what answers do with memory stands in ``test_hostile_answers``."""

import asyncio
import os
import sys
import time

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.runtime.outbound.collector import CollectorSession
from services.runtime.outbound.settings import Proxies
from tests.support.hostile_server import OK, answer, dripping, hostile_answers, hostile_server


def export(url: str, *, seconds: float = 5.0, proxies: Proxies = Proxies.NONE) -> SpanExportResult:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    provider.get_tracer("test").start_span("work").end()
    exporter = OTLPSpanExporter(
        f"{url}/v1/traces",
        headers={"Authorization": "Bearer x"},
        timeout=seconds,
        session=CollectorSession(url, proxies),
    )
    try:
        return exporter.export(kept.get_finished_spans())
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]


async def test_spans_arrive_and_what_the_collector_says_is_read() -> None:
    async with hostile_server({"ok": answer(b"{}")}) as server:
        assert await asyncio.to_thread(export, f"{server.url}/ok") is SpanExportResult.SUCCESS
    ((line, headers),) = server.asked
    assert line == "POST /ok/v1/traces HTTP/1.1"
    assert headers["content-type"] == "application/x-protobuf"
    assert headers["authorization"] == "Bearer x"
    assert headers["accept-encoding"] == "identity"


async def test_a_redirect_leads_nowhere_and_a_refusal_is_a_failure() -> None:
    async with hostile_server({"elsewhere": answer(b"{}")}) as elsewhere:
        attacks = {
            "moved": answer(b"", f"Location: {elsewhere.url}/elsewhere", status="307 Temporary Redirect"),
            "refused": answer(b"no", status="400 Bad Request"),
            **hostile_answers(b"{}"),
        }
        async with hostile_server(attacks) as server:
            await asyncio.to_thread(export, f"{server.url}/moved")
            for name in ("refused", "gzip-twice", "endless-headers"):
                assert await asyncio.to_thread(export, f"{server.url}/{name}") is SpanExportResult.FAILURE
        assert elsewhere.asked == []


@pytest.mark.parametrize("start", [b"", OK + b"Content-Length: 2000\r\n\r\n"])
async def test_a_collector_that_drips_is_left_at_the_deadline_of_the_call(start: bytes) -> None:
    async with hostile_server({"x": dripping(start + b"1" * 2_000)}, pause=0.02) as server:
        began = time.monotonic()
        assert await asyncio.to_thread(export, f"{server.url}/x", seconds=0.4) is SpanExportResult.FAILURE
        assert time.monotonic() - began < 20, "each single read comes in time: it would take 40 s"
        assert server.sent["x"] < 2_000


PROCESS = """
from opentelemetry import trace
from services.runtime.observability import tracing
from services.runtime.settings import RuntimeSettings
tracing.configure_tracing(RuntimeSettings(), "test")
with tracing.span_of("tts", "lectern.scene.planned.v1", "job-1", 1, {}) as span:
    tracing.failed(span, "TTS_FAILED")
trace.get_tracer_provider().shutdown()
"""


async def test_a_process_sends_its_spans_so_by_no_proxy_and_none_holds_a_secret() -> None:
    async with (
        hostile_server({"v1": answer(b"{}")}) as server,
        hostile_server({"": answer(b"{}")}) as proxy,
    ):
        ran = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROCESS,
            env={
                "PATH": os.environ["PATH"], "PYTHONPATH": ".", "OTEL_EXPORTER_OTLP_ENDPOINT": server.url,
                "HTTP_PROXY": proxy.url, "http_proxy": proxy.url, "LLM_API_KEY": "sk-a-secret-of-ours",
                "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20otel-secret",
            },
        )  # fmt: skip
        assert await ran.wait() == 0
        assert proxy.asked == []
    (line, headers), body = server.asked[0], server.bodies[0]
    assert (line, headers["accept-encoding"]) == ("POST /v1/traces HTTP/1.1", "identity")
    assert headers["authorization"] == "Bearer otel-secret"
    assert b"TTS_FAILED" in body
    assert b"secret" not in body
