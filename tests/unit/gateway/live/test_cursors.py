"""Whoever comes back with a cursor hears what was missed, or gets a snapshot."""

from typing import Any

import pytest

from contracts.steps import Step
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness, failed, progress
from tests.unit.gateway.realtime.client import session


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
