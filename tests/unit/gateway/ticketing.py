"""Asking for stream tickets, and being refused."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from services.gateway.auth.access import AccessSettings
from services.gateway.settings import GatewaySettings
from tests.unit.gateway.conftest import Harness

SECRET = "reader-secret-0123456789"
OTHER = "writer-secret-0123456789"
READER = {"Authorization": f"Bearer {SECRET}"}
PATH = "/api/v2/stream-tickets"
PAGE = "https://studio.example"
ONCE = {"Prefer": "wait=0"}
"""Ends a stream after its snapshot."""


def closed(settings: GatewaySettings, **more: Any) -> GatewaySettings:
    tokens = SecretStr(f"reader=read:{SECRET},writer=write:{OTHER}")
    access = AccessSettings(api_tokens=tokens, cors_origins=PAGE, **more)
    return settings.model_copy(update={"access": access})


async def job(harness: Harness, video_id: str = "v-1") -> str:
    """A job, made by somebody else: the client shows no token afterwards."""
    harness.client.headers["Authorization"] = f"Bearer {OTHER}"
    job_id = await harness.job(video_id)
    del harness.client.headers["Authorization"]
    return job_id


async def issued(harness: Harness, **names: list[str]) -> dict[str, Any]:
    answer = await harness.client.post(PATH, json=names, headers=READER)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: httpx.Response, words: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (401, "TICKET_INVALID")
    assert words in answer.json()["detail"]
    assert "POST /api/v2/stream-tickets" in answer.json()["detail"]
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def closes(harness: Harness, path: str, **headers: str) -> int:
    """The status that a WebSocket's handshake is refused with."""
    with pytest.raises(InvalidStatus) as caught:
        async with connect(harness.url.replace("http", "ws") + path, proxy=None, additional_headers=headers):
            pass
    return caught.value.response.status_code
