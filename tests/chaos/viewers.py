"""Viewers on the progress socket, who come back when they are cut off, and what they must have seen."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Iterator

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from contracts.events import JobCompleted, JobFailed
from tests.chaos.evidence import Connection, Evidence, Raw, Told, Viewing

GRACE_SECONDS = 3.0
"""From an event in the log to its message, on a busy machine; also around a connection's two ends."""
_STATUS = {JobCompleted.type: "COMPLETED", JobFailed.type: "FAILED"}
_ENDED = frozenset(_STATUS.values())


class Viewer:
    """Watches one video until told to stop, and hangs up at random moments.

    Args:
        url: the gateway's, ``ws://...``.
        video_id: what it watches.
        chance: when it hangs up.
    """

    def __init__(self, url: str, video_id: str, chance: random.Random) -> None:
        self._url = f"{url}/ws/videos/{video_id}/render-progress"
        self._chance = chance
        self.video_id = video_id
        self.connections: list[Connection] = []

    async def watch(self) -> None:
        """Connect and listen, for ever."""
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                await self._once()
            await asyncio.sleep(self._chance.uniform(0.05, 0.5))

    async def _once(self) -> None:
        async with connect(self._url, open_timeout=5, ping_timeout=10, close_timeout=1) as socket:
            connection = Connection(time.time())
            self.connections.append(connection)
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._chance.uniform(2, 40)):
                        async for frame in socket:
                            connection.told.append(Told(time.time(), json.loads(frame)))
            finally:
                connection.closed = time.time()

    def viewing(self) -> Viewing:
        """Return what was seen."""
        return Viewing(self.video_id, tuple(self.connections))


def check_viewings(evidence: Evidence) -> list[str]:
    """(h) Bars that fell, ends that were missed, last words that are not the last."""
    ends = [record for record in evidence.records if record.type in _STATUS and record.attempt]
    found: list[str] = []
    for viewing in evidence.viewings:
        mine = [end for end in ends if end.body.get("video_id") == viewing.video_id]
        problems = _problems(viewing, mine, evidence.ledger_outages)
        found.extend(f"{viewing.video_id}: {problem}" for problem in problems)
    return found


def _problems(viewing: Viewing, ends: list[Raw], away: list[tuple[float, float]]) -> Iterator[str]:
    yield from _falls(viewing, {end.body["job_id"] for end in ends if end.type == JobFailed.type})
    for number, connection in enumerate(viewing.connections):
        lasted = connection.opened + GRACE_SECONDS, connection.closed - GRACE_SECONDS
        before = [end for end in ends if end.at / 1000 < lasted[0] - GRACE_SECONDS]
        unknown = any(start < lasted[1] and lasted[0] < end for start, end in away)
        if before and not connection.told and lasted[1] > lasted[0] and not unknown:
            yield f"connection {number} was given no snapshot"
        for end in ends:
            if lasted[0] < end.at / 1000 < lasted[1] and not _heard(connection, end):
                yield f"connection {number} never heard that {end.attempt} is {_STATUS[end.type]}"
    told = [each.message for connection in viewing.connections for each in connection.told]
    last = max(ends, key=lambda end: end.at, default=None)
    open_at_the_end = (
        viewing.connections and last and viewing.connections[-1].closed > last.at / 1000 + GRACE_SECONDS
    )
    if last and open_at_the_end and (not told or told[-1]["status"] != _STATUS[last.type]):
        yield f"the last word was {told[-1] if told else 'never said'}, the end was {_STATUS[last.type]}"


def _heard(connection: Connection, end: Raw) -> bool:
    job = end.body["job_id"]
    return any(
        each.message["job_id"] == job and each.message["status"] == _STATUS[end.type]
        for each in connection.told
    )


def _falls(viewing: Viewing, failed: set[str]) -> Iterator[str]:
    """Progress may fall only where a new attempt begins: after an end that the viewer saw, or missed.

    Args:
        viewing: what was seen.
        failed: jobs of which an attempt failed; only those can have been retried while nobody looked.
    """
    standing: dict[str, tuple[str, int]] = {}
    for number, connection in enumerate(viewing.connections):
        for place, each in enumerate(connection.told):
            message = each.message
            job, status, progress = message["job_id"], message["status"], message["progress"]
            before = standing.get(job)
            missed = place == 0 and job in failed
            if before and before[0] not in _ENDED and progress < before[1] and not missed:
                yield f"connection {number}: {job} fell from {before[1]} to {progress}"
            if before and before[0] == "COMPLETED" and status != "COMPLETED":
                yield f"connection {number}: {job} went from COMPLETED to {status}"
            standing[job] = (status, progress)
