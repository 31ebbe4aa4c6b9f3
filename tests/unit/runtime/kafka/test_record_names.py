from dataclasses import replace

import pytest

from services.runtime.kafka.record_names import place_of, record_id
from tests.support.records import FakeRecord

RECORD = FakeRecord(7, b"job-1", b"{}")


def test_a_record_read_again_is_known_by_the_same_id() -> None:
    assert record_id(RECORD) == record_id(FakeRecord(7, b"job-1", b"{}"))


@pytest.mark.parametrize(
    "other",
    [
        replace(RECORD, offset=8),
        replace(RECORD, partition=1),
        replace(RECORD, topic="other"),
        replace(RECORD, timestamp=RECORD.timestamp + 1),
        replace(RECORD, value=b"{ }"),
        replace(RECORD, key=b"job-2"),
        replace(RECORD, key=b"job-1{", value=b"}"),
        replace(RECORD, key=None),
        replace(RECORD, value=None),
    ],
)
def test_any_other_record_is_known_by_another_id(other: FakeRecord) -> None:
    assert record_id(other) != record_id(RECORD)


def test_nothing_is_not_the_same_as_empty() -> None:
    assert record_id(replace(RECORD, key=None, value=b"")) != record_id(replace(RECORD, key=b"", value=None))


def test_a_place_names_topic_partition_and_offset() -> None:
    assert place_of(RECORD) == "lectern.scene.planned.v1/0/7"
