"""Every order in which commits, publications, readers, viewers and crashes may meet: nobody has a gap.

The hub, its ring and the sessions of ``/ws/v2/jobs`` are the real ones; the ledger, the log and the network
are played, one step at a time.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Coroutine, Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contracts.events import JobUpdated
from contracts.steps import Step
from services.gateway.live.hub import Hub, Update
from services.gateway.live.replay_buffer import Watch
from services.gateway.realtime.connection import SocketConnection
from services.gateway.realtime.jobs_socket import Session
from services.gateway.realtime.share import Share
from services.gateway.service import Service

JOBS = {"j0": "v0", "j1": "v0", "j2": "v1", "j3": "v1"}
PARTITION = {"j0": 0, "j1": 1, "j2": 0, "j3": 1}
WATCHES: tuple[tuple[Watch, ...], ...] = (
    (("job", "j0"),), (("video", "v0"),), (("job", "j0"), ("job", "j1")), (("job", "j1"), ("video", "v0")),
    (("video", "v0"), ("video", "v1")), (("job", "j2"), ("video", "v0")),
)  # fmt: skip
RING = 3
PREFILL = 2
ACTIVE = {"QUEUED", "PROCESSING"}
_BLANK = JobUpdated(
    event_id=UUID(int=0), job_id="j", attempt=1, video_id="v", revision=1, status="QUEUED",
    step=Step.VALIDATE_SCRIPT, progress=0, language="ko", created_at=datetime(2026, 1, 1, tzinfo=UTC),
    updated_at=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


class Pause:
    """Where a coroutine stands until the machine lets it go on."""

    def __await__(self) -> Generator[None, None, None]:
        yield


@dataclass
class World:
    """The ledger and the log."""

    ledger: dict[str, JobUpdated] = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    ends: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    outbox: defaultdict[str, list[JobUpdated]] = field(default_factory=lambda: defaultdict(list))
    progress: list[JobUpdated] = field(default_factory=list)
    log: list[list[JobUpdated | None]] = field(default_factory=lambda: [[], []])
    begins: list[int] = field(default_factory=lambda: [0, 0])
    epoch: int = 0
    step: int = 0

    def commit(self, job_id: str, status: str) -> JobUpdated:
        before = self.ledger.get(job_id)
        job = (before or _BLANK).model_copy(
            update={
                "job_id": job_id, "video_id": JOBS[job_id], "status": status,
                "revision": before.revision + 1 if before else 1,
            }
        )  # fmt: skip
        self.ledger[job_id] = job
        self.created.setdefault(job_id, self.step)
        self.changed[job_id] = self.step
        if status not in ACTIVE:
            self.ends[job_id].add(job.revision)
        return job

    def publish(self, job: JobUpdated) -> None:
        self.log[PARTITION[job.job_id]].append(job)

    def standing(self, watches: Sequence[Watch]) -> dict[Watch, JobUpdated | None]:
        found: dict[Watch, JobUpdated | None] = {}
        for kind, name in watches:
            if kind == "job":
                found[kind, name] = self.ledger.get(name)
                continue
            jobs = [job for job in self.ledger.values() if job.video_id == name]
            found[kind, name] = max(
                jobs, key=lambda job: (job.status in ACTIVE, self.changed[job.job_id]), default=None
            )
        return found


class Gateway:
    """A hub, and the reader that feeds it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hub = Hub(ring=RING)
        self.current_at = world.step
        self.epoch = -1
        self.ledger = self
        self.begin()

    def begin(self) -> None:
        """What the reader does that cannot go on where it stood."""
        world = self.world
        starts = [max(world.begins[p], len(world.log[p]) - PREFILL) for p in (0, 1)]
        self.epoch = world.epoch
        self.hub.begin(f"log-{world.epoch}", starts)
        for partition in (0, 1):
            self.consume(partition, 10**6, aloud=False)
        for watch in self.hub.watched:
            for job in world.ledger.values():
                if watch in {("job", job.job_id), ("video", job.video_id)}:
                    self.hub.refresh(job, new=world.created[job.job_id] >= self.current_at)
        self.current_at = world.step

    def consume(self, partition: int, most: int, *, aloud: bool = True) -> None:
        position = self.hub.cursor.offsets[partition]
        log = self.world.log[partition]
        for offset in range(position, min(len(log), position + most)):
            said = log[offset]
            self.hub.take(partition, offset, Update(said) if said else None, aloud=aloud)

    def read(self, most: int) -> None:
        """Go on reading, or begin anew."""
        lost = any(self.hub.cursor.offsets[p] < self.world.begins[p] for p in (0, 1))
        if lost or self.epoch != self.world.epoch:
            self.begin()
            return
        for partition in (0, 1):
            self.consume(partition, most)
        if all(self.hub.cursor.offsets[p] == len(self.world.log[p]) for p in (0, 1)):
            self.current_at = self.world.step

    async def read_ledger(self, watches: Sequence[Watch]) -> dict[Watch, JobUpdated | None]:
        await Pause()
        found = self.world.standing(watches)
        await Pause()
        return found


