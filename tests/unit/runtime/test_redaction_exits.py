"""A secret of any setting is in nothing that a process tells: logs, events, dead letters, problems, spans."""

import json
import linecache
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

import pytest

from contracts.errors import ErrorCode, LecternError, PermanentError, TransientError
from services.gateway.settings import GatewaySettings
from services.gateway.web.problems import answer_to
from services.runtime.actor import Subscription
from services.runtime.engine.dead_letters import MAX_STACKTRACE, headers_of
from services.runtime.engine.failure_events import obituaries_of
from services.runtime.engine.retry import classify
from services.runtime.http.problems import problem_bytes
from services.runtime.observability import redaction
from services.runtime.observability.redaction import learn_settings
from services.scripting.settings import ScriptingSettings
from tests.support.records import FakeRecord

ENVIRONMENT = {
    "GATEWAY_API_TOKENS": "studio=read+write:Stud1o-0123456789,back=internal:b4ck-0123456789abc",
    "BACKEND_BASE_URL": "http://backend",
    "BACKEND_API_TOKEN": "backend-api-1",
    "BACKEND_INTERNAL_TOKEN": "backend-internal-2",
    "BACKEND_WEBHOOK_SECRETS": "whsec_" + "QUJD" * 8,
    "DATABASE_URL": "postgresql+asyncpg://lectern:p%40ss-w0rd@db/lectern",
    "LLM_API_KEY": "llm key with blanks 3",
    "LLM_BASE_URL": "https://me:llm-url-pw4@model.example/v1",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/5",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:otel-pw-6@collector:4318",
    "HTTPS_PROXY": "http://me:proxy-pw-7@proxy:3128",
}
SECRETS = [
    "Stud1o-0123456789", "b4ck-0123456789abc", "backend-api-1", "backend-internal-2", "QUJD" * 8,
    "p%40ss-w0rd", "p@ss-w0rd", "llm key with blanks 3", "llm-url-pw4", "wJalrXUtnFEMI/5",
    "otel-pw-6", "proxy-pw-7",
]  # fmt: skip

PROCESS = """
import json, logging, sys, threading
import structlog
from services.runtime.observability.logs import configure_logs
from services.runtime.settings import RuntimeSettings
configure_logs(RuntimeSettings(log_format=sys.argv[1], log_level="DEBUG"))
secrets = json.loads(sys.argv[2])
log, plain = structlog.get_logger("test"), logging.getLogger("uvicorn.error")
class Thing:
    def __init__(self, text): self.text = text
    def __repr__(self): return f"<Thing {self.text!r}>"
def fails(secret):
    raise ValueError(f"cannot connect with {secret}")
for secret in secrets:
    log.warning(f"event {secret}", text=secret, nested={secret: [{"deep": (secret,)}]}, thing=Thing(secret),
                raw=secret.encode(), error=ValueError(secret))
    plain.error("library %s %r", secret, [secret])
    plain.error("misformatted %d %s", secret)
    access = '%s - "%s %s HTTP/%s" %d', "1.2.3.4", "GET", f"/x?token={secret}", "1.1", 200
    logging.getLogger("uvicorn.access").error(*access)
    try:
        fails(secret)
    except ValueError:
        log.exception("failed")
        plain.exception("failed")
    thread = threading.Thread(target=fails, args=(secret,)); thread.start(); thread.join()
loop = []
loop.append(loop)
log.warning("itself", loop=loop)
fails(secrets[0] + " " + secrets[-1])
"""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_log_no_traceback_and_no_last_word_of_a_process_tells_one(log_format: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROCESS, log_format, json.dumps(SECRETS)],
        env={**ENVIRONMENT, "PATH": "/usr/bin", "PYTHONPATH": "."},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = ran.stdout + ran.stderr
    assert ran.returncode == 1
    for secret in SECRETS:
        assert secret not in told, told[max(0, told.find(secret) - 200) : told.find(secret) + 100]
    for said in (
        "event ***",
        "library ***",
        "could not be written",
        "ValueError: cannot connect with ***",
        "itself",
    ):
        assert said in told, told[-3_000:]
    assert told.count("Traceback (most recent call last)") == 3 * len(SECRETS) + 1, (
        "of both logs and all threads"
    )


@pytest.fixture(params=SECRETS)
def secret(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A secret of the environment that a gateway and a writer were made in."""
    monkeypatch.setattr(redaction, "_learned", set())
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    learn_settings(GatewaySettings())
    learn_settings(ScriptingSettings())
    yield str(request.param)
    monkeypatch.undo()
    redaction._process_redactor.cache_clear()


LONE = cast("Subscription", SimpleNamespace(rejection=None))


def raised(error: LecternError) -> LecternError:
    try:
        raise error
    except LecternError as caught:
        return caught


def test_no_event_dead_letter_problem_or_exception_tells_one(secret: str) -> None:
    for kind in (PermanentError, TransientError):
        error = raised(kind(ErrorCode.BACKEND_UNAVAILABLE, f"cannot be reached with {secret}"))
        record = FakeRecord(
            0, value=json.dumps({"event_id": str(uuid4()), "job_id": "job-1", "attempt": 1}).encode()
        )
        told = [
            str(error), repr(error), error.message,
            bytes(answer_to(error).body).decode(),
            problem_bytes(500, "INTERNAL_ERROR", f"it failed with {secret}").decode(),
            *(str(value) for _, value in headers_of(record, "tts", classify(error), error, attempts=1)),
            *(event.model_dump_json() for event in obituaries_of("tts", LONE, record, None, classify(error))),
        ]  # fmt: skip
        assert any('"stage":"tts"' in each for each in told), "an event is among them"
        for each in told:
            assert secret not in each


def test_a_stack_trace_is_cleaned_before_it_is_cut(secret: str) -> None:
    lines = ["def deep(n):\n", f"    return n and deep(n - 1) or 1 // n  # {secret * 12}\n", "deep(80)\n"]
    linecache.cache["lesson.py"] = (0, None, lines, "lesson.py")
    try:
        exec(compile("".join(lines), "lesson.py", "exec"), {})  # noqa: S102 - its lines stand in the trace
    except ZeroDivisionError as error:
        headers = dict(headers_of(FakeRecord(0), "tts", classify(error), error, attempts=1))
    stack = (headers["dlq.exception.stacktrace"] or b"").decode()
    assert "deep" in stack
    assert len(stack) <= MAX_STACKTRACE
    assert secret[-6:] not in stack


def test_wrong_settings_are_told_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**ENVIRONMENT, "VIDEO_WIDTH": "3", "AI_ENV": "real", "LLM_BASE_URL": ""}.items():
        monkeypatch.setenv(name, value)
    for settings in (GatewaySettings, ScriptingSettings):
        with pytest.raises(ValueError, match=settings.__name__) as caught:
            settings()
        for each in SECRETS:
            assert each not in str(caught.value)
