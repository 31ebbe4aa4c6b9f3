"""Stream tickets: what a browser shows in a URL where it cannot show a token. One opens one connection, once.

A ticket is random, and signed with the hash of the token it was made with: a guess, and a ticket whose token
is gone, are recognised without the ledger, which alone knows whether it was used. Whoever reads the ledger
finds hashes; whoever reads the settings can sign, but nobody's ticket is in the ledger for that.

The ids of the events of a stream that a ticket opened end with a proof, random as well. An ``EventSource``
whose connection broke comes back by itself with the same URL and the last of these ids: the proof shows that
it is the one who opened the stream. The URL alone, which ends in histories and the logs of proxies, does not.
"""

import base64
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.types import Scope as Connection

from services.gateway.auth.access import AccessSettings, AuthMode
from services.gateway.auth.tokens import ApiToken, Scope, digest_of
from services.gateway.ledger import tickets as kept
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.live.replay_buffer import Watch
from services.gateway.metrics import STREAM_TICKETS

PREFIX = "lst_"
"""Begins every ticket: :mod:`services.runtime.observability.redaction` and scanners know one by it."""

NONCE_BYTES = 16
"""Randomness of a ticket and of a proof. Fewer: guesses become thinkable."""

SIGNATURE_BYTES = 16

CLOCK_TOLERANCE = timedelta(seconds=5)
"""How far the clocks of two gateways may be apart. Less: a ticket made by a slow clock is refused by a fast
one. More: an expired ticket is good for so much longer."""

MAX_UNUSED = 5_000
"""Unused tickets of one token: as many as the default rate gives out in a second. Fewer: pages that all come
back after a restart are refused. More: each one that is made counts more rows."""

_TEXT = re.compile(r"lst_[A-Za-z0-9_-]{43}")
_SIGNED = b"lectern stream ticket\0"
GRANT_KEY = "lectern.grant"
"""Where a connection's scope holds what its ticket opened."""

AGAIN = "ask for a new one by POST /api/v2/stream-tickets"

NOBODY = ApiToken("", frozenset({Scope.READ}), b"")
"""Signs where no token is needed."""


class TicketRefusedError(Exception):
    """A ticket opens nothing (any more); says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new ticket, which is told once."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """What a ticket opened.

    Attributes:
        watches: what may be watched on the connection.
        proof: what the ids of the stream's events end with, if it may be resumed.
    """

    watches: frozenset[Watch]
    proof: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What a ticket is shown at.

    Attributes:
        watch: what is watched there; ``None`` where that is said later, in messages.
        stream: whether it is an event stream, which can be resumed.
    """

    watch: Watch | None
    stream: bool


class Tickets:
    """Makes tickets, and lets each open one connection.

    Args:
        ledger: where they are kept; shared by all gateways, and so is what one of them gave out.
        access: whose tokens sign, and how long tickets last.
        now: the clock.
    """

    def __init__(self, ledger: Ledger, access: AccessSettings, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._now = now
        self.lifetime = timedelta(seconds=access.ticket_seconds)
        self._resumable = timedelta(seconds=access.ticket_resume_seconds)
        self._signers = [token for token in access.tokens if Scope.READ in token.scopes]
        if access.auth is AuthMode.OFF:
            self._signers.append(NOBODY)

    async def issue(self, token: ApiToken | None, watches: Sequence[Watch]) -> Issued | None:
        """Return a ticket for ``watches``, ``None`` where the token has too many that nobody used.

        Args:
            token: whose; ``None`` where no token is needed.
            watches: what it is for, each once.

        Raises:
            TransientError: ``LEDGER_UNAVAILABLE``.
        """
        signer = token if token is not None and token in self._signers else NOBODY
        nonce = secrets.token_bytes(NONCE_BYTES)
        text = PREFIX + _encoded(nonce + _signature(signer, nonce))
        now = self._now()
        expires_at = now + self.lifetime
        done = await self._ledger.write(
            kept.issue,
            _hashed(text),
            signer.name,
            watches,
            expires_at=expires_at,
            now=now,
            prune_before=now - CLOCK_TOLERANCE,
            most=MAX_UNUSED,
        )
        if not done:
            return None
        STREAM_TICKETS.labels("issued").inc()
        return Issued(text, expires_at)

    def holder(self, text: str) -> ApiToken | None:
        """Return the token that a ticket was made with, ``None`` if it was with none of today's."""
        if not _TEXT.fullmatch(text):
            return None
        signed = base64.urlsafe_b64decode(text.removeprefix(PREFIX) + "=")
        nonce, signature, found = signed[:NONCE_BYTES], signed[NONCE_BYTES:], None
        for token in self._signers:
            if hmac.compare_digest(_signature(token, nonce), signature):
                found = token
        return found

    async def redeem(self, text: str, target: Target, last_event_id: str) -> Grant:
        """Open a connection with a ticket, or resume the stream that it opened.

        Args:
            text: the ticket; :meth:`holder` knows it.
            target: what it shall open.
            last_event_id: as it was sent, empty if it was not.

        Raises:
            TicketRefusedError: it was used, has expired, or is for something else, which does not use it up.
            TransientError: ``LEDGER_UNAVAILABLE``.
        """
        digest, now = _hashed(text), self._now()
        ticket = await self._ledger.read(kept.find, digest)
        if ticket is None or now > ticket.expires_at + CLOCK_TOLERANCE:
            raise TicketRefusedError(f"the ticket was used or has expired: {AGAIN}")
        if target.watch is not None and target.watch not in ticket.watches:
            kind, name = target.watch
            raise TicketRefusedError(f"the ticket is not for {kind} {name}: {AGAIN} that names it")
        if ticket.proof is not None:
            proof = _proof_in(last_event_id)
            if not (target.stream and hmac.compare_digest(ticket.proof, _hashed(proof))):
                raise TicketRefusedError(f"the ticket was used, and opens one connection: {AGAIN}")
            STREAM_TICKETS.labels("resumed").inc()
            return Grant(ticket.watches, proof)
        if target.watch is not None and target.stream and self._resumable:
            grant = Grant(frozenset({target.watch}), proof=(proof := secrets.token_urlsafe(NONCE_BYTES)))
            until = now + self._resumable
            mine = await self._ledger.write(kept.bind, digest, target.watch, _hashed(proof), until=until)
        else:
            grant = Grant(ticket.watches)
            mine = await self._ledger.write(kept.spend, digest)
        if not mine:
            raise TicketRefusedError(f"the ticket was used, and opens one connection: {AGAIN}")
        STREAM_TICKETS.labels("opened").inc()
        return grant


def grant_of(scope: Connection) -> Grant | None:
    """Return what a ticket opened, ``None`` for a connection that was opened without one."""
    grant = scope.get(GRANT_KEY)
    return grant if isinstance(grant, Grant) else None


def with_proof(event: bytes, proof: bytes) -> bytes:
    """Return an event, whose first line is its id, with a proof at the end of that."""
    identity, _, rest = event.partition(b"\n")
    return b"%s.%s\n%s" % (identity, proof, rest)


def without_proof(last_event_id: str) -> str:
    """Return the bookmark in the id of an event, empty if there was none yet."""
    return last_event_id.partition(".")[0]


def _proof_in(last_event_id: str) -> str:
    return last_event_id.partition(".")[2]


def _signature(token: ApiToken, nonce: bytes) -> bytes:
    return hmac.digest(token.digest, _SIGNED + nonce, "sha256")[:SIGNATURE_BYTES]


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _hashed(text: str) -> str:
    return digest_of(text).hex()
