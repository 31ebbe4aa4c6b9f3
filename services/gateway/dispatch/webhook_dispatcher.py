"""Callbacks → backend: in order per job, backed off, settled in the ledger only when it has answered.

A crash between the answer and the ledger's note sends the same callback again, with the same
``webhook-id``, by which receivers tell repeats.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from contracts.errors import LecternError, TransientError
from services.gateway.backend.client import Answer
from services.gateway.ledger import callbacks
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.ledger.models import Callback
from services.runtime.fault_points import crash_point

Deliver = Callable[[Callback, datetime], Awaitable[Answer]]
"""Sends a callback, stamped with the moment; answers within its timeout, whatever happens."""

CONCURRENCY = 16
"""Callbacks under way at once. Fewer: one slow answer holds others up. More: a backend that comes back
after an outage is flooded."""

POLL_SECONDS = 1.0
"""Safety net for a wake-up that never came (a callback written by another gateway)."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 600.0
"""Seconds between tries, doubling. A longest pause that is shorter hammers a dead backend; a longer one
lets a repaired one wait."""

LEASE_MARGIN = 10.0
"""Seconds beyond the timeout of a delivery in which its outcome is surely noted."""

log = structlog.get_logger(__name__)


class Courier:
    """Delivers what the ledger leaves in its callbacks.

    Args:
        ledger: whose callbacks.
        deliver: see :data:`Deliver`.
        timeout: seconds a delivery takes at most.
        now: the clock.
        random: uniform in [0, 1), for jitter.
    """

    def __init__(
        self,
        ledger: Ledger,
        deliver: Deliver,
        *,
        timeout: float,
        now: Callable[[], datetime],
        random: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._deliver = deliver
        self._lease = timedelta(seconds=timeout + LEASE_MARGIN)
        self._now = now
        self._random = random
        self._woken = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._unnoted = 0

    def wake(self) -> None:
        """Look for callbacks now; called after a commit that may have left one."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is sent again by the next run."""
        failing = False
        try:
            while True:
                self._woken.clear()
                try:
                    pause = await self.once()
                    failing = False
                except LecternError as error:  # the ledger is busy or full
                    level = log.debug if failing else log.warning  # told once, not at every try
                    level("courier.failed", error=str(error))
                    failing, pause = True, POLL_SECONDS
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):  # wait_for would swallow a cancel that meets a wake-up
                        await self._woken.wait()
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def once(self) -> float:
        """Start what is due and has room; returns how many seconds nothing more needs to be looked for."""
        room = CONCURRENCY - len(self._under_way)
        if room <= 0 or self._unnoted:
            return POLL_SECONDS  # what is delivered and not noted would be claimed again
        due = await self._ledger.read(callbacks.next_due)
        if due is None:
            return POLL_SECONDS
        if (wait := (due - self._now()).total_seconds()) > 0:
            return min(wait, POLL_SECONDS)
        crash_point("callback.before_claim")
        claimed = await self._ledger.write(callbacks.claim, room, now=self._now(), lease=self._lease)
        if claimed:
            crash_point("callback.after_claim")
        for callback in claimed:
            task = asyncio.create_task(self._send(callback), name=f"callback-{callback.id}")
            self._under_way.add(task)
            task.add_done_callback(self._done)
        return POLL_SECONDS

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self._woken.set()  # there is room, and the subject's next callback may be sent

    async def _send(self, callback: Callback) -> None:
        crash_point("callback.before_post", callback.kind)
        answer = await self._deliver(callback, self._now())
        crash_point("callback.after_post", callback.kind)
        told = {"kind": callback.kind, "subject": callback.subject, "attempt": callback.attempt}
        try:
            if answer.error is None:
                crash_point("callback.before_record", "delivered")
                await self._note(callbacks.delivered, callback.id, now=self._now())
                crash_point("callback.after_record", "delivered")
                log.info("callback.delivered", **told, tries=callback.tries)
                return
            if answer.gone:
                log.warning("callback.gone", **told, tries=callback.tries, error=answer.error)
                await self._note(callbacks.gone, callback.id, answer.error, now=self._now())
                return
            pause = max(self._pause(callback.tries), min(answer.wait, LONGEST_PAUSE))
            log.warning("callback.failed", **told, tries=callback.tries, error=answer.error, pause=pause)
            now = self._now()
            due = now + timedelta(seconds=pause)
            crash_point("callback.before_record", "postponed")
            await self._note(callbacks.postponed, callback.id, answer.error, due=due, now=now)
            crash_point("callback.after_record", "postponed")
        except LecternError as error:  # it stays claimed; after the lease it is sent again
            log.warning("callback.unsettled", **told, error=str(error))

    async def _note(self, work: Callable[..., object], *args: object, **moments: datetime) -> None:
        """Write an outcome down; while the ledger is away it is kept in mind, not sent again."""
        self._unnoted += 1
        level = log.warning
        try:
            while True:
                try:
                    await self._ledger.write(work, *args, **moments)
                except TransientError as error:
                    level("callback.unnoted", error=str(error))
                    level = log.debug  # told once, not at every try
                    await asyncio.sleep(POLL_SECONDS)
                else:
                    return
        finally:
            self._unnoted -= 1

    def _pause(self, tries: int) -> float:
        bound = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 20))
        return bound * (0.5 + 0.5 * self._random())
