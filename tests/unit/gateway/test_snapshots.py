from datetime import timedelta

import pytest

from contracts.steps import Step
from services.gateway.live import snapshots
from services.gateway.live.hub import of_job, of_video
from tests.unit.gateway.conftest import Harness, progress


async def test_what_stands_in_the_ledger_is_told_by_watch(harness: Harness) -> None:
    one, two = await harness.job("v-1"), await harness.job("v-2")
    await harness.client.post(f"/api/render-jobs/{two}/cancel")
    watches = [of_job(one), of_job("j-none"), of_video("v-1"), of_video("v-2"), of_video("v-none")]
    standing = await harness.gateway.ledger.read(snapshots.standing, watches)
    told = {watch: (job.job_id, job.status) if job else None for watch, job in standing.items()}
    assert told == {
        of_job(one): (one, "QUEUED"), of_job("j-none"): None, of_video("v-1"): (one, "QUEUED"),
        of_video("v-2"): (two, "FAILED"), of_video("v-none"): None,
    }  # fmt: skip


@pytest.mark.parametrize("kinds", ["jobs", "videos", "both", "none"])
async def test_what_changed_since_a_moment_is_told_of_what_is_watched(harness: Harness, kinds: str) -> None:
    one, two = await harness.job("v-1"), await harness.job("v-2")
    await harness.job("v-3")
    await harness.tell(progress(one, Step.VALIDATE_SCRIPT))
    watches = {
        "jobs": [of_job(one), of_job(two)], "videos": [of_video("v-1"), of_video("v-2")],
        "both": [of_job(one), of_video("v-2")], "none": [],
    }[kinds]  # fmt: skip
    ledger = harness.gateway.ledger
    now = harness.gateway.service.now()
    changed = await ledger.read(snapshots.changed, watches, now - timedelta(seconds=60))
    assert [job.job_id for job in changed] == ([two, one] if watches else [])
    assert await ledger.read(snapshots.changed, watches, now + timedelta(seconds=1)) == []