class Line:
    """A viewer's end of a session: all that the session needs of a socket."""

    def __init__(self, client: "Client", gateway: Gateway) -> None:
        self.client = client
        self.open = True
        service = cast("Service", self)
        self.hub = gateway.hub
        self.ledger = self
        self._gateway = gateway
        self.session = Session(service, cast("SocketConnection", self), Share(lambda: 0.0))
        self.work: Coroutine[Any, Any, None] | None = None

    async def read(self, _: object, watches: Sequence[Watch]) -> dict[Watch, JobUpdated | None]:
        return await self._gateway.read_ledger(watches)

    def send(self, update: Update) -> None:
        if self.open:
            self.client.hear(update)

    async def room(self) -> None:
        await Pause()

    async def reply(self, payload: bytes) -> None:
        self.tell(payload)

    def tell(self, payload: bytes) -> None:
        if self.open:
            self.client.answered(json.loads(payload))

    def go_on(self) -> bool:
        """Let the session go one step further; says whether there was one."""
        if self.work is None:
            return False
        try:
            self.work.send(None)
        except StopIteration:
            self.work = None
        return True

    def cut(self) -> None:
        """The connection breaks, wherever the session is."""
        self.open = False
        if self.work is not None:
            self.work.close()
            self.work = None
        self.session.end()


class Client:
    """Watches some jobs and videos, comes back when it is cut off, and checks what it is told."""

    def __init__(self, watches: tuple[Watch, ...], world: World) -> None:
        self.watches = watches
        self.world = world
        self.line: Line | None = None
        self.cursor: Any = None
        self.revisions: dict[str, int] = {}
        self.based = False

    def connect(self, gateway: Gateway, *, resume: bool) -> None:
        self.line = Line(self, gateway)
        message: dict[str, Any] = {
            "type": "subscribe",
            "job_ids": [name for kind, name in self.watches if kind == "job"],
            "video_ids": [name for kind, name in self.watches if kind == "video"],
        }
        if resume and self.based and self.cursor:
            message |= {"cursor": self.cursor, "revisions": self.revisions}
        self.based = self.based and "cursor" in message
        self.line.work = self.line.session.take(json.dumps(message))

    def answered(self, answer: dict[str, Any]) -> None:
        assert answer["type"] in {"subscribed", "snapshot"}, answer
        if answer["type"] == "subscribed" and not answer["resumed"]:
            self.based = False

    def hear(self, update: Update) -> None:
        job, before = update.job, self.revisions.get(update.job.job_id, 0)
        if update.snapshot:
            assert job.revision >= before, "a snapshot that is older than what was told"
        else:
            assert job.revision > before, "told twice or backwards"
            skipped = self.world.ends[job.job_id] & set(range(before + 1, job.revision))
            if before:
                assert not skipped, f"{job.job_id}: ends {skipped} were skipped without a snapshot"
        self.revisions[job.job_id] = job.revision
        self.cursor = update.cursor.model_dump(mode="json")

    def watched_jobs(self) -> list[JobUpdated]:
        standing = self.world.standing(self.watches)
        return [job for job in standing.values() if job is not None]


