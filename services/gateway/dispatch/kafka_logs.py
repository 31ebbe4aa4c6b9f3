"""Looks whether the topics are still those that the ledger knows, and says so where they are not."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from contracts.errors import LecternError, TransientError
from contracts.topics import RENDER_REQUESTED, TOPICS
from services.gateway.dispatch.outbox_relay import Already
from services.gateway.ledger import kafka_logs, recovery
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.ledger.jobs.events import render_requested
from services.gateway.ledger.kafka_logs import Noted
from services.gateway.metrics import LOG_REPLACED
from services.runtime.kafka.log_identity import LogId
from services.runtime.kafka.observer import Observer
from services.runtime.kafka.topic_health import UnreadError
from services.runtime.settings import RuntimeSettings

LOOK_SECONDS: Final = 5.0
"""Between two looks. Larger: jobs whose events were lost with a topic stand still as long. Smaller: a request
for all topics, a few milliseconds of this process."""

NAMES: Final = tuple(topic.name for topic in TOPICS)

log = structlog.get_logger(__name__)


class KafkaLogs:
    """See the module. Look once before anything is published from the outbox, then :meth:`run`.

    Args:
        ledger: remembers what the topics were.
        runtime: where Kafka is.
        now: the clock of the ledger's moments.
        already: says which events stand in their topics.

    Attributes:
        settling: held while jobs are announced again; nothing may be published from the outbox meanwhile.
    """

    def __init__(
        self, ledger: Ledger, runtime: RuntimeSettings, now: Callable[[], datetime], already: Already
    ) -> None:
        self.settling = asyncio.Lock()
        self._ledger = ledger
        self._observer = Observer(runtime)
        self._now = now
        self._already = already
        self._known: Mapping[str, LogId] = {}
        self._known_at: datetime | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                await self.look()
        finally:
            await self._observer.stop()

    async def look(self) -> None:
        """Look once."""
        began = self._now()
        survey = await self._observer.survey(NAMES, ())
        if survey is None:
            return
        seen = {name: topic.log for name, topic in survey.topics.items()}
        if all(self._known.get(name) == found for name, found in seen.items()):
            self._known_at = began
            return
        try:
            async with self.settling:
                lost = await self._lost(await self._ledger.read(kafka_logs.replaced, seen))
                noted = await self._ledger.write(kafka_logs.note, seen, now=self._now(), lost=lost)
            cluster, topic = await self._ledger.read(kafka_logs.last_replaced)
        except LecternError as error:
            log.warning("kafka_logs.unknown", error=str(error))  # it is asked again
            return
        self._known, self._known_at = seen, began
        for what, at in (("cluster", cluster), ("topic", topic)):
            LOG_REPLACED.labels(what).set(at.timestamp() if at is not None else 0)
        _tell(noted)

    async def _lost(self, replaced: Collection[str]) -> Collection[UUID] | None:
        """Return the ids of the announcements that may have gone with the topics; ``None``: all have.

        Not of jobs that came since the old topics were seen last, and whose announcements stand in the new
        one. Older ones could have been carried over, without the work that had followed from them.
        """
        if not replaced:
            return None  # if another gateway sees others meanwhile
        jobs = await self._ledger.read(recovery.under_way)
        lost = {render_requested(job).event_id for job in jobs}
        since = self._known_at
        if since is None or RENDER_REQUESTED.name not in replaced:
            return lost
        newer = [render_requested(job) for job in jobs if job.created_at > since]
        try:
            return lost - await self._already(newer)
        except UnreadError as error:
            return lost - error.found
        except TransientError:
            return lost  # twice rather than not at all


def _tell(noted: Noted) -> None:
    moved = {(each.before.cluster, each.now.cluster) for each in noted.replaced}
    for before, now in sorted(moved):
        topics = [each.topic for each in noted.replaced if each.before.cluster == before]
        log.error(
            "kafka.cluster_changed" if before != now else "kafka.topics_replaced",
            cluster=now,
            cluster_before=before,
            topics=topics,
            jobs_announced_again=noted.jobs,
            meaning="the topics are not those that this ledger's events went to: they are read from their "
            "beginning, and jobs under way are announced again; see ops/runbooks/cluster-changed.md",
        )
