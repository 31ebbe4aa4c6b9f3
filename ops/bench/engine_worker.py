"""One process of the engine benchmark: some hops of a pipeline, on the engine or on plain FastStream.

Started by ``engine.py``; not for people.
"""

import argparse
import asyncio
import json
import signal
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
from services.runtime.engine import Engine
from services.runtime.metrics import LOOP_LAG
from services.runtime.settings import RuntimeSettings
from services.runtime.worker import calm_collector


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


async def run_engine(options: argparse.Namespace, stop: asyncio.Event) -> None:
    settings = RuntimeSettings(
        kafka_bootstrap_servers=options.bootstrap, home=Path(options.home), create_topics=False
    )

    def subscription(number: int) -> Subscription:
        kind, following = hop_type(options.prefix, number), hop_type(options.prefix, number + 1)
        work = options.work.split(",")[(number - options.first) % len(options.work.split(","))]

        async def handle(event: Hop, context: Context) -> Sequence[Event]:
            delay = seconds_of(work, event)
            if delay:
                await asyncio.sleep(delay)
            return [following.after(event, context.output_id())] if options.publish else []

        return Subscription(topics.TOPIC_OF_TYPE[kind.type], handle, options.concurrency)

    actors = [Actor(f"{options.prefix}{n}", (subscription(n),)) for n in range(options.first, options.last)]
    engine = Engine("bench", actors, settings, cast("Artifacts", None))
    engine._ensure_topics = _nothing  # type: ignore[method-assign]  # noqa: SLF001  # the bench made its own
    await engine.start()
    calm_collector()  # as every worker does
    await tell(lambda: sum(len(intake.windows) for intake in engine.intakes), stop)
    await engine.stop()
    samples = [
        sample
        for metric in LOOP_LAG.collect()
        for sample in metric.samples
        if sample.name.endswith("_bucket")
    ]
    print(json.dumps({"loop_lag": {sample.labels["le"]: sample.value for sample in samples}}), flush=True)


async def tell(assigned: Callable[[], int], stop: asyncio.Event) -> None:
    """Print how many partitions are assigned whenever that changes, until ``stop`` is set."""
    told = -1
    while not stop.is_set():
        if (now := assigned()) != told:
            told = now
            print(json.dumps({"assigned": now}), flush=True)
        await asyncio.sleep(0.05)


async def _nothing() -> None:
    return


async def run_plain(options: argparse.Namespace, stop: asyncio.Event) -> None:
    broker = KafkaBroker(options.bootstrap, logger=None, acks="all", enable_idempotence=True)

    def subscribe(number: int) -> None:
        hop_type(options.prefix, number)
        source, target = f"{options.prefix}.{number}", f"{options.prefix}.{number + 1}"

        @broker.subscriber(
            source,
            group_id=f"{options.prefix}{number}",
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            auto_offset_reset="earliest",
        )
        async def handle(event: Hop, message: KafkaMessage) -> None:
            delay = seconds_of(options.work, event)
            if delay:
                await asyncio.sleep(delay)
            if options.publish:
                await broker.publish(event, target, key=message.raw_message.key)  # type: ignore[union-attr]
            await message.ack()

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
    await (run_engine if options.kind == "engine" else run_plain)(options, stop)


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
    parser.add_argument("--home", required=True)
    asyncio.run(main(parser.parse_args()))
