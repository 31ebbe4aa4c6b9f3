"""What comes over a connection of an HTTP client is counted as it comes, before anything understands it.

The libraries above bound one header line or one body, never an answer: interim answers (1xx), extensions of
chunks and trailers may go on for ever, and each costs a hundred times its bytes in processor time. So the
budget stands below them, on the bytes of the wire. Reads are small, so that other work gets its turn in
between and deadlines are looked at.
"""
# ruff: noqa: ASYNC109 - httpcore's interface

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

HEAD_BYTES = 64 << 10
"""Bytes of an answer's head, interim answers included. Smaller: servers with large cookies or policies are
refused. Larger: 17 bytes a 1xx answer, a flood of them takes the event loop for seconds."""

SLICE_BYTES = 16 << 10
"""Bytes read at a time. Smaller: more system calls for a large answer. Larger: what comes in pieces of a byte
holds the event loop for longer than 0.2 s at a time."""


class AnswerRefusedError(httpx.TransportError):
    """A server answers in a way that is not taken; the message says why and repeats nothing of the answer."""


class Budget:
    """What may still come for the request under way; each write begins a request."""

    def __init__(self) -> None:
        self.left = HEAD_BYTES

    def begin(self) -> None:
        """Begin a request: its answer's head may come."""
        self.left = HEAD_BYTES

    def allow(self, count: int) -> None:
        """Let a body of so many bytes come, with what chunks add, once the head has been read."""
        self.left += 2 * count + HEAD_BYTES

    def took(self, data: bytes) -> bytes:
        """Count what came and return it; raises :class:`AnswerRefusedError` when it is too much."""
        self.left -= len(data)
        if self.left < 0:
            raise AnswerRefusedError("sends more than an answer may have, in its head or between its pieces")
        return data


class MeteredStream(httpcore.AsyncNetworkStream):
    """A connection that counts."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self.budget = Budget()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read a slice; see the base."""
        return self.budget.took(await self._stream.read(min(max_bytes, SLICE_BYTES), timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See the base."""
        self.budget.begin()
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """See the base."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """See the base."""
        return MeteredStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """See the base."""
        return self._stream.get_extra_info(info)


class MeteredBackend(httpcore.AsyncNetworkBackend):
    """Opens connections that count."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See the base."""
        opened = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return MeteredStream(opened)

    async def sleep(self, seconds: float) -> None:
        """See the base."""
        await self._backend.sleep(seconds)
