"""Which log the offsets of a topic count in: one made anew, or of another cluster, is another log.

aiokafka 0.14 asks for metadata in versions that know no topic ids, so this one module brings a request of its
own (Metadata v11, Kafka 2.8 and later) and sends it through aiokafka's client. A test holds it against the
pinned version.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final
from uuid import UUID

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NodeNotReadyError
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

UNKNOWN: Final = ""
"""The id of a topic where the broker tells none: Kafka before 2.8, the embedded broker."""

_NO_ID: Final = UUID(int=0)
_NAME: Final = CompactString("utf-8")


@dataclass(frozen=True, slots=True)
class LogId:
    """What tells two logs with the same topic name apart.

    Attributes:
        cluster: the Kafka cluster's id.
        topic: the topic's id, 32 hex digits; :data:`UNKNOWN` where the broker tells none.
    """

    cluster: str
    topic: str

    def __str__(self) -> str:
        return f"{self.cluster}/{self.topic}"

    def same_as(self, other: "LogId") -> bool:
        """Say whether offsets of the one are offsets of the other, as far as the ids tell."""
        known = UNKNOWN not in (self.topic, other.topic)
        return self.cluster == other.cluster and (self.topic == other.topic or not known)

    @classmethod
    def parse(cls, text: str | None) -> "LogId | None":
        """Return what :meth:`__str__` wrote, ``None`` for anything else."""
        cluster, slash, topic = (text or "").partition("/")
        return cls(cluster, topic) if slash else None


@dataclass(frozen=True, slots=True)
class TopicSeen:
    """A topic as the cluster has it now.

    Attributes:
        log: which one it is.
        partitions: how many it has.
        leaderless: the numbers of those that nobody leads at present.
    """

    log: LogId
    partitions: int
    leaderless: frozenset[int] = frozenset()

    def same_as(self, other: "TopicSeen") -> bool:
        """Say whether whoever read the one may go on reading the other."""
        return self.partitions == other.partitions and self.log.same_as(other.log)


async def look(client: AIOKafkaClient, topics: Collection[str]) -> Mapping[str, TopicSeen]:
    """Return those of ``topics`` that are there.

    Raises:
        KafkaError: Kafka does not answer.
    """
    node = client.get_random_node()
    if node is None:
        raise NodeNotReadyError("no node of the cluster is known")
    try:
        answer = await client.send(node, _TopicIdsRequest(topics))
    except NotImplementedError:  # the broker does not know this version
        answer = await client.send(node, MetadataRequest(list(topics), allow_auto_topic_creation=False))
    cluster = str(getattr(answer, "cluster_id", None) or UNKNOWN)
    found = {}
    for topic in answer.to_object()["topics"]:
        if not topic["error_code"] and topic["partitions"]:
            log = LogId(cluster, topic.get("topic_id", UNKNOWN))
            partitions = topic["partitions"]
            leaderless = frozenset(each["partition"] for each in partitions if each["leader"] < 0)
            found[topic["topic"]] = TopicSeen(log, len(partitions), leaderless)
    return found


class _TopicId(AbstractType[str]):  # type: ignore[misc]  # aiokafka is untyped
    """A UUID on the wire, hex digits here."""

    @classmethod
    def encode(cls, value: str) -> bytes:
        return UUID(value or _NO_ID.hex).bytes

    @classmethod
    def decode(cls, data: BytesIO) -> str:
        read = UUID(bytes=data.read(16))
        return UNKNOWN if read == _NO_ID else read.hex


class _TopicIdsResponse(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 11
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32), ("host", _NAME), ("port", Int32), ("rack", _NAME), ("tags", TaggedFields)
            ),
        ),
        ("cluster_id", _NAME),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", _NAME),
                ("topic_id", _TopicId),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _TopicIdsRequest_v11(RequestStruct):  # type: ignore[misc]  # noqa: N801 - as aiokafka names them
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 11
    RESPONSE_TYPE = _TopicIdsResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _TopicId), ("name", _NAME), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _TopicIdsRequest(Request[_TopicIdsRequest_v11]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_TopicIdsRequest_v11]) -> _TopicIdsRequest_v11:
        """Return the request as it travels."""
        asked: list[Any] = [(UNKNOWN, topic, {}) for topic in self._topics]
        return request_struct_class(asked, False, False, {})  # noqa: FBT003
