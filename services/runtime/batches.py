"""Lets aiokafka read records whose header names are not UTF-8, as the protocol says they should be.

Its parser raises there, and does so again each time: the partition never advances, for any consumer. A broker
takes such a record from anyone, so one of them would end a group's work. aiokafka offers no hook, so this one
module puts two of its private classes in the place of theirs; a test holds it against the pinned version.
Records that parse are parsed as before, by the compiled parser.
"""

from collections.abc import Iterator
from typing import Any, SupportsIndex, overload

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy
from aiokafka.structs import ConsumerRecord


def read_any_header_name() -> None:
    """Let every consumer of this process read header names that are not UTF-8, escaping such bytes.

    May be called again.
    """
    fetcher.MemoryRecords, fetcher.PartitionRecords = _Kept, _Records


class _Kept(MemoryRecords):  # type: ignore[misc]  # aiokafka is untyped
    """Fetched batches, with the bytes they come from."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class _Records(fetcher.PartitionRecords):  # type: ignore[misc]
    """A partition's fetched records; what the compiled parser cannot read is read by the lenient one."""

    _records: Any

    def _unpack_records(self) -> Iterator[ConsumerRecord[Any, Any]]:
        try:
            yield from super()._unpack_records()
        except UnicodeDecodeError:
            self._records = _Batches(self._records.data)
            yield from super()._unpack_records()  # skips what was read before


class _Batches(_MemoryRecordsPy):  # type: ignore[misc]
    def next_batch(self) -> Any:
        data = self._next_slice
        batch = super().next_batch()
        return batch if data is None or isinstance(batch, LegacyRecordBatch) else _Batch(data)


class _Batch(_DefaultRecordBatchPy):  # type: ignore[misc]
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
