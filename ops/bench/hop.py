"""What one hop costs the process that makes it, in processor time, without Kafka and its network.

A record is read from a batch, admitted, decoded, handled by a handler that does nothing but derive the next
event, and finished when a stand-in for aiokafka's producer has acknowledged it in the next turn of the loop.
The rest of a hop, sockets and aiokafka's own bookkeeping, is in ``ops.bench.engine``, whose seconds a busy
machine changes; the least of many short rounds stays the same within a few percent, and the instructions are
the same within one:

    valgrind --tool=callgrind --callgrind-out-file=/dev/null python -m ops.bench.hop --rounds 1
    valgrind --tool=callgrind --callgrind-out-file=/dev/null python -m ops.bench.hop --rounds 2

differ by those of one round. The last line is a JSON object with the figures.
"""

import argparse
import asyncio
import gc
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from contracts import topics
from contracts.cloudevents import headers_of, value_of
from contracts.events import Event
from ops.bench.engine_rig import PARTITIONS, TEXT
from ops.bench.engine_worker import hop_type
from services.runtime.actor import Context, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine import intake as intake_module
from services.runtime.engine.fence import Fence
from services.runtime.engine.lanes import Lanes
from services.runtime.engine.offsets import InFlightRecord, OffsetTracker
from services.runtime.engine.processor import Processor
from services.runtime.engine.retry import RetryPolicy
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.record_names import Record
from services.runtime.process import calm_collector
from services.runtime.settings import RuntimeSettings

CONCURRENCY = 128
MAX_BATCH_BYTES = 1 << 24


class Producer:
    """Stands in for aiokafka's: takes every record and acknowledges it in the next turn of the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: list[asyncio.Future[object]] = []
        self.sent = 0
        kinds = (hop_type("bench.hop", number).type for number in (0, 1))
        topics_known = {kind: dict.fromkeys(range(PARTITIONS)) for kind in kinds}
        self._message_accumulator = self
        self.client = SimpleNamespace(cluster=SimpleNamespace(_partitions=topics_known))

    async def add_message(self, *record: Any, **more: Any) -> "asyncio.Future[object]":
        """Take a record."""
        del record, more
        if not self._waiting:
            self._loop.call_soon(self._acknowledge)
        acknowledgement: asyncio.Future[object] = self._loop.create_future()
        self._waiting.append(acknowledgement)
        return acknowledgement

    def _acknowledge(self) -> None:
        waiting, self._waiting = self._waiting, []
        self.sent += len(waiting)
        for acknowledgement in waiting:
            acknowledgement.set_result(None)


class Hop:
    """One hop of the engine's benchmark, in this process alone."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        kind, following = hop_type("bench.hop", 0), hop_type("bench.hop", 1)

        async def handle(event: Any, context: Context) -> Sequence[Event]:
            return [following.after(event, context.output_id())]

        self.producer = Producer()
        publisher = Publisher(RuntimeSettings(), "lectern/bench")
        publisher._producer = self.producer  # noqa: SLF001
        processor = Processor(
            stage="bench0",
            subscription=Subscription(topics.TOPIC_OF_TYPE[kind.type], handle, CONCURRENCY),
            publisher=publisher,
            fence=Fence(),
            artifacts=cast("Artifacts", None),
            executor=executor,
            scratch_root=Path(),
            policy=RetryPolicy(),
            random=lambda: 0.0,
        )
        self._lanes = Lanes(processor, CONCURRENCY, self._finished)
        self._partition = TopicPartition(kind.type, 0)
        self._left = 0
        self._done = asyncio.Event()

    def batch(self, records: int) -> bytes:
        """Return a fetched batch of ``records``, of a job each."""
        kind = hop_type("bench.hop", 0)
        builder = DefaultRecordBatchBuilder(
            magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1,
            base_sequence=-1, batch_size=MAX_BATCH_BYTES,
        )  # fmt: skip
        for number in range(records):
            event = kind(
                event_id=uuid5(NAMESPACE_URL, str(number)), job_id=f"job-{number}", attempt=1, text=TEXT
            )
            headers = headers_of(event, source="lectern/bench", time=datetime(2026, 1, 1, tzinfo=UTC))
            builder.append(
                number, timestamp=None, key=event.job_id.encode(), value=value_of(event), headers=headers
            )
        return bytes(builder.build())

    def read(self, batch: bytes) -> list[Record]:
        """Read a batch as a consumer does."""
        return list(
            fetcher.PartitionRecords(
                self._partition, fetcher.MemoryRecords(batch), None, 0, None, None,
                check_crcs=True, isolation_level=fetcher.READ_COMMITTED,
            )
        )  # fmt: skip

    async def work(self, records: list[Record]) -> None:
        """Admit the records and wait until the last is finished."""
        window = OffsetTracker(self._partition, len(records))
        self._left = len(records)
        self._done.clear()
        for record in records:
            slot = window.admit(record)
            assert slot is not None
            self._lanes.submit(intake_module.lane_of(record), record.key, slot)
        await self._done.wait()
        assert window.watermark == len(records)

    def _finished(self, slot: InFlightRecord) -> None:
        del slot
        self._left -= 1
        if not self._left:
            self._done.set()


async def measure(options: argparse.Namespace) -> dict[str, float]:
    """Return the least microseconds a hop of all rounds."""
    with ThreadPoolExecutor(1) as executor:
        hop = Hop(executor)
        batch = hop.batch(options.records)
        calm_collector()
        read, work = [], []
        for _ in range(options.rounds):
            began = time.process_time_ns()
            records = hop.read(batch)
            admitted = time.process_time_ns()
            await hop.work(records)
            work.append(time.process_time_ns() - admitted)
            read.append(admitted - began)
            gc.collect(0)
    assert hop.producer.sent == options.records * options.rounds
    return {
        "read_us": round(min(read) / options.records / 1000, 2),
        "work_us": round(min(work) / options.records / 1000, 2),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=500, help="of a round (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=200, help="the least counts (default: %(default)s)")
    print(json.dumps(asyncio.run(measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
