"""Reads the log, fills a database with what it knows, and lets the gateways go on from there."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiokafka import TopicPartition

from contracts.cloudevents import parse_event
from contracts.errors import ErrorCode, LecternError, PermanentError
from contracts.topics import LEDGER, Topic
from services.gateway.rebuild import fill
from services.gateway.rebuild.announced import ANNOUNCING, Announced
from services.gateway.rebuild.fold import Fold
from services.gateway.rebuild.groups import INPUTS, Groups, Offsets, without_effect
from services.gateway.rebuild.log import Log, Told, open_log
from services.gateway.rebuild.target import Run, own_ledger, transaction
from services.gateway.rebuild.writing import Gap, Writing, Written
from services.runtime.artifacts import Artifacts
from services.runtime.settings import RuntimeSettings

TOPICS: Sequence[Topic] = tuple(dict.fromkeys((LEDGER, *ANNOUNCING, *INPUTS)))
"""What is read."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it.

    Attributes:
        written: what was written, and what the log could not tell.
        set_back: where consumer groups go on earlier than they were: records whose effect was lost.
        dropped: events of the database that was replaced which had not been published.
    """

    written: Written
    set_back: Offsets
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Rebuild:
    """What is needed for it.

    Attributes:
        runtime: where Kafka is.
        artifacts: where texts and render specs lie.
        now: the moment of the rebuild.
        told: hears of progress.
    """

    runtime: RuntimeSettings
    artifacts: Artifacts
    now: datetime
    told: Told

    async def into(self, url: str, *, replace: bool = False) -> Rebuilt:
        """Fill the database at ``url``; nothing is changed unless all is well.

        Raises:
            PermanentError: ``SETTINGS_INVALID``: it holds something and is not to be replaced, it is no
                database of ours, or Kafka has no log, or one that two databases wrote to.
            TransientError: a gateway runs; Kafka, the database or the artifact store does not answer.
        """
        async with open_log(self.runtime, TOPICS) as log:
            groups = Groups(self.runtime, log.partitions)
            await groups.left(self.told)
            async with own_ledger(url), transaction(url) as run:
                dropped = await self._make_room(run, replace=replace)
                fold, announced, written = await self._fill(log, run)
                offsets = await without_effect(log, groups, fold, announced, self.told)
                # before the commit: set back but not filled is harmless, filled but not set back is a loss
                await groups.set_back(offsets)
        return Rebuilt(written, offsets, dropped)

    async def check(self) -> Rebuilt:
        """Do it with a database that is thrown away, beside running gateways, and change nothing."""
        with tempfile.TemporaryDirectory(prefix="lectern-check-") as folder:
            url = f"sqlite:///{Path(folder) / 'ledger.db'}"
            async with open_log(self.runtime, TOPICS) as log, own_ledger(url), transaction(url) as run:
                _, _, written = await self._fill(log, run)
        return Rebuilt(written, {})

    async def _make_room(self, run: Run, *, replace: bool) -> int:
        occupied = await run(fill.occupied)
        if not occupied:
            return 0
        if not replace:
            raise PermanentError(
                ErrorCode.SETTINGS_INVALID,
                f"the database is not empty ({', '.join(occupied)}): name an empty one, or say --replace",
            )
        return await run(fill.clear)

    async def _fill(self, log: Log, run: Run) -> tuple[Fold, Announced, Written]:
        fold, gaps = Fold(self.now), []
        bounds = await log.bounds([LEDGER])
        for place, (start, _) in bounds.items():
            if start > 0:
                gaps.append(Gap("record", _name(place, f"0-{start - 1}"), "deleted: the topic's retention"))
        async for record in log.read(bounds, f"reading {LEDGER.name}", self.told):
            try:
                event = parse_event(record.value, record.headers)
            except LecternError as error:
                place = TopicPartition(record.topic, record.partition)
                gaps.append(Gap("record", _name(place, str(record.offset)), error.message))
                continue
            fold.take(event, record.value, record.timestamp)
        announced = Announced()
        await announced.read(log, self.told)
        writing = Writing(run, fold, announced, self.artifacts, now=self.now, told=self.told)
        written = await writing.everything()
        written.gaps[:0] = gaps
        written.gaps.sort(key=lambda gap: (gap.kind != "record", gap.kind, gap.name))
        return fold, announced, written


def _name(place: TopicPartition, offsets: str) -> str:
    return f"{place.topic}/{place.partition}/{offsets}"
