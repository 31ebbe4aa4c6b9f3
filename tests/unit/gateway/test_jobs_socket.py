import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from contracts.commands import StartRender
from contracts.steps import Step
from services.gateway.access import AccessSettings
from services.gateway.ledger import announcements, jobs
from services.gateway.live import viewer
from services.gateway.live.jobs_socket import MESSAGES_PER_SECOND, PATIENCE_MESSAGES
from services.gateway.live.requests import MAX_WATCHES
from services.gateway.settings import GatewaySettings
from tests.support.eventually import eventually

from .conftest import Harness, failed, progress, running, serving, uploaded

PATH = "/ws/v2/jobs"


class Client:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), 10))
        return message

    async def subscribe(self, *job_ids: str, **more: Any) -> list[dict[str, Any]]:
        """Subscribe, expect the answer, return the snapshots (none where it is resumed)."""
        await self.say(type="subscribe", job_ids=job_ids, **more)
        answer = await self.hear()
        assert answer["type"] == "subscribed", answer
        if answer["resumed"]:
            return []
        return [await self.hear() for _ in [*job_ids, *more.get("video_ids", ())]]


@asynccontextmanager
async def session(harness: Harness, **more: Any) -> AsyncIterator[Client]:
    async with connect(harness.url.replace("http", "ws") + PATH, proxy=None, **more) as connection:
        yield Client(connection)


async def test_a_snapshot_first_then_updates_whose_cursors_rise(served: Harness) -> None:
    job_id = await served.job("v-1")
    async with session(served) as client:
        [first] = await client.subscribe(job_id)
        assert (first["type"], first["job"]["job_id"], first["job"]["status"]) == (
            "snapshot",
            job_id,
            "QUEUED",
        )
        await served.tell(progress(job_id, Step.VALIDATE_SCRIPT))
        await served.tell(uploaded(job_id, "v-1"))
        heard = [await client.hear() for _ in range(3)]
    assert [each["type"] for each in heard] == ["update"] * 3
    assert [each["job"]["progress"] for each in heard] == [15, 95, 100]
    assert [each["job"]["revision"] for each in heard] == [2, 3, 4]
    offsets = [each["cursor"]["offsets"][0] for each in (first, *heard)]
    assert offsets == sorted(set(offsets))
    assert len({each["cursor"]["epoch"] for each in (first, *heard)}) == 1
    end = heard[-1]["job"]
    assert (end["status"], end["message"], end["error"]) == ("COMPLETED", "영상이 완성되었습니다.", None)
    assert end["assets"][0]["kind"] == "video"
    await eventually(lambda: len(served.gateway.service.hub) == 0, message="it is let go of")


async def test_jobs_and_videos_on_one_socket_each_change_once(served: Harness) -> None:
    one, two = await served.job("v-1"), await served.job("v-2")
    async with session(served) as client:
        snapshots = await client.subscribe(one, video_ids=["v-1", "v-2", "v-none"])
        assert [(each["job"] or {}).get("job_id") for each in snapshots] == [one, one, two, None]
        assert (snapshots[-1]["type"], snapshots[-1]["video_id"]) == ("snapshot", "v-none")
        await served.tell(progress(one, Step.VALIDATE_SCRIPT))
        await served.tell(progress(two, Step.VALIDATE_SCRIPT))
        assert [(await client.hear())["job"]["job_id"] for _ in range(2)] == [one, two]
        three = await served.job("v-none")
        assert (await client.hear())["job"]["job_id"] == three


async def test_an_unknown_job_is_watched_and_heard_of_when_it_is_made(served: Harness) -> None:
    async with session(served) as client:
        [nothing] = await client.subscribe("j-to-be")
        assert (nothing["type"], nothing["job_id"], nothing["job"]) == ("snapshot", "j-to-be", None)
        command = {
            "job_id": "j-to-be",
            "video_id": "v",
            "render_spec": {"scenes": [{"scene_id": 1, "narration": "네."}]},
        }
        await served.tell(StartRender.model_validate(command))
        assert (await client.hear())["job"]["status"] == "QUEUED"


