"""``make soak``: many jobs, many faults, one verdict. ``JOBS=`` and ``SEED=`` change the run.

Jobs and faults keep step: the next fault comes when its share of the jobs was submitted, the next jobs when
their share of the faults was done, so a run has all of both however fast the machine is.
"""

import argparse
import asyncio
import logging
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.checker import judge
from tests.chaos.clients import Backend, Desk, FrontEnd
from tests.chaos.collect import Memory, collect, histories_of, leaks_of, references_of
from tests.chaos.database import DATABASES, SQLITE
from tests.chaos.evidence import Evidence
from tests.chaos.faults import Injector
from tests.chaos.plan import (
    AT_REST,
    SECONDS,
    WARM_JOBS,
    Fault,
    Injection,
    JobPlan,
    Plan,
    make_plan,
    only,
    soak_counts,
)
from tests.chaos.records import Tamperer
from tests.chaos.removals import REMOVALS
from tests.chaos.report import Display, Report
from tests.chaos.rig import Rig, running_rig
from tests.chaos.store import Bucket
from tests.chaos.transactions import Transactions
from tests.chaos.viewers import Viewer

AT_ONCE = 24
"""Jobs in flight: enough that every stage has work at every moment, and partitions are shared."""
END_SECONDS = 240.0
"""From the last fault to the last job's end: two minutes of retries, twice."""


@dataclass(frozen=True)
class Options:
    """A run.

    Attributes:
        seed: of the plan.
        jobs: how many.
        counts: faults of each kind.
        copies: of each worker at first.
        folder: where everything goes; kept when something was found.
        without: the guarantee that is taken away, to see that it is missed.
        seconds: how long faults stand.
        database: the ledger's, one of :data:`tests.chaos.database.DATABASES`.
    """

    seed: int
    jobs: int
    counts: Mapping[Fault, int]
    copies: Mapping[str, int]
    folder: Path
    without: str = ""
    seconds: Mapping[Fault, tuple[float, float]] = field(default_factory=lambda: SECONDS)
    database: str = SQLITE


async def run(options: Options, display: Display) -> Report:
    """Run a plan and judge it."""
    plan = make_plan(options.seed, options.jobs, options.counts, options.seconds)
    evidence = Evidence([])
    for client in ("aiokafka", "asyncio"):  # our own clients' troubles with the broker we stopped
        logging.getLogger(client).setLevel(logging.CRITICAL)
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        chance = random.Random(f"proxy/{plan.seed}")
        display.say(f"seed {plan.seed}: {options.jobs} jobs, {len(plan.injections)} faults; starting")
        rig = await stack.enter_async_context(
            running_rig(options.folder, chance, options.copies, options.without, options.database)
        )
        backend, tamperer = Backend(rig.servers), Tamperer(rig.servers)
        for each in (backend, tamperer):
            await each.start()
            stack.push_async_callback(each.stop)
        front_end, bucket = FrontEnd(rig.gateway.url), Bucket(rig.s3)
        stack.push_async_callback(front_end.stop)
        transactions = Transactions(rig.servers, backend)
        desk, memory = Desk(backend, front_end), Memory()
        injector = Injector(rig, tamperer, bucket, transactions)
        stage = _Stage(plan, rig, desk, injector, memory, display, (backend, tamperer))
        await stage.play()
        display.say("at rest; collecting the evidence")
        evidence.viewings = [viewer.viewing() for viewer in stage.viewers]
        await collect(rig, front_end, bucket, evidence)
        evidence.records += injector.kept
        evidence.lags |= injector.lags
        await histories_of(front_end, evidence)
        evidence.leaks = await leaks_of(rig, memory)
        evidence.injected, evidence.poison = tamperer.injected, tamperer.poisons
        evidence.accepted = [*desk.accepted, *transactions.accepted]
        evidence.rolled_back, evidence.unsure = transactions.rolled_back, transactions.unsure
        evidence.damaged = frozenset(bucket.damaged)
        evidence.outages, evidence.ledger_outages = injector.outages, injector.ledger_outages
        if tamperer.too_large_taken:
            evidence.leaks.append("Kafka took a value of 10 MB")
        display.say(f"rendering {len(evidence.accepted)} films again, without faults")
        await references_of(front_end, evidence, os.cpu_count() or 1, display.show)
    injector.done.update({"cancel": desk.cancels, "retry": desk.retries})
    return Report(
        seed=plan.seed,
        jobs=len(plan.jobs),
        faults=dict(injector.done),
        skipped=dict(injector.skipped),
        seconds=time.monotonic() - started,
        verdict=judge(evidence),
        open_jobs=dict(desk.standing),
        history=injector.log,
        restarts={each.name: each.starts - 1 for copies in rig.replicas.values() for each in copies},
    )


