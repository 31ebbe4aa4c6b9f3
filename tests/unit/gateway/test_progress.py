import asyncio
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.base import claim_check
from contracts.rendering import RenderSettings
from contracts.states import JobState
from contracts.steps import Step, overall_progress
from services.gateway.ingest.progress import ProgressFilter
from services.gateway.ledger.db.schema import METADATA
from services.gateway.ledger.jobs import progress, queries, transitions
from services.gateway.ledger.jobs.progress import Report, Share
from services.gateway.ledger.jobs.queries import NewJob
from services.gateway.ledger.models import JobRecord
from tests.unit.gateway.conftest import Harness
from tests.unit.gateway.conftest import progress as report

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCENES = 3
SCENE_STEPS = (Step.GENERATE_TTS, Step.GENERATE_SUBTITLE, Step.RENDER_SLIDES)
SINGLE_STEPS = (Step.VALIDATE_SCRIPT, Step.COMPOSE_VIDEO, Step.UPLOAD_ASSETS)


def everything() -> list[Share]:
    single = [Share(step, 0, 1, share) for step in SINGLE_STEPS for share in (0.1, 0.7, 1)]
    places = [(step, part) for step in SCENE_STEPS for part in range(SCENES)]
    return [*single, *(Share(step, part, SCENES, share) for step, part in places for share in (0.5, 1))]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    made = sa.create_engine(f"sqlite:///{tmp_path_factory.mktemp('progress') / 'x.db'}")
    METADATA.create_all(made)
    yield made
    made.dispose()


@st.composite
def deliveries(draw: st.DrawFn) -> list[Share | None]:
    """Every report at least once, some twice, in any order; ``None`` is a restart of the gateway."""
    shares = everything()
    extra: list[Share | None] = list(draw(st.lists(st.sampled_from(shares), max_size=10)))
    extra += [None] * draw(st.integers(0, 3))
    return list(draw(st.permutations([*shares, *extra])))


def folded(
    conn: sa.Connection, job_id: str, attempt: int, news: Sequence[Share], *, now: datetime
) -> JobRecord | None:
    """Fold one report; return the job if that changed it."""
    before = queries.require(conn, job_id)
    [after] = progress.fold_all(conn, [Report(job_id, attempt, tuple(news))], now=now)
    return after if after is not None and after.revision > before.revision else None


@settings(max_examples=40, deadline=None)
@given(order=deliveries())
def test_progress_never_falls_and_ends_the_same_in_any_order(
    engine: sa.Engine, order: list[Share | None]
) -> None:
    with engine.connect() as conn:
        new = NewJob(
            "j", "v", None, None, "ko", RenderSettings(), claim_check(b"{}", "application/json"), "{}", SCENES
        )
        queries.create(conn, new, now=NOW)
        fold: ProgressFilter | None = None
        told = [(0, 0)]
        writes = 0
        for item in order:
            if item is None:
                fold = None
                continue
            fold = fold or ProgressFilter(progress.shares(conn, "j", 1))
            due = fold.news(item)
            writes += bool(due)
            job = folded(conn, "j", 1, due, now=NOW) if due else None
            if job is not None:
                told.append((job.progress, list(Step).index(job.step)))
        assert told == sorted(told)
        assert all(told[n] != told[n + 1] for n in range(1, len(told) - 1))
        done = queries.require(conn, "j")
        assert (done.state, done.progress, done.step) == (JobState.PROCESSING, 95, Step.FINALIZE)
        assert writes <= len(everything()) + order.count(None)
        conn.rollback()


def test_fine_grained_reports_cost_few_writes() -> None:
    fold = ProgressFilter([])
    writes = sum(bool(fold.news(Share(Step.COMPOSE_VIDEO, 0, 1, n / 5_000))) for n in range(1, 5_001))
    assert writes <= 27  # 25 percent points, the first report and the last


def test_a_fold_that_was_read_again_knows_what_was_written() -> None:
    known = [Share(Step.VALIDATE_SCRIPT, 0, 1, 1.0), Share(Step.GENERATE_TTS, 1, 2, 0.5)]
    fold = ProgressFilter(known)
    assert fold.news(known[0]) == []
    assert fold.news(Share(Step.GENERATE_TTS, 1, 2, 0.5)) == []
    assert fold.news(Share(Step.GENERATE_TTS, 1, 2, 1.0)) == [Share(Step.GENERATE_TTS, 1, 2, 1.0)]


def test_progress_of_a_dead_attempt_is_refused(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        new = NewJob(
            "j", "v", None, None, "ko", RenderSettings(), claim_check(b"{}", "application/json"), "{}", 1
        )
        queries.create(conn, new, now=NOW)
        transitions.cancel(conn, "j", now=NOW)
        transitions.retry(conn, "j", now=NOW)
        share = Share(Step.VALIDATE_SCRIPT, 0, 1, 1.0)
        assert folded(conn, "j", 1, [share], now=NOW) is None
        assert folded(conn, "j", 3, [share], now=NOW) is None
        job = folded(conn, "j", 2, [share], now=NOW)
        assert job is not None
        assert job.progress == 15
        conn.rollback()


async def test_shares_are_averaged_over_their_parts(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    await harness.tell(report(job_id, Step.GENERATE_TTS, 1.0, part=3, parts=4))
    read = await harness.read(job_id)
    assert (read["status"], read["step"]) == ("PROCESSING", "VALIDATE_SCRIPT")
    assert read["progress"] == overall_progress({Step.GENERATE_TTS: 0.25})


@pytest.mark.parametrize(
    "strange", [{"part": 4, "parts": 4}, {"part": 10**6, "parts": 1}, {"step": Step.FINALIZE}]
)
async def test_reports_of_parts_there_are_not_change_nothing(
    harness: Harness, strange: dict[str, Any]
) -> None:
    job_id = await harness.job("v-1")
    await harness.tell(report(job_id, **{"step": Step.GENERATE_TTS, **strange}))
    assert (await harness.read(job_id))["status"] == "QUEUED"


async def test_a_write_that_failed_is_not_taken_for_written(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    ledger = harness.gateway.ledger
    await ledger.write(lambda conn: conn.exec_driver_sql("ALTER TABLE progress RENAME TO elsewhere"))
    bare = "CREATE TABLE progress (job_id, attempt, step, part, parts, share)"
    await ledger.write(lambda conn: conn.exec_driver_sql(bare))
    with pytest.raises(Exception, match="ON CONFLICT"):
        await harness.tell(report(job_id, Step.VALIDATE_SCRIPT))
    await ledger.write(lambda conn: conn.exec_driver_sql("DROP TABLE progress"))
    await ledger.write(lambda conn: conn.exec_driver_sql("ALTER TABLE elsewhere RENAME TO progress"))
    await harness.tell(report(job_id, Step.VALIDATE_SCRIPT))  # the engine tries again
    assert (await harness.read(job_id))["progress"] == 15


async def test_many_jobs_report_at_once(harness: Harness, tmp_path: Path) -> None:
    ids = [await harness.job(f"v-{n}") for n in range(5)]
    reports = [
        report(job_id, step, share, part=part, parts=SCENES)
        for job_id in ids for step in SCENE_STEPS for part in range(SCENES) for share in (0.3, 1.0)
    ]  # fmt: skip
    random.Random(7).shuffle(reports)  # a fixed order, not a secret
    await asyncio.gather(*(harness.tell(item) for item in reports))
    expected = overall_progress(dict.fromkeys(SCENE_STEPS, 1.0))
    assert {(await harness.read(job_id))["progress"] for job_id in ids} == {expected}
