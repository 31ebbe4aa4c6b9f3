"""From the fold to the tables: what is whole is written, what has a gap is left out and named."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from contracts.base import ClaimCheck, derived_id
from contracts.errors import ErrorCode, PermanentError
from contracts.event import Event
from contracts.ledger_events import CallbackRecorded, ScriptRecorded
from contracts.states import CallbackKind
from contracts.topics import LEDGER
from services.gateway.ledger.jobs.events import STAGE
from services.gateway.ledger.models import JobRecord
from services.gateway.rebuild import fill
from services.gateway.rebuild.announced import Announced, of_command, of_job, of_script
from services.gateway.rebuild.fold import CallbackFold, Fold, JobFold, ScriptFold
from services.gateway.rebuild.log import Told
from services.gateway.rebuild.target import Run
from services.runtime.artifacts import Artifacts

CHUNK = 200
"""Jobs written at once. Fewer: more statements. More: their specs (10 kB each) are in memory together."""

FETCHES = 16
"""Artifacts read at once."""

NO_RECORD = f"the log names it, but {LEDGER.name} has no record of it"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the log cannot tell any more."""

    kind: str
    name: str
    why: str


@dataclass(slots=True)
class Written:
    """What was written, and what could not be.

    Attributes:
        active: jobs that are under way; they go on when a gateway runs.
        announced: events that were due when the database was lost; the next relay publishes them.
    """

    jobs: int = 0
    active: int = 0
    scripts: int = 0
    callbacks: int = 0
    commands: int = 0
    answers: int = 0
    announced: int = 0
    gaps: list[Gap] = field(default_factory=list)


