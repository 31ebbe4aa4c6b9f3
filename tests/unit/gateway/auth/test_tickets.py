"""Stream tickets: what one opens, how often, for how long, and where it must not be seen."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect

from contracts.steps import Step
from services.gateway.auth.access import AccessSettings
from services.gateway.http.middleware import auth
from services.gateway.http.middleware.ticket_query import take_ticket
from services.gateway.settings import GatewaySettings
from services.runtime.observability.redaction import redact
from tests.unit.gateway.conftest import Harness, failed, progress, running, uploaded
from tests.unit.gateway.test_streams import Listener
from tests.unit.gateway.ticketing import (
    ONCE,
    OTHER,
    PAGE,
    PATH,
    READER,
    SECRET,
    closed,
    closes,
    issued,
    job,
    refused,
)


@pytest.fixture
async def guarded(settings: GatewaySettings) -> AsyncIterator[Harness]:
    async with running(closed(settings), served=True) as opened:
        yield opened


async def test_a_ticket_opens_one_stream_once_without_a_token(guarded: Harness) -> None:
    job_id = await job(guarded)
    told = await issued(guarded, job_ids=[job_id])
    assert 0 < told["expires_in"] <= 60
    assert datetime.fromisoformat(told["expires_at"]) > datetime.now(UTC)
    [url] = told["streams"]
    assert url == f"/api/v2/render-jobs/{job_id}/events?ticket={told['ticket']}"
    async with guarded.client.stream("GET", url) as response:
        assert response.status_code == 200
        assert response.headers["referrer-policy"] == "no-referrer"
        listener = Listener(response)
        assert await listener.hear() is not None
        refused(await guarded.client.get(url, headers=ONCE), "was used")  # also while it is open
        await guarded.tell(uploaded(job_id, "v-1"))
        heard = await listener.all()
    assert heard[-1].data["status"] == "COMPLETED"
    refused(await guarded.client.get(url, headers=ONCE), "was used")


@pytest.mark.parametrize(("kind", "number"), [("streams", 0), ("streams", 1), ("sockets", 0), ("sockets", 1)])
async def test_each_path_of_the_answer_opens_and_the_ticket_is_spent(
    guarded: Harness, kind: str, number: int
) -> None:
    told = await issued(guarded, job_ids=[await job(guarded)], video_ids=["v-1"])
    path = told[kind][number]
    if kind == "streams":
        assert (await guarded.client.get(path, headers=ONCE)).status_code == 200
    else:
        async with connect(guarded.url.replace("http", "ws") + path, proxy=None):
            pass
    for again in told["streams"]:
        assert (await guarded.client.get(again)).status_code == 401
    for again in told["sockets"]:
        assert await closes(guarded, again) == 401


async def test_what_a_ticket_does_not_name_it_does_not_open_and_is_not_used_up_by(guarded: Harness) -> None:
    mine, other = await job(guarded), await job(guarded, "v-2")
    told = await issued(guarded, job_ids=[mine])
    query = f"?ticket={told['ticket']}"
    for path in (f"/api/v2/render-jobs/{other}/events", "/api/videos/v-1/render-progress"):
        refused(await guarded.client.get(path + query, headers=ONCE), "is not for")
    assert await closes(guarded, f"/ws/videos/v-1/render-progress{query}") == 401
    for method, path in (("GET", f"/api/v2/render-jobs/{mine}"), ("POST", PATH), ("GET", "/api/render-jobs")):
        answer = await guarded.client.request(method, path + query, json={"job_ids": [mine]})
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    for method in ("HEAD", "POST", "OPTIONS"):
        assert (await guarded.client.request(method, told["streams"][0])).status_code == 401
    assert (await guarded.client.get(told["streams"][0], headers=ONCE)).status_code == 200


async def test_a_socket_of_many_takes_subscriptions_to_what_its_ticket_names(guarded: Harness) -> None:
    mine, other = await job(guarded), await job(guarded, "v-2")
    told = await issued(guarded, job_ids=[mine], video_ids=["v-3"])
    async with connect(guarded.url.replace("http", "ws") + told["sockets"][0], proxy=None) as socket:

        async def asked(**names: list[str]) -> list[str]:
            await socket.send(json.dumps({"type": "subscribe", **names}))
            heard = [json.loads(await socket.recv())]
            if heard[0]["type"] == "subscribed":
                heard += [json.loads(await socket.recv()) for each in names.values() for _ in each]
            return [message.get("code", message["type"]) for message in heard]

        for foreign in ({"job_ids": [mine, other]}, {"video_ids": ["v-1"]}, {"job_ids": ["v-3"]}):
            assert await asked(**foreign) == ["FORBIDDEN"]
        assert len(guarded.gateway.service.hub) == 0
        assert await asked(job_ids=[mine], video_ids=["v-3"]) == ["subscribed", "snapshot", "snapshot"]


class TestResuming:
    """An EventSource comes back with the same URL and the id of the last event that it saw."""

    async def test_what_was_missed_is_told_and_then_the_end_and_then_that_it_is_over(
        self, guarded: Harness
    ) -> None:
        job_id = await job(guarded)
        [url] = (await issued(guarded, job_ids=[job_id]))["streams"]
        async with guarded.client.stream("GET", url) as response:
            last = await Listener(response).hear()
        await guarded.tell(progress(job_id, Step.VALIDATE_SCRIPT))
        await guarded.tell(progress(job_id, Step.GENERATE_TTS))
        assert last is not None
        async with guarded.client.stream("GET", url, headers={"Last-Event-ID": last.id or ""}) as response:
            listener = Listener(response)
            heard = [await listener.hear(), await listener.hear()]
            await guarded.tell(failed(job_id))
            heard += await listener.all()
        told = [(event.kind, event.data["progress"], event.data["status"]) for event in heard if event]
        assert told == [
            ("update", 15, "PROCESSING"), ("update", 40, "PROCESSING"), ("update", 40, "FAILED"),
        ]  # fmt: skip
        assert heard[-1] is not None
        gone = await guarded.client.get(url, headers={**ONCE, "Last-Event-ID": heard[-1].id or ""})
        assert gone.status_code == 204

    async def test_a_stream_that_broke_before_its_first_event_is_resumed(self, guarded: Harness) -> None:
        [url] = (await issued(guarded, video_ids=["v-9"]))["streams"]  # there is nothing to tell of it yet
        async with guarded.client.stream("GET", url) as response:
            lines = response.aiter_lines()
            identity, retry, _ = [await anext(lines) for _ in range(3)]
        assert retry == "retry: 2000"
        assert identity.startswith("id: .")
        last = identity.removeprefix("id: ")
        async with guarded.client.stream("GET", url, headers={"Last-Event-ID": last}) as response:
            job_id = await job(guarded, "v-9")
            event = await Listener(response).hear()
        assert event is not None
        assert event.data["job_id"] == job_id

    async def test_a_new_ticket_goes_on_where_an_older_one_ended(self, guarded: Harness) -> None:
        job_id = await job(guarded)
        [first], [second] = [(await issued(guarded, job_ids=[job_id]))["streams"] for _ in range(2)]
        async with guarded.client.stream("GET", first) as response:
            told = await Listener(response).hear()
        assert told is not None
        await guarded.tell(progress(job_id, Step.VALIDATE_SCRIPT))
        async with guarded.client.stream("GET", second, headers={"Last-Event-ID": told.id or ""}) as response:
            lines = response.aiter_lines()
            early = (await anext(lines)).removeprefix("id: ")
            await anext(lines)
            assert (await anext(lines), (await anext(lines))[:3]) == ("", "id:")
        for last in (told.id or "", early):
            answer = await guarded.client.get(second, headers={**ONCE, "Last-Event-ID": last})
            assert answer.status_code == (200 if last == early else 401)
        assert '"progress":15' in answer.text
        assert "snapshot" not in answer.text

    async def test_not_at_all_where_it_is_turned_off(self, settings: GatewaySettings) -> None:
        async with running(closed(settings, ticket_resume_seconds=0), served=True) as harness:
            job_id = await job(harness)
            [url] = (await issued(harness, job_ids=[job_id]))["streams"]
            async with harness.client.stream("GET", url) as response:
                event = await Listener(response).hear()
            assert event is not None
            assert event.id is not None
            assert "." not in event.id
            refused(await harness.client.get(url, headers={**ONCE, "Last-Event-ID": event.id}), "was used")


class TestWhoAndHowMany:
    @pytest.mark.parametrize(("secret", "status"), [(None, 401), (OTHER, 403)])
    async def test_a_ticket_is_for_readers(self, guarded: Harness, secret: str | None, status: int) -> None:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        answer = await guarded.client.post(PATH, json={"job_ids": ["j"]}, headers=headers)
        assert answer.status_code == status

    @pytest.mark.parametrize(
        "body",
        [
            {}, [], {"job_ids": []}, {"job_ids": [], "video_ids": []}, {"job_ids": "j"},
            {"job_ids": ["../x"]}, {"job_ids": ["j"] * 101}, {"video_ids": ["v"] * 101},
            {"job_ids": ["j"], "path": "/"},
        ],
    )  # fmt: skip
    async def test_what_names_nothing_or_too_much_is_refused(self, guarded: Harness, body: Any) -> None:
        answer = await guarded.client.post(PATH, json=body, headers=READER)
        assert (answer.status_code, answer.json()["code"]) == (422, "COMMAND_INVALID")

    async def test_a_ticket_that_is_shown_too_often_is_told_so_and_costs_its_token_nothing(
        self, settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(auth, "TICKET_SHOWN_PER_SECOND", 0.001)
        async with running(closed(settings, rate=5)) as harness:
            urls = [(await issued(harness, video_ids=["v-1"]))["streams"][0] for _ in range(2)]
            answers = [await harness.client.get(urls[0], headers=ONCE) for _ in range(20)]
            assert [answer.status_code for answer in answers] == [200] + [429] * 19
            assert (await harness.client.get(urls[1], headers=ONCE)).status_code == 200

    async def test_guesses_are_refused_without_a_look_into_the_ledger(
        self, settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with running(closed(settings, rate=100)) as harness:
            reads: list[object] = []
            monkeypatch.setattr(harness.gateway.ledger, "read", lambda *_, **__: reads.append(1))
            url = "/api/v2/videos/v-1/render-progress?ticket="
            guesses = ["", "x", "lst_", f"lst_{'A' * 43}", f"lst_{'A' * 44}", "%00", "💥", f"{'x' * 5_000}"]
            answers = [await harness.client.get(url + guess) for guess in guesses]
            assert {answer.status_code for answer in answers} == {401, 429}
            refused(answers[0], "is no ticket")
            assert not reads


class TestTokens:
    async def test_a_ticket_goes_with_its_token(self, settings: GatewaySettings) -> None:
        async with running(closed(settings)) as harness:
            [url] = (await issued(harness, video_ids=["v-1"]))["streams"]
        gone = AccessSettings(api_tokens=SecretStr(f"reader=read:{'x' * 20},writer=read:{OTHER}"))
        async with running(settings.model_copy(update={"access": gone})) as harness:
            refused(await harness.client.get(url, headers=ONCE), "its token is no longer known")
        demoted = AccessSettings(api_tokens=SecretStr(f"reader=write:{SECRET}"))
        async with running(settings.model_copy(update={"access": demoted})) as harness:
            refused(await harness.client.get(url, headers=ONCE), "its token is no longer known")
        async with running(closed(settings)) as harness:
            assert (await harness.client.get(url, headers=ONCE)).status_code == 200

    async def test_where_no_token_is_needed_the_same_calls_do_the_same(
        self, settings: GatewaySettings
    ) -> None:
        async with running(settings, served=True) as harness:
            answer = await harness.client.post(PATH, json={"video_ids": ["v-1"]})
            assert answer.status_code == 201
            [url] = answer.json()["streams"]
            assert (await harness.client.get(url, headers=ONCE)).status_code == 200
            refused(await harness.client.get(url, headers=ONCE), "was used")
            assert (await harness.client.get(url.partition("?")[0], headers=ONCE)).status_code == 200
            [_, socket] = (await harness.client.post(PATH, json={"video_ids": ["v-1"]})).json()["sockets"]
            async with connect(harness.url.replace("http", "ws") + socket, proxy=None):
                pass
            [left] = (await harness.client.post(PATH, json={"video_ids": ["v-1"]})).json()["streams"]
        async with running(closed(settings)) as harness:
            refused(await harness.client.get(left, headers=ONCE), "its token is no longer known")


async def test_a_page_of_another_origin_may_ask_for_one_and_watch(guarded: Harness) -> None:
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    assert (await guarded.client.options(PATH, headers=asked)).status_code == 200
    answer = await guarded.client.post(PATH, json={"video_ids": ["v-1"]}, headers={**READER, "Origin": PAGE})
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["cache-control"] == "no-store"
    [url] = answer.json()["streams"]
    for status in (200, 401):  # a page can read why not
        read = await guarded.client.get(url, headers={**ONCE, "Origin": PAGE})
        assert (read.status_code, read.headers["access-control-allow-origin"]) == (status, PAGE)


class TestSecrecy:
    async def test_a_ticket_is_taken_out_of_the_query_and_nothing_else(self) -> None:
        for query, ticket, left in (
            (b"a=1&ticket=x%2Dy&b=%74", "x-y", b"a=1&b=%74"),
            (b"%74icket=x&ticket=y", "x", b""),
            (b"tickets=1&ticke=2", None, b"tickets=1&ticke=2"),
            (b"ticket", "", b""),
            (b"", None, b""),
        ):
            scope: dict[str, Any] = {"query_string": query}
            assert take_ticket(scope) == ticket
            assert scope["query_string"] == left

    def test_one_that_got_into_a_message_is_redacted(self) -> None:
        text = f"GET /ws/v2/jobs?ticket=lst_{'aB-_' * 10}abc HTTP/1.1"
        assert redact(text, ()) == "GET /ws/v2/jobs?ticket=lst_*** HTTP/1.1"
