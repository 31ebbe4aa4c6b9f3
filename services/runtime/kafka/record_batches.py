"""Lets aiokafka get past batches that its parser raises on, or that unpack to more than there is memory.

A broker takes them from anyone: header names that are not UTF-8, as the protocol says they should be, and a
megabyte of zstd that unpacks to thirty thousand. The parser raises, or the process is killed, and so it is
again each time: the partition never advances, for any consumer. aiokafka offers no hook, so this one module
puts two of its private classes in the place of theirs; a test holds it against the pinned version. Batches
that parse are parsed as before, by the compiled parser. Whoever makes a consumer takes the class from here,
so that the reader is in place, for every consumer of the process, and none reads what was rolled back.

Header names that are not UTF-8 are read with escapes; a batch that cannot be unpacked is read as one record,
see :data:`UNREAD`.
"""

import gzip
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, SupportsIndex, overload

import aiokafka
import cramjam
from aiokafka.codec import snappy_decode
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, KafkaError
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy
from aiokafka.structs import ConsumerRecord

from services.runtime.kafka import membership

__all__ = ["COMMITTED", "LARGEST", "UNCOMMITTED", "UNREAD", "AIOKafkaConsumer"]

COMMITTED: Final = "read_committed"
"""Isolation level of every consumer: records of aborted and open transactions are nobody's wish."""

UNCOMMITTED: Final = "read_uncommitted"
"""For who asks where the log ends, or what we wrote ourselves, which is in no transaction."""

LARGEST: Final = 32 * 1024 * 1024
"""Bytes that a compressed batch may unpack to: a megabyte of usual records is a tenth of that."""

UNREAD: Final = "lectern.batch.unread"
"""Header of the record that stands for a whole batch, whose compressed bytes are its value; says why."""

_WHY: Final = f"the batch is damaged, or unpacks to more than {LARGEST} bytes".encode()
_SNAPPY_BLOCKS: Final = b"\x82SNAPPY\0"
_SNAPPY_HEADER: Final = 16


class AIOKafkaConsumer(aiokafka.AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka is untyped
    """aiokafka's consumer, which reads what is committed unless it is told otherwise.

    Its ``end_offsets`` are then those up to which it can read: the last stable offsets.
    """

    def __init__(self, *topics: str, isolation_level: str = COMMITTED, **settings: Any) -> None:
        super().__init__(*topics, isolation_level=isolation_level, **settings)


class _Kept(MemoryRecords):  # type: ignore[misc]  # aiokafka is untyped
    """Fetched batches, with the bytes they come from."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._data = data
        self._start = self._next = 0

    @property
    def rest(self) -> bytes:
        """The newest batch that was returned, and all that come after it."""
        return self._data[self._start :]

    def next_batch(self) -> Any:
        """Return the next batch, or what stands for it; ``None`` after the last."""
        batch = super().next_batch()
        if batch is None:
            return None
        self._start, self._next = self._next, _end_of(self._data, self._next)
        return _readable(batch, memoryview(self._data)[self._start : self._next])


class _Records(fetcher.PartitionRecords):  # type: ignore[misc]
    """A partition's fetched records; what the compiled parser cannot read is read by the lenient one."""

    _records: Any

    def _unpack_records(self) -> Iterator[ConsumerRecord[Any, Any]]:
        try:
            yield from super()._unpack_records()
        except UnicodeDecodeError:
            # Not from the first batch on: what is known of aborted transactions is true of this one, and the
            # position must not go back. Records that were read before are skipped.
            self._records = _Lenient(self._records.rest)
            yield from super()._unpack_records()

    def _contains_abort_marker(self, batch: Any) -> bool:
        try:
            return bool(super()._contains_abort_marker(batch))
        except CorruptRecordException:
            raise
        except KafkaError:
            # Compaction leaves a batch without its marker, when nothing of the transaction is left either.
            return False


class _Lenient(_MemoryRecordsPy):  # type: ignore[misc]
    def next_batch(self) -> Any:
        data = self._next_slice
        batch = super().next_batch()
        if data is None or isinstance(batch, LegacyRecordBatch):
            return batch
        return _readable(_LenientBatch(data), data)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Buffer(self._buffer)


class _Buffer(bytearray):
    """Bytes whose parts can be decoded, whatever they are: the parser decodes names only."""

    @overload
    def __getitem__(self, at: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, at: slice, /) -> "_Buffer": ...
    def __getitem__(self, at: SupportsIndex | slice, /) -> "int | _Buffer":
        got = super().__getitem__(at)
        return got if isinstance(got, int) else _Buffer(got)

    def decode(self, encoding: str = "utf-8", _errors: str = "strict") -> str:
        return super().decode(encoding, "backslashreplace")


@dataclass(frozen=True, slots=True)
class _StandIn:
    """A record in the place of a batch's."""

    offset: int
    timestamp: int
    timestamp_type: int
    value: bytes
    key: None = None
    checksum: None = None
    headers: tuple[tuple[str, bytes], ...] = ((UNREAD, _WHY),)


class _Unread:
    """A batch of one record, the stand-in; everything else is as the batch says."""

    def __init__(self, batch: Any, data: bytes) -> None:
        self._batch = batch
        self._data = data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[_StandIn]:
        batch = self._batch
        yield _StandIn(batch.next_offset - 1, batch.max_timestamp, batch.timestamp_type, self._data)


def _end_of(data: bytes, start: int) -> int:
    (length,) = struct.unpack_from(">i", data, start + 8)
    return start + 12 + int(length)


def _readable(batch: Any, data: memoryview) -> Any:
    """Return ``batch``, whose bytes are ``data``, or what stands for it."""
    if isinstance(batch, LegacyRecordBatch) or batch.is_control_batch:
        return batch
    codec, packed = batch.compression_type, data[_DefaultRecordBatchPy.HEADER_STRUCT.size :]
    if codec == DefaultRecordBatch.CODEC_NONE or _unpacks(codec, bytes(packed)):
        return batch
    return _Unread(batch, bytes(data))


def _unpacks(codec: int, packed: bytes) -> bool:
    """Say whether it unpacks, to no more than ``LARGEST`` bytes."""
    try:
        if codec == DefaultRecordBatch.CODEC_GZIP:
            with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
                return len(file.read(LARGEST + 1)) <= LARGEST
        if codec == DefaultRecordBatch.CODEC_SNAPPY:
            total = sum(map(cramjam.snappy.decompress_raw_len, _blocks_of_snappy(packed)))
            return total <= LARGEST and len(snappy_decode(packed)) <= LARGEST
        decoder = cramjam.lz4 if codec == DefaultRecordBatch.CODEC_LZ4 else cramjam.zstd
        decoder.decompress_into(packed, bytearray(LARGEST))
    except Exception:  # noqa: BLE001  # each library has errors of its own, and some are in none of its lists
        return False
    return True


def _blocks_of_snappy(packed: bytes) -> Iterator[bytes]:
    if not packed.startswith(_SNAPPY_BLOCKS):
        yield packed
        return
    at = _SNAPPY_HEADER
    while at < len(packed):
        (size,) = struct.unpack_from(">I", packed, at)
        yield packed[at + 4 : at + 4 + size]
        at += 4 + size


fetcher.MemoryRecords, fetcher.PartitionRecords = _Kept, _Records
membership.install()
