"""Processes that die: intakes over logs and committed offsets that outlive them, turn by turn of the loop."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from services.runtime.engine.intake import Intake
from services.runtime.engine.offsets import InFlightRecord
from services.runtime.engine.quarantine import Quarantine
from services.runtime.settings import RuntimeSettings
from tests.support.records import FakeRecord

MAX_TURNS = 50_000
"""Of a life: far more than all records of a test take."""


class Group:
    """A topic of one partition, what is committed in it, and what became of its records.

    Args:
        topic: its name.
        keys: of its records, in order.
        deadly: offsets of records that kill whoever works on them, and after how many turns.
        turns: how long any other record takes, in turns of the loop.
    """

    def __init__(
        self,
        topic: str,
        keys: Sequence[bytes],
        deadly: dict[int, int],
        turns: Callable[[], int] = lambda: 1,
    ) -> None:
        self.place = TopicPartition(topic, 0)
        self.records: list[FakeRecord] = []
        self.deadly = deadly
        self.turns = turns
        self.committed: OffsetAndMetadata | None = None
        self.finished: set[int] = set()
        self.convicted: Counter[int] = Counter()
        self.alone: set[int] = set()
        self.write(keys)

    def write(self, keys: Sequence[bytes]) -> None:
        """Add records."""
        for key in keys:
            self.records.append(FakeRecord(len(self.records), key=key, topic=self.place.topic))

    @property
    def over(self) -> bool:
        """Whether everything is committed."""
        return self.committed is not None and self.committed.offset == len(self.records)


class _Consumer:
    """What an intake asks of aiokafka's consumer, and of the parts that it looks at."""

    cluster_id = "cluster"

    def __init__(self, group: Group, life: "Life") -> None:
        self._group = group
        self._life = life
        self._client = self._coordinator = self
        self._fetcher = None
        self._subscription = SimpleNamespace(subscription=None)

    def get_random_node(self) -> int:
        return 0

    async def send(self, _node: int, _request: object) -> "_Consumer":
        return self

    def to_object(self) -> dict[str, Any]:
        topic, partitions = self._group.place.topic, [{"partition": 0, "leader": 0}]
        return {"topics": [{"error_code": 0, "topic": topic, "topic_id": "id", "partitions": partitions}]}

    async def fetch_committed_offsets(self, _: object) -> dict[TopicPartition, OffsetAndMetadata]:
        committed = self._group.committed
        return {} if committed is None else {self._group.place: committed}

    async def end_offsets(self, _: object) -> dict[TopicPartition, int]:
        return {self._group.place: len(self._group.records)}

    async def commit(self, offsets: dict[TopicPartition, tuple[int, str]]) -> None:
        for _ in range(self._life.chance.randint(0, 3)):
            await asyncio.sleep(0)
        if self._life.dead:
            await asyncio.Event().wait()
        offset, mark = offsets[self._group.place]
        before = self._group.committed
        assert before is None or offset >= before.offset
        assert set(range(offset)) <= self._group.finished | set(self._group.convicted)
        assert len(mark) <= 4096, "more than a broker keeps"
        self._group.committed = OffsetAndMetadata(offset, mark)

    def partitions_for_topic(self, _: str) -> set[int]:
        return {0}

    def assignment(self) -> set[TopicPartition]:
        return {self._group.place}

    def pause(self, *_: TopicPartition) -> None:
        return

    resume = pause


class Life:
    """A process from its start to its end; ``live`` once."""

    def __init__(
        self, groups: Sequence[Group], chance: random.Random, concurrency: int, now: Callable[[], float]
    ) -> None:
        self.chance = chance
        self.dead = False
        self.most_in_hand = 0
        self._quarantine = Quarantine(now)
        self._intakes = [(group, self._intake(group, concurrency)) for group in groups]

    def _intake(self, group: Group, concurrency: int) -> Intake:
        intake = Intake(
            group.place.topic,
            "g",
            partial(self._run, group),
            concurrency,
            RuntimeSettings(window=16, revoke_grace=0, commit_interval=0.01),
            quarantine=self._quarantine,
            convict=partial(self._convict, group),
        )
        intake._subscriber = cast("Any", SimpleNamespace(consumer=_Consumer(group, self), tasks=[]))
        return intake

    async def _run(self, group: Group, slot: InFlightRecord) -> None:
        offset = slot.record.offset
        in_hand = sum(intake.lanes.running for _, intake in self._intakes)
        self.most_in_hand = max(self.most_in_hand, in_hand)
        if slot.window.alone == offset:
            assert in_hand == 1, "a suspect had company"
            group.alone.add(offset)
        deadly = group.deadly.get(offset)
        for _ in range(group.turns() if deadly is None else deadly):
            await asyncio.sleep(0)
        if deadly is not None:
            self.dead = True
        if self.dead:
            await asyncio.Event().wait()
        group.finished.add(offset)

    async def _convict(self, group: Group, slot: InFlightRecord) -> None:
        if not self.dead:
            group.convicted[slot.record.offset] = slot.deaths

    async def live(self, turns: int = MAX_TURNS, *, stop: bool = False) -> bool:
        """Work until everything is committed, or to the death; say whether it died.

        Args:
            turns: after which it is killed, or asked to stop.
            stop: asked to stop.
        """
        tasks = [asyncio.create_task(self._quarantine.run())]
        for group, intake in self._intakes:
            await intake.on_partitions_assigned([group.place])
            at = group.committed.offset if group.committed else 0
            tasks += [
                asyncio.create_task(self._feed(group, intake, at)),
                asyncio.create_task(self._note(intake)),
            ]
        try:
            for _ in range(turns):
                if self.dead:
                    return True
                done = all(group.over and not intake.lanes.depth for group, intake in self._intakes)
                if done and turns == MAX_TURNS:
                    break
                await asyncio.sleep(0)
            else:
                assert turns < MAX_TURNS, "it stands still"
                self.dead = not stop
                return self.dead
            stop = True
            return False
        finally:
            if stop and not self.dead:
                for _, intake in self._intakes:
                    await intake.stop(0)
            self.dead = True
            tasks += [task for _, intake in self._intakes for task in intake._tasks]
            for _, intake in self._intakes:
                await intake.lanes.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _feed(self, group: Group, intake: Intake, at: int) -> None:
        while True:
            room = max((window.room for window in intake.windows), default=0)
            new = group.records[at : at + min(room, self.chance.randint(0, 8))]
            intake._take(new)
            at += len(new)
            await asyncio.sleep(0)

    async def _note(self, intake: Intake) -> None:
        """Commit now and then, and note what is in hand a little more often."""
        while True:
            for _ in range(self.chance.randint(0, 20)):
                if intake.deaths._soon.is_set():
                    break
                await asyncio.sleep(0)
            intake.deaths._soon.clear()
            moment = {slot.window for slot in intake.lanes.in_hand} if self.chance.random() < 0.7 else set()
            await intake.commit(moment | intake.deaths._outrun)


async def live_on(groups: Sequence[Group], seed: int, concurrency: int) -> int:
    """Start one process after the other until all is done; return how many died."""
    chance = random.Random(seed)
    for deaths in range(40):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20):
                if not await Life(groups, chance, concurrency, lambda: 0.0).live():
                    return deaths
    raise AssertionError("it never ends")
