"""The faults: how each is done to the rig, and undone."""

import asyncio
import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from contracts.topics import COMMANDS_TOPIC, all_topic_names
from tests.chaos.collect import lags_at_rest
from tests.chaos.database import hold
from tests.chaos.evidence import Raw
from tests.chaos.launch import BLOCK_SECONDS
from tests.chaos.plan import Fault, Injection
from tests.chaos.records import Tamperer, read_records
from tests.chaos.replica import Replica
from tests.chaos.rig import Rig
from tests.chaos.s3proxy import Mode
from tests.chaos.store import Bucket
from tests.chaos.topics import recreate
from tests.chaos.transactions import Transactions

HOUR = 3600
QUIESCE_SECONDS = 400.0
"""For the last faults to be over: the ledger away for three minutes, and jobs that waited for it."""
TOO_SMALL = 1
"""Bytes that a file may have while the disk is full: none at all."""


class Injector:
    """Does to the rig what the plan says. What stands for a while does so while the next faults come."""

    def __init__(self, rig: Rig, tamperer: Tamperer, bucket: Bucket, transactions: Transactions) -> None:
        self._rig = rig
        self._transactions = transactions
        self._tamperer = tamperer
        self._bucket = bucket
        self._standing: set[asyncio.Task[None]] = set()
        self._kafka = asyncio.Lock()
        self._s3 = asyncio.Lock()
        self._ledger = asyncio.Lock()
        self.done: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.log: list[str] = []
        self.outages: list[tuple[float, float]] = []
        self.ledger_outages: list[tuple[float, float]] = []
        self.kept: list[Raw] = []
        """What stood in topics and clusters that are no more."""
        self.lags: dict[tuple[str, str, int], int] = {}
        """What was not committed when they went, though everything was at rest."""

    async def inject(self, injection: Injection) -> None:
        """Begin a fault; returns when it happened, or stands, or is under way."""
        task = asyncio.create_task(self._run(injection), name=str(injection))
        self._standing.add(task)
        task.add_done_callback(self._standing.discard)
        # a moment of it, then the next: faults overlap, but not all of them
        await asyncio.wait({task}, timeout=random.Random(injection.seed).uniform(0.3, 2.0))
        while len(self._standing) > 3:
            await asyncio.wait(self._standing, return_when=asyncio.FIRST_COMPLETED)

    def skip(self, injection: Injection) -> None:
        """Note a fault that could not be done."""
        self.skipped[injection.fault.value] += 1

    async def quiesce(self) -> None:
        """Wait until every fault is over, and undo what may be left."""
        deadline = time.monotonic() + QUIESCE_SECONDS
        while self._standing and time.monotonic() < deadline:
            await asyncio.wait(self._standing, timeout=1)
        for task in tuple(self._standing):
            self.log.append(f"never over: {task.get_name()}")
            task.cancel()
        self._rig.proxy.mode = Mode.PASS
        for replica in self._rig.everybody:
            replica.signal(signal.SIGCONT)
            replica.shift_clock(0)
        await self._rig.start_kafka()

    async def _run(self, injection: Injection) -> None:
        acts: dict[Fault, Callable[[Injection], Awaitable[bool | None]]] = {
            Fault.KILL: self._kill,
            Fault.DATABASE_RESTARTED: self._kill,
            Fault.SUSPEND: self._suspend,
            Fault.BLOCK_LOOP: self._block,
            Fault.KAFKA_RESTART: self._restart_kafka,
            Fault.SCALE: self._scale,
            Fault.ROLLING_RESTART: self._roll,
            Fault.DUPLICATE: self._tamperer.duplicate,
            Fault.REORDER: self._tamperer.reorder,
            Fault.POISON: self._tamperer.poison,
            Fault.S3_ERRORS: self._break_s3,
            Fault.S3_SLOW: self._break_s3,
            Fault.S3_CUT: self._break_s3,
            Fault.S3_FULL: self._break_s3,
            Fault.ARTIFACT_DELETED: self._damage,
            Fault.ARTIFACT_CORRUPTED: self._damage,
            Fault.DISK_FULL: self._fill_disk,
            Fault.CLOCK_JUMP: self._shift_clock,
            Fault.DATABASE_LOCKED: self._lock_database,
            Fault.LEDGER_AWAY: self._take_ledger_away,
            Fault.CLUSTER_REPLACED: self._replace_cluster,
            Fault.TOPIC_RECREATED: self._recreate_topic,
            Fault.TRANSACTIONS: self._transact,
        }
        name = f"{time.strftime('%H:%M:%S')} {injection.fault.value} {injection.target} {injection.seconds:g}"
        self.log.append(name)
        happened = await acts[injection.fault](injection)
        (self.skipped if happened is False else self.done)[injection.fault.value] += 1

    def _victim(self, injection: Injection) -> Replica:
        copies = [replica for replica in self._rig.replicas[injection.target] if replica.wanted]
        return random.Random(injection.seed).choice(copies)

    async def _kill(self, injection: Injection) -> None:
        await asyncio.to_thread(self._victim(injection).kill)

    async def _suspend(self, injection: Injection) -> None:
        victim = self._victim(injection)
        victim.signal(signal.SIGSTOP)
        await asyncio.sleep(injection.seconds)
        victim.signal(signal.SIGCONT)

    async def _block(self, injection: Injection) -> bool:
        victim = self._victim(injection)
        if not await victim.ready():
            return False  # before it runs our launcher the signal would end it
        victim.signal(signal.SIGUSR1)
        await asyncio.sleep(BLOCK_SECONDS)
        return True

    async def _restart_kafka(self, injection: Injection) -> None:
        async with self._kafka:
            away = time.time()
            await asyncio.to_thread(self._rig.kafka.kill if injection.seed % 3 else self._rig.kafka.stop)
            await asyncio.sleep(injection.seconds)
            await self._rig.start_kafka()
            self.outages.append((away, time.time()))

    async def _scale(self, injection: Injection) -> None:
        before = sum(replica.wanted for replica in self._rig.replicas[injection.target])
        self._rig.scale(injection.target, 4)
        with contextlib.suppress(TimeoutError):  # another fault may hold one of them up
            await self._rig.all_ready(30)
        surplus = self._rig.scale(injection.target, before)
        await asyncio.gather(*(asyncio.to_thread(replica.stop) for replica in surplus))

    async def _roll(self, injection: Injection) -> None:
        for replica in [each for each in self._rig.replicas[injection.target] if each.wanted]:
            await asyncio.to_thread(replica.stop)
            with contextlib.suppress(TimeoutError):
                await self._rig.all_ready(30)

    async def _break_s3(self, injection: Injection) -> None:
        modes = {
            Fault.S3_ERRORS: Mode.ERROR,
            Fault.S3_SLOW: Mode.SLOW,
            Fault.S3_CUT: Mode.CUT,
            Fault.S3_FULL: Mode.FULL,
        }
        async with self._s3:
            self._rig.proxy.mode = modes[injection.fault]
            await asyncio.sleep(injection.seconds)
            self._rig.proxy.mode = Mode.PASS

    async def _damage(self, injection: Injection) -> bool:
        return await self._bucket.damage(
            random.Random(injection.seed), delete=injection.fault is Fault.ARTIFACT_DELETED
        )

    async def _fill_disk(self, injection: Injection) -> None:
        victim = self._victim(injection)
        pid = victim.pid if victim.running else None
        victim.limit_files(TOO_SMALL)
        await asyncio.sleep(injection.seconds)
        if victim.running and victim.pid == pid:
            victim.limit_files(None)

    async def _shift_clock(self, injection: Injection) -> bool:
        if self._rig.clock is None:
            return False
        victim = self._victim(injection)
        victim.shift_clock(HOUR if injection.seed % 2 else -HOUR)
        await asyncio.sleep(injection.seconds)
        victim.shift_clock(0)
        return True

    async def _lock_database(self, injection: Injection) -> bool:
        if self._rig.database is not None:
            return False
        return await asyncio.to_thread(hold, self._rig.gateway.home / "ledger.db", injection.seconds)

    async def _take_ledger_away(self, injection: Injection) -> bool:
        """Stop PostgreSQL; of SQLite hold the lock, or fill the disk, whoever is the gateway meanwhile."""
        away, done = time.time(), True
        async with self._ledger:
            if self._rig.database is not None:
                await asyncio.to_thread(self._rig.database.stop)
                await asyncio.sleep(injection.seconds)
                await asyncio.to_thread(self._rig.database.start)
            elif injection.seed % 2:
                ledger = self._rig.gateway.home / "ledger.db"
                done = await asyncio.to_thread(hold, ledger, injection.seconds)
            else:
                while time.time() < away + injection.seconds:
                    self._rig.gateway.limit_files(TOO_SMALL)
                    await asyncio.sleep(0.5)
                self._rig.gateway.limit_files(None)
        self.ledger_outages.append((away, time.time()))
        return done

    async def _replace_cluster(self, _: Injection) -> None:
        """Keep what the old cluster knows for the checker, and put a new one in its place."""
        async with self._kafka:
            lags = await lags_at_rest(self._rig.servers)
            name = f"cluster {self._rig.clusters}"
            self.lags |= {
                (f"{name}: {group}", topic, number): lag for (group, topic, number), lag in lags.items()
            }
            self.kept += await self._read(all_topic_names())
            away = time.time()
            await self._rig.replace_kafka()
            self.outages.append((away, time.time()))

    async def _recreate_topic(self, _: Injection) -> None:
        """Delete the commands and make their topic again; whatever nobody had read yet is gone."""
        async with self._kafka:
            self.kept += await self._read([COMMANDS_TOPIC.name])
            await recreate(self._rig.servers, COMMANDS_TOPIC)

    async def _transact(self, injection: Injection) -> bool:
        """Ask for jobs in transactions: one that is aborted, one left open, one that is committed."""
        return await self._transactions.run(injection)

    async def _read(self, topics: Sequence[str]) -> list[Raw]:
        return await read_records(self._rig.servers, topics, cluster=self._rig.clusters)
