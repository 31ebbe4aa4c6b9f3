"""An attacker: its connections, from a few addresses, and what became of them.

Everything is paced: a flood of new connections takes any server's processor, whatever it answers, and is for
a firewall to hold off. What is measured here is what each of them may cost the gateway.
"""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from ops.bench.gateway_rig import SECRET
from ops.bench.hostile_line import Line, head, upgrade

ADDRESSES = 4
"""Addresses that an attack comes from, none of them an honest one's: what is allowed to each must hold it."""

CONNECT_SECONDS = 5.0
FOES = 4
"""Tokens of attackers; each attack uses one of them."""


def foe_secret(number: int) -> str:
    """Return an attacker's token."""
    return f"{SECRET}-foe-{number}"


class Foe:
    """An attacker, for as long as an attack goes on.

    Args:
        port: of the gateway.
        until: when the attack ends, by the monotonic clock.
        videos: that honest viewers watch.
        jobs: that are under way.
        token: what it may show.

    Attributes:
        seen: what became of its messages and connections, counted.
        sent: bytes.
        held: connections that stay open until it leaves.
    """

    def __init__(self, port: int, until: float, videos: list[str], jobs: list[str], token: str) -> None:
        self._port = port
        self._opened = 0
        self.until = until
        self.videos = videos
        self.jobs = jobs
        self.bearer = f"Authorization: Bearer {token}"
        self.seen: Counter[str] = Counter()
        self.sent = 0
        self.held: list[Line] = []
        self._drips: set[asyncio.Task[None]] = set()

    @property
    def going_on(self) -> bool:
        """Whether the attack has not ended."""
        return time.monotonic() < self.until

    async def line(self, *, deaf: bool = False) -> Line:
        """Open a connection; one that is ``deaf`` has little room for what it is told.

        Raises:
            OSError: it was refused.
        """
        self._opened += 1
        connection = socket.socket()
        connection.setblocking(False)  # noqa: FBT003
        if deaf:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.bind((f"127.1.0.{1 + self._opened % ADDRESSES}", 0))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self._port))
        except OSError:
            connection.close()
            raise
        _, line = await asyncio.get_running_loop().create_connection(Line, sock=connection)
        return line

    async def socket(self, path: str, *, deaf: bool = False) -> Line:
        """Open a WebSocket.

        Raises:
            ConnectionError: the upgrade was refused; counted.
        """
        made = await self.line(deaf=deaf)
        await self.send(made, head(f"GET {path}", *upgrade(), self.bearer))
        status = await made.answer()
        self.seen[f"upgrade {status}"] += 1
        if status != "101":
            made.abort()
            raise ConnectionError(status)
        if deaf:
            made.stop_reading()
        return made

    async def send(self, line: Line, data: bytes) -> bool:
        """Send, and count it if it left."""
        left = await line.send(data, self.until)
        self.sent += len(data) if left else 0
        return left

    async def crowd(self, size: int, each: Callable[[int], Awaitable[None]], pause: float) -> None:
        """Have ``size`` connections at work side by side, each again and again, with a ``pause`` between."""

        async def one(number: int) -> None:
            await asyncio.sleep(pause * number / size)
            while self.going_on:
                try:
                    await each(number)
                except OSError as error:
                    self.seen[type(error).__name__] += 1
                await asyncio.sleep(pause)

        await asyncio.gather(*(one(number) for number in range(size)))

    async def hold(self, size: int, each: Callable[[int], Awaitable[Line]], at_once: int = 32) -> None:
        """Open ``size`` connections and keep them; then do nothing until the end."""
        numbers = iter(range(size))

        async def some(numbers: Iterable[int]) -> None:
            for number in numbers:
                if not self.going_on:
                    return
                try:
                    self.held.append(await each(number))
                except OSError as error:
                    self.seen[type(error).__name__] += 1
                await asyncio.sleep(0.02)

        await asyncio.gather(*(some(numbers) for _ in range(at_once)))
        await asyncio.sleep(max(0.0, self.until - time.monotonic()))

    def drip(self, data: bytes, every: float) -> None:
        """Send ``data`` on all that is held, again and again until it leaves."""

        async def dripping() -> None:
            while True:
                await asyncio.sleep(every)
                for line in self.held:
                    await line.send(data, time.monotonic() + 0.01)

        self._drips.add(asyncio.create_task(dripping()))

    def count_held(self) -> None:
        """Count what the gateway has not closed yet."""
        self.seen["held at the end"] = sum(not line.gone for line in self.held)

    def leave(self) -> None:
        """Close what is held."""
        for drip in self._drips:
            drip.cancel()
        for line in self.held:
            line.abort()
