import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from itertools import count, cycle
from time import monotonic
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close, Frame, Opcode

from contracts.steps import Step
from services.gateway import server
from services.gateway.ledger.jobs import events, queries
from services.gateway.live.frames import close_frame, text_frame
from services.gateway.realtime import connection as realtime_connection
from services.gateway.realtime import reading as realtime_reading
from services.gateway.server import listen
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness, failed, progress, serving, uploaded
from tests.unit.gateway.realtime.raw import PING, PONG, TEXT, frame, opened


@asynccontextmanager
async def watching(harness: Harness, video_id: str) -> AsyncIterator[ClientConnection]:
    url = harness.url.replace("http", "ws") + f"/ws/videos/{video_id}/render-progress"
    async with connect(url, proxy=None) as connection:
        yield connection


async def hear(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(connection.recv(), 10))
    return message


async def hear_until(connection: ClientConnection, status: str) -> list[dict[str, Any]]:
    heard = [await hear(connection)]
    while heard[-1]["status"] != status:
        heard.append(await hear(connection))
    return heard


async def test_the_snapshot_comes_first_then_every_change_to_the_end(served: Harness) -> None:
    job_id = await served.job("v-1")
    await served.tell(progress(job_id, Step.VALIDATE_SCRIPT))
    async with watching(served, "v-1") as connection:
        first = await hear(connection)
        moment = first.pop("timestamp")
        assert datetime.fromisoformat(moment).tzinfo is not None
        assert first == {
            "job_id": job_id, "video_id": "v-1", "status": "PROCESSING", "step": "GENERATE_TTS",
            "progress": 15, "message": "TTS 생성 중...",
        }  # fmt: skip
        for step in list(Step)[1:-1]:
            await served.tell(progress(job_id, step))
        await served.tell(uploaded(job_id, "v-1"))
        heard = await hear_until(connection, "COMPLETED")
    assert [message["progress"] for message in heard] == [40, 50, 60, 85, 95, 95, 100]
    assert [message["step"] for message in heard[-2:]] == ["FINALIZE", "FINALIZE"]
    assert heard[-2]["message"] == "완료 처리 중..."


async def test_every_watcher_of_the_video_hears_and_no_other(served: Harness) -> None:
    mine, other = await served.job("v-1"), await served.job("v-2")
    async with watching(served, "v-1") as a, watching(served, "v-1") as b, watching(served, "v-2") as c:
        assert [(await hear(each))["job_id"] for each in (a, b, c)] == [mine, mine, other]
        await served.tell(failed(mine))
        for each in (a, b):
            end = await hear(each)
            assert (end["status"], end["message"]) == ("FAILED", "영상 생성에 실패했습니다. (TTS_FAILED)")
        await served.tell(progress(other, Step.VALIDATE_SCRIPT))
        assert (await hear(c))["job_id"] == other
        await eventually(lambda: len(served.gateway.service.hub) == 3)
    await eventually(lambda: len(served.gateway.service.hub) == 0, message="sockets are let go of")


async def test_a_watcher_of_a_video_without_jobs_hears_of_the_first(served: Harness) -> None:
    async with watching(served, "v-new") as connection:
        await eventually(lambda: len(served.gateway.service.hub) == 1)
        job_id = await served.job("v-new")
        first = await hear(connection)
        assert (first["job_id"], first["status"], first["progress"]) == (job_id, "QUEUED", 0)


async def test_a_late_watcher_is_told_the_end_and_then_the_retry(served: Harness) -> None:
    job_id = await served.job("v-1")
    await served.client.post(f"/api/render-jobs/{job_id}/cancel")
    async with watching(served, "v-1") as connection:
        assert (await hear(connection))["message"] == "작업이 취소되었습니다."
        await served.gateway.service.retry(job_id)
        again = await hear(connection)
        assert (again["status"], again["progress"]) == ("PROCESSING", 0)


async def test_what_happens_while_the_snapshot_is_read_is_neither_lost_nor_told_twice(
    served: Harness,
) -> None:
    job_id = await served.job("v-1")
    steps = list(Step)[:-1]

    async def follow() -> list[int]:
        async with watching(served, "v-1") as connection:
            return [message["progress"] for message in await hear_until(connection, "COMPLETED")]

    watchers = [asyncio.create_task(follow()) for _ in range(10)]
    for step in steps:
        for share in (0.25, 0.5, 0.75, 1.0):
            await served.tell(progress(job_id, step, share))
        watchers += [asyncio.create_task(follow()) for _ in range(3)]
    await served.tell(uploaded(job_id, "v-1"))
    for heard in await asyncio.wait_for(asyncio.gather(*watchers), 20):
        assert heard == sorted(heard)
        assert heard[-1] == 100


