"""A real Chromium without a window, spoken to over its own protocol (DevTools), which needs no driver."""

import asyncio
import itertools
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support.eventually import eventually
from tests.support.programs import program

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--no-first-run", "--no-proxy-server", "--remote-debugging-port=0",
)  # fmt: skip
STARTS_WITHIN = 60
"""Seconds; where both processors are taken it needs some ten."""

_LISTENING = re.compile(rb"DevTools listening on (ws://\S+)")


def chromium() -> str:
    """Return the program; skips the test where there is none."""
    return program(*PROGRAMS, package="chromium")


class Page:
    """An open page."""

    def __init__(self, devtools: ClientConnection) -> None:
        self._devtools = devtools
        self._ids = itertools.count(1)
        self._session: str | None = None

    async def open(self, url: str) -> None:
        """Load a page in a tab of its own; returns once its script has run."""
        target = await self._call("Target.createTarget", url="about:blank")
        attached = await self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        await self._call("Page.enable")
        await self._call("Page.navigate", url=url)
        loaded = f"document.readyState === 'complete' && location.href === {json.dumps(url)}"
        await eventually(lambda: self.run(loaded), STARTS_WITHIN, message=f"{url} is loaded")

    async def run(self, script: str) -> Any:
        """Return what an expression comes to; a promise is waited for."""
        answer = await self._call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def _call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params}
        await self._devtools.send(
            json.dumps(message | ({"sessionId": self._session} if self._session else {}))
        )
        async with asyncio.timeout(STARTS_WITHIN):
            while True:  # events of the browser come in between
                answer = json.loads(await self._devtools.recv())
                if answer.get("id") == number:
                    assert "error" not in answer, answer["error"]
                    result: dict[str, Any] = answer["result"]
                    return result


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """Run a browser, its profile in ``folder``; gives a page."""
    process = await asyncio.create_subprocess_exec(
        chromium(), *FLAGS, f"--user-data-dir={folder}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    assert process.stderr is not None
    draining: asyncio.Task[bytes] | None = None
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            while (listening := _LISTENING.search(line := await process.stderr.readline())) is None:
                assert line, "the browser ended"
        draining = asyncio.create_task(process.stderr.read())
        async with connect(listening[1].decode(), proxy=None, max_size=None) as devtools:
            yield Page(devtools)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if draining is not None:
            await draining


@asynccontextmanager
async def serving_page(html: str) -> AsyncIterator[str]:
    """Serve one page on an origin of its own; gives its URL."""
    body = html.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
