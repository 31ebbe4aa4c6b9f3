"""Measures the engine against plain FastStream subscribers, in one run on one Apache Kafka.

(a) 10,000 records of 0-5 ms of waiting work on one partition, with 1, 20 and 100 keys;
(b) a pipeline of six no-op hops: records a second, and the latency of a lone job;
(c) one job of 40 scenes, 100 ms of waiting work each and one at a time per process, on 1 and on 4 processes;
(d) one job of 40 scenes through six stages of unequal waiting work, one process each.

The last line is a JSON object with the figures. Times are noisy on shared machines: trust the ratios.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from rich.console import Console
from rich.table import Table

from contracts.cloudevents import value_of
from contracts.topics import murmur2
from ops.bench.engine_worker import hop_type
from ops.kafka.node import KafkaNode
from services.runtime.child import Child
from services.runtime.intake import SCENE_HEADER
from services.runtime.provision import create_topics

PARTITIONS = 6
TEXT = "가" * 60
"""Makes a record of about 350 bytes, a small scene event."""


class Bench:
    """Topics, workers and clocks of one measurement."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self._runs = 0
        self.loop_lags: list[dict[str, float]] = []

    async def topics(self, hops: int, partitions: int = PARTITIONS) -> str:
        """Create the topics of a fresh pipeline and return their prefix."""
        self._runs += 1
        prefix = f"bench.{self._runs}"
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(f"{prefix}.{n}", partitions, 1) for n in range(hops + 1)])
        await admin.close()
        return prefix

    @contextmanager
    def worker(self, kind: str, prefix: str, first: int, last: int, **options: str) -> Iterator[Child]:
        """Run hops ``first`` to ``last`` as a process."""
        log = self.folder / f"{prefix}-{kind}-{first}-{random.getrandbits(32):08x}.log"
        command = [
            sys.executable, "-m", "ops.bench.engine_worker", kind, "--bootstrap", self.bootstrap,
            "--prefix", prefix, "--first", str(first), "--last", str(last), "--home", str(self.folder),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
        ]  # fmt: skip
        child = Child(command, log)
        try:
            yield child
        finally:
            child.stop(20)
            for line in log.read_text().splitlines():
                if line.startswith('{"loop_lag"'):
                    self.loop_lags.append(json.loads(line)["loop_lag"])

    async def joined(self, workers: Sequence[Child], partitions: int) -> None:
        """Wait until the workers' groups have shared ``partitions`` out, some to each."""
        async with asyncio.timeout(60):
            while True:
                assigned = [_last(worker, "assigned") for worker in workers]
                if min(assigned) > 0 and sum(assigned) == partitions:
                    return
                await asyncio.sleep(0.05)

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
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all")
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def send(
        self, producer: AIOKafkaProducer, prefix: str, job: str, scene: int, *, spread: bool
    ) -> None:
        """Send one event into the pipeline, without waiting for its acknowledgement."""
        event = hop_type(prefix, 0)(
            event_id=uuid5(NAMESPACE_URL, f"{prefix}/{job}/{scene}"),
            job_id=job,
            attempt=1,
            scene=scene,
            text=TEXT,
        )
        partitions = len(await producer.partitions_for(event.type))
        place = (murmur2(job.encode()) + (scene if spread else 0)) % partitions
        headers = [("ce_type", event.type.encode())]
        if spread:
            headers.append((SCENE_HEADER, str(scene).encode()))
        await producer.send(event.type, value_of(event), key=job.encode(), partition=place, headers=headers)


def _last(worker: Child, field: str) -> int:
    told = [json.loads(line) for line in worker.tail().splitlines() if line.startswith(f'{{"{field}"')]
    return int(told[-1][field]) if told else 0


async def count(consumer: AIOKafkaConsumer, wanted: int, seconds: float = 300) -> float:
    """Read until ``wanted`` distinct records came; return when the last one did."""
    seen: set[bytes] = set()
    async with asyncio.timeout(seconds):
        while len(seen) < wanted:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                seen.update(json.loads(record.value)["event_id"].encode() for record in records)
    return time.perf_counter()


async def lanes(bench: Bench, kind: str, keys: int, records: int) -> float:
    """(a) Seconds for ``records`` of 0-5 ms of work with ``keys`` keys on one partition."""
    prefix = await bench.topics(1, partitions=1)
    async with bench.producer() as producer:
        for number in range(records):
            await bench.send(producer, prefix, f"job-{number % keys}", number, spread=False)
        await producer.flush()
    async with bench.results(f"{prefix}.1") as results:
        with bench.worker(kind, prefix, 0, 1, work="0-5"):
            first = await _first(results)
            last = await count(results, records - 1)
    return last - first


async def _first(consumer: AIOKafkaConsumer) -> float:
    await asyncio.wait_for(consumer.getone(), 60)
    return time.perf_counter()


async def hops(bench: Bench, kind: str, jobs: int, alone: int) -> tuple[float, list[float]]:
    """(b) Hops a second under load, and the seconds a hop of each lone job."""
    prefix = await bench.topics(6)
    async with bench.producer() as producer, bench.results(f"{prefix}.6") as results:
        with bench.worker(kind, prefix, 0, 6) as worker:
            await bench.joined([worker], 6 * PARTITIONS)
            latencies = []
            for number in range(alone + 20):
                started = time.perf_counter()
                await bench.send(producer, prefix, f"alone-{number}", 0, spread=False)
                await results.getone()
                if number >= 20:  # connections and caches are warm by then
                    latencies.append((time.perf_counter() - started) / 6)
            started = time.perf_counter()
            for number in range(jobs):
                await bench.send(producer, prefix, f"job-{number}", 0, spread=False)
            ended = await count(results, jobs)
    return jobs * 6 / (ended - started), latencies


