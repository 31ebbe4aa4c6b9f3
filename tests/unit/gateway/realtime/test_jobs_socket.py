"""One socket for any jobs and videos: who may open it, what is told on it, how it ends."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from contracts.commands import StartRender
from contracts.steps import Step
from services.gateway.auth.access import AccessSettings
from services.gateway.settings import GatewaySettings
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness, progress, running, serving, uploaded
from tests.unit.gateway.realtime.client import PATH, Client, session


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


async def test_a_ledger_that_is_away_is_told_and_can_be_asked_again(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await served.job("v-1")
    ledger = served.gateway.ledger
    async with session(served) as client:
        await ledger.write(lambda conn: conn.exec_driver_sql("ALTER TABLE jobs RENAME TO elsewhere"))
        await client.say(type="subscribe", job_ids=[job_id])
        answers = [await client.hear(), await client.hear()]
        assert (answers[1]["type"], answers[1]["code"]) == ("error", "LEDGER_UNAVAILABLE")
        assert len(served.gateway.service.hub) == 0
        await ledger.write(lambda conn: conn.exec_driver_sql("ALTER TABLE elsewhere RENAME TO jobs"))
        [snapshot] = await client.subscribe(job_id)
        assert snapshot["job"]["job_id"] == job_id


async def test_nothing_is_compressed(served: Harness) -> None:
    async with session(served, compression="deflate") as client:
        assert client.connection.protocol.extensions == []


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
