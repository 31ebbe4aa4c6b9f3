"""Measures the engine against plain FastStream subscribers, in one run on one Apache Kafka.

(a) 10,000 records of 0-5 ms of waiting work on one partition, with 1, 20 and 100 keys, against a sequential
    subscriber in its fastest form (committed in the background); once more with an event published a record;
(b) a pipeline of six no-op hops in one process: records a second, and the latency of a lone job, against
    subscribers with one publish and one manual ack a record;
(c) one job of 40 scenes, 100 ms of waiting work each and one at a time per process, on 1 and on 4 processes;
(d) one job of 40 scenes through six stages of unequal waiting work, one process each.

The event loop's lag (``loop_lag_p99_ms``) is that of the process of (b) at half the rate that it reached in
this run, a load it sustains; while it works off a backlog as fast as it can, a timer waits for all that is
ready to run (``loop_lag_saturated_p99_ms``).

The last line is a JSON object with the figures. Times are noisy on shared machines: trust the ratios.
"""

import argparse
import asyncio
import json
import logging
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ops.bench.engine_rig import PARTITIONS, Bench, count, joined, outgoing, send
from ops.kafka.node import KafkaNode
from services.runtime.kafka.topics_admin import create_topics

HOPS = 6
KINDS = ("plain", "engine")
WARM = 20
"""Jobs before the first that is timed: connections and caches are warm by then."""

ALONE = 200
SCENES = 40
SCENE_PARTITIONS = 12
STAGES_MS = (5, 60, 20, 40, 100, 10)
SUSTAINED_SECONDS = 10.0
SUSTAINED_SHARE = 0.5
PACE_SECONDS = 0.02

BROKER = {"group.initial.rebalance.delay.ms": "3000"}
"""Kafka's own default, which our test nodes shorten: workers that start together join together."""


async def lanes(bench: Bench, kind: str, keys: int, records: int, *options: str) -> float:
    """(a) Seconds for ``records`` of 0-5 ms of work with ``keys`` keys on one partition.

    Raises:
        RuntimeError: the engine has left records uncommitted.
    """
    prefix = await bench.topics(1, partitions=1)
    async with bench.producer() as producer:
        for number in range(records):
            await send(producer, outgoing(prefix, f"job-{number % keys}", number, 1))
        await producer.flush()
    with bench.worker(kind, prefix, 0, 1, "--work", "0-5", "--records", str(records), *options) as worker:
        seconds = await worker.wait_for("worked_s")
    if kind == "engine" and (offset := await bench.committed(prefix)) != records:
        raise RuntimeError(f"{offset} of {records} records are committed")
    return seconds


async def hops(bench: Bench, kind: str, jobs: int) -> tuple[float, list[float], float, float]:
    """(b) Hops a second under load, the seconds a hop of each lone job; the loop's lag and CPU under load."""
    prefix = await bench.topics(HOPS)
    alone = [outgoing(prefix, f"alone-{number}", 0, PARTITIONS) for number in range(WARM + ALONE)]
    load = [outgoing(prefix, f"job-{number}", 0, PARTITIONS) for number in range(jobs)]
    async with bench.producer() as producer, bench.results(f"{prefix}.{HOPS}") as results:
        with bench.worker(kind, prefix, 0, HOPS) as worker:
            await joined([worker], HOPS * PARTITIONS)
            latencies = []
            for record in alone:
                started = time.perf_counter()
                await send(producer, record)
                await results.getone()
                latencies.append((time.perf_counter() - started) / HOPS)
            worker.measure_lag()
            started = time.perf_counter()
            for record in load:
                await send(producer, record)
            ended = await count(results, jobs)
            lag = await worker.lag()
            cpu = await worker.cpu() / (jobs * HOPS)
    return jobs * HOPS / (ended - started), latencies[WARM:], lag, cpu


async def sustained_lag(bench: Bench, hops_per_s: float) -> float:
    """(b) The engine's 99th percentile of loop lag, in ms, at a steady ``hops_per_s``."""
    prefix = await bench.topics(HOPS)
    rate = hops_per_s / HOPS
    load = [outgoing(prefix, f"job-{n}", 0, PARTITIONS) for n in range(int(rate * SUSTAINED_SECONDS))]
    async with bench.producer() as producer, bench.results(f"{prefix}.{HOPS}") as results:
        with bench.worker("engine", prefix, 0, HOPS) as worker:
            await joined([worker], HOPS * PARTITIONS)
            counting = asyncio.create_task(count(results, len(load)))
            started, sent = time.perf_counter(), 0
            while sent < len(load):
                due = min(len(load), int((time.perf_counter() - started) * rate) + 1)
                for record in load[sent:due]:
                    await send(producer, record)
                if sent < len(load) // 10 <= due:
                    worker.measure_lag()  # warm by then
                sent = due
                await asyncio.sleep(PACE_SECONDS)
            lag = await worker.lag()
            await counting
    return lag


async def scaling(bench: Bench, processes: int) -> float:
    """(c) Seconds for one job's scenes of 100 ms, one at a time per process."""
    prefix = await bench.topics(1, partitions=SCENE_PARTITIONS)
    options = ("--work", "100", "--concurrency", "1")
    async with bench.producer() as producer, bench.results(f"{prefix}.1") as results:
        with ExitStack() as stack:
            workers = [
                stack.enter_context(bench.worker("engine", prefix, 0, 1, *options)) for _ in range(processes)
            ]
            await joined(workers, SCENE_PARTITIONS)
            started = time.perf_counter()
            for scene in range(SCENES):
                await send(producer, outgoing(prefix, "job", scene, SCENE_PARTITIONS, spread=True))
            return await count(results, SCENES) - started


