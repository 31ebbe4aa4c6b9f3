import asyncio
from collections import defaultdict
from collections.abc import Hashable

from services.runtime.engine.lanes import Lanes
from services.runtime.engine.offsets import InFlightRecord, OffsetTracker
from tests.support.eventually import eventually
from tests.support.records import PARTITION, FakeRecord


class Bench:
    """Lanes over one window, with work that is finished by hand."""

    def __init__(self, limit: int) -> None:
        self.window = OffsetTracker(PARTITION, 10_000)
        self.started: list[int] = []
        self.gates: dict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self.parks: dict[int, list[float]] = {}
        self.finished: list[int] = []
        self.most = 0
        self.lanes = Lanes(self.work, limit, lambda slot: self.finished.append(slot.record.offset))

    async def work(self, slot: InFlightRecord) -> float | None:
        offset = slot.record.offset
        self.started.append(offset)
        self.most = max(self.most, self.lanes.running)
        if self.parks.get(offset):
            return self.parks[offset].pop(0)
        await self.gates[offset].wait()
        return None

    def submit(self, offset: int, lane: Hashable, job: Hashable | None = None) -> InFlightRecord:
        slot = self.window.admit(FakeRecord(offset))
        assert slot is not None
        self.lanes.submit(lane, job or lane, slot)
        return slot

    def open(self, *offsets: int) -> None:
        for offset in offsets:
            self.gates[offset].set()


async def test_one_lane_works_in_order_and_one_at_a_time() -> None:
    bench = Bench(limit=8)
    for offset in range(3):
        bench.submit(offset, "a")
    await eventually(lambda: bench.started == [0])
    bench.open(1, 2)
    await asyncio.sleep(0)
    assert bench.started == [0]
    bench.open(0)
    await eventually(lambda: bench.finished == [0, 1, 2])
    assert bench.most == 1


async def test_a_stuck_lane_does_not_stop_the_others() -> None:
    bench = Bench(limit=2)
    bench.submit(0, "stuck")
    for offset in range(1, 20):
        bench.submit(offset, f"lane-{offset}")
    bench.open(*range(1, 20))
    await eventually(lambda: len(bench.finished) == 19)
    assert bench.window.to_commit is None  # offset 0 is still in hand
    assert bench.most <= 2
    await bench.lanes.close()


async def test_jobs_take_turns() -> None:
    bench = Bench(limit=1)
    for scene in range(50):
        bench.submit(scene, ("long", scene), "long")
    bench.submit(50, ("short", 0), "short")
    bench.open(*range(51))
    await eventually(lambda: len(bench.finished) == 51)
    assert bench.finished.index(50) <= 2


async def test_a_parked_lane_gives_its_place_up_and_keeps_its_order() -> None:
    bench = Bench(limit=1)
    bench.parks[0] = [0.02, 0.02]
    bench.submit(0, "failing")
    bench.submit(1, "failing")
    bench.submit(2, "healthy")
    bench.open(0, 1, 2)
    await eventually(lambda: bench.finished == [2, 0, 1])
    assert bench.started.count(0) == 3


async def test_frozen_lanes_start_nothing_and_let_work_end() -> None:
    bench = Bench(limit=1)
    bench.submit(0, "a")
    bench.submit(1, "b")
    await eventually(lambda: bench.started == [0])
    bench.lanes.freeze()
    bench.open(0, 1)
    await bench.lanes.calm(1)
    assert bench.finished == [0]
    bench.lanes.thaw()
    await eventually(lambda: bench.finished == [0, 1])


async def test_calm_gives_up_after_its_time() -> None:
    bench = Bench(limit=1)
    bench.submit(0, "a")
    await eventually(lambda: bench.started == [0])
    await asyncio.wait_for(bench.lanes.calm(0.01), 1)
    assert bench.lanes.running == 1
    await bench.lanes.close()


async def test_records_of_a_lost_partition_are_dropped_unfinished() -> None:
    bench = Bench(limit=1)
    running = bench.submit(0, "a")
    bench.submit(1, "b")
    await eventually(lambda: bench.started == [0])
    for slot in bench.window.lose():
        if slot.task:
            slot.task.cancel()
    await eventually(lambda: bench.lanes.depth == 0, 1)
    assert not running.done
    assert bench.started == [0]
    assert bench.lanes.lanes == 0


async def test_closing_cancels_and_finishes_nothing() -> None:
    bench = Bench(limit=1)
    slot = bench.submit(0, "a")
    await eventually(lambda: bench.started == [0])
    await bench.lanes.close()
    assert not slot.done
    assert bench.window.to_commit is None
    assert bench.lanes.depth == 1


async def test_an_overtaken_record_in_hand_is_stopped_and_its_lane_goes_on() -> None:
    bench = Bench(limit=1)
    first = bench.submit(0, "a")
    bench.submit(1, "a")
    await eventually(lambda: bench.started == [0])
    bench.open(1)
    for slot in bench.window.settle(1):
        assert slot is first
        assert slot.task is not None
        slot.task.cancel()
    await eventually(lambda: bench.finished == [0, 1])
    assert bench.window.to_commit == 2


async def test_work_cancelled_before_its_first_step_gives_its_place_back() -> None:
    bench = Bench(limit=1)
    slot = bench.submit(0, "a")
    bench.window.lose()
    assert slot.task is not None
    slot.task.cancel()
    await eventually(lambda: bench.lanes.depth == 0, 1)
    assert bench.lanes.running == 0
    assert bench.started == []
