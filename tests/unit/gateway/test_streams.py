import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from contracts.steps import Step
from services.gateway.ledger.jobs import events, queries
from services.gateway.live.cursors import Bookmark, Cursor, bookmark_of
from services.gateway.realtime import connection, event_stream
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness, failed, progress, serving, uploaded

VIDEO = "/api/v2/videos/v-1/render-progress"


def of(job_id: str) -> str:
    return f"/api/v2/render-jobs/{job_id}/events"


@dataclass
class Event:
    id: str | None
    kind: str | None
    data: Any


class Listener:
    """An EventSource, as far as it is needed here."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.retry: int | None = None
        self.comments = 0
        self._lines = response.aiter_lines()

    async def hear(self) -> Event | None:
        """The next event; ``None`` at the end of the stream."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "data" in fields:
                    return Event(fields.get("id"), fields.get("event"), json.loads(fields["data"]))
                elif "retry" in fields:
                    self.retry = int(fields.pop("retry"))
        return None

    async def all(self) -> list[Event]:
        heard = []
        while (event := await self.hear()) is not None:
            heard.append(event)
        return heard


@asynccontextmanager
async def listening(harness: Harness, path: str, last: str | None = None) -> AsyncIterator[Listener]:
    headers = {"Last-Event-ID": last} if last else {}
    async with harness.client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        yield Listener(response)


async def test_a_job_is_told_to_its_end_and_the_stream_ends(served: Harness) -> None:
    job_id = await served.job("v-1")
    async with listening(served, of(job_id)) as listener:
        first = await listener.hear()
        assert first is not None
        assert (first.kind, first.data["job_id"], first.data["status"]) == ("snapshot", job_id, "QUEUED")
        assert listener.retry == event_stream.RETRY_MS
        await served.tell(progress(job_id, Step.VALIDATE_SCRIPT))
        await served.tell(uploaded(job_id, "v-1"))
        heard = await listener.all()
    assert [event.kind for event in heard] == ["update"] * len(heard)
    assert [event.data["progress"] for event in heard] == sorted(event.data["progress"] for event in heard)
    assert heard[-1].data["status"] == "COMPLETED"
    assert heard[-1].data["assets"][0]["kind"] == "video"
    assert len(served.gateway.service.hub) == 0
    gone = await served.client.get(of(job_id), headers={"Last-Event-ID": heard[-1].id or ""})
    assert gone.status_code == 204  # an EventSource comes back whenever a stream ends
    async with listening(served, of(job_id)) as listener:
        assert [event.data["status"] for event in await listener.all()] == ["COMPLETED"]


async def test_a_video_is_told_on_and_on(served: Harness) -> None:
    async with listening(served, VIDEO) as listener:
        job_id = await served.job("v-1")
        told = [await listener.hear()]
        await served.tell(failed(job_id))
        told.append(await listener.hear())
        await served.gateway.service.retry(job_id)
        told.append(await listener.hear())
    assert [event.data["status"] for event in told if event] == ["QUEUED", "FAILED", "PROCESSING"]
    assert set(told[0].data) == {  # type: ignore[union-attr]
        "job_id", "video_id", "status", "step", "progress", "message", "timestamp",
    }  # fmt: skip
    await eventually(lambda: len(served.gateway.service.hub) == 0, message="it is let go of")


@pytest.mark.parametrize("form", ["job", "video"])
async def test_who_prefers_to_wait_no_longer_is_told_what_there_is_and_the_stream_ends(
    served: Harness, form: str
) -> None:
    job_id = await served.job("v-1")
    path = of(job_id) if form == "job" else VIDEO
    async with served.client.stream("GET", path, headers={"Prefer": "wait=0"}) as response:
        [only] = await Listener(response).all()
    assert (only.kind, only.data["job_id"]) == ("snapshot", job_id)
    async with served.client.stream("GET", path, headers={"Prefer": "wait=1"}) as response:
        assert response.headers["preference-applied"] == "wait=1"
        listener = Listener(response)
        await listener.hear()
        await served.tell(progress(job_id, Step.VALIDATE_SCRIPT))
        heard = await listener.all()
    assert [event.data["progress"] for event in heard] == [15]
    await eventually(lambda: len(served.gateway.service.hub) == 0, message="it is let go of")


