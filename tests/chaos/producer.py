"""A producer that gets a message into the log whatever happens to cluster and topic meanwhile."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

T = TypeVar("T")

PAUSE_SECONDS = 0.3
SEND_SECONDS = 45.0
"""Longer than a request's own patience of 40 s: a message that is neither taken nor refused by then waits for
a topic or a cluster that is no more, and so does whatever this producer is given."""
STOP_SECONDS = 5.0


class PatientProducer:
    """Sends until it is acknowledged; a producer that hangs is replaced.

    Args:
        servers: Kafka's address.
        options: of each producer.
    """

    def __init__(self, servers: str, **options: Any) -> None:
        self._servers = servers
        self._options = options

    async def start(self) -> None:
        """Connect; after a stop, to whatever is at the address then."""
        self.producer = AIOKafkaProducer(bootstrap_servers=self._servers, acks="all", **self._options)
        await self.producer.start()

    async def stop(self) -> None:
        """Disconnect; what was not acknowledged is somebody's who will send it again."""
        with contextlib.suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self.producer.stop()

    async def send(self, call: Callable[[AIOKafkaProducer], Awaitable[T]]) -> T:
        """Return what ``call`` returns once it does not fail."""
        while True:
            producer = self.producer
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    return await call(producer)
            except TimeoutError:
                await self._replace(producer)
            except KafkaError:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _replace(self, hanging: AIOKafkaProducer) -> None:
        if self.producer is not hanging:
            return  # somebody else was faster
        await self.stop()
        with contextlib.suppress(KafkaError):
            await self.start()
