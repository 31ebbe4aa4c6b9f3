"""What each answer of a backend leads to: a spec, none, another try, or words; a real HTTP server answers."""

import codecs
import gzip
import json
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from contracts.errors import LecternError
from services.gateway.backend.answers import wished_pause
from services.gateway.backend.client import FETCH_TRIES, Backend, open_backend
from services.gateway.backend.settings import BackendSettings
from tests.support.backend import Reply, StandInBackend

SPEC: dict[str, Any] = {
    "language": "ko",
    "scenes": [{"scene_id": 1, "narration": "안녕.", "caption": "인사"}],
}
JSON = json.dumps(SPEC, ensure_ascii=False).encode()
OK = Reply(200, JSON, {"Content-Type": "application/json"})
PAGE = b"<!doctype html><title>Whitelabel Error Page</title>"
HTML = {"Content-Type": "text/html; charset=utf-8"}
NO_SUCH_SCRIPT = Reply(404, b'{"error": "no such script"}', {"Content-Type": "application/json"})
PATH = "/internal/scripts/s-1/render-spec"


@pytest.fixture
async def asked(backend: StandInBackend) -> AsyncIterator[Backend]:
    backend.specs["s-1"] = SPEC
    settings = BackendSettings(
        base_url=backend.url, internal_token=SecretStr("internal-token-0123456789"), timeout_sec=2
    )
    async with open_backend(settings) as opened:
        assert opened is not None
        opened._first_pause = 0.01
        yield opened


@pytest.mark.parametrize(
    "passing",
    [
        *(Reply(status, PAGE, HTML) for status in (404, 408, 409, 423, 425, 429, 500, 502, 503, 504)),
        NO_SUCH_SCRIPT,
        Reply(404, b"default backend - 404", {"Content-Type": "text/plain"}),
        Reply(404, b"[]"),
        Reply(200, PAGE, HTML),
        Reply(200, PAGE),
        Reply(200, PAGE, {"Content-Type": "application/json"}),
        Reply(200, b"upstream connect error", {"Content-Type": "text/plain"}),
        Reply(200, JSON[:20], {"Content-Type": "application/json"}),
        Reply(200, JSON, cut=60),
        Reply(cut=0),
    ],
    ids=lambda reply: f"{reply.status}-{reply.headers.get('Content-Type', 'untyped')}-{reply.body[:8]!r}",
)
async def test_what_may_pass_is_asked_again(asked: Backend, backend: StandInBackend, passing: Reply) -> None:
    backend.will(PATH, passing)
    assert await asked.render_spec("s-1") == SPEC
    assert len(backend.of(PATH)) == 2


@pytest.mark.parametrize(
    ("reply", "spec", "calls"),
    [
        (OK, SPEC, 1),
        (Reply(200, codecs.BOM_UTF8 + JSON), SPEC, 1),
        (Reply(200, JSON, {"Content-Type": "text/plain; charset=ISO-8859-1"}), SPEC, 1),
        (Reply(200, JSON, {"Content-Encoding": "Identity"}), SPEC, 1),
        (Reply(200, b"null"), None, 1),
        (Reply(200, b""), None, 1),
        (Reply(204, b""), None, 1),
        (Reply(410, PAGE, HTML), None, 1),
        (NO_SUCH_SCRIPT, None, FETCH_TRIES),
    ],
    ids=["json", "bom", "text", "identity", "null", "empty", "204", "410", "404-json"],
)
async def test_what_the_backend_says_counts(
    asked: Backend, backend: StandInBackend, reply: Reply, spec: object, calls: int
) -> None:
    backend.will(PATH, *[reply] * FETCH_TRIES)
    assert await asked.render_spec("s-1") == spec
    assert len(backend.of(PATH)) == calls


@pytest.mark.parametrize(
    ("reply", "code", "words", "calls"),
    [
        (Reply(404, PAGE, HTML), "BACKEND_UNAVAILABLE", "404 without JSON", FETCH_TRIES),
        (Reply(200, PAGE, HTML), "BACKEND_UNAVAILABLE", "200 without JSON", FETCH_TRIES),
        (Reply(503, PAGE, HTML), "BACKEND_UNAVAILABLE", "503", FETCH_TRIES),
        (Reply(cut=0), "BACKEND_UNAVAILABLE", "cannot be reached", FETCH_TRIES),
        (Reply(401), "BACKEND_UNAVAILABLE", "BACKEND_INTERNAL_TOKEN", 1),
        (Reply(301, headers={"Location": "/base/elsewhere"}), "BACKEND_UNAVAILABLE", "301", 1),
        (Reply(418), "BACKEND_UNAVAILABLE", "418", 1),
        (Reply(200, JSON.decode().encode("utf-16")), "RENDER_SPEC_INVALID", "no JSON", FETCH_TRIES),
        (Reply(200, b'{"x": NaN}'), "RENDER_SPEC_INVALID", "no JSON", FETCH_TRIES),
        (
            Reply(200, gzip.compress(JSON), {"Content-Encoding": "GZIP"}),
            "RENDER_SPEC_INVALID", "compressed unasked", 1,
        ),
    ],
    ids=["404", "page", "503", "cut", "401", "301", "418", "utf-16", "nan", "gzip"],
)  # fmt: skip
async def test_what_stays_is_told_in_words(
    asked: Backend, backend: StandInBackend, reply: Reply, code: str, words: str, calls: int
) -> None:
    backend.will(PATH, *[reply] * FETCH_TRIES)
    with pytest.raises(LecternError, match=words) as caught:
        await asked.render_spec("s-1")
    assert caught.value.code == code
    assert len(backend.of(PATH)) == calls


async def test_retry_after_is_waited_for_as_long_as_the_call_may_take(
    asked: Backend, backend: StandInBackend
) -> None:
    moment = {"Date": "Tue, 03 Mar 2026 09:00:00 GMT", "Retry-After": "Tue, 03 Mar 2026 09:00:01 GMT"}
    for told in ({"Retry-After": "1"}, moment):
        backend.will(PATH, Reply(503, headers=told))
        started = monotonic()
        assert await asked.render_spec("s-1") == SPEC
        assert monotonic() - started >= 1
    backend.will(PATH, Reply(503, headers={"Retry-After": "60"}))
    started = monotonic()
    with pytest.raises(LecternError, match="503"):
        await asked.render_spec("s-1")
    assert monotonic() - started < 1


async def test_all_tries_together_take_no_longer_than_one_call_may(
    asked: Backend, backend: StandInBackend
) -> None:
    backend.will(PATH, Reply(500), Reply(silent=True))
    started = monotonic()
    with pytest.raises(LecternError, match="no answer within 2 s"):
        await asked.render_spec("s-1")
    assert monotonic() - started < 3


@pytest.mark.parametrize(
    "value",
    [
        "", "soon", "-1", "1e9", "\u0661", "999999999", "Tue, 03 Mar 2026 09:00:01 GMT",
        "Tue, 03 Mar 99999999999999999999 09:00:01 GMT",
    ],
)  # fmt: skip
def test_a_retry_after_that_makes_no_sense_is_no_wish(value: str) -> None:
    assert wished_pause(httpx.Response(503, headers=[(b"Retry-After", value.encode())])) == 0
