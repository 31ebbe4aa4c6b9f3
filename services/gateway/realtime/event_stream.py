"""Updates as ``text/event-stream`` (WHATWG HTML, 9.2), for those who prefer it to a WebSocket."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contracts.errors import ErrorCode, LecternError
from contracts.events import JobUpdated
from services.gateway.auth.tickets import with_proof
from services.gateway.live.cursors import Bookmark
from services.gateway.live.hub import Hub, SeenRevisions, Update, ViewerSubscription
from services.gateway.live.replay_buffer import Watch
from services.gateway.live.updates import ConflationBuffer
from services.gateway.metrics import CONFLATED, SLOW_SOCKETS
from services.gateway.realtime import connection
from services.gateway.realtime.protocol import transport_of
from services.gateway.web.disconnects import departure
from services.gateway.web.prefer import applied
from services.gateway.web.problems import answer_to, problem

MEDIA_TYPE = "text/event-stream"

RETRY_MS = 2_000
"""How long a client waits before it comes back. Shorter: all come back at once after a restart."""

HEARTBEAT_SECONDS = 15.0
"""Between two signs of life. Longer: proxies cut a silent connection (30 s is common)."""

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx passes events on at once
]


class SlowReaderError(Exception):
    """The client does not read; its connection was aborted."""


class EventStream(Response):
    """A stream of one watch: what was missed or a snapshot, then every change.

    Args:
        hub: what is listened to.
        standing: gives the snapshot.
        watch: of a job, whose end ends the stream, or of a video, whose stream goes on.
        form: which form of an update is sent.
        bookmark: where the client broke off.
        wait: seconds until the stream ends by itself, whatever has not happened by then.
        proof: what the ids end with, for a stream that a ticket opened; see
            :mod:`services.gateway.auth.tickets`.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self,
        hub: Hub,
        standing: Callable[[Watch], Awaitable[JobUpdated | None]],
        watch: Watch,
        form: Callable[[Update], bytes],
        bookmark: Bookmark | None,
        wait: float = math.inf,
        proof: str | None = None,
    ) -> None:
        super().__init__()
        self._hub = hub
        self._standing = standing
        self._watch = watch
        self._proof = (proof or "").encode()
        self._form = (lambda update: with_proof(form(update), self._proof)) if proof else form
        self._bookmark = bookmark
        self._wait = wait
        self._told = SeenRevisions()
        self._missed: list[Update] = []
        self._slots = ConflationBuffer()
        self._woken = asyncio.Event()
        self._of_job = watch[0] == "job"
        self._ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one stream until the job ends, the wait is over, the client leaves or the process stops."""
        subscription = ViewerSubscription(self._take, self._told)
        self._hub.attach(self._watch, subscription)
        forget = self._hub.until_closed(self._woken.set)
        try:
            cursor = self._hub.cursor
            missed = self._hub.since(self._bookmark.cursor, [self._watch]) if self._bookmark else None
            standing = await self._standing(self._watch)
            refusal = self._refusal(standing)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
            if missed is not None:
                self._resume(missed)
            snapshot = self._hub.snapshot(standing, cursor) if standing and missed is None else None
            subscription.open(snapshot)
            await self._serve(scope, receive, send)
        except LecternError as error:
            await answer_to(error)(scope, receive, send)
        finally:
            forget()
            self._hub.detach(self._watch, subscription)

    def _take(self, update: Update) -> None:
        self._slots.put(update)
        self._woken.set()

    def _refusal(self, job: JobUpdated | None) -> Response | None:
        if not self._of_job:
            return None
        if job is None:
            return problem(404, ErrorCode.JOB_NOT_FOUND, f"there is no job {self._watch[1]}")
        known = self._bookmark.revision if self._bookmark and self._bookmark.job_id == job.job_id else 0
        # 204 keeps an EventSource from coming back for ever
        return Response(status_code=204) if known >= job.revision and not job.active else None

    def _resume(self, missed: Sequence[Update]) -> None:
        bookmark = self._bookmark
        if bookmark is not None and bookmark.job_id is not None:
            self._told.mark_seen(bookmark.job_id, bookmark.revision)
        for update in missed:
            if self._told.is_newer(update.job_id, update.revision):
                self._missed.append(update)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = transport_of(scope)
        if transport is not None:
            connection.bound_buffers(transport)
        leaving = asyncio.create_task(departure(receive))
        leaving.add_done_callback(lambda _: self._woken.set())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self._head()})
            await self._write(send, self._preamble(), transport)
            clock = asyncio.get_running_loop().time
            until = clock() + self._wait
            while not leaving.done():
                self._woken.clear()
                await self._write(send, self._events(), transport)
                left = until - clock()
                if self._ended or self._hub.closing or left <= 0:
                    break
                try:
                    async with asyncio.timeout(min(left, HEARTBEAT_SECONDS)):
                        await self._woken.wait()
                except TimeoutError:
                    await self._write(send, b":\n\n", transport)
            await self._write(send, b"", transport, more=False)
        except SlowReaderError:
            SLOW_SOCKETS.inc()
        finally:
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving

    def _head(self) -> list[tuple[bytes, bytes]]:
        if math.isinf(self._wait):
            return _HEADERS
        return [*_HEADERS, (b"preference-applied", applied(self._wait).encode())]

    def _preamble(self) -> bytes:
        retry = b"retry: %d\n\n" % RETRY_MS
        if not self._proof:
            return retry
        # an id without data is remembered, and nobody told: what breaks before its snapshot can be resumed
        place = self._bookmark.text().encode() if self._bookmark else b""
        return with_proof(b"id: %s\n%s" % (place, retry), self._proof)

    def _events(self) -> bytes:
        """Return what is to be told: all that was missed; what came while it was written is conflated."""
        CONFLATED.inc(self._slots.conflated)
        self._slots.conflated = 0
        missed, self._missed = self._missed, []
        updates = [*missed, *self._slots.take()]
        self._ended = self._of_job and bool(updates) and updates[-1].terminal
        return b"".join(map(self._form, updates))

    async def _write(
        self, send: Send, chunk: bytes, transport: asyncio.Transport | None, *, more: bool = True
    ) -> None:
        if more and not chunk:
            return
        try:
            async with asyncio.timeout(connection.PATIENCE_SECONDS):
                await send({"type": "http.response.body", "body": chunk, "more_body": more})
        except TimeoutError:
            if transport is not None:
                transport.abort()
            raise SlowReaderError from None
