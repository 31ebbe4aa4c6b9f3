"""What the engine benchmark measures with: topics, worker processes, records and clocks."""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts.cloudevents import SCENE_HEADER, value_of
from contracts.topics import murmur2
from ops.bench.engine_worker import group_name, hop_type
from services.runtime.child_process import Child

PARTITIONS = 6
TEXT = "가" * 60
"""Makes a record of about 350 bytes, a small scene event."""

JOIN_SECONDS = 60.0
WORK_SECONDS = 300.0


@dataclass(frozen=True)
class Outgoing:
    """A record ready to send, so that building it costs no measured time."""

    topic: str
    value: bytes
    key: bytes
    partition: int
    headers: list[tuple[str, bytes]]


def outgoing(prefix: str, job: str, scene: int, partitions: int, *, spread: bool = False) -> Outgoing:
    """Return one event for the start of a pipeline; ``spread`` by scene, as scene events are."""
    kind = hop_type(prefix, 0)
    event = kind(
        event_id=uuid5(NAMESPACE_URL, f"{prefix}/{job}/{scene}"),
        job_id=job,
        attempt=1,
        scene=scene,
        text=TEXT,
    )
    headers = [("ce_type", kind.type.encode())]
    if spread:
        headers.append((SCENE_HEADER, str(scene).encode()))
    partition = (murmur2(job.encode()) + (scene if spread else 0)) % partitions
    return Outgoing(kind.type, value_of(event), job.encode(), partition, headers)


class Bench:
    """Topics, workers and clocks of one benchmark run on one Kafka."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self._runs = 0

    async def topics(self, hops: int, partitions: int = PARTITIONS) -> str:
        """Create the topics of a fresh pipeline and return their prefix."""
        self._runs += 1
        prefix = f"bench.{self._runs}"
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(f"{prefix}.{n}", partitions, 1) for n in range(hops + 1)])
        finally:
            await admin.close()
        return prefix

    @contextmanager
    def worker(self, kind: str, prefix: str, first: int, last: int, *options: str) -> Iterator["Worker"]:
        """Run hops ``first`` to ``last`` as a process."""
        log = self.folder / f"{prefix}-{kind}-{first}-{random.getrandbits(32):08x}.log"
        command = [
            sys.executable, "-m", "ops.bench.engine_worker", kind, "--bootstrap", self.bootstrap,
            "--prefix", prefix, "--first", str(first), "--last", str(last), "--home", str(self.folder),
            *options,
        ]  # fmt: skip
        child = Child(command, log)
        worker = Worker(child, log)
        try:
            yield worker
        finally:
            child.stop(20)

    async def committed(self, prefix: str) -> int:
        """Return the offset that the engine's group has committed of a pipeline's one first partition."""
        topic = f"{prefix}.0"
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, group_id=group_name(prefix, 0), enable_auto_commit=False
        )
        await consumer.start()
        try:
            consumer.assign([TopicPartition(topic, 0)])
            return int(await consumer.committed(TopicPartition(topic, 0)) or 0)
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def results(self, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
        """Consume a topic from its start."""
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest", group_id=None
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def producer(self) -> AsyncIterator[AIOKafkaProducer]:
        """Return a producer."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", max_batch_size=256 * 1024)
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()


class Worker:
    """A worker process, and what it tells in its log: one JSON object a line."""

    def __init__(self, child: Child, log: Path) -> None:
        self._child = child
        self._log = log

    def told(self, field: str) -> float | None:
        """Return the last value the worker told of ``field``."""
        for line in reversed(self._log.read_text(errors="replace").splitlines()):
            if line.startswith(f'{{"{field}":'):
                return float(json.loads(line)[field])
        return None

    async def wait_for(self, field: str, seconds: float = WORK_SECONDS) -> float:
        """Wait until the worker tells ``field``.

        Raises:
            RuntimeError: it ended before.
        """
        async with asyncio.timeout(seconds):
            while (value := self.told(field)) is None:
                if not self._child.running:
                    raise RuntimeError(f"a worker has ended: {self._child.tail()}")
                await asyncio.sleep(0.05)
        return value

    def measure_lag(self) -> None:
        """Have the worker measure its event loop's lag from now on."""
        os.kill(self._child.pid, signal.SIGUSR1)

    async def lag(self) -> float:
        """Return the 99th percentile, in ms, of the event loop's lag since :meth:`measure_lag`."""
        os.kill(self._child.pid, signal.SIGUSR2)
        return await self.wait_for("loop_lag_p99_ms", 10)

    async def cpu(self) -> float:
        """Return the processor time, in seconds, from :meth:`measure_lag` to :meth:`lag`."""
        return await self.wait_for("cpu_s", 10)


async def joined(workers: Sequence[Worker], partitions: int) -> None:
    """Wait until the workers' groups have shared ``partitions`` out, some to each."""
    async with asyncio.timeout(JOIN_SECONDS):
        while True:
            assigned = [worker.told("assigned") or 0 for worker in workers]
            if min(assigned) > 0 and sum(assigned) == partitions:
                return
            await asyncio.sleep(0.05)


async def send(producer: AIOKafkaProducer, record: Outgoing) -> None:
    """Send a record without waiting for its acknowledgement."""
    await producer.send(
        record.topic, record.value, key=record.key, partition=record.partition, headers=record.headers
    )


async def count(consumer: AIOKafkaConsumer, wanted: int, seconds: float = WORK_SECONDS) -> float:
    """Read until ``wanted`` distinct records came; return when the last one did."""
    seen: set[str] = set()
    async with asyncio.timeout(seconds):
        while len(seen) < wanted:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                seen.update(json.loads(record.value)["event_id"] for record in records)
    return time.perf_counter()
