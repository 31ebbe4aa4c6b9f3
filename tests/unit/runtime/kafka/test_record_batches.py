"""Reading of fetched batches, against the pinned aiokafka."""

import re
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder, _DefaultRecordBatchBuilderPy
from aiokafka.structs import TopicPartition

from services.runtime.kafka import record_batches

NAME = b"x-name"
RAW = b"x\xff\xc3\x28\xfe\xfe"


def batch(offset: int, *values: bytes, raw: bool, transaction: int | None = None) -> bytes:
    """Return one batch that starts at ``offset``; its last record's header name is raw, if it is to be.

    ``transaction`` is the producer's id, if it is of one.
    """
    producer, transactional = (-1, 0) if transaction is None else (transaction, 1)
    builder = DefaultRecordBatchBuilder(2, 0, transactional, producer, -1, 0, 100_000)
    for number, value in enumerate(values):
        builder.append(number, timestamp=1, key=None, value=value, headers=[(NAME.decode(), NAME)])
    data = bytearray(builder.build())
    data[:8] = offset.to_bytes(8, "big")
    if raw:
        at = data.rindex(NAME, 0, data.rindex(NAME))
        data[at : at + len(NAME)] = RAW
    return bytes(data)


def marker(offset: int, producer: int, *, commit: bool, empty: bool = False) -> bytes:
    """Return what a broker writes at a transaction's end; ``empty``: as compaction leaves it."""
    builder = _DefaultRecordBatchBuilderPy(2, 0, 1, producer, 0, -1, 1_000)
    if not empty:
        kind = struct.pack(">HH", 0, commit)
        builder.append(0, timestamp=1, key=kind, value=b"\0" * 6, headers=[])
    data = bytearray(builder.build())
    data[:8] = offset.to_bytes(8, "big")
    data[22] |= _DefaultRecordBatchBuilderPy.CONTROL_MASK
    return bytes(data)


def fetched(
    data: bytes, position: int = 0, aborted: Sequence[tuple[int, int]] = ()
) -> fetcher.PartitionRecords:
    """Return what a consumer makes of a fetch; ``aborted``: producers, and where their transactions begin."""
    return fetcher.PartitionRecords(
        TopicPartition("t", 0), fetcher.MemoryRecords(data), list(aborted), position, None, None,
        check_crcs=False, isolation_level=fetcher.READ_COMMITTED,
    )  # fmt: skip


def read(data: bytes, position: int = 0) -> list[tuple[int, bytes, str]]:
    records = fetched(data, position)
    found = [(each.offset, each.value, each.headers[0][0]) for each in records]
    assert records.next_fetch_offset == found[-1][0] + 1
    return found


def test_what_parses_is_parsed_by_the_compiled_parser() -> None:
    records = fetcher.MemoryRecords(batch(0, b"a", raw=False))
    assert type(records.next_batch()).__module__.startswith("aiokafka.record._crecords")


def test_each_record_is_read_once_around_a_raw_name() -> None:
    data = batch(0, b"a", b"b", raw=True) + batch(2, b"c", raw=False) + batch(3, b"d", raw=True)
    escaped = "x\\xff\\xc3(\\xfe\\xfe"
    assert read(data) == [(0, b"a", "x-name"), (1, b"b", escaped), (2, b"c", "x-name"), (3, b"d", escaped)]
    assert read(data, 2) == [(2, b"c", "x-name"), (3, b"d", escaped)]


def test_values_stay_what_they_are_although_they_hold_the_same_bytes() -> None:
    assert read(batch(0, RAW, NAME + RAW, raw=True))[1][1] == NAME + RAW


def test_it_is_in_place_wherever_consumers_are_made() -> None:
    assert fetcher.PartitionRecords.__module__ == record_batches.__name__
    made = [path for path in Path("services").rglob("*.py") if "AIOKafkaConsumer(" in path.read_text()]
    assert made
    for path in made:
        text = path.read_text()
        assert path.name == "record_batches.py" or re.search(
            r"^from services\.runtime\.kafka\.record_batches import .*\bAIOKafkaConsumer$", text, re.MULTILINE
        ), path