class Interleavings(RuleBasedStateMachine):
    """One step of somebody after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.gateways = [Gateway(self.world), Gateway(self.world)]
        self.clients: list[Client] = []
        self.numbers = itertools.count()

    @rule(job_id=st.sampled_from(sorted(JOBS)), wish=st.sampled_from(["move", "move", "end", "cancel"]))
    def change(self, job_id: str, wish: str) -> None:
        """A job is created, started again, ended (by the outbox) or moves on (told after the commit)."""
        world = self.world
        world.step += 1
        job = world.ledger.get(job_id)
        if job is None:
            rival = [j for j in world.ledger.values() if j.video_id == JOBS[job_id] and j.status in ACTIVE]
            if not rival:
                world.outbox[job_id].append(world.commit(job_id, "QUEUED"))
        elif job.status == "FAILED" and not any(
            j.status in ACTIVE for j in world.ledger.values() if j.video_id == job.video_id
        ):
            world.outbox[job_id].append(world.commit(job_id, "PROCESSING"))
        elif job.status in ACTIVE and wish != "move":
            world.outbox[job_id].append(world.commit(job_id, "FAILED"))
        elif job.status in ACTIVE and not world.outbox[job_id]:  # work follows from what was published
            world.progress.append(world.commit(job_id, "PROCESSING"))

    @rule(job_id=st.sampled_from(sorted(JOBS)))
    def relay(self, job_id: str) -> None:
        """The outbox is published, in order."""
        if self.world.outbox[job_id]:
            self.world.publish(self.world.outbox[job_id].pop(0))

    @rule(choice=st.integers(0, 7), crash=st.booleans(), twice=st.booleans())
    def tell(self, choice: int, crash: bool, twice: bool) -> None:  # noqa: FBT001
        """Progress is published, sooner or later; after a crash the present state is, by its heir."""
        world = self.world
        if not world.progress:
            return
        job = world.progress.pop(choice % len(world.progress))
        if twice:
            world.publish(job)
        if crash:
            present = world.ledger[job.job_id]
            if present.status not in ACTIVE or world.outbox[job.job_id]:
                return  # its end, or what comes after, is in the outbox
            job = present
        world.publish(job)

    @rule(job_id=st.sampled_from(sorted(JOBS)), wishes=st.lists(st.sampled_from(["move", "end"]), max_size=8))
    def busy(self, job_id: str, wishes: list[str]) -> None:
        """Much happens to one job and is heard by all gateways at once: more than a ring holds."""
        for wish in wishes:
            self.change(job_id, wish)
            self.relay(job_id)
            self.tell(len(self.world.progress) - 1, crash=False, twice=False)
        for gateway in self.gateways:
            gateway.read(10**6)

    @rule(partition=st.integers(0, 1))
    def poison(self, partition: int) -> None:
        self.world.log[partition].append(None)

    @rule(partition=st.integers(0, 1), count=st.integers(1, 4))
    def expire(self, partition: int, count: int) -> None:
        """The oldest records of the log go."""
        world = self.world
        world.begins[partition] = min(len(world.log[partition]), world.begins[partition] + count)

    @rule()
    def wipe(self) -> None:
        """The log is lost and made anew; what had not been told before stays in the ledger."""
        self.world.log, self.world.begins = [[], []], [0, 0]
        self.world.epoch += 1

    @rule(which=st.integers(0, 1), most=st.integers(1, 3))
    def read(self, which: int, most: int) -> None:
        self.gateways[which].read(most)

    @rule(which=st.integers(0, 1))
    def restart(self, which: int) -> None:
        """A gateway is killed and started; its viewers are cut off."""
        for client in self.clients:
            if client.line is not None and client.line.hub is self.gateways[which].hub:
                client.line.cut()
                client.line = None
        self.gateways[which] = Gateway(self.world)

    @rule(which=st.integers(0, 1), watches=st.sampled_from(WATCHES))
    def arrive(self, which: int, watches: tuple[Watch, ...]) -> None:
        if len(self.clients) < 4:
            self.clients.append(Client(watches, self.world))
            self.clients[-1].connect(self.gateways[which], resume=False)

    @rule(choice=st.integers(0, 3))
    def leave(self, choice: int) -> None:
        if choice < len(self.clients) and (line := self.clients[choice].line) is not None:
            line.cut()
            self.clients[choice].line = None

    @rule(choice=st.integers(0, 3), which=st.integers(0, 1), resume=st.booleans())
    def come_back(self, choice: int, which: int, resume: bool) -> None:  # noqa: FBT001
        if choice < len(self.clients) and self.clients[choice].line is None:
            self.clients[choice].connect(self.gateways[which], resume=resume)

    @rule(choice=st.integers(0, 3), steps=st.integers(1, 3))
    def serve(self, choice: int, steps: int) -> None:
        if choice < len(self.clients) and (line := self.clients[choice].line) is not None:
            for _ in range(steps):
                line.go_on()
            self.clients[choice].based = self.clients[choice].based or line.work is None

    @rule()
    def quiet(self) -> None:
        """Everybody does what is left to do; then every viewer knows how things stand."""
        for job_id in JOBS:
            while self.world.outbox[job_id]:
                self.relay(job_id)
        while self.world.progress:
            self.tell(0, crash=False, twice=False)
        for gateway in self.gateways:
            gateway.read(10**6)
            gateway.read(10**6)
        for client in self.clients:
            if client.line is not None:
                while client.line.go_on():
                    pass
                client.based = True
                for job in client.watched_jobs():
                    assert client.revisions.get(job.job_id) == job.revision, "the last word was not heard"

    @invariant()
    def nobody_listens_who_has_left(self) -> None:
        lines = [client.line for client in self.clients if client.line is not None]
        for gateway in self.gateways:
            here = [line for line in lines if line.hub is gateway.hub]
            assert len(gateway.hub) <= sum(len(line.client.watches) for line in here)

    def teardown(self) -> None:
        self.quiet()
        for client in self.clients:
            if client.line is not None:
                client.line.cut()
        assert sum(len(gateway.hub) for gateway in self.gateways) == 0


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