class _Stage:
    """Jobs and faults in step, then peace until everything ended."""

    def __init__(
        self,
        plan: Plan,
        rig: Rig,
        desk: Desk,
        injector: Injector,
        memory: Memory,
        display: Display,
        clients: Sequence[Backend | Tamperer],
    ) -> None:
        self._plan = plan
        self._clients = clients
        self._open = asyncio.Event()
        self._open.set()
        self._rig = rig
        self._desk = desk
        self._injector = injector
        self._memory = memory
        self._display = display
        self._jobs: set[asyncio.Task[None]] = set()
        self._watching: list[asyncio.Task[None]] = []
        self.viewers: list[Viewer] = []
        self._injected = 0

    async def play(self) -> None:
        """Run the plan."""
        warm, rest = self._plan.jobs[:WARM_JOBS], self._plan.jobs[WARM_JOBS:]
        for job in warm:
            self._submit(job)
        await self._ended(END_SECONDS)
        self._memory.sample(self._rig.everybody)
        faults = asyncio.create_task(self._inject())
        for number, job in enumerate(rest):
            while len(self._jobs) >= AT_ONCE or number > len(rest) * self._share_of_faults():
                await asyncio.sleep(0.05)
                self._show()
            await self._open.wait()
            self._submit(job)
        await faults
        self._display.say("the last fault is under way; then peace")
        await self._injector.quiesce()
        await self._rig.all_ready()
        await self._ended(END_SECONDS)
        await asyncio.sleep(1)  # the last words on the sockets
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)

    async def _inject(self) -> None:
        total = max(1, len(self._plan.jobs) - WARM_JOBS)
        for injection in self._plan.injections:
            due = WARM_JOBS + 0.9 * total * injection.number / len(self._plan.injections)
            while self._desk.submitted < due:  # noqa: ASYNC110 - many things move it on
                await asyncio.sleep(0.05)
            if injection.fault in AT_REST:
                await self._at_rest(injection)
            else:
                await self._injector.inject(injection)
            self._injected += 1

    async def _at_rest(self, injection: Injection) -> None:
        """Let what is in flight end, do it, and go on once everybody has found the way."""
        self._open.clear()
        try:
            deadline = time.monotonic() + END_SECONDS
            while self._jobs and time.monotonic() < deadline:
                await asyncio.sleep(0.1)
                self._show()
            await self._injector.quiesce()
            if self._jobs:
                self._injector.skip(injection)
                return
            await self._ready()
            await self._injector.inject(injection)
            await self._injector.quiesce()
            for client in self._clients:  # consumers without a group, which nobody tells of a new cluster
                await client.stop()
                await client.start()
            await self._ready()
        finally:
            self._open.set()

    async def _ready(self) -> None:
        with suppress(TimeoutError):  # whoever never finds the way leaves jobs behind
            await self._rig.all_ready()

    def _share_of_faults(self) -> float:
        """Return how much of the jobs may be submitted: the share of the faults that began, and two more."""
        return (self._injected + 2) / max(1, len(self._plan.injections))

    async def _ended(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._jobs and time.monotonic() < deadline:
            await asyncio.wait(self._jobs, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
            self._show()
        for task in self._jobs:
            task.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    def _submit(self, job: JobPlan) -> None:
        if job.watched:
            url = self._rig.gateway.url.replace("http", "ws", 1)
            viewer = Viewer(url, job.video_id, random.Random(f"viewer/{job.number}/{job.film}"))
            self.viewers.append(viewer)
            self._watching.append(asyncio.create_task(viewer.watch()))
        task = asyncio.create_task(self._desk.see_through(job))
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    def _show(self) -> None:
        self._display.show(
            f"{self._desk.finished}/{len(self._plan.jobs)} jobs ended, {len(self._jobs)} open, "
            f"{self._injected}/{len(self._plan.injections)} faults"
        )


def main() -> int:
    """Run as a program; exit code 1 when something was found."""
    parser = argparse.ArgumentParser(description="A long chaos run; its last line is a JSON object.")
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("JOBS") or 1000))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or secrets.randbelow(10**6)))
    parser.add_argument("--keep", type=Path, help="a folder for logs and data, kept afterwards")
    parser.add_argument("--without", choices=REMOVALS, default="", help="take this guarantee away")
    parser.add_argument("--faults", default=os.environ.get("FAULTS") or "", help="only these kinds: a,b")
    parser.add_argument("--database", choices=DATABASES, default=os.environ.get("DATABASE") or SQLITE)
    asked = parser.parse_args()
    display = Display(sys.stderr)
    with tempfile.TemporaryDirectory(prefix="lectern-chaos-", ignore_cleanup_errors=True) as scratch:
        folder = (asked.keep or Path(scratch)).resolve()
        copies = {"tts": 2, "slides": 2, "composition": 2}
        counts = only(soak_counts(asked.jobs), asked.faults)
        options = Options(
            asked.seed, asked.jobs, counts, copies, folder, asked.without, database=asked.database
        )
        report = asyncio.run(run(options, display))
        display.done()
        print(report.details(), file=sys.stderr)  # noqa: T201
        if asked.keep:
            (folder / "report.txt").write_text(f"{report.details()}\n{report.line()}\n")
    print(f"repeat it with: make soak JOBS={asked.jobs} SEED={asked.seed}", file=sys.stderr)  # noqa: T201
    print(report.line())  # noqa: T201
    return 0 if report.clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