def compressed(codec: int, values: Sequence[bytes], offset: int = 0) -> bytes:
    builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, 0, 2**31)
    for number, value in enumerate(values):
        builder.append(number, timestamp=1, key=None, value=value, headers=[("x", b"")])
    data = bytearray(builder.build())
    data[:8] = offset.to_bytes(8, "big")
    return bytes(data)


CODECS = pytest.mark.parametrize("codec", [1, 2, 3, 4], ids=["gzip", "snappy", "lz4", "zstd"])


@CODECS
def test_what_unpacks_to_more_than_there_is_memory_is_one_record(
    codec: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_batches, "LARGEST", 100_000)
    usual, bomb, last = (
        compressed(codec, [b"a", b"b" * 90_000]),
        compressed(codec, [b"\0" * 70_000, b"\0" * 70_000], offset=2),
        compressed(codec, [b"c"], offset=4),
    )
    assert read(usual + bomb + last) == [
        (0, b"a", "x"), (1, b"b" * 90_000, "x"), (3, bomb, record_batches.UNREAD), (4, b"c", "x")
    ]  # fmt: skip


@CODECS
def test_what_does_not_unpack_is_one_record(codec: int) -> None:
    whole = compressed(codec, [b"a" * 1000, b"b"])
    broken = whole[:61] + b"\xff" * (len(whole) - 61)  # all behind the batch's own header
    assert read(broken + compressed(codec, [b"c"], offset=2)) == [
        (1, broken, record_batches.UNREAD), (2, b"c", "x")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "packed", [b"", b"\xff", b"\x82SNAPPY\0\0\0\0\1\0\0\0\1\xff\xff\xff\xff", b"\xff\xff\xff\xff\x0f"]
)
def test_snappy_that_lies_about_its_size_is_not_unpacked(packed: bytes) -> None:
    assert not record_batches._unpacks(2, packed)


def test_what_was_rolled_back_stays_so_when_a_batch_behind_it_is_read_again() -> None:
    """The lenient reader began anew, without what was known of aborted transactions."""
    data = (
        batch(0, b"plain", raw=False)
        + batch(1, b"aborted", raw=True, transaction=7)
        + batch(2, b"of another", raw=False, transaction=8)
        + marker(3, 7, commit=False)
        + marker(4, 8, commit=True)
        + batch(5, b"a", b"b", raw=True, transaction=7)
        + marker(7, 7, commit=True)
        + batch(8, b"aborted, too", raw=True, transaction=8)
        + batch(9, b"c", raw=True)
        + marker(10, 8, commit=False)
    )
    records = fetched(data, aborted=[(7, 1), (8, 8)])
    positions, found = [0], []
    for record in records:
        found.append((record.offset, record.value))
        positions.append(records.next_fetch_offset)
    assert found == [(0, b"plain"), (2, b"of another"), (5, b"a"), (6, b"b"), (9, b"c")]
    assert positions == sorted(positions)
    assert records.next_fetch_offset == 11


@CODECS
def test_what_cannot_be_unpacked_and_was_rolled_back_is_no_record(codec: int) -> None:
    broken = bytearray(compressed(codec, [b"a" * 1000]))
    broken[61:] = b"\xff" * (len(broken) - 61)
    broken[22] |= _DefaultRecordBatchBuilderPy.TRANSACTIONAL_MASK
    broken[43:51] = (7).to_bytes(8, "big")
    data = bytes(broken) + marker(1, 7, commit=False) + batch(2, b"c", raw=False)
    assert [record.value for record in fetched(data, aborted=[(7, 0)])] == [b"c"]
    assert [record.value for record in fetched(data)] == [bytes(broken), b"c"]


def test_a_marker_that_was_compacted_away_held_its_partition_for_ever() -> None:
    data = marker(0, 7, commit=False, empty=True) + batch(1, b"a", raw=False)
    assert [(record.offset, record.value) for record in fetched(data)] == [(1, b"a")]
