"""Measures a rolling restart: 4 workers under load, scenes of 3 seconds, each worker restarted in turn.

``python -m ops.bench.rolling [--scenes 240] [--dynamic]``. The last line is a JSON object: seconds of an
undisturbed run and of one with a restart of every worker, their ratio, works cancelled that their worker
kept, works done more than once, and works lost. With ``--dynamic`` the workers have no names that survive
their restart (no static membership).
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from contracts import topics
from contracts.events import Event, ScenePlanned
from contracts.topics import partition_for
from ops.kafka.node import KafkaNode
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.child_process import Child
from services.runtime.engine.engine import Engine
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.support.records import planned

WORKERS = 4
AT_ONCE = 2
SCENE_SECONDS = 3.0
JOBS = 8
"""The scenes belong to so many jobs."""
LEAD_SECONDS = 10.0
"""Work goes on for so long before the first restart."""
PATIENCE = 600.0


def declare(name: str) -> topics.Topic:
    """Give planned scenes a topic of the run's own, in this process's copy of the table."""
    topic = replace(topics.SCENE_PLANNED, name=name)
    cast("MutableMapping[str, Any]", topics.TOPIC_OF_TYPE)[ScenePlanned.type] = topic
    return topic


async def work(name: str) -> None:
    """Be a worker until SIGTERM; print what becomes of each scene."""
    topic = declare(name)
    settings = RuntimeSettings(session_timeout_ms=10_000)

    async def handle(event: ScenePlanned, _: Context) -> Sequence[Event]:
        scene = f"{event.job_id}/{event.context.index}"
        try:
            await asyncio.sleep(SCENE_SECONDS)
        except asyncio.CancelledError:
            number = partition_for(topic, event.job_id, event.context.index, topic.partitions)
            kept = any(each.partition == number for each in engine.intakes[0].partitions)
            say("canceled", scene=scene, kept=kept and not engine.health.stopping)
            raise
        say("done", scene=scene)
        return []

    actor = Actor(f"rolling-{name}", (Subscription(topic, handle, AT_ONCE),))
    engine = Engine("rolling", [actor], settings, cast("Artifacts", None))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await engine.start()
    say("ready")
    await stop.wait()
    await engine.stop()


def say(what: str, **fields: object) -> None:
    """Print a line that the bench reads."""
    print(json.dumps({"what": what, "at": time.time(), **fields}), flush=True)


class Team:
    """The workers of one run."""

    def __init__(self, servers: str, folder: Path, topic: str, *, static: bool) -> None:
        self._servers = servers
        self._folder = folder
        self._topic = topic
        self._static = static
        self._children: list[Child] = []

    def start(self, number: int) -> Child:
        """Start a worker, again if it was there before."""
        environment = {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": self._servers,
            "LECTERN_HOME": str(self._folder),
            **({"LECTERN_REPLICA": f"worker-{number}"} if self._static else {}),
        }
        command = [sys.executable, "-m", "ops.bench.rolling", "--work", self._topic]
        return Child(command, self._log(number), environment)

    def _log(self, number: int) -> Path:
        return self._folder / f"{self._topic}-{number}.log"

    def told(self, what: str) -> list[dict[str, Any]]:
        """Return what the workers have said of one kind."""
        logs = (self._log(n) for n in range(WORKERS))
        lines = [line for log in logs if log.exists() for line in log.read_text().splitlines()]
        said = [json.loads(line) for line in lines if line.startswith('{"what"')]
        return [one for one in said if one["what"] == what]

    def wait(self, what: str, count: int, *, distinct: str | None = None) -> None:
        """Wait until something was said so often."""
        deadline = time.monotonic() + PATIENCE
        while True:
            said = self.told(what)
            if len({one[distinct] for one in said} if distinct else said) >= count:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: {len(said)} of {count}")
            time.sleep(0.1)

    def _stop(self) -> None:
        for child in self._children:
            child.stop(40)

    @contextmanager
    def running(self) -> Iterator[list[Child]]:
        """Run all workers while the context is open."""
        with ExitStack() as stack:
            for number in range(WORKERS):
                self._children.append(self.start(number))
            stack.callback(self._stop)
            self.wait("ready", WORKERS)
            yield self._children


async def send(servers: str, topic: str, scenes: int) -> None:
    """Publish all scenes at once."""
    declared = declare(topic)
    await create_topics(servers, topics=[declared])
    publisher = Publisher(RuntimeSettings(kafka_bootstrap_servers=servers), "bench")
    await publisher.start()
    await publisher.publish([planned(f"{topic}-{n % JOBS}", n // JOBS, scenes) for n in range(scenes)])
    await publisher.stop()


def run(servers: str, folder: Path, topic: str, scenes: int, *, restarts: bool, static: bool) -> Team:
    """Work on ``scenes``, with or without restarts; return the team, which has ended."""
    team = Team(servers, folder, topic, static=static)
    declared = declare(topic)
    asyncio.run(create_topics(servers, topics=[declared]))
    with team.running() as children:
        say("begin", topic=topic)
        asyncio.run(send(servers, topic, scenes))
        if restarts:
            time.sleep(LEAD_SECONDS)
            for number in range(WORKERS):
                ready = len(team.told("ready"))
                children[number].stop(40)
                children[number] = team.start(number)
                team.wait("ready", ready + 1)
        team.wait("done", scenes, distinct="scene")
    return team


def seconds_of(team: Team, begun: float) -> float:
    """Return when the last scene was done for the first time, after ``begun``."""
    first: dict[str, float] = {}
    for one in team.told("done"):
        first.setdefault(one["scene"], one["at"])
    return max(first.values()) - begun


def main(scenes: int, *, static: bool) -> dict[str, object]:
    """Run both and return the figures."""
    with (
        tempfile.TemporaryDirectory(prefix="lectern-rolling-") as folder,
        KafkaNode(Path(folder) / "kafka") as node,
    ):
        servers, figures = node.bootstrap_servers, {}
        asyncio.run(create_topics(servers))
        for topic, restarts in (("calm", False), ("rolling", True)):
            begun = time.time()
            team = run(servers, Path(folder), topic, scenes, restarts=restarts, static=static)
            figures[topic] = seconds_of(team, min(one["at"] for one in team.told("ready")))
            print(f"{topic}: {figures[topic]:.1f} s, whole run {time.time() - begun:.0f} s", flush=True)
        done = Counter(one["scene"] for one in team.told("done"))
        canceled = team.told("canceled")
        return {
            "scenes": scenes,
            "static": static,
            "calm_s": round(figures["calm"], 1),
            "rolling_s": round(figures["rolling"], 1),
            "ratio": round(figures["rolling"] / figures["calm"], 3),
            "canceled": len(canceled),
            "canceled_but_kept": sum(1 for one in canceled if one["kept"]),
            "done_twice": sum(1 for count in done.values() if count > 1),
            "lost": scenes - len(done),
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=240)
    parser.add_argument("--dynamic", action="store_true")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        asyncio.run(work(options.work))
    else:
        print(json.dumps(main(options.scenes, static=not options.dynamic)))
