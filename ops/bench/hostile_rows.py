"""Runs attacks one after another, each with honest viewers and creates beside it, on the same gateway."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from ops.bench.gateway_creates import approve, store
from ops.bench.gateway_fanout import LEAD_SECONDS, PER_VIDEO, TAIL_SECONDS, new_number
from ops.bench.gateway_rig import Gateway
from ops.bench.gateway_waves import REPORTS, WARM_REPORTS, Publisher, create, failed, job_of, video_of
from ops.bench.hostile_attacks import ATTACKS
from ops.bench.hostile_process import Helper, helper
from ops.bench.hostile_row import BACK_DESCRIPTORS, BACK_MB, BACK_SECONDS, Honest, Row, judge
from ops.bench.hostile_watch import Seen, Watch
from ops.bench.looplag import Buckets, buckets_of, quantile, since
from services.gateway.ledger.db.sqlite import Ledger
from tests.support.eventually import eventually

ENDS_SECONDS = 60.0


@dataclass(frozen=True)
class Load:
    """What the honest ones do.

    Attributes:
        viewers: sockets; 50 watch each video.
        updates: that each is told a second.
        creates: a second.
        quiet: seconds before an attack.
        seconds: of an attack.
    """

    MOST_REPORTS: ClassVar = REPORTS - WARM_REPORTS

    viewers: int
    updates: float
    creates: float
    quiet: float
    seconds: float

    @property
    def videos(self) -> int:
        """Videos that are watched."""
        return self.viewers // PER_VIDEO

    @property
    def per_second(self) -> float:
        """Updates of all videos."""
        return self.updates * self.videos

    @property
    def creates_of_a_row(self) -> int:
        """Creates while a row is measured."""
        return round((self.quiet + self.seconds) * self.creates)


class Rows:
    """Makes rows, one after another, on the same gateway.

    Args:
        gateway: under attack.
        ledger: its database.
        bootstrap: its Kafka.
        home: its folder.
        viewers: the process of the honest viewers, connected.
        creates: the process of the honest creates.
        load: what they do.
    """

    def __init__(
        self,
        gateway: Gateway,
        ledger: Ledger,
        bootstrap: str,
        home: Path,
        viewers: Helper,
        creates: Helper,
        load: Load,
    ) -> None:
        self._gateway = gateway
        self._ledger = ledger
        self._bootstrap = bootstrap
        self._viewers = viewers
        self._creates = creates
        self._load = load
        self._home = home
        self._next = 0
        self._wave = new_number()
        self._waves = 0
        self._lost = 0

    async def approve(self, count: int) -> int:
        """Leave so many approved scripts in the ledger; returns the number of the first."""
        first, self._next = self._next, self._next + count
        numbers = range(first, self._next)
        await self._ledger.write(approve, numbers, datetime.now(UTC))
        await store(self._home, self._ledger, numbers)
        return first

    async def row(self, name: str, token: int) -> Row:
        """Run one attack with an attacker's ``token``."""
        load, wave = self._load, self._wave
        self._wave += 1
        await create(self._ledger, wave, load.videos)
        first = await self.approve(load.creates_of_a_row)
        async with helper("ops.bench.hostile_attacks", "--port", str(self._gateway.port)) as attacker:
            row = await self._measured(name, token, wave, first, attacker)
        self._waves += 1
        ended = self._waves * load.videos

        async def all_ended() -> bool:
            return await self._ledger.read(failed) >= ended

        await eventually(all_ended, ENDS_SECONDS, every=0.2, message="the row's jobs have ended")
        return row

    async def _measured(self, name: str, token: int, wave: int, first: int, attacker: Helper) -> Row:
        load, watch = self._load, Watch(self._gateway)
        reports = round((load.quiet + load.seconds) * load.updates)
        publisher = Publisher(self._bootstrap, wave, load.videos, WARM_REPORTS + reports, "updates")
        warm = time.monotonic() + LEAD_SECONDS
        start = warm + WARM_REPORTS * load.videos / load.per_second * 2
        attack_at = start + load.quiet
        until = attack_at + load.seconds
        videos = [video_of(number) for number in range(load.videos)]
        jobs = [job_of(wave, number) for number in range(load.videos)]
        told, _, made, came, (quiet, attacked), lag = await asyncio.gather(
            self._viewers.ask(
                "wave", number=wave, start=start, rate=load.per_second, videos=load.videos,
                first=WARM_REPORTS, until=until + TAIL_SECONDS, stall_at=attack_at,
            ),
            publisher.run(warm, start, load.per_second),
            self._creates.ask(
                "create", first=first, count=load.creates_of_a_row, rate=load.creates, start=start,
                split=attack_at,
            ),
            attacker.ask(
                "attack", name=name, start=attack_at, until=until, videos=videos, jobs=jobs, token=token
            ),
            watch.both(start, attack_at, until),
            self._lag(attack_at, until),
        )  # fmt: skip
        held = await self._back(watch, quiet) if ATTACKS[name].shed else quiet
        await attacker.ask("leave")
        after = await self._back(watch, quiet)
        row = Row(
            name=name,
            viewers_before_ms=told["before_p99_ms"],
            viewers_during_ms=told["after_p99_ms"],
            creates_before_ms=made["before_p99_ms"],
            creates_during_ms=made["after_p99_ms"],
            lag_p99_ms=lag,
            livez_max_ms=attacked.livez_max_ms,
            memory_mb=quiet.memory_mb,
            memory_peak_mb=attacked.memory_mb,
            memory_after_mb=after.memory_mb,
            descriptors=quiet.descriptors,
            descriptors_peak=attacked.descriptors,
            descriptors_after=after.descriptors,
            sent_mb=came["sent_mb"],
            seen=came["seen"],
        )
        judge(row, Honest(told["lost"] - self._lost, made["answers"], made["missing"]), quiet, held, after)
        self._lost = told["lost"]
        return row

    async def _back(self, watch: Watch, quiet: Seen) -> Seen:
        """Return how things stand when they are as in the quiet, or have had the time to be."""
        deadline = time.monotonic() + BACK_SECONDS
        while True:
            now = watch.look()
            back = now.memory_mb <= quiet.memory_mb + BACK_MB
            if (back and now.descriptors <= quiet.descriptors + BACK_DESCRIPTORS) or (
                time.monotonic() > deadline
            ):
                return now
            await asyncio.sleep(0.2)

    async def _lag(self, start: float, end: float) -> float | None:
        """Return the p99 of the loop's lag from ``start`` to ``end``, ms; ``None`` if nothing tells it."""
        await asyncio.sleep(max(0.0, start - time.monotonic()))
        before = await self._buckets()
        await asyncio.sleep(max(0.0, end - time.monotonic()))
        after = await self._buckets()
        return quantile(since(before, after), 0.99) * 1000 if before and after else None

    async def _buckets(self) -> Buckets | None:
        try:
            return await asyncio.to_thread(buckets_of, self._gateway.url)
        except OSError:
            return None
