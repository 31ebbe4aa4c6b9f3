"""A stand-in for the customer's backend: a real HTTP server on a socket that can misbehave in every way."""

import asyncio
import json
import threading
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """A request that arrived whole."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """How a request is answered.

    Attributes:
        cut: bytes of the answer after which the connection is reset, ``None`` for a whole answer.
        silent: no answer at all, until the server stops.
        after: the answer waits for it.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    silent: bool = False
    after: asyncio.Event | None = None


@dataclass
class StandInBackend:
    """The server; ``replies`` are used up per path, then ``specs`` and 200 answer."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    replies: defaultdict[str, deque[Reply]] = field(default_factory=lambda: defaultdict(deque))
    specs: dict[str, Any] = field(default_factory=dict)
    default: Reply = field(default_factory=Reply)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/base"

    def of(self, path: str) -> list[Call]:
        """Calls of a path, in the order of their arrival."""
        return [call for call in self.calls if call.path == f"/base{path}"]

    def will(self, path: str, *replies: Reply) -> None:
        """Answer the next calls of a path so."""
        self.replies[f"/base{path}"].extend(replies)

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections and cut those there are."""
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(0)  # whoever was accepted just now is being served from here on, and so is known
        for writer in tuple(self._open):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._one(reader, writer):
                    pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.calls.append(Call(method, path, headers, body))
        reply = self._reply(path)
        if reply.after is not None:
            await reply.after.wait()
        if reply.silent:
            await reader.read()  # until the other side gives up
            return False
        lines = {"Content-Length": str(len(reply.body)), **reply.headers}
        answer = f"HTTP/1.1 {reply.status} X\r\n".encode()
        answer += (
            b"".join(f"{name}: {value}\r\n".encode() for name, value in lines.items()) + b"\r\n" + reply.body
        )
        writer.write(answer if reply.cut is None else answer[: reply.cut])
        await writer.drain()
        return reply.cut is None

    def _reply(self, path: str) -> Reply:
        if self.replies[path]:
            return self.replies[path].popleft()
        if path.startswith("/base/internal/scripts/"):
            script_id = path.split("/")[4]
            if script_id not in self.specs:
                return Reply(404, b'{"error": "no such script"}')
            return Reply(200, json.dumps(self.specs[script_id]).encode())
        return self.default


@asynccontextmanager
async def stand_in_backend() -> AsyncIterator[StandInBackend]:
    """Run a stand-in backend."""
    backend = StandInBackend()
    await backend.start()
    try:
        yield backend
    finally:
        await backend.stop()


@dataclass
class ThreadedBackend:
    """A stand-in backend in a thread of its own, for tests that are not asynchronous."""

    backend: StandInBackend
    _loop: asyncio.AbstractEventLoop

    def goes_away(self) -> None:
        """Refuse connections and cut those there are."""
        asyncio.run_coroutine_threadsafe(self.backend.stop(), self._loop).result(10)

    def comes_back(self) -> None:
        """Listen again, on the same port."""
        asyncio.run_coroutine_threadsafe(self.backend.start(), self._loop).result(10)


@contextmanager
def threaded_backend() -> Iterator[ThreadedBackend]:
    """Run a stand-in backend in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made = ThreadedBackend(StandInBackend(), loop)
    made.comes_back()
    try:
        yield made
    finally:
        made.goes_away()
        asyncio.run_coroutine_threadsafe(_end_others(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end_others() -> None:
    """End every other task of the loop, so that none is found unfinished once it is closed."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
