"""``WS /ws/v2/jobs``: any jobs and videos on one socket, resumed from a cursor after it broke."""

from collections.abc import Sequence
from operator import attrgetter
from time import monotonic
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from contracts.base import Model
from contracts.errors import LecternError
from contracts.events import JobUpdated
from services.gateway.auth.rates import Rates
from services.gateway.auth.tickets import grant_of
from services.gateway.live import snapshots
from services.gateway.live.cursors import Cursor
from services.gateway.live.hub import MAX_TOLD, SeenRevisions, Update, ViewerSubscription
from services.gateway.live.replay_buffer import Watch
from services.gateway.realtime.connection import SocketConnection, lent
from services.gateway.realtime.progress_socket import chosen
from services.gateway.realtime.reading import POLICY_VIOLATION
from services.gateway.realtime.requests import (
    MAX_WATCHES,
    Ping,
    Subscribe,
    Subscribed,
    Unsubscribe,
    refusal,
    request_of,
    unknown,
    watches_of,
)
from services.gateway.realtime.share import MAX_WATCHED, Share, share_of
from services.gateway.service import Service
from services.gateway.web.problems import HttpCode, status_of

PATH = "/ws/v2/jobs"

MESSAGES_PER_SECOND = 20
"""Messages of one socket; twice as many at once. Fewer: a page that opens many jobs is refused. More: one
client takes the ledger's time."""

PATIENCE_MESSAGES = 20
"""Messages too many in a row before a socket is closed: whoever reads the errors has stopped by then."""

WATCHES_IN_A_ROW = 16
"""Snapshots that are told in one turn of the loop, 60 us each. Fewer: a long list takes more turns. More: all
else waits for a subscription to 500 jobs."""

_job_frame = attrgetter("job_frame")


