"""What the ledger does about topics that are not those that its events went to."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import httpx

from contracts import topics
from contracts.commands import StartRender
from contracts.events import RenderRequested
from services.gateway.app import open_gateway
from services.gateway.ledger import kafka_logs, outbox
from services.gateway.ledger.kafka_logs import Noted
from services.gateway.settings import GatewaySettings
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.kafka.log_identity import UNKNOWN, LogId
from tests.unit.gateway.conftest import Harness

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPEC: dict[str, Any] = {"title": "T", "language": "en", "scenes": [{"scene_id": 1, "narration": "Hello."}]}
EVERY = [topic.name for topic in topics.TOPICS]


def logs(cluster: str = "one", **others: str) -> dict[str, LogId]:
    named = {name.replace("__", "."): id_ for name, id_ in others.items()}
    return {name: LogId(cluster, named.get(name, "0" * 32)) for name in EVERY}


async def noted(
    harness: Harness, seen: dict[str, LogId], hours: int = 0, lost: set[UUID] | None = None
) -> Noted:
    now = NOW + timedelta(hours=hours)
    return await harness.gateway.ledger.write(kafka_logs.note, seen, now=now, lost=lost)


async def last(harness: Harness) -> tuple[datetime | None, datetime | None]:
    return await harness.gateway.ledger.read(kafka_logs.last_replaced)


async def test_what_is_seen_first_is_what_it_is(harness: Harness) -> None:
    for _ in range(2):
        assert await noted(harness, logs()) == Noted()
    assert await last(harness) == (None, None)


async def test_another_cluster_has_jobs_under_way_announced_again_once(harness: Harness) -> None:
    await harness.tell(StartRender(job_id="j-1", video_id="v-1", render_spec=SPEC))
    [first] = await harness.publishes(RenderRequested, "j-1")
    await noted(harness, logs())
    found = await noted(harness, logs("two"), 1)
    assert (len(found.replaced), found.jobs) == (len(EVERY), 1)
    again = await harness.publishes(RenderRequested, "j-1", 2)
    assert again == [first, first.model_copy(update={"event_id": again[1].event_id})]
    # where a topic of others was lost, the first one stands in the log, and this one must be published
    assert again[1].event_id != first.event_id
    assert await noted(harness, logs("two"), 2) == Noted(), "another gateway, or a restart"
    assert await last(harness) == (NOW + timedelta(hours=1), None)


async def test_what_waits_to_be_published_is_not_announced_beside_itself(
    settings: GatewaySettings,
) -> None:
    async with (
        open_artifacts(ArtifactSettings(lectern_home=settings.home)) as artifacts,
        open_gateway(settings, artifacts) as gateway,  # and nothing relayed
    ):
        harness = Harness(gateway, artifacts, cast("httpx.AsyncClient", None), "")
        await harness.tell(StartRender(job_id="j-1", video_id="v-1", render_spec=SPEC))

        async def waiting() -> list[UUID]:
            rows = await gateway.ledger.read(outbox.pending, 100)
            return [row.event.event_id for row in rows if row.stored.type == RenderRequested.type]

        await noted(harness, logs())
        [first] = await waiting()
        assert (await noted(harness, logs("two"), 1)).jobs == 1
        [again] = await waiting()
        assert again != first


async def test_what_is_known_to_stand_in_the_new_topics_is_not_announced_again(harness: Harness) -> None:
    for job in ("j-1", "j-2"):
        await harness.tell(StartRender(job_id=job, video_id=f"v-{job}", render_spec=SPEC))
    [first] = await harness.publishes(RenderRequested, "j-1")
    await harness.publishes(RenderRequested, "j-2")
    await noted(harness, logs())
    assert (await noted(harness, logs("two"), lost={first.event_id})).jobs == 1
    assert await harness.publishes(RenderRequested, "j-1", 2)
    assert len(harness.told(RenderRequested, "j-2")) == 1


async def test_a_topic_of_work_made_anew_has_jobs_announced_again_others_not(harness: Harness) -> None:
    await harness.tell(StartRender(job_id="j-1", video_id="v-1", render_spec=SPEC))
    await noted(harness, logs())
    found = await noted(harness, logs(lectern__commands__v1="1" * 32), 1)
    assert ([each.topic for each in found.replaced], found.jobs) == ([topics.COMMANDS_TOPIC.name], 0)
    planned = {"lectern__scene__planned__v1": "2" * 32, "lectern__commands__v1": "1" * 32}
    assert (await noted(harness, logs(**planned), 2)).jobs == 1
    assert await last(harness) == (None, NOW + timedelta(hours=2))


async def test_scripts_that_were_being_written_fail_with_their_topic(harness: Harness) -> None:
    answer = await harness.client.post(
        "/api/videos/v-1/scripts/generate", json={"source_text": "Hello."}, headers={"Prefer": "wait=0"}
    )
    script_id = answer.json()["script_id"]
    await noted(harness, logs())
    await noted(harness, logs(lectern__script__requested__v1="1" * 32))
    read = (await harness.client.get(f"/api/scripts/{script_id}")).json()
    assert read["status"] == "FAILED"


async def test_ids_that_a_broker_does_not_tell_are_no_change(harness: Harness) -> None:
    silent = {name: LogId("one", UNKNOWN) for name in EVERY}
    for seen in (silent, logs(), silent, logs()):
        assert await noted(harness, seen) == Noted()
    assert len((await noted(harness, logs(lectern__jobs__v1="1" * 32))).replaced) == 1
