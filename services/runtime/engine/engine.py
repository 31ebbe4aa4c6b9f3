"""The engine: runs actors in this process, over one producer, one fence and one consumer per subscription."""

import asyncio
import glob
import os
import random
import shutil
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import stamina
import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.script import MAX_SCENES
from contracts.topics import Partitioning
from services.runtime.actor import Actor, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine.control import ControlReader
from services.runtime.engine.fence import Fence
from services.runtime.engine.health import Health, watch_loop
from services.runtime.engine.intake import Intake
from services.runtime.engine.processor import Processor
from services.runtime.engine.quarantine import Quarantine
from services.runtime.engine.retry import RetryPolicy
from services.runtime.engine.watchdog import Watchdog
from services.runtime.kafka.log_watch import LogWatch
from services.runtime.kafka.observer import Observer
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.topics_admin import TopicState, create_topics, list_topics
from services.runtime.settings import METADATA_MAX_AGE_MS, RuntimeSettings

WATCHDOG_SECONDS = 5.0
"""How long a look that has begun may take when the process stops."""

STUCK_DRAIN_SECONDS = 5.0
"""How long a process that must be started again may finish what is in its hands."""

log = structlog.get_logger(__name__)


def group_of(actor: Actor, topic: str) -> str:
    """Return the consumer group of one subscription of an actor."""
    return f"lectern.{actor.name}.{topic}"


def window_of(subscription: Subscription, settings: RuntimeSettings) -> int:
    """Return how many records of a partition may be in flight.

    Where all scenes of a job lie on one partition, the window must hold the largest job and the one behind
    it, or that one waits for the window to move.
    """
    topic = subscription.topic
    together = topic.partitioning is Partitioning.KEY and topic.name.startswith("lectern.scene.")
    return settings.window + (MAX_SCENES if together else 0)