class Session:
    """One socket: what it watches and what it was told.

    Args:
        service: whose hub is listened to and whose ledger gives snapshots.
        viewer: where frames go.
        share: what its caller shares with it.
        allowed: what may be watched, where a ticket says so.
    """

    def __init__(
        self,
        service: Service,
        viewer: SocketConnection,
        share: Share,
        allowed: frozenset[Watch] | None = None,
    ) -> None:
        self._service = service
        self._viewer = viewer
        self._share = share
        self._allowed = allowed
        self._told = SeenRevisions()
        self._watched: dict[Watch, ViewerSubscription] = {}
        self._rates = Rates(MESSAGES_PER_SECOND, monotonic)
        self._too_many = 0
        self._remembered = 0

    async def take(self, text: str | None) -> None:
        """Do what a message says, or answer why not. No message, however wrong, ends the session."""
        if self._rates.take("") > 0:
            await self._flooded()
            return
        self._too_many = 0
        try:
            async with self._share.turn():
                understood = request_of(text)
            match understood:
                case Subscribe() as request:
                    await self._subscribe(request)
                case Unsubscribe() as request:
                    self._let_go(watches_of(request))
                    await self._answer(self._about("unsubscribed", request))
                case Ping():
                    await self._viewer.reply(b'{"type":"pong"}')
        except LecternError as error:
            await self._answer(refusal(status_of(error), error.code, error.message))

    def end(self) -> None:
        """Stop listening."""
        self._let_go(list(self._watched))
        self._share.watched -= self._remembered
        self._remembered = 0

    async def _subscribe(self, request: Subscribe) -> None:
        watches = watches_of(request)
        together = len(self._watched.keys() | set(watches))
        if together > MAX_WATCHES:
            detail = f"a socket watches at most {MAX_WATCHES} jobs and videos: open another one"
            await self._answer(refusal(422, HttpCode.TOO_MANY_SUBSCRIPTIONS, detail))
            return
        more = together - len(self._watched) + len(request.revisions)
        if self._share.watched + more > MAX_WATCHED:
            detail = f"the caller's sockets watch {MAX_WATCHED:,} jobs and videos: unsubscribe from some"
            await self._answer(refusal(429, HttpCode.TOO_MANY_SUBSCRIPTIONS, detail))
            return
        if self._allowed is not None and (foreign := [each for each in watches if each not in self._allowed]):
            kind, name = foreign[0]
            detail = (
                f"the socket's ticket is not for {kind} {name}: open another socket, with one that names it"
            )
            await self._answer(refusal(403, HttpCode.FORBIDDEN, detail))
            return
        hub = self._service.hub
        async with self._share.turn():
            self._let_go(watches)
            cursor = hub.cursor
            # no await between the cursor, the ring and the attaching: nothing falls between
            self._share.watched += len(watches)
            for watch in watches:
                self._watched[watch] = ViewerSubscription(self._viewer.send, self._told)
                hub.attach(watch, self._watched[watch])
            missed = hub.since(request.cursor, watches) if request.cursor else None
        await self._answer(self._about("subscribed", request, resumed=missed is not None))
        if missed is not None:
            self._remember(len(request.revisions))
            for job_id, revision in request.revisions.items():
                self._told.mark_seen(job_id, max(revision, self._told.at(job_id)))
            await self._replay(watches, missed)
            return
        try:
            async with self._share.turns:
                standing = await self._service.ledger.read(snapshots.standing, watches)
        except LecternError:
            self._let_go(watches)
            raise
        told = list(standing.items())
        for start in range(0, len(told), WATCHES_IN_A_ROW):
            await self._viewer.room()  # whoever does not read must not keep the caller's others waiting
            async with self._share.turn():
                self._open(told[start : start + WATCHES_IN_A_ROW], cursor)

    def _remember(self, revisions: int) -> None:
        """Count what is remembered of jobs that a viewer need not watch: it takes what a watch takes."""
        more = min(revisions, MAX_TOLD - self._remembered)
        self._remembered += more
        self._share.watched += more

    def _open(self, standing: Sequence[tuple[Watch, JobUpdated | None]], cursor: Cursor) -> None:
        for watch, job in standing:
            if job is None:
                self._viewer.tell(unknown(watch, cursor).model_dump_json().encode())
            self._watched[watch].open(self._service.hub.snapshot(job, cursor) if job else None)

    async def _replay(self, watches: Sequence[Watch], missed: Sequence[Update]) -> None:
        """Tell what was missed at the viewer's pace, then what came meanwhile."""
        for update in missed:
            if update.revision > self._told.at(update.job_id):
                await self._viewer.room()
                self._told.mark_seen(update.job_id, update.revision)
                self._viewer.send(update)
        for watch in watches:
            self._watched[watch].open()

    def _let_go(self, watches: Sequence[Watch]) -> None:
        for watch in watches:
            subscription = self._watched.pop(watch, None)
            if subscription is not None:
                self._share.watched -= 1
                self._service.hub.detach(watch, subscription)

    async def _flooded(self) -> None:
        self._too_many += 1
        if self._too_many > PATIENCE_MESSAGES:
            self._viewer.close(POLICY_VIOLATION, b"too many messages")
            return
        detail = f"at most {MESSAGES_PER_SECOND} messages a second: this one was not obeyed"
        await self._answer(refusal(429, HttpCode.RATE_LIMITED, detail))

    async def _answer(self, answer: Model) -> None:
        await self._viewer.reply(answer.model_dump_json().encode())

    @staticmethod
    def _about(kind: Any, request: Subscribe | Unsubscribe, *, resumed: bool = False) -> Subscribed:
        return Subscribed(type=kind, job_ids=request.job_ids, video_ids=request.video_ids, resumed=resumed)


class JobsSocket:
    """The ASGI application of the path; one call per socket.

    Args:
        service: see :class:`Session`.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it closes."""
        protocol = lent(scope)
        await receive()  # websocket.connect
        await send({"type": "websocket.accept", "subprotocol": chosen(scope)})
        viewer = SocketConnection(protocol, _job_frame)
        grant = grant_of(scope)
        session = Session(self._service, viewer, share_of(scope), grant.watches if grant else None)
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                await session.take(message.get("text"))
        finally:
            session.end()
            viewer.gone()


def route(service: Service) -> WebSocketRoute:
    """Return the route of the socket."""
    endpoint: Any = JobsSocket(service)
    return WebSocketRoute(PATH, endpoint, name="jobs")
