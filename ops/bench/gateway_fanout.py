"""Fan-out to WebSockets: updates from the log, or reports all the way, to every viewer."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from ops.bench.gateway_rig import Gateway, Gateways, Measured
from ops.bench.gateway_waves import REPORTS, WARM_REPORTS, Publisher, Source, create, failed
from ops.bench.looplag import buckets_of, quantile, since
from services.gateway.ledger.db.sqlite import Ledger, opened_ledger
from tests.support.eventually import eventually

PER_VIDEO = 50
LEAD_SECONDS = 1.0
"""Before the first report."""

TAIL_SECONDS = 6.0
"""From the last report to the end, for the ends of the jobs."""

ENDS_SECONDS = 60
STALL_SHARE = 0.5
"""Those that stall do so after so much of a wave."""

GOOD_P99_MS = 100.0
GOOD_MISSING = 0.001


class Viewers:
    """The process that holds the sockets; see :mod:`ops.bench.gateway_viewers`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.measured = Measured(process.pid)

    async def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Have something done and return what is answered."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command, **arguments}).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that holds the sockets has ended: see above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def viewers(*ports: int) -> AsyncIterator[Viewers]:
    """Run the process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops.bench.gateway_viewers", "--ports", *map(str, ports),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Viewers(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@dataclass(frozen=True)
class Load:
    """What a wave is to be.

    Attributes:
        rate: deliveries a second.
        seconds: at most; a job has only so much to tell.
        stalling: sockets that stop reading in the middle, beside the others.
    """

    sockets: int
    rate: float
    seconds: float
    source: Source
    stalling: int = 0


@dataclass(frozen=True)
class Wave:
    """What one wave showed.

    Attributes:
        missing: share of the deliveries that never came: conflated, or lost.
        before_p99_ms, after_p99_ms: of a usual second before the stall and from it on.
        ends_lost: ends of jobs that healthy viewers were not told.
        stalled_gone_s: until the last stalled socket was gone; ``None`` where none stalled, or one stayed.
        gateway_cpu, viewers_cpu, kafka_cpu, publisher_cpu: cores, while the reports that count were due.
        late_ms: how late the publisher itself was at worst.
    """

    sockets: int
    rate: float
    delivered: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    before_p99_ms: float
    after_p99_ms: float
    missing: float
    ends_lost: int
    stalled_gone_s: float | None
    lag_p99_ms: float
    gateway_cpu: float
    viewers_cpu: float
    kafka_cpu: float
    publisher_cpu: float
    late_ms: float

    @property
    def good(self) -> bool:
        """Whether everything was delivered in time."""
        return self.p99_ms <= GOOD_P99_MS and self.missing < GOOD_MISSING and self.ends_lost == 0

    def json(self) -> dict[str, Any]:
        """Return it rounded."""
        return {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(self).items()}


async def wave(
    held: Viewers,
    server: Measured,
    kafka: Measured,
    bootstrap: str,
    number: int,
    load: Load,
    *,
    lag_of: Sequence[str] = (),
) -> Wave:
    """Tell what ``load`` says; the jobs of the wave must exist. The lag is the worst of ``lag_of``."""
    videos = load.sockets // PER_VIDEO
    per_second = load.rate / PER_VIDEO
    reports = max(1, min(REPORTS - WARM_REPORTS, round(load.seconds * per_second / videos)))
    seconds = reports * videos / per_second
    publisher = Publisher(bootstrap, number, videos, WARM_REPORTS + reports, load.source)
    before = {url: buckets_of(url) for url in lag_of}
    warm = time.monotonic() + LEAD_SECONDS
    start = warm + WARM_REPORTS * videos / per_second * 2
    until = start + seconds + TAIL_SECONDS
    stall_at = start + seconds * STALL_SHARE if load.stalling else None
    told, late, gone, cores = await asyncio.gather(
        held.ask(
            "wave", number=number, start=start, rate=per_second, videos=videos, first=WARM_REPORTS,
            until=until, stall_at=stall_at,
        ),
        publisher.run(warm, start, per_second),
        gone_after(server, load.stalling, stall_at, until) if stall_at else asyncio.sleep(0),
        cores_of((server, held.measured, kafka, Measured(os.getpid())), start, start + seconds),
    )  # fmt: skip
    expected = reports * videos * PER_VIDEO
    return Wave(
        sockets=load.sockets,
        rate=load.rate,
        delivered=told["deliveries"] / seconds,
        p50_ms=told["p50_ms"],
        p99_ms=told["p99_ms"],
        max_ms=told["max_ms"],
        before_p99_ms=told["before_p99_ms"],
        after_p99_ms=told["after_p99_ms"],
        missing=1 - told["deliveries"] / expected,
        ends_lost=load.sockets - told["ends"],
        stalled_gone_s=gone,
        lag_p99_ms=max(
            (quantile(since(before[url], buckets_of(url)), 0.99) * 1000 for url in lag_of), default=0.0
        ),
        gateway_cpu=cores[0],
        viewers_cpu=cores[1],
        kafka_cpu=cores[2],
        publisher_cpu=cores[3],
        late_ms=late * 1000,
    )


async def cores_of(processes: Sequence[Measured], start: float, end: float) -> list[float]:
    """Return how many cores each process used from ``start`` to ``end``, moments of the monotonic clock."""
    await asyncio.sleep(max(0.0, start - time.monotonic()))
    for process in processes:
        process.reset()
    await asyncio.sleep(max(0.0, end - time.monotonic()))
    return [process.cpu / (end - start) for process in processes]


async def gone_after(server: Measured, count: int, stall_at: float, until: float) -> float | None:
    """Return how long after the stall the server had let go of ``count`` sockets; ``None`` if it did not.

    The server is looked at: who does not read does not see its own connection's end either.
    """
    await asyncio.sleep(max(0.0, stall_at - time.monotonic()))
    held = server.descriptors
    try:
        await eventually(lambda: server.descriptors <= held - count, until - time.monotonic(), every=0.2)
    except AssertionError:
        return None
    return time.monotonic() - stall_at


async def waves(
    gateways: Gateways,
    kafka: Measured,
    bootstrap: str,
    database: str,
    *,
    sockets: int,
    rates: list[float],
    seconds: float,
    source: Source,
    stall: bool,
) -> tuple[list[Wave], dict[str, float]]:
    """Hold ``sockets`` and run a wave at each rate; with ``stall`` 1 % more of them stop reading."""
    runs = []
    async with opened_ledger(database) as ledger, viewers(*gateways.ports) as held:
        memory, first = gateways.memory, new_number()
        await create(ledger, first, sockets // PER_VIDEO)
        stalling = max(2, sockets // 100) if stall else 0
        connected = await held.ask("connect", sockets=sockets, per_video=PER_VIDEO, stalling=stalling)
        facts = {
            "connects_per_s": sockets / connected["seconds"],
            "kb_per_socket": (gateways.memory - memory) / 1024 / sockets,
        }
        for number, rate in enumerate(rates, start=first):
            if number > first:
                await create(ledger, number, sockets // PER_VIDEO)
            load = Load(sockets, rate, seconds, source, stalling)
            runs.append(await wave(held, gateways, kafka, bootstrap, number, load, lag_of=gateways.urls))
            await all_ended(ledger, (number - first + 1) * (sockets // PER_VIDEO))
    return runs, facts


async def all_ended(ledger: Ledger, jobs: int) -> None:
    """Wait until all jobs of the waves so far have ended."""

    async def ended() -> bool:
        return await ledger.read(failed) == jobs

    await eventually(ended, ENDS_SECONDS, every=0.2, message="the wave's jobs have ended")


async def churn(gateway: Gateway, database: str, count: int) -> dict[str, float]:
    """Open and close ``count`` connections; returns what they left behind."""
    async with opened_ledger(database) as ledger, viewers(gateway.port) as held:
        await create(ledger, new_number(), 1)
        await held.ask("churn", count=max(1, count // 10), at_once=200)  # caches and arenas are full by then
        await eventually(lambda: gateway.metric("lectern_sockets") == 0, ENDS_SECONDS, every=0.2)
        memory, descriptors = gateway.memory, gateway.descriptors
        told = await held.ask("churn", count=count, at_once=200)
        await eventually(lambda: gateway.metric("lectern_sockets") == 0, ENDS_SECONDS, every=0.2)
        return {
            "connections": count,
            "connections_per_s": count / told["seconds"],
            "memory_mb_before": memory / 2**20,
            "memory_mb_after": gateway.memory / 2**20,
            "descriptors_before": descriptors,
            "descriptors_after": gateway.descriptors,
        }


async def naive(
    server: Gateway, kafka: Measured, bootstrap: str, *, sockets: int, rate: float, seconds: float
) -> Wave:
    """Run a wave on the peer, which knows no jobs."""
    async with viewers(server.port) as held:
        await held.ask("connect", sockets=sockets, per_video=PER_VIDEO, stalling=0)
        load = Load(sockets, rate, seconds, "reports")
        return await wave(held, server, kafka, bootstrap, new_number(), load)


def new_number() -> int:
    """Return a wave's number that no job of this Kafka has had, so that nobody takes its jobs for ended."""
    return time.time_ns() // 1_000_000