@pytest.mark.parametrize("form", ["job", "video"])
async def test_who_comes_back_is_told_exactly_what_was_missed(served: Harness, form: str) -> None:
    job_id = await served.job("v-1")
    path = of(job_id) if form == "job" else VIDEO
    async with listening(served, path) as listener:
        await listener.hear()
        await served.tell(progress(job_id, Step.VALIDATE_SCRIPT))
        last = await listener.hear()
    assert last is not None
    await served.tell(progress(job_id, Step.GENERATE_TTS))
    await served.tell(failed(job_id))
    await eventually(lambda: served.gateway.service.hub.cursor.offsets[0] >= 4, message="the end is told")
    async with listening(served, path, last.id) as listener:
        heard = [await listener.hear(), await listener.hear()]
    told = [(event.kind, event.data["progress"], event.data["status"]) for event in heard if event]
    assert told == [("update", 40, "PROCESSING"), ("update", 40, "FAILED")]


@pytest.mark.parametrize("last", ["nonsense", "e30=", "", "💥".encode().decode("latin-1"), "another log"])
async def test_a_bookmark_that_says_nothing_here_gets_a_snapshot(served: Harness, last: str) -> None:
    job_id = await served.job("v-1")
    if last == "another log":
        last = Bookmark(cursor=Cursor(epoch="x", offsets=(0,)), job_id=job_id, revision=1).text()
    headers = [(b"Last-Event-ID", last.encode("latin-1"))]
    async with served.client.stream("GET", of(job_id), headers=headers) as response:
        event = await Listener(response).hear()
    assert event is not None
    assert event.kind == "snapshot"


def test_bookmarks_are_read_as_they_were_written() -> None:
    bookmark = Bookmark(cursor=Cursor(epoch="abc", offsets=(1, 2**40)), job_id="j", revision=7)
    assert bookmark_of(bookmark.text()) == bookmark
    assert bookmark.text().isascii()


async def test_an_unknown_job_is_not_found(served: Harness) -> None:
    answer = await served.client.get(of("j-none"))
    assert (answer.status_code, answer.json()["code"]) == (404, "JOB_NOT_FOUND")
    assert len(served.gateway.service.hub) == 0


async def test_silence_is_filled_with_signs_of_life(served: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 0.05)
    job_id = await served.job("v-1")
    async with listening(served, of(job_id)) as listener:
        await listener.hear()
        hearing = asyncio.create_task(listener.hear())
        await eventually(lambda: listener.comments >= 3)
        await served.tell(failed(job_id))
        event = await hearing
    assert event is not None
    assert event.data["status"] == "FAILED"


async def test_streams_end_in_order_when_the_gateway_stops(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    async with serving(harness.gateway) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        response = await client.send(client.build_request("GET", of(job_id)), stream=True)
        listener = Listener(response)
        assert await listener.hear() is not None
        ending = asyncio.create_task(listener.all())
        await eventually(lambda: len(harness.gateway.service.hub) == 1)
        harness.gateway.app.state.drain()
        assert await ending == []  # a whole answer, not a broken one: httpx would raise
        await response.aclose()
    assert len(harness.gateway.service.hub) == 0


async def test_a_client_that_stops_reading_is_aborted(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PATIENCE_SECONDS", 0.5)
    job_id = await served.job("v-1")
    hub = served.gateway.service.hub
    job = events.job_updated(await served.gateway.ledger.read(queries.require, job_id))
    loop = asyncio.get_running_loop()
    with socket.socket() as stalled:
        stalled.settimeout(0)
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(stalled, ("127.0.0.1", int(served.url.rsplit(":", 1)[1])))
        await loop.sock_sendall(stalled, f"GET {VIDEO} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        await eventually(lambda: len(hub) == 1)
        revision = 1

        async def busy() -> bool:
            nonlocal revision
            for _ in range(50):
                revision += 1
                hub.publish(job.model_copy(update={"revision": revision, "status": "FAILED"}))
            await asyncio.sleep(0)
            return len(hub) == 0

        await eventually(busy, 10, message="the stalled client is let go of")
        received = b""
        while chunk := await loop.sock_recv(stalled, 65_536):
            received += chunk
        assert not received.endswith(b"\r\n0\r\n\r\n")  # cut off, not ended
