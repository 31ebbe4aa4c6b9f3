"""HTTP as bytes on a socket: what no client library would send, and exactly what comes back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers

SECONDS = 20.0
"""Until a connection that stays open fails the test; a passing one never waits for it."""


@dataclass(frozen=True)
class Answer:
    """One answer of several on a connection."""

    status: int
    headers: Headers
    body: bytes


async def talk(url: str, *pieces: bytes) -> bytes:
    """Send pieces, each in a segment of its own, and return all that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01 if len(pieces) > 1 else 0)
        return await asyncio.wait_for(reader.read(), SECONDS)
    finally:
        writer.close()


async def ask(
    url: str, line: str, *headers: str, body: bytes = b"", host: str | None = "localhost"
) -> Answer:
    """Make one request, in these very words, on a connection of its own; return the answer."""
    method = line.split(" ", 1)[0]
    lines = [line, *([f"Host: {host}"] if host is not None else []), "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    [answer] = answers_in(await talk(url, "\r\n".join([*lines, "", ""]).encode("latin-1") + body), [method])
    return answer


def answers_in(data: bytes, methods: Sequence[str]) -> list[Answer]:
    """Take apart what came for requests with these methods; fails if anything is left over or missing."""
    answers = []
    for method in methods:
        answer, data = _answer(data, method)
        answers.append(answer)
    assert data == b"", data[:200]
    return answers


def _answer(data: bytes, method: str) -> tuple[Answer, bytes]:
    head, end, rest = data.partition(b"\r\n\r\n")
    assert end, data[:200]
    status_line, *lines = head.split(b"\r\n")
    raw = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    headers, status = Headers(raw=raw), int(status_line.split()[1])
    if method == "HEAD" or status in {204, 304}:
        return Answer(status, headers, b""), rest
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((part := rest.partition(b"\r\n"))[0], 16):
            body, rest = body + part[2][:size], part[2][size + 2 :]
        return Answer(status, headers, body), part[2][2:]
    size = int(headers["content-length"])
    return Answer(status, headers, rest[:size]), rest[size:]
