"""An HTTP server on a socket that answers as no server should: byte by byte what a test's catalogue says."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Attack = Callable[["HostileServer"], Iterator[bytes]]
"""Yields what is written, one piece after the other, until the client has gone."""

UNPACKED = 1 << 30
MOST = 64 << 20
"""Bytes that an endless answer has after all, so that a client that takes everything is seen to, and ends."""


@dataclass
class HostileServer:
    """The first part of a request's path names the attack.

    Attributes:
        attacks: what is answered, by name.
        asked: request lines and headers, lower-case names.
        bodies: what came with them.
        sent: bytes taken from us, by attack.
    """

    attacks: dict[str, Attack]
    port: int = 0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    pause: float = 0.0
    _serving: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            self.bodies.append(await reader.readexactly(int(headers.get("content-length", "0"))))
            self.asked.append((head[0], headers))
            name = head[0].split(" ")[1].split("/")[1].partition("?")[0]
            for piece in self.attacks[name](self):
                writer.write(piece)
                await writer.drain()
                self.sent[name] = self.sent.get(name, 0) + len(piece)
                await asyncio.sleep(self.pause)
        if writer.transport.get_write_buffer_size():
            writer.transport.abort()
        writer.close()

    async def stop(self) -> None:
        """End what is still being answered."""
        serving = tuple(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


@asynccontextmanager
async def hostile_server(attacks: dict[str, Attack], *, pause: float = 0.0) -> AsyncIterator[HostileServer]:
    """Run a server; ``pause`` seconds stand between two pieces."""
    made = HostileServer(attacks, pause=pause)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.stop()


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Attack:
    """Return a whole answer."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return lambda _: iter(["\r\n".join([*lines, "", ""]).encode() + body])


def endless(start: bytes, piece: bytes) -> Attack:
    """Return an answer that begins and then goes on."""

    def attack(_: HostileServer) -> Iterator[bytes]:
        yield start
        block = piece * (65_536 // len(piece))
        for _again in range(MOST // len(block)):
            yield block

    return attack


def dripping(data: bytes) -> Attack:
    """Return an answer a byte at a time (see ``pause``)."""
    return lambda _: (bytes([byte]) for byte in data)


def packed_zeros(times: int) -> bytes:
    """Return :data:`UNPACKED` zero bytes in gzip, ``times`` times over, without taking a second for it."""
    packer = zlib.compressobj(9, wbits=31)
    start = packer.compress(b"\0" * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"\0" * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = (
        start + block * (UNPACKED // (1 << 20) - 1) + packer.flush()
    )  # its checksum is wrong, which comes last
    for _again in range(times - 1):
        data = gzip.compress(data, 9)
    return data


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ONE_BYTE = b"1\r\n \r\n"


def hostile_answers(good: bytes) -> dict[str, Attack]:
    """Return the catalogue.

    Args:
        good: a body that would be taken.
    """
    twice = packed_zeros(2)
    return {
        "gzip": answer(packed_zeros(1), "Content-Encoding: gzip"),
        "gzip-twice": answer(twice, "Content-Encoding: gzip, gzip"),
        "gzip-two-headers": answer(twice, "Content-Encoding: identity", "Content-Encoding: x-gzip"),
        "deflate": answer(zlib.compress(good), "Content-Encoding: deflate"),
        "br": answer(good, "Content-Encoding: br"),
        "zstd": answer(good, "content-encoding: ZSTD"),
        "gzip-transfer": answer(twice, "Transfer-Encoding: gzip, chunked"),
        "declared-huge": endless(OK + b"Content-Length: 999999999999\r\n\r\n", b" "),
        "declared-digits": endless(OK + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", b" "),
        "endless-body": endless(OK + b"\r\n", b" "),
        "one-byte-chunks": endless(CHUNKED, ONE_BYTE),
        "chunk-extension": endless(CHUNKED + b"1;x=", b"y"),
        "chunk-extensions": endless(CHUNKED, b"1;x=" + b"y" * 4_000 + b"\r\n \r\n"),
        "endless-trailers": endless(CHUNKED + b"0\r\n", b"X-T: y\r\n"),
        "endless-header": endless(OK + b"X-H: ", b"y"),
        "endless-headers": endless(OK, b"X-H: y\r\n"),
        "endless-interim": endless(b"", b"HTTP/1.1 100 \r\n\r\n"),
        "endless-status": endless(b"HTTP/1.1 200 ", b"y"),
        "many-headers": lambda _: iter([OK + b"A: b\r\n" * 120 + b"Content-Length: 2\r\n\r\n{}"]),
        "truncated": lambda _: iter([OK + b"Content-Length: 1000\r\n\r\n{"]),
        "two-lengths": lambda _: iter([OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "]),
        "deep": answer(b"[" * 300_000),
        "deep-objects": answer(b'{"a":' * 100_000),
        "digits": answer(b'{"a":' + b"9" * 900_000 + b"}"),
        "decimals": answer(b'{"a":0.' + b"9" * 900_000 + b"}"),
        "infinite": answer(b'{"a":1e99999}'),
        "twice": answer(b'{"choices":[],"choices":[]}'),
        "values": answer(b"[" + b"{}," * 330_000 + b"{}]"),
    }


def completion(content: str) -> bytes:
    """Return a chat completion."""
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
