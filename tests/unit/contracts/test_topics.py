"""Records find the partition that every other Kafka client finds, and scenes spread."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as aiokafka_murmur2
from hypothesis import given
from hypothesis import strategies as st

from contracts.commands import COMMANDS
from contracts.events import EVENTS
from contracts.topics import (
    CONTROL,
    LEDGER,
    PROGRESS,
    SCENE_PLANNED,
    TOPIC_OF_TYPE,
    TOPICS,
    VIDEO_COMPOSED,
    Partitioning,
    all_topic_names,
    murmur2,
    partition_for,
)


@given(st.binary(max_size=200))
def test_murmur2_is_kafkas(data: bytes) -> None:
    assert murmur2(data) == aiokafka_murmur2(data) & 0x7FFFFFFF


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_the_values_of_kafkas_own_test(data: bytes, value: int) -> None:
    assert murmur2(data) == value & 0x7FFFFFFF


@given(job_id=st.text(min_size=1, max_size=60), partitions=st.integers(1, 64))
def test_a_job_topic_takes_the_default_partition(job_id: str, partitions: int) -> None:
    ids = list(range(partitions))
    expected = DefaultPartitioner()(job_id.encode(), ids, ids)
    for scene in (None, 0, 5):
        assert partition_for(VIDEO_COMPOSED, job_id, scene, partitions) == expected


@given(job_id=st.text(min_size=1, max_size=60), partitions=st.integers(1, 32))
def test_the_scenes_of_one_job_spread_evenly(job_id: str, partitions: int) -> None:
    found = [partition_for(SCENE_PLANNED, job_id, scene, partitions) for scene in range(2 * partitions)]
    assert sorted(found) == sorted([*range(partitions)] * 2)
    assert found[0] == partition_for(VIDEO_COMPOSED, job_id, None, partitions)


def test_every_type_has_exactly_one_topic() -> None:
    assert set(TOPIC_OF_TYPE) == {*COMMANDS, *EVENTS}
    assert sum(len(topic.types) for topic in TOPICS) == len(TOPIC_OF_TYPE)


def test_names_are_versioned_and_dead_letters_stand_beside_them() -> None:
    names = all_topic_names()
    assert len(set(names)) == len(names)
    for topic in TOPICS:
        assert topic.name.startswith("lectern.")
        assert topic.name.endswith(".v1")
        assert (topic.dlq in names) == topic.dead_letters
    assert PROGRESS.dlq not in names


def test_only_control_is_compacted() -> None:
    assert CONTROL.config == {"cleanup.policy": "compact"}
    assert [topic for topic in TOPICS if topic.retention_ms is None] == [CONTROL]
    assert LEDGER.config == {"cleanup.policy": "delete", "retention.ms": "-1"}
    assert VIDEO_COMPOSED.config == {"cleanup.policy": "delete", "retention.ms": "604800000"}


def test_scene_topics_spread_and_job_topics_do_not() -> None:
    spread = {topic.name for topic in TOPICS if topic.partitioning is Partitioning.SPREAD}
    assert spread == {f"lectern.scene.{done}.v1" for done in ("planned", "spoken", "subtitled", "drawn")}
