"""A proxy in front of the S3 server that answers errors, dawdles or hangs up in the middle of a body.

It passes requests on byte by byte (their signatures cover the host, which stays the proxy's), so without a
fault it cannot be told from the server behind it.
"""

import asyncio
import random
from dataclasses import dataclass
from enum import StrEnum

PIECE = 64 * 1024
_NO_BODY = frozenset({204, 304})


class Mode(StrEnum):
    """What the proxy does to requests."""

    PASS = "pass"
    ERROR = "error"
    FULL = "full"
    SLOW = "slow"
    CUT = "cut"


_CODES = {500: "InternalError", 503: "SlowDown", 507: "InsufficientStorage"}


@dataclass(frozen=True)
class Head:
    """A request's or response's head: its bytes, first line and lower-case headers."""

    raw: bytes
    first: str
    headers: dict[str, str]

    @property
    def length(self) -> int | None:
        """Bytes of the body; ``None`` when it comes in chunks or until the connection ends."""
        if "chunked" in self.headers.get("transfer-encoding", ""):
            return None
        return int(self.headers.get("content-length", 0))


class S3Proxy:
    """Listens on a local port and talks to ``upstream``.

    Args:
        upstream: host and port of the real server.
        chance: decides which requests are hit.
    """

    def __init__(self, upstream: tuple[str, int], chance: random.Random) -> None:
        self._upstream = upstream
        self._chance = chance
        self._server: asyncio.Server | None = None
        self.mode = Mode.PASS
        self.hits = 0

    async def start(self) -> str:
        """Listen; return the endpoint's URL."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind: asyncio.StreamWriter | None = None
        try:
            answers, behind = await asyncio.open_connection(*self._upstream)
            while await self._exchange(reader, writer, answers, behind):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # one of the two hung up
        finally:
            for end in (writer, behind):
                if end is not None:
                    end.transport.abort() if end.transport.is_closing() else end.close()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answers: asyncio.StreamReader,
        behind: asyncio.StreamWriter,
    ) -> bool:
        """Pass one request and its answer on; tell whether the connection may be used again."""
        try:
            request = await read_head(reader)
        except asyncio.IncompleteReadError:
            return False
        mode = self.mode if self.mode in {Mode.FULL, Mode.SLOW} or self._chance.random() < 0.7 else Mode.PASS
        if mode is Mode.FULL and not request.first.startswith(("PUT", "POST")):
            mode = Mode.PASS  # a full server still reads
        if mode is not Mode.PASS:
            self.hits += 1
        if "100-continue" in request.headers.get("expect", ""):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if mode in {Mode.ERROR, Mode.FULL}:
            await _pass(reader, None, request, 1.0)
            writer.write(_refusal(507 if mode is Mode.FULL else self._chance.choice((500, 503))))
            await writer.drain()
            return True
        if mode is Mode.SLOW:
            await asyncio.sleep(self._chance.uniform(0.05, 0.6))
        cut_request = mode is Mode.CUT and self._chance.random() < 0.5
        behind.write(_without_expect(request))
        await _pass(reader, behind, request, 0.5 if cut_request else 1.0)
        if cut_request and request.length:
            writer.transport.abort()
            return False
        answer = await read_head(answers)
        writer.write(answer.raw)
        if not request.first.startswith("HEAD") and int(answer.first.split()[1]) not in _NO_BODY:
            await _pass(answers, writer, answer, 0.5 if mode is Mode.CUT else 1.0)
        if mode is Mode.CUT:
            await writer.drain()
            writer.transport.abort()
            return False
        return "close" not in answer.headers.get("connection", "")


async def read_head(reader: asyncio.StreamReader) -> Head:
    """Read up to the empty line."""
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return Head(raw, first, {name.strip().lower(): value.strip().lower() for name, _, value in pairs})


async def _pass(
    source: asyncio.StreamReader, target: asyncio.StreamWriter | None, head: Head, share: float
) -> None:
    """Pass a body on, or its first ``share``; nowhere when there is no target."""
    if head.length is None:
        while size := await _chunk(source, target):
            if share < 1 and size:
                return
        return
    left, wanted = head.length, int(head.length * share)
    while left > 0:
        data = await source.readexactly(min(PIECE, left))
        left -= len(data)
        if target is not None and wanted > 0:
            target.write(data[:wanted])
            wanted -= len(data)
            await target.drain()
        if share < 1 and wanted <= 0:
            return


async def _chunk(source: asyncio.StreamReader, target: asyncio.StreamWriter | None) -> int:
    """Pass one chunk on; return its size, 0 for the last."""
    line = await source.readuntil(b"\r\n")
    size = int(line.split(b";")[0], 16)
    data = await source.readexactly(size + 2)
    if target is not None:
        target.write(line + data)
        await target.drain()
    return size


def _without_expect(request: Head) -> bytes:
    """Return the head for the server behind: the wait for 100 was answered here (it is not signed)."""
    lines = request.raw.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"expect:"))


def _refusal(status: int) -> bytes:
    body = (
        f'<?xml version="1.0"?><Error><Code>{_CODES[status]}</Code><Message>chaos</Message></Error>'.encode()
    )
    head = f"HTTP/1.1 {status} Chaos\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
