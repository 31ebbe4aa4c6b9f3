"""Outbox relays in tests: a publisher of one event, as the relay wants it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from contracts.cloudevents import StoredEvent
from contracts.events import Event
from services.gateway.dispatch.outbox_relay import Publish


def one_by_one(publish: Callable[[Event], Awaitable[None]]) -> Publish:
    """Return what publishes events side by side, each by a call of ``publish``, which raises if it fails."""

    async def publish_all(events: Sequence[StoredEvent]) -> Sequence[Exception | None]:
        calls = (publish(stored.event) for stored in events)
        results: list[Exception | None] = []
        for result in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(result, BaseException) and not isinstance(result, Exception):
                raise result
            results.append(result)
        return results

    return publish_all