async def test_after_unsubscribing_nothing_is_heard(served: Harness) -> None:
    one, two = await served.job("v-1"), await served.job("v-2")
    async with session(served) as client:
        await client.subscribe(one, two)
        await client.say(type="unsubscribe", job_ids=[one])
        answer = await client.hear()
        assert (answer["type"], answer["job_ids"]) == ("unsubscribed", [one])
        await served.tell(progress(one, Step.VALIDATE_SCRIPT))
        await served.tell(progress(two, Step.VALIDATE_SCRIPT))
        assert (await client.hear())["job"]["job_id"] == two


async def test_a_cursor_resumes_with_exactly_what_was_missed(served: Harness) -> None:
    one, two = await served.job("v-1"), await served.job("v-2")
    async with session(served) as client:
        await client.subscribe(one, two)
        await served.tell(progress(one, Step.VALIDATE_SCRIPT))
        last = await client.hear()
    await served.tell(progress(one, Step.GENERATE_TTS))
    await served.tell(failed(two))
    await served.gateway.service.retry(two)
    await eventually(lambda: served.gateway.service.hub.cursor.offsets[0] >= last["cursor"]["offsets"][0] + 3)
    async with session(served) as client:
        assert await client.subscribe(one, two, cursor=last["cursor"]) == []
        heard = [await client.hear() for _ in range(3)]
        told = [(each["type"], each["job"]["job_id"], each["job"]["status"]) for each in heard]
        assert told == [
            ("update", one, "PROCESSING"), ("update", two, "FAILED"), ("update", two, "PROCESSING"),
        ]  # fmt: skip
        await served.tell(progress(one, Step.GENERATE_SUBTITLE))
        assert (await client.hear())["job"]["progress"] == 50


async def test_what_a_snapshot_had_is_not_told_again_to_who_says_so(served: Harness) -> None:
    job_id = await served.job("v-1")
    start = served.gateway.service.hub.cursor.model_dump(mode="json")
    for share in (0.2, 0.5, 1.0):
        await served.tell(progress(job_id, Step.VALIDATE_SCRIPT, share))
    async with session(served) as client:
        await client.subscribe(job_id, cursor=start, revisions={job_id: 3})
        assert (await client.hear())["job"]["revision"] == 4


@pytest.mark.parametrize(
    "cursor",
    [
        {"epoch": "another-log", "offsets": [0]},
        {"epoch": None, "offsets": [10**9]},
        {"epoch": None, "offsets": [0, 0]},
    ],
    ids=["another log", "ahead of this gateway", "other partitions"],
)
async def test_a_cursor_that_cannot_be_resumed_from_gets_a_snapshot(
    served: Harness, cursor: dict[str, Any]
) -> None:
    job_id = await served.job("v-1")
    epoch = cursor["epoch"] or served.gateway.service.hub.cursor.epoch
    async with session(served) as client:
        [snapshot] = await client.subscribe(job_id, cursor={**cursor, "epoch": epoch})
        assert (snapshot["type"], snapshot["job"]["job_id"]) == ("snapshot", job_id)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ('{"type":"shout"}', "type"),
        ('{"type":"subscribe"}', "name job_ids or video_ids"),
        ('{"type":"subscribe","job_id":"j"}', "job_id: Extra"),
        ('{"type":"subscribe","job_ids":["../etc"]}', "job_ids.0"),
        ('{"type":"subscribe","job_ids":["j"],"cursor":{"epoch":"x","offsets":[-1]}}', "cursor.offsets.0"),
        ('{"type":"subscribe","job_ids":["j"],"cursor":{"epoch":"x","offsets":[]}}', "cursor.offsets"),
        (b"\x00\xff", "text frames"),
    ],
)
async def test_what_cannot_be_understood_is_answered_and_nothing_else_happens(
    served: Harness, text: str | bytes, says: str
) -> None:
    async with session(served) as client:
        await client.connection.send(text)
        error = await client.hear()
        assert (error["type"], error["code"], error["status"]) == ("error", "COMMAND_INVALID", 422)
        assert says in error["detail"]
        await client.say(type="ping")
        assert await client.hear() == {"type": "pong"}


async def test_a_socket_watches_so_many_and_no_more(served: Harness) -> None:
    async with session(served) as client:
        for start in range(0, MAX_WATCHES, 100):
            await client.subscribe(*(f"j-{number}" for number in range(start, start + 100)))
        await client.say(type="subscribe", job_ids=["j-0", "one-more"])
        assert (await client.hear())["code"] == "TOO_MANY_SUBSCRIPTIONS"
        assert len(served.gateway.service.hub) == MAX_WATCHES
        await client.subscribe("j-0")  # again is not more