async def overlap(bench: Bench) -> float:
    """(d) Wall time of one job through stages of unequal work ÷ the busiest stage's work."""
    stages = len(STAGES_MS)
    prefix = await bench.topics(stages, partitions=SCENE_PARTITIONS)
    async with bench.producer() as producer, bench.results(f"{prefix}.{stages}") as results:
        with ExitStack() as stack:
            workers = [
                stack.enter_context(
                    bench.worker("engine", prefix, n, n + 1, "--work", str(work), "--concurrency", "1")
                )
                for n, work in enumerate(STAGES_MS)
            ]
            await joined(workers, SCENE_PARTITIONS * stages)
            started = time.perf_counter()
            for scene in range(SCENES):
                await send(producer, outgoing(prefix, "job", scene, SCENE_PARTITIONS, spread=True))
            wall = await count(results, SCENES) - started
    return wall / (SCENES * max(STAGES_MS) / 1000)


def percentile(samples: list[float], share: float) -> float:
    """Return the ``share`` quantile of ``samples``."""
    return sorted(samples)[min(len(samples) - 1, int(share * len(samples)))]


async def measure_lanes(bench: Bench, records: int, console: Console) -> dict[str, float]:
    """Run (a)."""
    figures: dict[str, float] = {}
    table = Table("keys", "engine s", "with an event published s", "plain s", title="(a) 0-5 ms of work")
    sequential = await lanes(bench, "plain", 1, records, "--no-publish", "--no-ack")
    for keys in (1, 20, 100):
        seconds = figures[f"keys{keys}_s"] = round(
            await lanes(bench, "engine", keys, records, "--no-publish"), 3
        )
        published = ""
        if keys > 1:
            figures[f"keys{keys}_published_s"] = round(await lanes(bench, "engine", keys, records), 3)
            published = f"{figures[f'keys{keys}_published_s']:.2f}"
        table.add_row(str(keys), f"{seconds:.2f}", published, f"{sequential:.2f}" if keys == 1 else "")
    figures["keys1_ratio"] = round(figures["keys1_s"] / sequential, 3)
    console.print(table)
    return figures


async def measure_hops(bench: Bench, jobs: int, repeat: int, console: Console) -> dict[str, float]:
    """Run (b), alternating."""
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    alone: dict[str, list[float]] = {kind: [] for kind in KINDS}
    lags: dict[str, list[float]] = {kind: [] for kind in KINDS}
    costs: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(repeat):
        for kind in KINDS:
            rate, latencies, lag, cost = await hops(bench, kind, jobs)
            rates[kind].append(rate)
            alone[kind].extend(latencies)
            lags[kind].append(lag)
            costs[kind].append(cost)
    median = {kind: statistics.median(each) for kind, each in rates.items()}
    p50 = {kind: statistics.median(each) for kind, each in alone.items()}
    cpu = {kind: 1e6 * statistics.median(each) for kind, each in costs.items()}
    columns = ("", "hops/s", "CPU us a hop", "lone job p50 ms", "p99 ms")
    table = Table(*columns, title="(b) six no-op hops in one process")
    for kind in KINDS:
        p99 = percentile(alone[kind], 0.99)
        row = (f"{median[kind]:,.0f}", f"{cpu[kind]:.0f}", f"{p50[kind] * 1e3:.2f}", f"{p99 * 1e3:.2f}")
        table.add_row(kind, *row)
    console.print(table)
    sustained = await sustained_lag(bench, SUSTAINED_SHARE * median["engine"])
    return {
        "hops_per_s": round(median["engine"]),
        "hops_ratio": round(median["engine"] / median["plain"], 2),
        "hop_cpu_us": round(cpu["engine"], 1),
        "hop_cpu_ratio": round(cpu["plain"] / cpu["engine"], 2),
        "latency_ratio": round(p50["engine"] / p50["plain"], 3),
        "loop_lag_p99_ms": round(sustained, 1),
        "loop_lag_saturated_p99_ms": round(statistics.median(lags["engine"]), 1),
    }


async def measure(options: argparse.Namespace, bench: Bench) -> dict[str, float]:
    """Run what was asked for and return the figures."""
    console = Console()
    figures: dict[str, float] = {}
    if "a" in options.parts:
        figures |= await measure_lanes(bench, options.records, console)
    if "b" in options.parts:
        figures |= await measure_hops(bench, options.jobs, options.repeat, console)
    if "c" in options.parts:
        one, four = await scaling(bench, 1), await scaling(bench, 4)
        console.print(f"(c) {SCENES} scenes of 100 ms: 1 process {one:.2f} s, 4 processes {four:.2f} s")
        figures["four_workers_ratio"] = round(one / four, 2)
    if "d" in options.parts:
        figures["overlap_ratio"] = round(await overlap(bench), 3)
        console.print(f"(d) wall ÷ busiest stage: {figures['overlap_ratio']}")
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
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # of topics so new that they have no leader yet
    with (
        tempfile.TemporaryDirectory(prefix="lectern-bench-") as folder,
        KafkaNode(Path(folder) / "kafka", overrides=BROKER) as node,
    ):
        bench = Bench(node.bootstrap_servers, Path(folder))

        async def run() -> dict[str, float]:
            await create_topics(node.bootstrap_servers)
            return await measure(options, bench)

        figures = asyncio.run(run())
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
