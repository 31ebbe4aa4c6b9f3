"""What a client may ask: in which words, of how many, how often and how large."""

import pytest
from websockets.exceptions import ConnectionClosed

from services.gateway.realtime.jobs_socket import MESSAGES_PER_SECOND, PATIENCE_MESSAGES
from services.gateway.realtime.requests import MAX_WATCHES
from tests.unit.gateway.conftest import Harness
from tests.unit.gateway.realtime.client import session


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
