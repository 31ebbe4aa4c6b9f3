"""Signs of life of a consumer that its public interface does not show.

aiokafka has no public way to see that a consumer has stopped for good (aio-libs/aiokafka#1154), so this one
module looks at its private parts. A test holds it against the pinned version.
"""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.structs import OffsetAndMetadata

from services.runtime.kafka.record_batches import AIOKafkaConsumer


@dataclass(frozen=True)
class Vitals:
    """What can be seen of a consumer now, without waiting.

    Attributes:
        ended: the background task that has ended although the consumer was not stopped, if one has.
        rejoining: the group must be joined again, and has not been yet.
        positions: of the partitions that are assigned and not paused, the offset that is consumed next;
            -1 where it is not known yet.
    """

    ended: str | None
    rejoining: bool
    positions: Mapping[TopicPartition, int]


def vitals_of(consumer: AIOKafkaConsumer) -> Vitals:
    """Look at a started consumer."""
    coordinator, state = consumer._coordinator, consumer._subscription  # noqa: SLF001
    tasks = {"fetch": consumer._fetcher._fetch_task}  # noqa: SLF001
    rejoining = False
    if isinstance(coordinator, GroupCoordinator):
        tasks["coordination"] = coordinator._coordination_task  # noqa: SLF001
        rejoining = coordinator._rejoin_needed_fut.done()  # noqa: SLF001
    ended = next((name for name, task in tasks.items() if task.done()), None)
    subscription = state.subscription
    assignment = subscription.assignment if subscription else None
    positions: dict[TopicPartition, int] = {}
    if assignment is not None and assignment.active:
        for partition in assignment.tps - consumer.paused():
            at = assignment.state_value(partition)
            positions[partition] = at.position if at.has_valid_position else -1
    return Vitals(ended, rejoining, positions)


async def committed_of(
    consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]
) -> Mapping[TopicPartition, OffsetAndMetadata]:
    """Return what the group has committed, with what was noted beside it; the public way gives offsets only.

    Raises:
        KafkaError: Kafka does not answer.
    """
    coordinator = consumer._coordinator  # noqa: SLF001
    found: Mapping[TopicPartition, OffsetAndMetadata]
    found = await coordinator.fetch_committed_offsets(list(partitions))
    return found


def passed_by(consumer: AIOKafkaConsumer) -> Mapping[TopicPartition, int]:
    """Return the offsets below which there is no record of an assigned partition that was not handed out yet.

    They are ahead of the newest record where control records, aborted transactions or gaps follow it. Known
    only while whoever polls waits for more: between the consumer's ``getone`` and the handler a record is on
    its way that the position has passed already. Empty if it is not known now.

    Args:
        consumer: started; polled by one task, which does not ask for more before it has taken what it got.
    """
    fetcher, subscription = consumer._fetcher, consumer._subscription.subscription  # noqa: SLF001
    waits = fetcher is not None and any(not waiter.done() for waiter in fetcher._fetch_waiters)  # noqa: SLF001
    assignment = subscription.assignment if subscription is not None else None
    if not waits or assignment is None or not assignment.active:
        return {}
    states = {partition: assignment.state_value(partition) for partition in assignment.tps}
    return {partition: at.position for partition, at in states.items() if at.has_valid_position}


async def close(consumer: AIOKafkaConsumer | None, stop: Coroutine[Any, Any, None], seconds: float) -> None:
    """Close a consumer, in whatever state it is.

    Args:
        consumer: what is closed.
        stop: closes it in order, if it is well.
        seconds: how long that may take. After that, or if it fails half-way, its parts are put down one by
            one: an error of the first would leave the connections open.
    """
    stopping = asyncio.ensure_future(stop)
    await asyncio.wait((stopping,), timeout=seconds)
    well = stopping.done() and not stopping.cancelled() and stopping.exception() is None
    if not well:
        stopping.cancel()
        if consumer is not None:
            await _abandon(consumer, seconds)
    await asyncio.gather(stopping, return_exceptions=True)


async def _abandon(consumer: AIOKafkaConsumer, seconds: float) -> None:
    """Put down a consumer whose ``stop`` does not end: cancel its tasks, close its connections."""
    coordinator, fetcher = consumer._coordinator, consumer._fetcher  # noqa: SLF001
    tasks: list[asyncio.Task[Any] | None] = [fetcher._fetch_task, *fetcher._pending_tasks]  # noqa: SLF001
    if isinstance(coordinator, GroupCoordinator):
        tasks += [
            coordinator._coordination_task,  # noqa: SLF001
            coordinator._heartbeat_task,  # noqa: SLF001
            coordinator._commit_refresh_task,  # noqa: SLF001
        ]
    living = [task for task in tasks if task is not None and not task.done()]
    for task in living:
        task.cancel()
    if living:
        await asyncio.wait(living, timeout=seconds)
    closing = asyncio.ensure_future(consumer._client.close())  # noqa: SLF001
    await asyncio.wait((closing,), timeout=seconds)
    if not closing.done():
        closing.cancel()
