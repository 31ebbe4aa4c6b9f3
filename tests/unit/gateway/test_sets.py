"""Sets of creates and of reports, on both databases: what one does alone, many do at once."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from contracts.base import claim_check
from contracts.errors import ErrorCode, PermanentError
from contracts.rendering import RenderSettings
from contracts.states import JobState
from contracts.steps import Step
from services.gateway.ledger import outbox
from services.gateway.ledger.db.schema import script_versions, scripts
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.ledger.jobs import create, create_approved, progress, queries, transitions
from services.gateway.ledger.jobs.create import JobLookup
from services.gateway.ledger.jobs.progress import Report, Share
from services.gateway.ledger.jobs.queries import NewJob
from services.gateway.ledger.models import JobRecord

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
CAUSED = [
    "lectern.job.recorded.v1",
    "lectern.job.updated.v1",
    "lectern.render.requested.v1",
]
"""What a create leaves in the outbox, in this order."""


def new(job_id: str, video_id: str, *, version: int | None = None, spec: bool = True) -> NewJob:
    claim = claim_check(b"{}", "application/json") if spec else None
    return NewJob(
        job_id, video_id, "s" if version else None, version, "ko", RenderSettings(), claim,
        '{"title": "가\\u0000 \'\\""}' if spec else None, 3,
    )  # fmt: skip


def approved(conn: sa.Connection, version: int) -> None:
    stamps = {"created_at": NOW, "updated_at": NOW}
    script = {"script_id": "s", "video_id": "v", "state": "APPROVED", "language": "ko", "request": {}}
    conn.execute(sa.insert(scripts), {**script, "version": version, **stamps})
    body = {"script_id": "s", "version": version, "body": "{}", "origin": "edited", "created_at": NOW}
    conn.execute(sa.insert(script_versions), body)


def told(result: tuple[JobRecord, bool] | Exception) -> tuple[str, bool]:
    assert not isinstance(result, Exception), result
    return result[0].job_id, result[1]


def stored_ahead(conn: sa.Connection, script_id: str, video_id: str, state: str = "APPROVED") -> None:
    stamps = {"created_at": NOW, "updated_at": NOW}
    script = {"script_id": script_id, "video_id": video_id, "state": state, "language": "en", "request": {}}
    conn.execute(sa.insert(scripts), {**script, "version": 2, **stamps})
    for version in (1, 2):
        claim = claim_check(f"{script_id}{version}".encode(), "application/json")
        spec = create_approved.StoredSpec(claim, f'{{"of": "{script_id}", "가": {version}}}', "en", version)
        create_approved.keep(conn, script_id, version, spec)


def wish(job_id: str, video_id: str, script_id: str) -> create_approved.CreateRequest:
    return create_approved.CreateRequest(job_id, video_id, script_id, RenderSettings(width=640, height=360))


async def test_jobs_of_specs_stored_ahead_are_what_others_are(ledger: Ledger) -> None:
    await ledger.write(stored_ahead, "s-1", "v-1")
    await ledger.write(approved, 2)
    [made] = await ledger.write(create_approved.create_all, [wish("ahead", "v-1", "s-1")], now=LATER)
    claim = claim_check(b"s-12", "application/json")
    settings = RenderSettings(width=640, height=360)
    other = NewJob("plain", "v", "s", 2, "en", settings, claim, '{"of": "s-1", "가": 2}', 2)
    plain, _ = await ledger.write(queries.create, other, now=LATER)
    assert made is not None
    assert made == await ledger.read(queries.get, "ahead")
    mine = {"job_id": "ahead", "video_id": "v-1", "script_id": "s-1"}
    assert {name: getattr(made, name) for name in JobRecord.__slots__} == {
        **{name: getattr(plain, name) for name in JobRecord.__slots__}, **mine,
    }  # fmt: skip
    assert await ledger.read(queries.render_spec, "ahead") == await ledger.read(queries.render_spec, "plain")
    assert await ledger.read(queries.history, "ahead") == await ledger.read(queries.history, "plain")
    events = [item.event for item in await ledger.read(outbox.pending, 20)]
    assert [event.type for event in events if event.job_id == "ahead"] == CAUSED
    own, others = (
        [event.model_dump(exclude={"event_id", *mine}) for event in events if event.job_id == job_id]
        for job_id in ("ahead", "plain")
    )
    assert own == others


async def test_whatever_stands_in_the_way_is_left_to_a_closer_look(ledger: Ledger) -> None:
    for number in range(1, 6):
        await ledger.write(stored_ahead, f"s-{number}", f"v-{number}")
    await ledger.write(stored_ahead, "draft", "v-draft", "DRAFT")
    await ledger.write(approved, 1)  # approved, its spec not stored
    await ledger.write(queries.create, new("standing", "v-1"), now=NOW)
    await ledger.write(queries.create, new("ended", "v-2"), now=NOW)
    await ledger.write(transitions.cancel, "ended", now=NOW)
    wishes = [
        wish("a", "v-1", "s-1"),  # the video has an active job
        wish("b", "v-2", "s-2"),
        wish("standing", "v-3", "s-3"),  # the job is there
        wish("c", "v-4", "s-4"), wish("d", "v-4", "s-4"),  # two of one video
        wish("b", "v-5", "s-5"),  # the same job twice
        wish("e", "v-draft", "draft"), wish("f", "v", "s"), wish("g", "v-4", "none"), wish("h", "v-5", "s-4"),
    ]  # fmt: skip
    made = await ledger.write(create_approved.create_all, wishes, now=LATER)
    assert [job and job.job_id for job in made[:5]] == [None, "b", None, "c", None]
    assert made[5:] == [None] * 5
    ids = [job.job_id for job in await ledger.read(queries.page, queries.JobFilter(), 100)]
    assert sorted(ids) == ["b", "c", "ended", "standing"]


async def test_each_create_of_a_set_ends_as_it_would_alone(ledger: Ledger) -> None:
    await ledger.write(approved, 2)
    await ledger.write(queries.create, new("standing", "taken"), now=NOW)
    wanted = [
        new("z", "v-z"), new("a", "v-a"), new("second", "v-z"), new("a", "v-a"),
        new("other", "taken"), new("good", "v", version=2), new("stale", "v-s", version=1),
        new("waiting", "v-w", spec=False),
    ]  # fmt: skip
    results = await ledger.write(create.create_all, wanted, now=LATER)
    stale = results.pop(6)
    assert isinstance(stale, PermanentError)
    assert stale.code is ErrorCode.SCRIPT_NOT_APPROVED
    assert [told(result) for result in results] == [
        ("z", True), ("a", True), ("z", False), ("a", False), ("standing", False), ("good", True),
        ("waiting", True),
    ]  # fmt: skip


async def test_what_a_set_leaves_is_what_one_create_leaves(ledger: Ledger) -> None:
    alone, _ = await ledger.write(queries.create, new("alone", "v-1"), now=LATER)
    [made] = await ledger.write(create.create_all, [new("in-set", "v-2")], now=LATER)
    assert not isinstance(made, Exception)
    assert await ledger.read(queries.get, "in-set") == made[0]
    assert await ledger.read(queries.get, "alone") == alone
    histories = [await ledger.read(queries.history, job_id) for job_id in ("alone", "in-set")]
    assert histories[0] == histories[1]
    assert histories[0] != []
    specs = [await ledger.read(queries.render_spec, job_id) for job_id in ("alone", "in-set")]
    assert specs[0] == specs[1] == new("", "").render_spec_json
    events = [item.event for item in await ledger.read(outbox.pending, 10)]
    types = [[event.type for event in events if event.job_id == job_id] for job_id in ("alone", "in-set")]
    assert types[0] == types[1]
    assert types[0] == CAUSED


async def test_events_of_a_set_stand_in_the_order_of_their_jobs_and_causes(ledger: Ledger) -> None:
    await ledger.write(create.create_all, [new(f"j-{n}", f"v-{n:02}") for n in range(40)], now=NOW)
    pending = await ledger.read(outbox.pending, 200)
    assert [item.id for item in pending] == sorted(item.id for item in pending)
    for number in range(40):
        mine = [item.event.type for item in pending if item.event.job_id == f"j-{number}"]
        assert mine == CAUSED


async def test_a_look_knows_the_job_the_active_job_and_the_script(ledger: Ledger) -> None:
    await ledger.write(approved, 1)
    await ledger.write(queries.create, new("j", "v"), now=NOW)
    asked = [JobLookup("j", "x", None), JobLookup("k", "v", "s"), JobLookup("l", "w", "none")]
    first, second, third = await ledger.read(create.look, asked)
    assert first.job is not None
    assert (first.active, first.script) == (None, None)
    assert second.job is None
    assert second.active is not None
    assert second.script is not None
    assert second.script.body == "{}"
    assert (third.job, third.active, third.script) == (None, None, None)


async def test_a_set_of_reports_moves_each_attempt_by_all_that_is_new(ledger: Ledger) -> None:
    wanted = [new(name, f"v-{name}") for name in ("a", "b", "dead")]
    await ledger.write(create.create_all, wanted, now=NOW)
    await ledger.write(transitions.cancel, "dead", now=NOW)
    half, whole = (Share(Step.GENERATE_TTS, 0, 2, share) for share in (0.5, 1.0))
    validated = Share(Step.VALIDATE_SCRIPT, 0, 1, 1.0)
    reports = [
        Report("a", 1, (validated, whole)),
        Report("a", 1, (half,)),  # late: the larger share stays
        Report("b", 1, (half,)),
        Report("b", 2, (validated,)),  # an attempt that does not live
        Report("dead", 1, (validated,)),
        Report("none", 1, (validated,)),
    ]
    results = await ledger.write(progress.fold_all, reports, now=LATER)
    assert [job and (job.job_id, job.progress, job.revision) for job in results] == [
        ("a", 27, 2), ("a", 27, 2), ("b", 6, 2), None, None, None,
    ]  # fmt: skip
    assert results[0] is not None
    assert (results[0].state, results[0].started_at) == (JobState.PROCESSING, LATER)
    assert await ledger.read(queries.get, "a") == results[0]
    assert [entry.state for entry in await ledger.read(queries.history, "a")] == ["QUEUED", "PROCESSING"]
    again = await ledger.write(progress.fold_all, reports[:1], now=LATER + timedelta(minutes=1))
    assert again == [results[0]]  # said twice, nothing changes
