"""What one caller holds open has a limit, and another caller does not notice that it was reached."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from contracts.events import ScriptRequested
from services.gateway import server
from services.gateway.auth.access import AccessSettings
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.ledger.jobs import events, queries
from services.gateway.live import snapshots
from services.gateway.realtime import connection, jobs_socket, share
from services.gateway.realtime.jobs_socket import WATCHES_IN_A_ROW
from services.gateway.realtime.requests import MAX_WATCHES
from services.gateway.realtime.share import TURNS
from services.gateway.settings import GatewaySettings
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness, running
from tests.unit.gateway.realtime.client import PATH, session, stalled_client
from tests.unit.gateway.realtime.raw import PING, TEXT, frame, opened
from tests.unit.gateway.ticketing import closes

PROGRESS, EVENTS = "/ws/videos/v-1/render-progress", "/api/v2/videos/v-1/render-progress"
SECRETS = {name: f"{name}-secret-0123456789" for name in ("one", "two")}
TOKENS = SecretStr(" ".join(f"{name}=read+write:{secret}" for name, secret in SECRETS.items()))


def limited(settings: GatewaySettings, **limits: float) -> GatewaySettings:
    access = AccessSettings(api_tokens=TOKENS, **limits)  # type: ignore[arg-type]
    return settings.model_copy(update={"access": access})


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {SECRETS[name]}"}


def refused(kind: str) -> float:
    return REGISTRY.get_sample_value("lectern_shares_refused_total", {"what": kind}) or 0.0


@contextmanager
def counted(kind: str, count: int) -> Iterator[None]:
    before = refused(kind)
    yield
    assert refused(kind) - before == count


async def test_of_one_token_so_many_sockets_and_streams_are_open_and_one_more_gets_429(
    settings: GatewaySettings,
) -> None:
    async with running(limited(settings, viewers=4), served=True) as harness, AsyncExitStack() as stack:
        one = f"Authorization: {bearer('one')['Authorization']}"
        first = await stack.enter_async_context(opened(harness.url, PROGRESS, one))
        await stack.enter_async_context(opened(harness.url, PATH, one))
        for _ in range(2):
            await stack.enter_async_context(harness.client.stream("GET", EVENTS, headers=bearer("one")))
        with counted("viewers", 3):
            for path in (PROGRESS, PATH):
                assert await closes(harness, path, **bearer("one")) == 429
            answer = await harness.client.get(EVENTS, headers=bearer("one"))
        assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_VIEWERS")
        assert "4 sockets and event streams" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) > 0
        two = f"Authorization: {bearer('two')['Authorization']}"
        await stack.enter_async_context(opened(harness.url, PROGRESS, two))
        first.writer.close()
        await eventually(lambda: _opens(harness, one), message="there is room again")


async def _opens(harness: Harness, header: str) -> bool:
    try:
        async with opened(harness.url, PROGRESS, header):
            return True
    except AssertionError:
        return False


async def test_the_tickets_of_a_token_are_its_share(settings: GatewaySettings) -> None:
    async with running(limited(settings, viewers=2), served=True) as harness, AsyncExitStack() as stack:

        async def ticket() -> str:
            made = await harness.client.post(
                "/api/v2/stream-tickets", json={"video_ids": ["v-1"]}, headers=bearer("one")
            )
            sockets: list[str] = made.json()["sockets"]
            return sockets[-1]

        for _ in range(2):
            await stack.enter_async_context(opened(harness.url, await ticket()))
        assert await closes(harness, await ticket()) == 429
        assert await closes(harness, PROGRESS, **bearer("one")) == 429


async def test_without_tokens_an_address_has_its_share(settings: GatewaySettings) -> None:
    access = settings.access.model_copy(update={"viewers": 3})
    open_to_all = settings.model_copy(update={"access": access})
    async with running(open_to_all, served=True) as harness, AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(opened(harness.url, PROGRESS))
        assert await closes(harness, PROGRESS) == 429


async def test_of_one_token_so_many_calls_wait_and_one_more_gets_429_at_once(
    settings: GatewaySettings,
) -> None:
    async with running(limited(settings, waits=3), served=True) as harness:
        harness.client.headers.update(bearer("one"))
        script_id = await harness.script("v-1")
        job_id = await harness.job("v-2")
        job, wait = f"/api/v2/render-jobs/{job_id}", {"Prefer": "wait=60"}
        generate: dict[str, Any] = {"json": {"source_text": "비밀번호는 길게."}}
        calls: list[Callable[[], Coroutine[Any, Any, httpx.Response]]] = [
            lambda: harness.client.get(job, headers=wait),
            lambda: harness.client.post(
                "/api/videos/v-1/render-jobs", json={"script_id": script_id}, headers=wait
            ),
            lambda: harness.client.post("/api/videos/v-3/scripts/generate", **generate),  # waits by itself
        ]

        def create() -> Coroutine[Any, Any, httpx.Response]:
            return harness.client.post(
                "/api/videos/v-4/render-jobs", json={"script_id": script_id}, headers=wait
            )

        waiting = [asyncio.create_task(call()) for call in calls]
        await eventually(lambda: len(harness.gateway.service.hub) == 2, message="two wait for their jobs")
        requests = await harness.publishes(ScriptRequested, count=3)
        with counted("waits", 4):
            for call in (*calls, create):
                answer = await call()
                assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_WAITS")
        assert (await harness.client.get("/api/v2/videos/v-4/render-jobs")).json() == []  # nor was it made
        for headers in ({}, {"Prefer": "wait=0"}, {"Prefer": "respond-async"}):
            assert (await harness.client.get(job, headers=headers)).status_code == 200
        other = asyncio.create_task(harness.client.get(job, headers={**bearer("two"), **wait}))
        await eventually(lambda: len(harness.gateway.service.hub) == 3, message="another caller waits")
        await harness.client.post(f"{job}/cancel")
        assert [(await each).status_code for each in (waiting[0], other)] == [200, 200]
        answer = await harness.client.get(job, headers=wait)  # there is room again
        assert answer.headers["preference-applied"] == "wait=60"
        mine = (await harness.client.get("/api/v2/videos/v-1/render-jobs")).json()[0]
        await harness.client.post(f"/api/v2/render-jobs/{mine['job_id']}/cancel")
        await harness.tell(await harness.generated(requests[-1]))
        assert [(await each).status_code for each in waiting[1:]] == [201, 200]


@pytest.mark.parametrize("call", ["read", "create", "generate"])
async def test_a_call_waits_no_longer_than_its_caller(settings: GatewaySettings, call: str) -> None:
    async with running(limited(settings, waits=1), served=True) as harness:
        harness.client.headers.update(bearer("one"))
        script_id = await harness.script("v-1")
        job_id = await harness.job("v-2")
        paths: dict[str, tuple[str, str, dict[str, str] | None]] = {
            "read": ("GET", f"/api/v2/render-jobs/{job_id}", None),
            "create": ("POST", "/api/v2/videos/v-1/render-jobs", {"script_id": script_id}),
            "generate": ("POST", "/api/v2/videos/v-3/scripts/generate", {"source_text": "비밀번호는 길게."}),
        }
        method, path, body = paths[call]
        waiting = asyncio.create_task(
            harness.client.request(method, path, json=body, headers={"Prefer": "wait=60"})
        )

        service = harness.gateway.service
        await eventually(lambda: len(service.hub) + len(service._generating) == 1, message="it waits")
        waiting.cancel()
        await eventually(lambda: len(service.hub) + len(service._generating) == 0, message="it waits no more")

        await harness.client.post(f"/api/v2/render-jobs/{job_id}/cancel")  # ended, it is answered at once

        async def room() -> bool:
            again = await harness.client.get(f"/api/v2/render-jobs/{job_id}", headers={"Prefer": "wait=1"})
            return again.status_code == 200

        await eventually(room, message="there is room again")


async def test_the_sockets_of_one_caller_share_how_many_frames_they_send(settings: GatewaySettings) -> None:
    """With 5 requests a second, ten at once; each socket alone may send 64."""
    async with running(limited(settings, rate=5.0), served=True) as harness, AsyncExitStack() as stack:
        one, two = (f"Authorization: {bearer(name)['Authorization']}" for name in ("one", "two"))
        mine = [await stack.enter_async_context(opened(harness.url, PATH, one)) for _ in range(4)]
        other = await stack.enter_async_context(opened(harness.url, PATH, two))
        for socket in mine[:3]:
            await socket.say(frame(PING, b"x") * 3)
            await socket.hear()
        await mine[3].say(frame(PING, b"x") * 20)
        assert await mine[3].closed_with() == 1013
        await other.say(frame(TEXT, b'{"type":"ping"}'))
        assert await other.hear() == (TEXT, b'{"type":"pong"}')


async def test_100_kb_that_one_caller_has_begun_to_say_are_kept_and_no_more(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "MAX_KEPT", 100_000)
    async with running(limited(settings), served=True) as harness, AsyncExitStack() as stack:
        one, two = (f"Authorization: {bearer(name)['Authorization']}" for name in ("one", "two"))
        half = frame(TEXT, b"x" * 30_000, size=32_000)
        mine = [await stack.enter_async_context(opened(harness.url, PATH, one)) for _ in range(5)]
        for socket in mine[:3]:
            await socket.say(half)
            await _taken(harness)
        await mine[3].say(half)
        assert await mine[3].closed_with() == 1013
        other = await stack.enter_async_context(opened(harness.url, PATH, two))
        await other.say(half, b"x" * 2_000)
        assert (await other.hear())[0] == TEXT  # an error, but an answer
        mine[0].writer.close()  # what it had begun is forgotten
        await eventually(lambda: _kept(harness, one, half), message="there is room again")


async def _kept(harness: Harness, header: str, half: bytes) -> bool:
    async with opened(harness.url, PATH, header) as socket:
        await socket.say(half, b"x" * 2_000)
        return (await socket.hear())[0] == TEXT


async def _taken(harness: Harness) -> None:
    for _ in range(3):  # whatever lies there has been looked at by then
        assert (await harness.client.get("/livez")).status_code == 200


async def test_what_waits_for_its_turn_is_forgotten_with_its_socket(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody hears the answers of a socket that was given up, so nothing is looked up for it."""
    monkeypatch.setattr(connection, "PATIENCE_SECONDS", 0.2)
    job_id = await served.job("v-1")
    job = events.job_updated(await served.gateway.ledger.read(queries.require, job_id))
    hub, revisions = served.gateway.service.hub, itertools.count(job.revision + 1)
    async with opened(served.url, PATH, room=4_096) as socket:
        await socket.say(_subscribe(job_id))
        for _ in range(2):
            await socket.hear()
        gate = Gate(served.gateway.ledger, monkeypatch)
        await socket.say(*(_subscribe(f"j-{number}") for number in range(10)))
        await eventually(lambda: gate.reading == 1, message="the first is worked on")
        socket.writer.transport.pause_reading()  # type: ignore[attr-defined]

        def full() -> bool:
            for _ in range(200):
                hub.publish(job.model_copy(update={"revision": next(revisions)}))
            return given_up() > before

        def given_up() -> float:
            return REGISTRY.get_sample_value("lectern_sockets_aborted_total") or 0.0

        before = given_up()
        await eventually(full, message="it is given up")
        gate.open()
        await eventually(lambda: len(hub) == 0, message="it is let go of")
    assert gate.reading == 1, f"{gate.reading} messages of a socket that is gone were worked on"


