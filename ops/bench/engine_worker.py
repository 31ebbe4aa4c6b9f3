"""One process of the engine benchmark: some hops of a pipeline, on the engine or on plain FastStream.

Started by ``engine.py``; not for people.
"""

import argparse
import asyncio
import json
import signal
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import cast

from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.subscriber.usecase import LogicSubscriber

from contracts import events, topics
from contracts.events import Event
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine.engine import Engine, group_of
from services.runtime.process import calm_collector
from services.runtime.settings import RuntimeSettings

LAG_TICK = 0.005
"""Seconds between two looks at the event loop's lag."""


class Hop(Event):
    """What travels: a scene event's worth of text."""

    scene: int = 0
    text: str = ""


@cache
def hop_type(prefix: str, number: int) -> type[Hop]:
    """Declare hop ``number`` as an event with a topic of its own, in this process's copy of the tables."""
    kind = cast(
        "type[Hop]", type(f"Hop{number}", (Hop,), {"type": f"{prefix}.{number}", "__module__": __name__})
    )
    cast("dict[str, type[Event]]", events.EVENTS)[kind.type] = kind
    cast("dict[str, topics.Topic]", topics.TOPIC_OF_TYPE)[kind.type] = topics.Topic(kind.type, (kind.type,))
    return kind


def seconds_of(work: str, event: Hop) -> float:
    """Waiting work of one record: ``0-5`` is spread evenly, in milliseconds; a number is for every record."""
    low, _, high = work.partition("-")
    if not high:
        return float(low) / 1000
    return (float(low) + (float(high) - float(low)) * (event.scene * 7919 % 1000) / 999) / 1000


class Progress:
    """Tells, once, how long ``wanted`` distinct records took, from the first's start to the last's end."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._started = 0.0
        self._done: set[int] = set()

    def begin(self) -> None:
        """Work on a record begins."""
        self._started = self._started or time.perf_counter()

    def end(self, event: Hop) -> None:
        """Work on a record ends."""
        self._done.add(event.scene)
        if len(self._done) == self._wanted:
            say("worked_s", time.perf_counter() - self._started)
            self._wanted = 0


class Lag:
    """Measures how late the event loop runs a timer, exactly; SIGUSR1 starts afresh, SIGUSR2 tells.

    With it goes the processor time that the process took meanwhile.
    """

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._cpu = 0.0
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self._begin)
        loop.add_signal_handler(signal.SIGUSR2, self._tell)

    async def watch(self) -> None:
        """Measure for ever."""
        while True:
            due = time.perf_counter() + LAG_TICK
            await asyncio.sleep(LAG_TICK)
            self._seconds.append(max(0.0, time.perf_counter() - due))

    def _begin(self) -> None:
        self._seconds.clear()
        self._cpu = time.process_time()

    def _tell(self) -> None:
        say("cpu_s", time.process_time() - self._cpu)
        lags = sorted(self._seconds) or [0.0]
        say("loop_lag_p99_ms", 1000 * lags[int(0.99 * (len(lags) - 1))])


def say(field: str, value: float) -> None:
    """Tell the benchmark a figure."""
    print(json.dumps({field: value}), flush=True)


def group_name(prefix: str, number: int) -> str:
    """Return the consumer group of the engine's hop ``number``."""
    return group_of(Actor(f"{prefix}{number}", ()), f"{prefix}.{number}")


async def run_engine(options: argparse.Namespace, stop: asyncio.Event) -> None:
    settings = RuntimeSettings(
        kafka_bootstrap_servers=options.bootstrap, lectern_home=Path(options.home), create_topics=False
    )
    progress = Progress(options.records)

    def subscription(number: int) -> Subscription:
        kind, following = hop_type(options.prefix, number), hop_type(options.prefix, number + 1)

        async def handle(event: Hop, context: Context) -> Sequence[Event]:
            progress.begin()
            delay = seconds_of(options.work, event)
            if delay:
                await asyncio.sleep(delay)
            progress.end(event)
            return [following.after(event, context.output_id())] if options.publish else []

        return Subscription(topics.TOPIC_OF_TYPE[kind.type], handle, options.concurrency)

    actors = [Actor(f"{options.prefix}{n}", (subscription(n),)) for n in range(options.first, options.last)]
    engine = Engine("bench", actors, settings, cast("Artifacts", None))
    engine._ensure_topics = _nothing  # type: ignore[method-assign]  # noqa: SLF001  # the bench made its own
    await engine.start()
    calm_collector()  # as every worker does
    await tell(lambda: sum(len(intake.windows) for intake in engine.intakes), stop)
    await engine.stop()


async def tell(assigned: Callable[[], int], stop: asyncio.Event) -> None:
    """Say how many partitions are assigned whenever that changes, until ``stop`` is set."""
    told = -1
    while not stop.is_set():
        if (now := assigned()) != told:
            told = now
            say("assigned", now)
        await asyncio.sleep(0.05)


async def _nothing() -> None:
    return


async def run_plain(options: argparse.Namespace, stop: asyncio.Event) -> None:
    """Run subscribers as FastStream's documentation shows them; ``--no-ack`` commits in the background."""
    broker = KafkaBroker(options.bootstrap, logger=None, acks="all", enable_idempotence=True)
    progress = Progress(options.records)

    async def work(event: Hop) -> None:
        progress.begin()
        delay = seconds_of(options.work, event)
        if delay:
            await asyncio.sleep(delay)
        progress.end(event)

    def subscribe(number: int) -> None:
        hop_type(options.prefix, number)
        source, target = f"{options.prefix}.{number}", f"{options.prefix}.{number + 1}"
        subscriber = broker.subscriber(
            source,
            group_id=f"{options.prefix}{number}",
            ack_policy=AckPolicy.MANUAL if options.ack else AckPolicy.ACK_FIRST,
            no_reply=True,
            auto_offset_reset="earliest",
        )

        async def acknowledged(event: Hop, message: KafkaMessage) -> None:
            await work(event)
            if options.publish:
                await broker.publish(event, target, key=message.raw_message.key)  # type: ignore[union-attr]
            await message.ack()

        subscriber(acknowledged if options.ack else work)

    for number in range(options.first, options.last):
        subscribe(number)
    await broker.connect()
    await asyncio.gather(*(subscriber.start() for subscriber in broker.subscribers))
    consumers = [cast("LogicSubscriber[object]", subscriber).consumer for subscriber in broker.subscribers]
    await tell(lambda: sum(len(consumer.assignment()) for consumer in consumers if consumer), stop)
    await broker.stop()


async def main(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    lag = asyncio.create_task(Lag().watch())
    await (run_engine if options.kind == "engine" else run_plain)(options, stop)
    lag.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("engine", "plain"))
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--last", type=int, required=True)
    parser.add_argument("--work", default="0")
    parser.add_argument("--concurrency", type=int, default=128)
    parser.add_argument("--publish", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--ack", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--records", type=int, default=0, help="tell how long so many took")
    parser.add_argument("--home", required=True)
    asyncio.run(main(parser.parse_args()))