async def test_too_many_messages_are_refused_and_then_the_socket(served: Harness) -> None:
    async with session(served) as client:
        codes = set()

        async def flood() -> None:
            for _ in range(2 * MESSAGES_PER_SECOND + 20 * PATIENCE_MESSAGES):
                await client.say(type="ping")
                codes.add((await client.hear()).get("code"))

        with pytest.raises(ConnectionClosed) as caught:
            await flood()
        assert codes == {None, "RATE_LIMITED"}
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1008


async def test_a_message_that_is_too_large_ends_the_socket(served: Harness) -> None:
    async with session(served) as client:
        await client.connection.send("x" * 100_000)
        with pytest.raises(ConnectionClosed) as caught:
            await client.hear()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009


async def test_nothing_is_compressed(served: Harness) -> None:
    async with session(served, compression="deflate") as client:
        assert client.connection.protocol.extensions == []


async def test_a_ledger_that_is_away_is_told_and_can_be_asked_again(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await served.job("v-1")
    ledger = served.gateway.ledger
    async with session(served) as client:
        await ledger.write(lambda conn: conn.exec_driver_sql("ALTER TABLE jobs RENAME TO elsewhere"))
        await client.say(type="subscribe", job_ids=[job_id])
        answers = [await client.hear(), await client.hear()]
        assert (answers[1]["type"], answers[1]["code"]) == ("error", "STORAGE_UNAVAILABLE")
        assert len(served.gateway.service.hub) == 0
        await ledger.write(lambda conn: conn.exec_driver_sql("ALTER TABLE elsewhere RENAME TO jobs"))
        [snapshot] = await client.subscribe(job_id)
        assert snapshot["job"]["job_id"] == job_id


async def test_what_is_said_is_what_the_asyncapi_document_says(served: Harness) -> None:
    document = (await served.client.get("/asyncapi.json")).json()
    channel = document["channels"][PATH]
    names = [reference["$ref"].rpartition("/")[2] for reference in channel["messages"].values()]
    schemas = document["components"]["schemas"]
    assert set(names) <= set(schemas)
    told = document["operations"][f"send{PATH}"]["messages"]
    allowed = {
        "anyOf": [{"$ref": f"#/components/schemas/{each['$ref'].rpartition('/')[2]}"} for each in told]
    }
    validator = Draft202012Validator({**allowed, "components": document["components"]})
    job_id = await served.job("v-1")
    async with session(served) as client:
        messages = []
        await client.say(type="subscribe", job_ids=[job_id, "j-none"], video_ids=["v-none"])
        messages += [await client.hear() for _ in range(4)]
        await served.tell(uploaded(job_id, "v-1"))
        messages += [await client.hear() for _ in range(2)]
        for message in ({"type": "ping"}, {"type": "shout"}, {"type": "unsubscribe", "job_ids": [job_id]}):
            await client.say(**message)
            messages.append(await client.hear())
    for message in messages:
        validator.validate(message)
    assert not validator.is_valid({**messages[1], "job": {}})
    assert not validator.is_valid({"type": "shout"})


class TestAccess:
    SECRET = "reader-secret-0123456789"

    @pytest.fixture
    async def guarded(self, settings: GatewaySettings) -> AsyncIterator[Harness]:
        tokens = f"reader=read:{self.SECRET} writer=write:w{self.SECRET}"
        access = AccessSettings(api_tokens=SecretStr(tokens))
        async with running(settings.model_copy(update={"access": access}), served=True) as opened:
            yield opened

    async def test_who_may_not_read_is_refused(self, guarded: Harness) -> None:
        for header, status in (({}, 401), ({"Authorization": f"Bearer w{self.SECRET}"}, 403)):
            with pytest.raises(InvalidStatus) as caught:
                async with session(guarded, additional_headers=header):
                    pass
            assert caught.value.response.status_code == status

    async def test_a_token_comes_in_a_header_or_as_a_subprotocol(self, guarded: Harness) -> None:
        header = {"Authorization": f"Bearer {self.SECRET}"}
        async with session(guarded, additional_headers=header) as client:
            await client.subscribe("j")
        offered = ["lectern", f"lectern.bearer.{self.SECRET}"]
        async with session(guarded, subprotocols=offered) as client:
            assert client.connection.subprotocol == "lectern"
            await client.subscribe("j")


@asynccontextmanager
async def stalled_client(url: str, message: dict[str, Any]) -> AsyncIterator[None]:
    """A client that subscribes and reads nothing more."""
    loop = asyncio.get_running_loop()
    with socket.socket() as stalled:
        stalled.settimeout(0)
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(stalled, ("127.0.0.1", int(url.rsplit(":", 1)[1])))
        handshake = (
            f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await loop.sock_sendall(stalled, handshake.encode())
        assert b" 101 " in await loop.sock_recv(stalled, 1_000)
        text = json.dumps(message).encode()
        frame = b"\x81" + struct.pack("!BH", 0x80 | 126, len(text)) + bytes(4) + text
        await loop.sock_sendall(stalled, frame)
        yield


async def test_a_stalled_client_is_aborted_while_the_others_hear_every_end(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewer, "PATIENCE_SECONDS", 1.0)
    job_ids = [await served.job(f"v-{number}") for number in range(3)]
    hub = served.gateway.service.hub
    standing = [
        announcements.job_updated(await served.gateway.ledger.read(jobs.require, each)) for each in job_ids
    ]
    message = {"type": "subscribe", "job_ids": job_ids, "video_ids": [f"x-{n}" for n in range(10)]}
    ends: list[tuple[str, int]] = []

    async def follow(client: Client) -> None:
        while len(ends) < 30:
            heard = await client.hear()
            if heard["job"]["status"] == "FAILED":
                ends.append((heard["job"]["job_id"], heard["job"]["revision"]))

    async with stalled_client(served.url, message), session(served) as client:
        await client.subscribe(*job_ids)
        await eventually(lambda: len(hub) == 16)
        reading = asyncio.create_task(follow(client))
        revision = 1

        async def busy() -> bool:
            nonlocal revision
            for _ in range(100):
                revision += 1
                for job in standing:
                    hub.publish(job.model_copy(update={"revision": revision}))
            await asyncio.sleep(0)
            return len(hub) == 3

        await eventually(busy, 10, message="the stalled client is let go of")
        expected = []
        for _ in range(10):
            for job in standing:
                revision += 1
                expected.append((job.job_id, revision))
                hub.publish(job.model_copy(update={"revision": revision, "status": "FAILED"}))
                for _ in range(5):
                    revision += 1
                    hub.publish(job.model_copy(update={"revision": revision}))
        await asyncio.wait_for(reading, 10)
    assert sorted(ends) == sorted(expected)


async def test_a_client_that_reads_slowly_is_spared_progress_but_no_end(served: Harness) -> None:
    job_id = await served.job("v-1")
    hub = served.gateway.service.hub
    job = announcements.job_updated(await served.gateway.ledger.read(jobs.require, job_id))
    async with session(served) as client:
        await client.subscribe(job_id)
        client.connection.transport.pause_reading()
        ends = []
        for revision in range(2, 4_002):  # in one go: far more than buffers hold
            ended = revision % 400 == 0
            ends += [revision] * ended
            changes = {"revision": revision, "status": "FAILED" if ended else "PROCESSING"}
            hub.publish(job.model_copy(update=changes))
        client.connection.transport.resume_reading()
        heard = [await client.hear()]
        while heard[-1]["job"]["revision"] != 4_001:
            heard.append(await client.hear())
    revisions = [each["job"]["revision"] for each in heard]
    assert revisions == sorted(set(revisions))
    assert len(revisions) < 4_000
    assert [each["job"]["revision"] for each in heard if each["job"]["status"] == "FAILED"] == ends
    cursors = [each["cursor"]["offsets"] for each in heard]
    assert cursors == sorted(cursors)


async def test_all_sockets_are_told_when_the_gateway_stops(harness: Harness) -> None:
    async with serving(harness.gateway) as url:
        clients = [Client(await connect(f"{url.replace('http', 'ws')}{PATH}", proxy=None)) for _ in range(3)]
        for client in clients:
            await client.subscribe("j")
    for client in clients:
        with pytest.raises(ConnectionClosed) as caught:
            await client.hear()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1012
    assert len(harness.gateway.service.hub) == 0