class Writing:
    """Writes one fold into one transaction.

    Args:
        run: the transaction.
        fold: what the log knows.
        announced: what was published.
        artifacts: where texts and specs lie.
        now: the moment of the rebuild.
        told: hears of progress.
    """

    def __init__(
        self,
        run: Run,
        fold: Fold,
        announced: Announced,
        artifacts: Artifacts,
        *,
        now: datetime,
        told: Told,
    ) -> None:
        self._run = run
        self._fold = fold
        self._announced = announced
        self._artifacts = artifacts
        self._now = now
        self._told = told
        self._due: list[Event] = []
        self._ended: list[JobRecord] = []
        self._texts: list[str] = []
        self._room = asyncio.Semaphore(FETCHES)
        self._written = Written()

    async def everything(self) -> Written:
        """Write all there is; returns what there was.

        Raises:
            PermanentError: ``SETTINGS_INVALID``: two databases wrote to the log.
        """
        self._one_database()
        await self._scripts()
        await self._jobs()
        await self._callbacks()
        written, fold = self._written, self._fold
        await self._run(fill.add_taken, fold.commands.values(), fold.answers.values())
        written.commands, written.answers = len(fold.commands), len(fold.answers)
        for command in fold.commands.values():
            self._expect(of_command(command), int(command.at.timestamp() * 1000))
        await self._run(fill.announce, self._due, self._now)
        untold = await self._run(fill.add_untold, self._ended, self._texts)
        written.callbacks += untold
        written.announced = len(self._due)
        self._named_elsewhere()
        return written

    def _one_database(self) -> None:
        """Return if one database wrote the log: only two can have given one place to two callbacks.

        Other things of theirs, such as two histories of a job, would be mixed without a sign.
        """
        places: dict[int, CallbackFold] = {}
        for callback in self._fold.callbacks.values():
            other = places.setdefault(callback.place, callback)
            if other is not callback:
                ours, theirs = (CallbackRecorded.model_validate_json(one.value) for one in (other, callback))
                raise PermanentError(
                    ErrorCode.SETTINGS_INVALID,
                    f"two databases wrote to {LEDGER.name}: the callbacks of {ours.job_id} and of"
                    f" {theirs.job_id} both stand at place {callback.place}. Which record is whose cannot be"
                    " told: restore a backup of the database, and give each database a Kafka of its own"
                    " (ops/runbooks/ledger-lost.md)",
                )

    async def _scripts(self) -> None:
        for chunk in self._chunks("writing scripts", list(self._fold.scripts.items())):
            found = [one for one in await asyncio.gather(*(self._script(*item) for item in chunk)) if one]
            await self._run(fill.add_scripts, found)
            self._written.scripts += len(found)

    async def _script(
        self, script_id: str, script: ScriptFold
    ) -> tuple[ScriptFold, ScriptRecorded, dict[int, str]] | None:
        if script.gone:
            self._lost_script(
                script_id, f"{script.gone} of its {script.order[0]} texts are gone from the log"
            )
            return None
        try:
            bodies = {number: await self._text(text.body) for number, text in script.texts.items()}
        except PermanentError as error:
            self._lost_script(script_id, f"one of its texts cannot be read: {error.message}")
            return None
        fact = script.fact
        self._expect(of_script(fact), script.at)
        if script.texts and self._untold(script_id, 1, CallbackKind.SCRIPT):
            self._texts.append(script_id)
        return script, fact, bodies

    async def _jobs(self) -> None:
        self._one_active_per_video()
        for chunk in self._chunks("writing jobs", list(self._fold.jobs.items())):
            found = [one for one in await asyncio.gather(*(self._job(*item) for item in chunk)) if one]
            await self._run(fill.add_jobs, found)
            self._written.jobs += len(found)
            self._written.active += sum(job.state.active for _, job, _ in found)

    async def _job(self, job_id: str, job: JobFold) -> tuple[JobFold, JobRecord, str | None] | None:
        if job_id in self._fold.lost_jobs:
            return None
        if job.gone:
            self._lost_job(job_id, f"{job.gone} of its {job.number} changes of state are gone")
            return None
        fact = job.fact
        record = fill.job_record(fact)
        try:
            snapshot = await self._text(record.spec) if record.spec is not None else None
        except PermanentError as error:
            self._lost_job(job_id, f"its render spec cannot be read: {error.message}")
            return None
        self._expect(of_job(record, fact), job.at)
        if not record.state.active and self._untold(job_id, record.attempt, CallbackKind.JOB):
            self._ended.append(record)
        return job, record, snapshot

    def _one_active_per_video(self) -> None:
        """Of two active jobs of a video, which no ledger has, the older one's end is what is missing."""
        newest: dict[str, tuple[datetime, str]] = {}
        for job_id, job in self._fold.jobs.items():
            if not job.state.active:
                continue
            fact = job.fact
            mine, other = (fact.created_at, job_id), newest.get(fact.video_id)
            newest[fact.video_id] = max(mine, other) if other else mine
            if other is not None:
                self._lost_job(min(mine, other)[1], "the log does not tell how it ended")

    async def _callbacks(self) -> None:
        ordered = sorted(self._fold.callbacks.values(), key=lambda callback: callback.place)
        for chunk in self._chunks("writing callbacks", ordered):
            facts = [CallbackRecorded.model_validate_json(callback.value) for callback in chunk]
            orphans = await self._run(fill.add_callbacks, facts)
            self._written.callbacks += len(facts) - len(orphans)
            for fact in orphans:
                why = f"its script {fact.job_id} could not be made again"
                self._written.gaps.append(Gap("callback", str(fact.place), why))
        if ordered:
            await self._run(fill.skip_places, ordered[-1].place)

    def _named_elsewhere(self) -> None:
        for name in sorted(self._announced.jobs - self._fold.jobs.keys()):
            self._lost_job(name, NO_RECORD)
        for name in sorted(self._announced.scripts - self._fold.scripts.keys()):
            self._lost_script(name, NO_RECORD)

    def _untold(self, subject: str, attempt: int, kind: CallbackKind) -> bool:
        webhook_id = str(derived_id(f"{subject}/{attempt}", STAGE, f"callback.{kind}"))
        return webhook_id not in self._fold.callbacks

    def _expect(self, events: Iterator[Event], since: int) -> None:
        self._due.extend(event for event in events if self._announced.missing(event, since))

    def _lost_job(self, job_id: str, why: str) -> None:
        self._fold.lost_jobs.add(job_id)
        self._written.gaps.append(Gap("job", job_id, why))

    def _lost_script(self, script_id: str, why: str) -> None:
        self._fold.lost_scripts.add(script_id)
        self._written.gaps.append(Gap("script", script_id, why))

    async def _text(self, claim: ClaimCheck) -> str:
        async with self._room:
            return (await self._artifacts.get(claim)).decode()

    def _chunks(self, what: str, items: Sequence[T]) -> Iterator[Sequence[T]]:
        for start in range(0, len(items), CHUNK):
            self._told(what, start, len(items))
            yield items[start : start + CHUNK]
        self._told(what, len(items), len(items))
