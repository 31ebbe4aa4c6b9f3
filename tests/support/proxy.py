"""A TCP proxy before a server that can stop passing bytes on, as a firewall that forgot a connection does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class Proxy:
    """Passes connections on to ``target``; they can be stalled, or dropped.

    A broker tells its clients its own address, so a client that shall stay behind the proxy needs a broker
    that advertises the proxy's.
    """

    def __init__(self, target: tuple[str, int] | Path) -> None:
        self._target = target
        self.silent = False
        self._flowing: dict[asyncio.Task[None], asyncio.Event] = {}
        self.connections = 0

    def stall(self) -> None:
        """Pass nothing on over the connections there are; new ones are not concerned."""
        for flowing in self._flowing.values():
            flowing.clear()

    def go_silent(self) -> None:
        """Pass nothing on any more, over new connections neither, until :meth:`speak`."""
        self.silent = True
        self.stall()

    def speak(self) -> None:
        """Pass everything on again."""
        self.silent = False
        for flowing in self._flowing.values():
            flowing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        flowing = asyncio.Event()
        if not self.silent:
            flowing.set()
        task = asyncio.current_task()
        assert task is not None
        self._flowing[task] = flowing
        try:
            if isinstance(self._target, Path):
                there, back = await asyncio.open_unix_connection(self._target)
            else:
                there, back = await asyncio.open_connection(*self._target)
            ways = [
                asyncio.create_task(_pass_on(source, to, flowing))
                for source, to in ((reader, back), (there, writer))
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                back.close()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            del self._flowing[task]
            writer.close()

    async def close(self) -> None:
        for task in tuple(self._flowing):
            task.cancel()
        await asyncio.gather(*self._flowing, return_exceptions=True)


async def _pass_on(source: asyncio.StreamReader, to: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(1 << 16):
            await flowing.wait()
            to.write(data)
            await to.drain()


@asynccontextmanager
async def proxying(port: int, target: tuple[str, int] | Path) -> AsyncIterator[Proxy]:
    """Listen on ``port`` of 127.0.0.1 while the context is open."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", port)
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