async def scaling(bench: Bench, processes: int, scenes: int) -> float:
    """(c) Seconds for one job's scenes of 100 ms, one at a time per process."""
    prefix = await bench.topics(1, partitions=12)
    async with bench.producer() as producer, bench.results(f"{prefix}.1") as results:
        with ExitStack() as stack:
            workers = [
                stack.enter_context(bench.worker("engine", prefix, 0, 1, work="100", concurrency="1"))
                for _ in range(processes)
            ]
            await bench.joined(workers, 12)
            started = time.perf_counter()
            for scene in range(scenes):
                await bench.send(producer, prefix, "job", scene, spread=True)
            return await count(results, scenes) - started


async def overlap(bench: Bench, scenes: int, work: list[int]) -> float:
    """(d) Wall time of one job through stages of unequal work ÷ the busiest stage's work."""
    prefix = await bench.topics(len(work), partitions=12)
    async with bench.producer() as producer, bench.results(f"{prefix}.{len(work)}") as results:
        with ExitStack() as stack:
            workers = []
            for stage, milliseconds in enumerate(work):
                options = {"work": str(milliseconds), "concurrency": "1"}
                workers.append(
                    stack.enter_context(bench.worker("engine", prefix, stage, stage + 1, **options))
                )
            await bench.joined(workers, 12 * len(work))
            started = time.perf_counter()
            for scene in range(scenes):
                await bench.send(producer, prefix, "job", scene, spread=True)
            wall = await count(results, scenes) - started
    return wall / (scenes * max(work) / 1000)


def percentile(samples: list[float], share: float) -> float:
    """Return the ``share`` quantile of ``samples``."""
    return sorted(samples)[min(len(samples) - 1, int(share * len(samples)))]


def loop_lag_p99_ms(buckets: list[dict[str, float]]) -> float:
    """Return the worst process's 99th percentile of event-loop lag, as the upper bound of its bucket."""
    worst = 0.0
    for process in buckets:
        total = process["+Inf"]
        bound = next(float(le) for le, seen in process.items() if seen >= 0.99 * total)
        worst = max(worst, bound * 1000)
    return worst


async def measure(options: argparse.Namespace, bench: Bench) -> dict[str, float]:
    """Run what was asked for and return the figures."""
    console = Console()
    figures: dict[str, float] = {}
    if "a" in options.parts:
        sequential = await lanes(bench, "plain", 1, options.records)
        table = Table("keys", "engine s", "plain, one at a time s", title="(a) 0-5 ms of work, one partition")
        for keys in (1, 20, 100):
            seconds = await lanes(bench, "engine", keys, options.records)
            table.add_row(str(keys), f"{seconds:.2f}", f"{sequential:.2f}" if keys == 1 else "")
            figures[f"keys{keys}_s"] = round(seconds, 3)
        figures["keys1_ratio"] = round(figures["keys1_s"] / sequential, 3)
        console.print(table)
    if "b" in options.parts:
        rates: dict[str, list[float]] = {"plain": [], "engine": []}
        alone: dict[str, list[float]] = {"plain": [], "engine": []}
        for _ in range(options.repeat):
            for kind in ("plain", "engine"):
                rate, latencies = await hops(bench, kind, options.jobs, 200)
                rates[kind].append(rate)
                alone[kind].extend(latencies)
        table = Table("", "hops/s", "lone job p50 ms", "p99 ms", title="(b) six no-op hops")
        for kind in ("plain", "engine"):
            p50, p99 = statistics.median(alone[kind]), percentile(alone[kind], 0.99)
            table.add_row(
                kind, f"{statistics.median(rates[kind]):,.0f}", f"{p50 * 1e3:.2f}", f"{p99 * 1e3:.2f}"
            )
        console.print(table)
        figures["hops_ratio"] = round(
            statistics.median(rates["engine"]) / statistics.median(rates["plain"]), 2
        )
        figures["latency_ratio"] = round(
            statistics.median(alone["engine"]) / statistics.median(alone["plain"]), 3
        )
    if "c" in options.parts:
        one, four = await scaling(bench, 1, 40), await scaling(bench, 4, 40)
        console.print(f"(c) 40 scenes of 100 ms: 1 process {one:.2f} s, 4 processes {four:.2f} s")
        figures["four_workers_ratio"] = round(one / four, 2)
    if "d" in options.parts:
        figures["overlap_ratio"] = round(await overlap(bench, 40, [5, 60, 20, 40, 100, 10]), 3)
        console.print(f"(d) wall ÷ busiest stage: {figures['overlap_ratio']}")
    figures["loop_lag_p99_ms"] = loop_lag_p99_ms(bench.loop_lags)
    return figures


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", default="abcd", help="which measurements (default: all)")
    parser.add_argument("--records", type=int, default=10_000, help="records of (a)")
    parser.add_argument("--jobs", type=int, default=3_000, help="jobs of (b)")
    parser.add_argument("--repeat", type=int, default=3, help="alternating runs of (b)")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="lectern-bench-") as folder,
        KafkaNode(Path(folder) / "kafka") as node,
    ):
        bench = Bench(node.bootstrap_servers, Path(folder))

        async def run() -> dict[str, float]:
            await create_topics(node.bootstrap_servers)
            return await measure(options, bench)

        figures = asyncio.run(run())
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