class Engine:
    """Actors and what they share. ``start`` and ``stop`` once each.

    Attributes:
        stuck: set when a consumer stands still and starting it again does not help: this process should end
            with :data:`services.runtime.process.EXIT_STUCK`, for its supervisor to start another.

    Args:
        name: of the process, as it appears in events (``lectern/<name>``) and traces.
        actors: what to run.
        settings: limits and intervals.
        artifacts: the store.
        policy: when to try again.
    """

    def __init__(
        self,
        name: str,
        actors: Sequence[Actor],
        settings: RuntimeSettings,
        artifacts: Artifacts,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._settings = settings
        self._actors = tuple(actors)
        self.fence = Fence()
        self.publisher = Publisher(settings, f"lectern/{name}", artifacts=artifacts)
        self._control = ControlReader(settings, self.fence)
        self._broker = KafkaBroker(
            settings.kafka_bootstrap_servers or "",
            client_id=f"lectern-{name}",
            logger=None,
            apply_types=False,
            allow_auto_create_topics=False,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
        )
        self._quarantine = Quarantine()
        self._executors: list[ThreadPoolExecutor] = []
        self._processors: list[Processor] = []
        self.intakes = tuple(
            self._intake(actor, index, artifacts, policy or RetryPolicy())
            for actor in self._actors
            for index in range(len(actor.subscriptions))
        )
        self._observer = Observer(settings)
        readers: list[Intake | ControlReader] = [*self.intakes, self._control]
        logs = LogWatch(
            readers,
            self._observer.survey,
            ends_are_right=not settings.embedded,
            create=self._ensure_topics if settings.create_topics else None,
        )
        self.watchdog = Watchdog(readers, settings, self._observer.ends, self._give_up, logs=logs)
        self.health = Health(self.intakes, self._problems)
        self.stuck = asyncio.Event()
        self.stuck_because = ""
        self._background: list[asyncio.Task[None]] = []
        self._started: list[Actor] = []

    def _intake(self, actor: Actor, index: int, artifacts: Artifacts, policy: RetryPolicy) -> Intake:
        subscription = actor.subscriptions[index]
        executor = ThreadPoolExecutor(subscription.concurrency, thread_name_prefix=f"{actor.name}-{index}")
        self._executors.append(executor)
        processor = Processor(
            stage=actor.name,
            subscription=subscription,
            publisher=self.publisher,
            fence=self.fence,
            artifacts=artifacts,
            executor=executor,
            scratch_root=scratch_root(self._settings.scratch_root),
            policy=policy,
            random=random.random,
        )
        self._processors.append(processor)
        topic = subscription.topic.name
        settings = self._settings.model_copy(update={"window": window_of(subscription, self._settings)})
        return Intake(
            topic,
            group_of(actor, topic),
            processor,
            subscription.concurrency,
            settings,
            poll_interval=subscription.poll_interval,
            quarantine=self._quarantine,
            convict=processor.convict,
        )

    async def start(self) -> None:
        """Connect, read the fence, load the actors, then take records.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        sweep_scratch(self._settings.scratch_root)
        async for attempt in stamina.retry_context(
            on=TransientError, attempts=None, timeout=self._settings.connect_timeout, wait_max=2.0
        ):
            with attempt:
                await self.publisher.start()
        await self._ensure_topics()
        await self._control.start()
        self.fence.guard(lambda: self._control.doubtful, self._control.settle)
        for actor in self._actors:
            self._started.append(actor)
            await actor.start()
        for intake in self.intakes:
            intake.mount(self._broker)
        try:
            await self._broker.connect()
            # one after another would cost a join each (5 s on the embedded broker)
            await asyncio.gather(*(intake.subscriber.start() for intake in self.intakes))
        except KafkaError as error:
            raise TransientError(
                ErrorCode.BROKER_UNAVAILABLE, f"Kafka does not let consumers in ({type(error).__name__})"
            ) from error
        for forever in (
            *(intake.commit_forever for intake in self.intakes),
            *(intake.deaths.note_forever for intake in self.intakes),
            self._quarantine.run,
            watch_loop,
            self.watchdog.run,
        ):
            task = asyncio.create_task(forever())
            task.add_done_callback(self._background_ended)
            self._background.append(task)

    def _problems(self) -> list[str]:
        awaited = [processor.awaits for processor in self._processors if processor.awaits]
        return [*awaited, *self.watchdog.problems(), *self.publisher.health.problems()]

    def _background_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and not self.health.stopping:
            self._give_up(f"a background task has ended: {task.exception()!r}")

    def _give_up(self, reason: str) -> None:
        self.stuck_because = self.stuck_because or reason
        self.stuck.set()

    async def _ensure_topics(self) -> None:
        servers = self._settings.kafka_bootstrap_servers or ""
        if self._settings.create_topics:
            await create_topics(servers)
            return
        missing = [topic.name for topic in await list_topics(servers) if topic.state is TopicState.MISSING]
        if missing:
            raise PermanentError(
                ErrorCode.SETTINGS_INVALID,
                f"topics are missing on {servers}: {', '.join(missing[:3])} ...; run `lectern topics create`",
            )

    async def stop(self, deadline: float | None = None) -> None:
        """Take nothing more, drain up to ``deadline`` seconds, commit, disconnect."""
        self.health.stopping = True
        seconds = self._settings.drain_deadline if deadline is None else deadline
        if self.stuck.is_set():
            seconds = min(seconds, STUCK_DRAIN_SECONDS)
        left = await asyncio.gather(*(intake.stop(seconds) for intake in self.intakes))
        if sum(left):
            log.info("stopped with work in hand, which is redelivered", records=sum(left))
        self.watchdog.stop()
        watching = self._background[-1:]
        if watching:
            await asyncio.wait(watching, timeout=WATCHDOG_SECONDS)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._observer.stop()
        await self._broker.stop()
        for actor in reversed(self._started):
            await actor.stop()
        await self._control.stop()
        await self.publisher.stop()
        for executor in self._executors:
            executor.shutdown(wait=True, cancel_futures=True)


def scratch_root(root: Path) -> Path:
    """Return this process's own scratch folder."""
    return root / f"process-{socket.gethostname()}-{os.getpid()}"


def sweep_scratch(root: Path) -> None:
    """Remove what dead processes of this host left behind; containers that share a volume are other hosts."""
    prefix = f"process-{socket.gethostname()}-"
    for folder in root.glob(f"{glob.escape(prefix)}*"):
        pid = folder.name.removeprefix(prefix)
        if pid.isdecimal() and not _alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
