import json

import pytest

from services.gateway import app
from services.gateway.http.documents import FRESH_SECONDS
from services.gateway.http.middleware import auth
from services.gateway.realtime.asyncapi import asyncapi_document
from services.gateway.settings import GatewaySettings
from tests.unit.gateway.conftest import Harness, running


@pytest.mark.parametrize("path", ["/openapi.json", "/asyncapi.json"])
async def test_a_document_is_told_once_to_whoever_keeps_it(harness: Harness, path: str) -> None:
    first, head = await harness.client.get(path), await harness.client.head(path)
    tag = first.headers["etag"]
    assert first.headers["content-type"] == "application/json"
    assert first.headers["cache-control"] == f"public, max-age={FRESH_SECONDS}"
    assert (head.headers["etag"], head.content) == (tag, b"")
    for known in (tag, f'"other", W/{tag}', "*"):
        again = await harness.client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await harness.client.get(path, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


async def test_100_readers_have_the_document_built_once(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = 0

    def counted() -> dict[str, object]:
        nonlocal built
        built += 1
        return asyncapi_document()

    monkeypatch.setattr(app, "asyncapi_document", counted)
    monkeypatch.setattr(auth, "DOCUMENTS_PER_SECOND", 0)  # all come from one address
    async with running(settings) as harness:
        bodies = {(await harness.client.get("/asyncapi.json")).content for _ in range(100)}
    assert [json.loads(body) for body in bodies] == [asyncapi_document()]
    assert built == 1
