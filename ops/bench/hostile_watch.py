"""Looks at a gateway from outside while it is under attack: memory, descriptors, how late ``/livez`` is."""

import asyncio
import time
from dataclasses import dataclass

from ops.bench.gateway_rig import Gateway

LOOK_SECONDS = 0.05
"""Short beside what an attack takes to fill memory; a look costs 0.1 ms."""

PROBE_SECONDS = 0.25
PROBE_PATIENCE_SECONDS = 30.0
ADDRESS = "127.4.0.1"
"""Where probes come from: nobody else does."""


@dataclass
class Seen:
    """The most that was seen in a while."""

    memory_mb: float = 0.0
    descriptors: int = 0
    livez_max_ms: float = 0.0


class Watch:
    """Looks at a gateway.

    Args:
        gateway: the process.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def look(self) -> Seen:
        """Return how it stands now."""
        return Seen(self._gateway.memory / 2**20, self._gateway.descriptors)

    async def both(self, start: float, split: float, end: float) -> tuple[Seen, Seen]:
        """Return the most of what was seen before and after ``split``, moments of the monotonic clock."""
        await asyncio.sleep(max(0.0, start - time.monotonic()))
        return await self._during(split - LOOK_SECONDS), await self._during(end)

    async def _during(self, end: float) -> Seen:
        most = Seen()
        probes = asyncio.create_task(self._probe(most, end))
        while time.monotonic() < end:
            now = self.look()
            most.memory_mb = max(most.memory_mb, now.memory_mb)
            most.descriptors = max(most.descriptors, now.descriptors)
            await asyncio.sleep(LOOK_SECONDS)
        await probes
        return most

    async def _probe(self, most: Seen, end: float) -> None:
        while time.monotonic() < end:
            began = time.monotonic()
            try:
                async with asyncio.timeout(PROBE_PATIENCE_SECONDS):
                    await self._ask()
            except (TimeoutError, OSError):
                most.livez_max_ms = PROBE_PATIENCE_SECONDS * 1000
            most.livez_max_ms = max(most.livez_max_ms, (time.monotonic() - began) * 1000)
            await asyncio.sleep(PROBE_SECONDS)

    async def _ask(self) -> None:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._gateway.port, local_addr=(ADDRESS, 0)
        )
        try:
            writer.write(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if not (await reader.read()).startswith(b"HTTP/1.1 200"):
                raise ConnectionError("/livez is not answered")
        finally:
            writer.close()
