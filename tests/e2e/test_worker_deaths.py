"""A record that takes more memory than its worker may have, at each stage, with real limits."""

import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from contracts import topics
from services.runtime.engine.quarantine import MAX_DEATHS
from tests.support.brokers import Broker
from tests.support.cluster import WORKERS, Cluster
from tests.support.eventually import eventually_sync
from tests.support.limits import control_group, within_address_space, within_group
from tests.support.processes import Process
from tests.support.tap import Tap, tapping

pytestmark = [pytest.mark.chaos, pytest.mark.real_kafka, pytest.mark.kafka, pytest.mark.timeout(400)]

ADDRESS_SPACE_BYTES = 8 << 30
"""A worker maps one or two gibibytes for itself; a hungry record asks for eight."""

GROUP_BYTES = 700 << 20
"""A worker of subtitling holds some 150 MB; a hungry record fills a gibibyte."""

SPEC = {
    "language": "ko",
    "scenes": [
        {"scene_id": number, "narration": f"{number}번 장면입니다.", "caption": f"장면 {number}"}
        for number in (1, 2, 3)
    ],
}
STAGES = ("gateway", *WORKERS)
JOB_SECONDS = 240


class Limited(Process):
    """A process with a limit on its memory that is started again whenever it ends, as a supervisor does."""

    group: Path | None = None
    deaths: Sequence[int] = ()

    @property
    def _command(self) -> tuple[str, ...]:
        command = (sys.executable, "-m", "tests.support.hungry", self.name)
        if self.group is not None:
            return within_group(self.group, command)
        return within_address_space(ADDRESS_SPACE_BYTES, command)

    def tend(self) -> None:
        """Start it again if it has ended."""
        code = self.returncode
        if code is not None:
            self.deaths = (*self.deaths, code)
            self.start()


class Rig:
    """A cluster of limited processes and their supervisor."""

    def __init__(self, cluster: Cluster, tap: Tap) -> None:
        self.cluster = cluster
        self.tap = tap
        self.processes = {name: each for name, each in cluster.processes.items() if isinstance(each, Limited)}

    def start(self, job_id: str) -> None:
        body = {
            "type": "lectern.render.start.v1",
            "job_id": job_id,
            "video_id": f"v-{job_id}",
            "render_spec": SPEC,
        }
        self.tap.send(topics.COMMANDS_TOPIC, job_id, body)

    def ending(self, job_id: str) -> Mapping[str, Any] | None:
        return next((seen.body for seen in self.tap.of(job_id, topics.JOBS)), None)

    def letters(self, job_id: str) -> list[Mapping[str, str]]:
        return [
            {name: (value or b"").decode() for name, value in seen.headers}
            for seen in self.tap.of(job_id)
            if seen.topic.endswith(".dlq")
        ]


@pytest.fixture(scope="module")
def rig(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("limits")
    cluster = Cluster(broker, folder, {})
    with control_group(GROUP_BYTES) as group:
        for name, process in cluster.processes.items():
            limited = Limited(name, process._environment, folder)
            if name == "subtitling" and group is not None:
                limited.group = group
                limited._environment["LECTERN_HUNGRY"] = "touch"
            cluster.processes[name] = limited
        try:
            cluster.start()
            with tapping(broker.bootstrap_servers) as tap:
                rig, over = Rig(cluster, tap), threading.Event()

                def supervise() -> None:
                    while not over.wait(0.05):
                        for process in rig.processes.values():
                            process.tend()

                supervisor = threading.Thread(target=supervise, daemon=True)
                supervisor.start()
                yield rig
                over.set()
                supervisor.join(10)
        finally:
            cluster.stop()


def test_a_record_beyond_its_workers_memory_is_a_dead_letter_after_three_deaths_at_each_stage(
    rig: Rig,
) -> None:
    """8 GiB asked for within 8 of address space; at subtitling 1 GiB filled within 700 MiB of a group."""
    stamp = f"{time.time_ns():x}"
    hungry = {stage: f"j-{stamp}-hungry-{stage}" for stage in STAGES}
    others = [f"j-{stamp}-{number}" for number in range(4)]
    for job_id in (*others[:2], *hungry.values(), *others[2:]):
        rig.start(job_id)

    def all_over() -> bool:
        ended = {job_id for job_id in (*hungry.values(), *others) if rig.ending(job_id) is not None}
        return ended == {*others, *hungry.values()}

    try:
        eventually_sync(all_over, JOB_SECONDS, every=0.2, message="every job ends")
    except AssertionError:
        deaths = {name: process.deaths for name, process in rig.processes.items()}
        raise AssertionError((deaths, *(each.tail(1500) for each in rig.processes.values()))) from None

    for job_id in others:
        end = rig.ending(job_id)
        assert end is not None
        assert end["type"] == "lectern.job.completed.v1", end
    for stage, job_id in hungry.items():
        (letter,) = rig.letters(job_id)
        assert (letter["dlq.stage"], letter["dlq.code"]) == (stage, "WORKER_DIED")
        process = rig.processes[stage]
        ended_by = 128 + (9 if process.group is not None else 11)
        assert process.deaths == (ended_by,) * MAX_DEATHS, stage
        end = rig.ending(job_id)
        assert end is not None
        kind = "lectern.command.rejected.v1" if stage == "gateway" else "lectern.job.failed.v1"
        assert (end["type"], end["code"]) == (kind, "WORKER_DIED")
        assert "try the job again" in end["message"]
    eventually_sync(lambda: not rig.tap.lag(), 60, every=0.5, message="nothing is left in hand")
