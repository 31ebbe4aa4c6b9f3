"""Works on suspects one at a time in the whole process, so that what it dies of is known.

A record that kills its process would come back for ever: how often it was begun is forgotten with the
process. After a death its neighbours are as suspect as it is, so each of them is worked on with nothing else
in hand, and that is committed before it begins. Who is alone when the process dies once more is one death
nearer to its end; who is finished is free.

While a suspect is ready nothing else is begun in this process, in any lane: what went on beside it could be
what kills. Other processes of the group are not concerned.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

import structlog

from services.runtime.engine.lanes import Lanes, Ready

MAX_DEATHS: Final = 3
"""Deaths of workers that a record may be in, the last two with nothing else in hand. Fewer: one that was in
hand by chance when somebody's processes were killed is given up. More: each costs the stage a start."""

MAX_DEATHS_AMONG_KILLS: Final = 6
"""The same where processes die of something else, too. Fewer: where machines are taken away every minute or
two, a record that takes seconds is alone in the hands of three by chance, about once in a thousand deaths."""

OTHER_DEATHS: Final = 2
"""Deaths within :data:`RECENT_MINUTES` that no record in hand turned out to be to blame for, from which on
processes are taken to die of something else. One may be a coincidence, or an operator's hand."""

RECENT_MINUTES: Final = 30
"""How long a death is remembered as a sign of what goes on. Longer: a bad morning protects a record that
kills in the afternoon. Shorter: kills every few minutes are each taken for the first."""

MAX_LOST: Final = 12
"""Deaths that are remembered: enough for :data:`MAX_DEATHS_AMONG_KILLS` of one record among others."""

QUIET_SECONDS: Final = 5.0
"""From one look to the next whether what is in hand has ended, and whether there is still a suspect."""

AGAIN_SECONDS: Final = 0.5
"""Until it is tried again to commit what is about to be begun."""

log = structlog.get_logger(__name__)


class Ward(Protocol):
    """One subscription's intake, as far as suspects are concerned."""

    lanes: Lanes

    @property
    def unresolved(self) -> Iterable[str]:
        """The workers whose deaths somebody here is still suspected of."""

    def suspects(self) -> Iterable[tuple[int, Ready]]:
        """Return the suspects that could be begun, and how many deaths each has been in."""

    async def work_alone(self, ready: Ready) -> bool:
        """Work on a suspect to its end; false if it could not be noted, and was not begun."""

    async def note_free(self) -> bool:
        """Note that nobody is worked on alone any more; say whether that stands."""


class Quarantine:
    """What the intakes of a process share.

    Args:
        now: seconds since 1970.

    Attributes:
        worker: what this process is called in the notes; another after each start.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.worker: Final = secrets.token_hex(4)
        self._now = now
        self._wards: list[Ward] = []
        self._wanted = asyncio.Event()
        self._sealed = False
        self._lost: dict[str, int] = {}
        self._touched: set[Ward] = set()

    def enroll(self, ward: Ward) -> None:
        """Take in an intake of this process."""
        self._wards.append(ward)

    def seal(self) -> None:
        """Begin nothing more in this process before :meth:`run` has dealt with the suspects."""
        self._wanted.set()
        if not self._sealed:
            self._sealed = True
            for ward in self._wards:
                ward.lanes.hold()

    async def run(self) -> None:
        """Deal with suspects whenever there are some, until cancelled."""
        while True:
            await self._wanted.wait()
            await self._deal()

    async def _deal(self) -> None:
        while (found := self._next()) is not None or self._touched:
            # before anything else begins, or it would be taken for the one that was alone
            if not await self._free(found[0] if found else None):
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            if found is None:
                continue
            for ward in self._wards:
                await ward.lanes.calm(QUIET_SECONDS)
            if any(ward.lanes.running for ward in self._wards) or self._next() != found:
                continue
            ward, ready = found
            self._touched.add(ward)
            if not await ward.work_alone(ready):
                await asyncio.sleep(AGAIN_SECONDS)
        self._wanted.clear()
        self._sealed = False
        for ward in self._wards:
            ward.lanes.release()

    async def _free(self, but: Ward | None) -> bool:
        """Have it noted, of all but one, that nobody is worked on alone; say whether that stands."""
        for ward in tuple(self._touched - {but}):
            if not await ward.note_free():
                return False
            self._touched.discard(ward)
        return True

    def _next(self) -> tuple[Ward, Ready] | None:
        """Return who comes next: the likeliest, so that the others wait for as few deaths as can be."""
        found = [(deaths, ward, ready) for ward in self._wards for deaths, ready in ward.suspects()]
        _, ward, ready = max(found, key=lambda each: each[0], default=(0, None, None))
        return None if ward is None or ready is None else (ward, ready)

    # --- what goes on -------------------------------------------------------------------------------------

    def heard(self, lost: Mapping[str, int]) -> None:
        """Take over which workers others found dead."""
        self._lost = {**lost, **self._lost}

    def died(self, worker: str) -> None:
        """Note a worker's death."""
        self._lost.setdefault(worker, self._minute)

    @property
    def lost(self) -> Mapping[str, int]:
        """The latest deaths, for others."""
        recent = {worker: at for worker, at in self._lost.items() if abs(self._minute - at) <= RECENT_MINUTES}
        self._lost = dict(sorted(recent.items(), key=lambda each: each[1])[-MAX_LOST:])
        return self._lost

    def guilty(self, deaths: int) -> bool:
        """Say whether a record that was in so many deaths is to be given up."""
        unresolved = {worker for ward in self._wards for worker in ward.unresolved}
        others = len(self.lost.keys() - unresolved)
        return deaths >= (MAX_DEATHS if others < OTHER_DEATHS else MAX_DEATHS_AMONG_KILLS)

    def explained(self, workers: Iterable[str]) -> None:
        """Forget deaths: a record was found that they came of."""
        for worker in workers:
            self._lost.pop(worker, None)
        self._touched.update(self._wards)  # it stands beside the offsets of all of them

    @property
    def _minute(self) -> int:
        return int(self._now() // 60)
