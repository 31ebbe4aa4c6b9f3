"""Viewers that read slowly, or not at all."""

import asyncio

import pytest

from services.gateway.ledger.jobs import events, queries
from services.gateway.realtime import connection
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness
from tests.unit.gateway.realtime.client import Client, session, stalled_client


async def test_a_stalled_client_is_aborted_while_the_others_hear_every_end(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PATIENCE_SECONDS", 1.0)
    job_ids = [await served.job(f"v-{number}") for number in range(3)]
    hub = served.gateway.service.hub
    standing = [
        events.job_updated(await served.gateway.ledger.read(queries.require, each)) for each in job_ids
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
    job = events.job_updated(await served.gateway.ledger.read(queries.require, job_id))
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