async def test_who_answers_pings_while_its_message_waits_is_not_taken_for_gone(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read of it meanwhile, its answers neither."""
    monkeypatch.setattr(server, "PING_SECONDS", 0.1)
    monkeypatch.setattr(server, "PONG_SECONDS", 0.1)
    async with running(settings, served=True) as harness, session(harness) as client:
        gate = Gate(harness.gateway.ledger, monkeypatch)
        await client.say(type="subscribe", job_ids=["j-1"])
        assert (await client.hear())["type"] == "subscribed"
        over = asyncio.get_running_loop().time() + 0.6
        await eventually(lambda: asyncio.get_running_loop().time() > over)
        gate.open()
        assert (await client.hear())["type"] == "snapshot"


async def test_the_sockets_of_one_caller_watch_so_many_jobs_together_and_another_callers_do_not_count(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_socket, "MAX_WATCHED", 5)
    async with running(limited(settings), served=True) as harness, AsyncExitStack() as stack:
        mine = [
            await stack.enter_async_context(session(harness, additional_headers=bearer("one")))
            for _ in range(2)
        ]
        other = await stack.enter_async_context(session(harness, additional_headers=bearer("two")))
        await mine[0].subscribe("j-1", "j-2", "j-3")
        await mine[0].subscribe("j-1", "j-2", "j-3")  # which adds nothing
        await mine[1].say(type="subscribe", job_ids=["j-1", "j-2", "j-3"])
        refused = await mine[1].hear()
        assert (refused["status"], refused["code"]) == (429, "TOO_MANY_SUBSCRIPTIONS")
        assert "5 jobs and videos" in refused["detail"]
        await other.subscribe("j-1", "j-2", "j-3")
        await mine[0].say(type="unsubscribe", job_ids=["j-1"])
        assert (await mine[0].hear())["type"] == "unsubscribed"
        await mine[1].subscribe("j-1", "j-2", "j-3")
        await mine[0].connection.close()

        async def room() -> bool:
            await mine[1].say(type="subscribe", job_ids=["j-4", "j-5"])
            return bool((await mine[1].hear())["type"] == "subscribed")

        await eventually(room, message="there is room again")


async def test_revisions_that_a_socket_names_count_as_what_it_watches(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_socket, "MAX_WATCHED", 6)
    async with running(settings, served=True) as harness:
        cursor = harness.gateway.service.hub.cursor.model_dump()
        for _ in range(2):
            async with session(harness) as client:
                known = {"cursor": cursor, "revisions": {"j-1": 1, "j-2": 1, "j-3": 1}}
                assert await client.subscribe("j-1", **known) == []
                await client.say(type="subscribe", job_ids=["j-1"], **known)
                refused = await client.hear()
                assert (refused["status"], refused["code"]) == (429, "TOO_MANY_SUBSCRIPTIONS")
            await eventually(lambda: len(harness.gateway.service.hub) == 0, message="all is let go of")


class Gate:
    """Has whoever reads snapshots wait until it is opened."""

    def __init__(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reading = 0
        self._opened = asyncio.Event()
        self._read: Any = ledger.read
        monkeypatch.setattr(ledger, "read", self._wait)

    def open(self) -> None:
        self._opened.set()

    async def _wait(self, work: Any, *args: Any, **more: Any) -> Any:
        if work is snapshots.standing:
            self.reading += 1
            await self._opened.wait()
        return await self._read(work, *args, **more)


def _subscribe(job_id: str) -> bytes:
    return frame(TEXT, b'{"type":"subscribe","job_ids":["%s"]}' % job_id.encode())


async def test_of_one_caller_eight_subscriptions_read_the_ledger_at_a_time(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(limited(settings), served=True) as harness, AsyncExitStack() as stack:
        gate = Gate(harness.gateway.ledger, monkeypatch)
        headers = bearer("one")
        clients = [
            await stack.enter_async_context(session(harness, additional_headers=headers)) for _ in range(20)
        ]
        for client in clients:
            await client.say(type="subscribe", job_ids=["j-1"])
        await eventually(lambda: gate.reading == TURNS, message="eight read")
        await _taken(harness)
        assert gate.reading == TURNS
        other = await stack.enter_async_context(session(harness, additional_headers=bearer("two")))
        await other.say(type="subscribe", job_ids=["j-1"])
        await eventually(lambda: gate.reading == TURNS + 1, message="another caller reads beside them")
        gate.open()
        for client in (*clients, other):
            while (await client.hear())["type"] != "snapshot":
                pass


async def test_500_snapshots_are_told_16_in_a_turn_of_the_loop(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn, told = 0, dict[int, int]()
    tell = connection.SocketConnection.tell

    def note(self: connection.SocketConnection, payload: bytes) -> None:
        told[turn] = told.get(turn, 0) + 1
        tell(self, payload)

    async def turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(connection.SocketConnection, "tell", note)
    counting = asyncio.create_task(turns())
    async with session(served) as client:
        await client.subscribe(*(f"j-{number}" for number in range(MAX_WATCHES)))
    counting.cancel()
    assert sum(told.values()) == MAX_WATCHES + 1
    assert max(told.values()) <= WATCHES_IN_A_ROW, f"{max(told.values())} snapshots in one turn"


async def test_viewers_that_do_not_read_keep_none_of_their_caller_s_others_waiting(
    served: Harness,
) -> None:
    videos = [f"{'v' * 60}-{number}" for number in range(400)]
    message = {"type": "subscribe", "video_ids": videos}
    async with AsyncExitStack() as stack:
        for _ in range(2 * TURNS):
            await stack.enter_async_context(stalled_client(served.url, message))
        async with asyncio.timeout(connection.PATIENCE_SECONDS - 1), session(served) as client:
            [snapshot] = await client.subscribe("j-1")
            assert snapshot["job"] is None
