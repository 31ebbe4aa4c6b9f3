"""Creates the topics of the contracts' table on a broker, and says where a broker differs from it."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.topics import DLQ_CONFIG, DLQ_PARTITIONS, TOPICS, Topic

BROKER_DEFAULT_REPLICATION: Final = -1
"""Lets the broker decide by its ``default.replication.factor`` (KIP-464)."""

TIMEOUT_MS: Final = 60_000
"""For creating all topics at once: 28 topics of 12 partitions take an idle node about a second."""


METADATA_SECONDS: Final = 10.0
"""How long a confirmed topic may take to appear in the metadata; a second even on a busy cluster. What has
not appeared by then is reported as missing."""

METADATA_EVERY_SECONDS: Final = 0.05


class TopicState(StrEnum):
    """How a topic on the broker compares with the table."""

    MISSING = "missing"
    CREATED = "created"
    OK = "ok"
    FEWER_PARTITIONS = "fewer partitions than declared"
    MORE_PARTITIONS = "more partitions than declared"


@dataclass(frozen=True)
class TopicStatus:
    """A topic of the table and what the broker has of it.

    Attributes:
        name: the topic.
        declared: partitions in the table.
        actual: partitions on the broker; 0 where it is missing.
        config: its configuration in the table.
        state: the comparison.
    """

    name: str
    declared: int
    actual: int
    config: dict[str, str]
    state: TopicState

    @property
    def differs(self) -> bool:
        """Whether the broker does not have what the table declares."""
        return self.state not in (TopicState.OK, TopicState.CREATED)


async def create_topics(
    bootstrap_servers: str,
    *,
    replication_factor: int = BROKER_DEFAULT_REPLICATION,
    topics: Sequence[Topic] = TOPICS,
) -> list[TopicStatus]:
    """Create what is missing and report on every topic; what exists is never changed.

    Partitions are never added to a topic that has records: keys would move to other partitions, and a job's
    events would stand in two of them. A difference is reported for a person to decide.

    Raises:
        TransientError: ``BROKER_UNAVAILABLE``.
        PermanentError: ``SETTINGS_INVALID``: the broker refused, for example the replication factor.
    """
    wanted = _wanted(topics)
    async with _admin(bootstrap_servers) as admin:
        before = await _partitions(admin)
        missing = {name: spec for name, spec in wanted.items() if name not in before}
        if missing:
            await _create(admin, missing, replication_factor)
        after = await _once_there(admin, missing) if missing else before
    return [
        _status(name, *spec, after.get(name, 0), created=name in missing) for name, spec in wanted.items()
    ]


async def list_topics(bootstrap_servers: str, *, topics: Sequence[Topic] = TOPICS) -> list[TopicStatus]:
    """Report on every topic of the table, dead letters included, and change nothing.

    Raises:
        TransientError: ``BROKER_UNAVAILABLE``.
    """
    async with _admin(bootstrap_servers) as admin:
        actual = await _partitions(admin)
    return [
        _status(name, *spec, actual.get(name, 0), created=False) for name, spec in _wanted(topics).items()
    ]


def _wanted(topics: Sequence[Topic]) -> dict[str, tuple[int, dict[str, str]]]:
    wanted: dict[str, tuple[int, dict[str, str]]] = {}
    for topic in topics:
        wanted[topic.name] = (topic.partitions, topic.config)
        if topic.dead_letters:
            wanted[topic.dlq] = (DLQ_PARTITIONS, dict(DLQ_CONFIG))
    return wanted


def _status(name: str, declared: int, config: dict[str, str], actual: int, *, created: bool) -> TopicStatus:
    if actual == 0:
        state = TopicState.MISSING
    elif actual == declared:
        state = TopicState.CREATED if created else TopicState.OK
    else:
        state = TopicState.FEWER_PARTITIONS if actual < declared else TopicState.MORE_PARTITIONS
    return TopicStatus(name, declared, actual, config, state)


@asynccontextmanager
async def _admin(bootstrap_servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, client_id="lectern-topics")
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError) as error:
        raise TransientError(
            ErrorCode.BROKER_UNAVAILABLE, f"the broker at {bootstrap_servers} does not answer: {error}"
        ) from None
    finally:
        await admin.close()


async def _once_there(admin: AIOKafkaAdminClient, created: Collection[str]) -> dict[str, int]:
    """Return the partitions once all of ``created`` can be written: the broker confirms before that."""
    deadline = time.monotonic() + METADATA_SECONDS
    while True:
        leaders = await _leaders(admin)
        ready = all(min(leaders.get(name, [-1]), default=-1) >= 0 for name in created)
        if ready or time.monotonic() > deadline:
            return {name: len(partitions) for name, partitions in leaders.items()}
        await asyncio.sleep(METADATA_EVERY_SECONDS)


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    """Return how many partitions each topic of the broker has."""
    return {name: len(partitions) for name, partitions in (await _leaders(admin)).items()}


async def _leaders(admin: AIOKafkaAdminClient) -> dict[str, list[int]]:
    """Return the leader of each partition of each topic; -1 where there is none."""
    names = await admin.list_topics()
    described: list[dict[str, Any]] = await admin.describe_topics(list(names)) if names else []
    return {
        topic["topic"]: [partition["leader"] for partition in topic["partitions"]]
        for topic in described
        if not topic["error_code"]
    }


async def _create(
    admin: AIOKafkaAdminClient, missing: dict[str, tuple[int, dict[str, str]]], replication_factor: int
) -> None:
    asked = [NewTopic(name, count, 1, topic_configs=config) for name, (count, config) in missing.items()]
    for topic in asked:
        topic.replication_factor = replication_factor  # the constructor does not know -1, the protocol does
    answer = await admin.create_topics(asked, timeout_ms=TIMEOUT_MS)
    refused: list[str] = []
    for name, code, *said in answer.topic_errors:
        # Another process may create them at the same time; both are content.
        if code and for_code(code) is not TopicAlreadyExistsError:
            refused.append(f"{name}: {said[0] if said and said[0] else for_code(code).__name__}")
    if refused:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID, f"the broker refused to create {'; '.join(refused[:3])}"
        )
