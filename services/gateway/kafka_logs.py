"""Looks whether the topics are still those that the ledger knows, and says so where they are not."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import structlog

from contracts.errors import LecternError
from contracts.topics import TOPICS
from services.gateway.ledger import kafka_logs
from services.gateway.ledger.database import Ledger
from services.gateway.ledger.kafka_logs import Noted
from services.gateway.metrics import LOG_REPLACED
from services.runtime.identity import LogId
from services.runtime.observer import Observer
from services.runtime.settings import RuntimeSettings

LOOK_SECONDS: Final = 5.0
"""Between two looks. Larger: jobs whose events were lost with a topic stand still as long. Smaller: a request
for all topics, a few milliseconds of this process."""

FIRST_SECONDS: Final = 1.0
"""To the first look. Shorter: it adds to a start that is busy enough. Longer: jobs stand still."""

NAMES: Final = tuple(topic.name for topic in TOPICS)

log = structlog.get_logger(__name__)


class KafkaLogs:
    """See the module.

    Args:
        ledger: remembers what the topics were.
        runtime: where Kafka is.
        now: the clock of the ledger's moments.
    """

    def __init__(self, ledger: Ledger, runtime: RuntimeSettings, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._observer = Observer(runtime)
        self._now = now
        self._known: Mapping[str, LogId] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        await asyncio.sleep(FIRST_SECONDS)
        try:
            while True:
                await self.look()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._observer.stop()

    async def look(self) -> None:
        """Look once."""
        survey = await self._observer.survey(NAMES, ())
        if survey is None:
            return
        seen = {name: topic.log for name, topic in survey.topics.items()}
        if all(self._known.get(name) == found for name, found in seen.items()):
            return
        try:
            noted = await self._ledger.write(kafka_logs.note, seen, now=self._now())
            cluster, topic = await self._ledger.read(kafka_logs.last_replaced)
        except LecternError as error:
            log.warning("kafka_logs.unknown", error=str(error))  # it is asked again
            return
        self._known = seen
        for what, at in (("cluster", cluster), ("topic", topic)):
            LOG_REPLACED.labels(what).set(at.timestamp() if at is not None else 0)
        _tell(noted)


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