@pytest.mark.parametrize("video", ["a%20b", "..%2Fx", "-x", "x" * 129])
async def test_an_impossible_video_id_is_refused(served: Harness, video: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with watching(served, video):
            pass
    assert caught.value.response.status_code in {403, 404}


@pytest.mark.parametrize(
    "said", ["hello", "", b"\0", "x" * 100_000], ids=["text", "empty", "bytes", "100 kB"]
)
async def test_a_watcher_that_talks_is_closed_and_told_why(served: Harness, said: str | bytes) -> None:
    await served.job("v-1")
    async with watching(served, "v-1") as connection:
        await hear(connection)
        await connection.ping()  # no message
        await connection.pong()
        await connection.send(said)
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(connection.recv(), 10)
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "nothing is said on this socket")


async def test_a_watcher_that_stops_reading_is_aborted_and_holds_nobody_up(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime_connection, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(realtime_connection, "ABORT_SECONDS", 0.1)
    job_id = await served.job("v-1")
    hub = served.gateway.service.hub
    job = events.job_updated(await served.gateway.ledger.read(queries.require, job_id))
    stalled = not_reading(served)
    async with watching(served, "v-1") as reader:
        await hear(reader)
        await eventually(lambda: len(hub) == 2)
        last = job.revision

        async def busy() -> bool:
            nonlocal last
            for _ in range(500):
                last += 1
                hub.publish(job.model_copy(update={"revision": last}))
            await asyncio.sleep(0)  # sockets are written to between two looks
            return len(hub) == 1

        reading = asyncio.create_task(_drain(reader))
        await eventually(busy, message="the stalled socket is let go of")
        await served.tell(failed(job_id))
        ended = events.job_updated(await served.gateway.ledger.read(queries.require, job_id))
        hub.publish(ended.model_copy(update={"revision": last + 1}))
        assert (await asyncio.wait_for(reading, 10))["status"] == "FAILED"
    stalled.close()


async def test_a_watcher_that_is_told_little_is_let_go_of_when_it_stops_reading(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime_connection, "PROOF_SECONDS", 0.2)
    monkeypatch.setattr(realtime_connection, "ABORT_SECONDS", 0.2)
    job_id = await served.job("v-1")
    hub = served.gateway.service.hub
    job = events.job_updated(await served.gateway.ledger.read(queries.require, job_id))
    stalled = not_reading(served)
    async with watching(served, "v-1") as reader:
        await eventually(lambda: len(hub) == 2)
        revisions = count(job.revision + 1)

        def one_more() -> bool:
            hub.publish(job.model_copy(update={"revision": next(revisions)}))
            return len(hub) == 1

        reading = asyncio.create_task(_drain(reader))
        await eventually(one_more, message="the stalled socket is let go of")
        hub.publish(job.model_copy(update={"revision": next(revisions), "status": "FAILED"}))
        assert (await asyncio.wait_for(reading, 10))["status"] == "FAILED"
    stalled.close()


async def test_a_gateway_that_stood_still_does_not_take_its_watchers_for_stalled(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        realtime_connection, "PROOF_SECONDS", 0
    )  # as if all this time went by between two updates
    monkeypatch.setattr(realtime_connection, "ABORT_SECONDS", 0.5)
    job_id = await served.job("v-1")
    hub = served.gateway.service.hub
    job = events.job_updated(await served.gateway.ledger.read(queries.require, job_id))
    async with watching(served, "v-1") as reader:
        await hear(reader)
        for ahead in range(1, 4):  # the answer to what goes with the first cannot be there yet
            hub.publish(job.model_copy(update={"revision": job.revision + ahead}))
        over = asyncio.get_running_loop().time() + 1.0
        await eventually(lambda: asyncio.get_running_loop().time() > over)
        hub.publish(job.model_copy(update={"revision": job.revision + 4, "status": "FAILED"}))
        assert (await asyncio.wait_for(_drain(reader), 10))["status"] == "FAILED"


async def test_after_a_quiet_time_watchers_are_asked_one_by_one_whether_they_read(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = 0.0
    answered: dict[realtime_connection.SocketProtocol, float] = {}
    note = realtime_connection.SocketProtocol._answered

    def has_answered(protocol: realtime_connection.SocketProtocol) -> None:
        answered.setdefault(protocol, ahead)
        note(protocol)

    monkeypatch.setattr(realtime_connection.SocketProtocol, "_answered", has_answered)
    monkeypatch.setattr(realtime_connection, "monotonic", lambda: monotonic() + ahead)
    job_id = await served.job("v-1")
    job = events.job_updated(await served.gateway.ledger.read(queries.require, job_id))
    async with AsyncExitStack() as stack:
        watchers = [await stack.enter_async_context(watching(served, "v-1")) for _ in range(20)]
        for watcher in watchers:
            await hear(watcher)
        ahead = quiet = 100 * realtime_connection.PROOF_SECONDS
        for revision in range(job.revision + 1, job.revision + 12):
            served.gateway.service.hub.publish(job.model_copy(update={"revision": revision}))
            for watcher in watchers:
                await hear(watcher)
            ahead += realtime_connection.PROOF_SECONDS / 10
        await eventually(lambda: len(answered) == len(watchers), message="each was asked")
    assert max(Counter(answered.values()).values()) < len(watchers) / 2
    assert min(answered.values()) > quiet


async def test_a_watcher_that_is_told_nothing_and_does_not_answer_is_let_go_of(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PING_SECONDS", 0.3)
    monkeypatch.setattr(server, "PONG_SECONDS", 0.3)
    monkeypatch.setattr(realtime_connection, "ABORT_SECONDS", 0.1)
    hub = harness.gateway.service.hub
    async with serving(harness.gateway) as harness.url:
        stalled = not_reading(harness)
        async with watching(harness, "v-1") as reader:
            await eventually(lambda: len(hub) == 2)
            await eventually(lambda: len(hub) == 1, message="the stalled socket is let go of")
            await harness.job("v-1")
            assert (await hear(reader))["status"] == "QUEUED"
    stalled.close()


@pytest.mark.parametrize("told", [False, True], ids=["told nothing", "told things"])
async def test_pongs_that_nobody_asked_for_do_not_keep_a_watcher_that_does_not_read(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, *, told: bool
) -> None:
    """Forty a second: of any payload, and of one that was once the same for all."""
    monkeypatch.setattr(server, "PING_SECONDS", 60 if told else 0.3)
    monkeypatch.setattr(server, "PONG_SECONDS", 0.3)
    monkeypatch.setattr(realtime_connection, "PROOF_SECONDS", 1.0)
    monkeypatch.setattr(realtime_connection, "ABORT_SECONDS", 0.2)
    job_id = await harness.job("v-1")
    job = events.job_updated(await harness.gateway.ledger.read(queries.require, job_id))
    hub, revisions = harness.gateway.service.hub, count(job.revision + 1)
    payloads = cycle((b"", b"\0\0\0\0", b"x" * 125))
    async with serving(harness.gateway) as harness.url:
        stalled = not_reading(harness)
        await eventually(lambda: len(hub) == 1)

        def lies() -> bool:
            with suppress(OSError):
                for payload in (next(payloads), b"read"):
                    stalled.sendall(Frame(Opcode.PONG, payload).serialize(mask=True))
            if told:
                hub.publish(job.model_copy(update={"revision": next(revisions)}))
            return len(hub) == 0

        await eventually(lies, every=0.05, message="the watcher that does not read is let go of")
    stalled.close()


async def test_who_answers_the_newest_of_two_pings_only_is_there(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As RFC 6455 (5.5.3) lets it: a question behind an update may come behind the other ping."""
    monkeypatch.setattr(server, "PING_SECONDS", 0.2)
    monkeypatch.setattr(server, "PONG_SECONDS", 0.5)
    monkeypatch.setattr(realtime_connection, "PROOF_SECONDS", 0.0)
    job_id = await harness.job("v-1")
    job = events.job_updated(await harness.gateway.ledger.read(queries.require, job_id))
    hub = harness.gateway.service.hub
    async with (
        serving(harness.gateway) as url,
        opened(url, "/ws/videos/v-1/render-progress") as socket,
    ):
        while (await socket.hear())[0] != PING:
            pass
        revisions = count(job.revision + 1)

        async def newest() -> bytes:
            hub.publish(job.model_copy(update={"revision": next(revisions)}))
            opcode, payload = await socket.hear()
            return payload if opcode == PING else b""

        await socket.say(frame(PONG, await eventually(newest, message="a question behind an update")))
        over = asyncio.get_running_loop().time() + 0.6
        while asyncio.get_running_loop().time() < over:
            opcode, payload = await socket.hear()
            if opcode == PING:
                await socket.say(frame(PONG, payload))
            assert opcode in {PING, TEXT}


async def test_who_says_farewell_and_does_not_read_is_freed(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime_reading, "ABORT_SECONDS", 0.2)
    open_ones: list[realtime_connection.SocketProtocol] = []
    begin, end = (
        realtime_connection.SocketProtocol.connection_made,
        realtime_connection.SocketProtocol.connection_lost,
    )

    def begun(protocol: realtime_connection.SocketProtocol, transport: Any) -> None:
        open_ones.append(protocol)
        begin(protocol, transport)

    def ended(protocol: realtime_connection.SocketProtocol, error: Exception | None) -> None:
        open_ones.remove(protocol)
        end(protocol, error)

    monkeypatch.setattr(realtime_connection.SocketProtocol, "connection_made", begun)
    monkeypatch.setattr(realtime_connection.SocketProtocol, "connection_lost", ended)
    job_id = await served.job("v-1")
    job = events.job_updated(await served.gateway.ledger.read(queries.require, job_id))
    hub, revisions = served.gateway.service.hub, count(job.revision + 1)
    stalled = not_reading(served)
    await eventually(lambda: len(hub) == 1)

    def full() -> bool:
        if open_ones[0].transport.get_write_buffer_size() > realtime_reading.HIGH_WATER // 2:
            return True
        for _ in range(100):
            hub.publish(job.model_copy(update={"revision": next(revisions)}))
        return False

    await eventually(full, message="the kernel takes no more")
    stalled.sendall(b"\x88\x82\0\0\0\0\x03\xe8")
    await eventually(lambda: not open_ones, message="its descriptor is free")
    stalled.close()


async def test_sockets_are_told_when_the_gateway_stops(harness: Harness) -> None:
    async with serving(harness.gateway) as url:
        connection = await connect(f"{url.replace('http', 'ws')}/ws/videos/v-1/render-progress", proxy=None)
        await eventually(lambda: len(harness.gateway.service.hub) == 1)
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(connection.recv(), 10)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1012
    assert len(harness.gateway.service.hub) == 0


async def test_the_command_line_watches_in_process(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    messages = harness.gateway.service.watch("v-1")
    assert (await anext(messages)).status == "QUEUED"
    await harness.tell(progress(job_id, Step.VALIDATE_SCRIPT))
    assert (await anext(messages)).progress == 15
    await harness.tell(uploaded(job_id, "v-1"))
    seen = [await anext(messages)]
    while seen[-1].status != "COMPLETED":
        seen.append(await anext(messages))
    assert seen[-1].progress == 100
    await messages.aclose()  # type: ignore[attr-defined]
    assert len(harness.gateway.service.hub) == 0


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_frames_are_what_the_library_writes(size: int) -> None:
    payload = b"x" * size
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)
    close = Frame(Opcode.CLOSE, Close(1013, "slow").serialize())
    assert close_frame(1013, b"slow") == close.serialize(mask=False)


def test_a_port_that_is_taken_is_told() -> None:
    taken = listen("127.0.0.1", 0)
    taken.listen()
    with pytest.raises(Exception, match="GATEWAY_PORT"):
        listen("127.0.0.1", taken.getsockname()[1])
    taken.close()


def not_reading(harness: Harness) -> socket.socket:
    """A watcher of the video v-1 that reads nothing, not even pings."""
    stalled = socket.create_connection(("127.0.0.1", int(harness.url.rsplit(":", 1)[1])))
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stalled.sendall(
        b"GET /ws/videos/v-1/render-progress HTTP/1.1\r\nHost: localhost\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    return stalled


async def _drain(connection: ClientConnection) -> dict[str, Any]:
    while True:
        message = await hear(connection)
        if message["status"] == "FAILED":
            return message
