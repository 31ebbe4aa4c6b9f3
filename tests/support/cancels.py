"""Measures from outside how long a cancelled job's work goes on: events, writes, processor time, files left.

Nothing is asked of the system itself: the topics are read raw, the folders looked at, the processes' time
taken from ``/proc``.
"""

import itertools
import os
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts import topics
from tests.support.cluster import WORKERS, Cluster
from tests.support.eventually import eventually_sync
from tests.support.tap import Tap

SAMPLE_SECONDS = 0.05
BUSY_SHARE = 0.3
"""Processor time of a worker in :data:`BUSY_SAMPLES` samples, as a share of theirs, that is somebody's work;
an idle worker takes 1-5 %."""
BUSY_SAMPLES = 4
QUIET_SECONDS = 2.5
"""What has not happened by then after a cancel, and one more look, does not happen."""
_TICKS = os.sysconf("SC_CLK_TCK")

TOLD_BY_THE_LEDGER = {
    topic.name for topic in (topics.COMMANDS_TOPIC, topics.JOBS, topics.CONTROL, topics.UPDATES)
}


@dataclass(frozen=True)
class Canceled:
    """What one cancel was followed by, seconds after its acceptance.

    Attributes:
        moment: seconds after the job's start at which it was cancelled.
        event, write, cpu: when the last one happened; 0 if none did.
        left: temporary files that are still there.
    """

    moment: float
    event: float
    write: float
    cpu: float
    left: tuple[str, ...] = ()

    @property
    def latency(self) -> float:
        return max(self.event, self.write, self.cpu)


@dataclass
class Sampler:
    """Notes how much processor time each process has taken, every 50 ms."""

    pids: Mapping[str, int]
    samples: list[tuple[float, dict[str, float]]] = field(default_factory=list)

    def last_busy(self, since: float) -> float:
        """Return when a process was last busy after ``since`` (wall clock); ``since`` if none was."""
        latest = since
        after = [sample for sample in self.samples if sample[0] >= since]
        for (start, before), (end, now) in zip(after, after[BUSY_SAMPLES:], strict=False):
            if any(now[name] - before[name] > BUSY_SHARE * (end - start) for name in self.pids):
                latest = end
        return latest

    def take(self) -> None:
        self.samples.append((time.time(), {name: _seconds(pid) for name, pid in self.pids.items()}))


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def sampling(pids: Mapping[str, int]) -> Iterator[Sampler]:
    sampler, stop = Sampler(pids), threading.Event()

    def work() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            sampler.take()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield sampler
    finally:
        stop.set()
        thread.join()


class Canceling:
    """Starts jobs and cancels them at random moments.

    Args:
        cluster: seven processes, nothing else at work in them.
        tap: on its broker.
        seed: of texts and moments.
    """

    def __init__(self, cluster: Cluster, tap: Tap, seed: int) -> None:
        self._cluster = cluster
        self._tap = tap
        self._random = random.Random(seed)
        self._prefix = f"cancel-{seed}"
        self._numbers = itertools.count(1)

    def whole(self) -> float:
        """Render a job to its end; return the seconds it took."""
        job_id, started = self._start()
        self._cluster.film(job_id)
        return time.time() - started

    def once(self, within: float, *, really: bool = True) -> Canceled | None:
        """Cancel a job at a random moment of its first ``within`` seconds; ``None`` if it had ended.

        Without ``really`` nothing is cancelled: what is found then shows that the instruments work.
        """
        job_id, started = self._start()
        moment = self._random.uniform(0, within)
        workers = {name: self._cluster.processes[name].pid for name in WORKERS}
        with sampling(workers) as sampler:
            _sleep_until(started + moment)
            if really:
                status, _ = self._cluster.api("POST", f"/api/render-jobs/{job_id}/cancel")
                if status != 200:
                    return None
            accepted = time.time()
            _sleep_until(accepted + QUIET_SECONDS)
            # What is still at work is watched until it ends, so that the figure is not cut off.
            eventually_sync(lambda: sampler.last_busy(time.time() - 1) < time.time() - 0.8, 60)
        events = [seen.at - accepted for seen in self._tap.of(job_id) if seen.topic not in TOLD_BY_THE_LEDGER]
        home = self._cluster.home
        writes = [
            path.stat().st_mtime - accepted
            for folder in (home / "artifacts", home / "assets")
            for path in folder.rglob("*")
            if path.is_file()
        ]
        return Canceled(
            moment,
            event=max(0.0, *events, 0.0),
            write=max(0.0, *writes, 0.0),
            cpu=sampler.last_busy(accepted) - accepted,
            left=tuple(
                str(path.relative_to(home))
                for folder in (home / "scratch", home / "artifacts" / "tmp", home / "assets" / ".drafts")
                for path in folder.rglob("*")
                if path.is_file()
            ),
        )

    def _start(self) -> tuple[str, float]:
        """Submit a job of three scenes that were never made before, and wait until it is accepted."""
        job_id = f"{self._prefix}-{next(self._numbers)}"
        words = [
            "안전모",
            "소화기",
            "비상구",
            "출입문",
            "사다리",
            "작업대",
            "전원",
            "장갑",
            "보안경",
            "경고등",
        ]
        scenes = [
            {
                "scene_id": number,
                "narration": " ".join(
                    f"{self._random.choice(words)}를 {self._random.randint(2, 99)}번 확인합니다."
                    for _ in range(4)
                ),
                "caption": self._random.choice(words),
            }
            for number in (1, 2, 3)
        ]
        command: dict[str, Any] = {
            "type": "lectern.render.start.v1",
            "job_id": job_id,
            "video_id": job_id,
            "render_spec": {"title": "점검", "language": "ko", "scenes": scenes},
        }
        self._tap.send(topics.COMMANDS_TOPIC, job_id, command)
        eventually_sync(
            lambda: self._cluster.api("GET", f"/api/render-jobs/{job_id}")[0] == 200, 30, every=0.01
        )
        return job_id, time.time()


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def quantile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]
