"""The fence: which attempt of each job is alive, as the control topic tells every worker."""

from collections.abc import Awaitable, Callable

from contracts.events import ControlChanged
from services.runtime.cancel import CancelToken

Dead = Callable[[], object]


def _never() -> bool:
    return False


async def _nothing() -> None:
    return


class Fence:
    """Knows each job's live attempt and stops work of dead ones.

    A job the fence has not heard of is alive: control may lag behind the work it announces. An attempt
    newer than the announced one is alive for the same reason.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, tuple[int, bool]] = {}
        self._working: dict[str, dict[CancelToken, tuple[int, Dead]]] = {}
        self._doubtful: Callable[[], bool] = _never
        self._settle: Callable[[], Awaitable[None]] = _nothing

    def __len__(self) -> int:
        return len(self._jobs)

    def apply(self, control: ControlChanged) -> None:
        """Take over a control event; older attempts never win, and a cancel is final for its attempt."""
        attempt, canceled = self._jobs.get(control.job_id, (0, False))
        if control.attempt < attempt:
            return
        canceled = control.canceled or (canceled and control.attempt == attempt)
        self._jobs[control.job_id] = (control.attempt, canceled)
        for token, (working, dead) in list(self._working.get(control.job_id, {}).items()):
            if not self.alive(control.job_id, working):
                token.cancel()
                dead()

    def forget(self, job_id: str) -> None:
        """Drop a job that the control topic has a tombstone for."""
        self._jobs.pop(job_id, None)

    def alive(self, job_id: str, attempt: int) -> bool:
        """Whether results of this attempt may still be published."""
        live, canceled = self._jobs.get(job_id, (0, False))
        return attempt > live or (attempt == live and not canceled)

    def guard(self, doubtful: Callable[[], bool], settle: Callable[[], Awaitable[None]]) -> None:
        """Have :meth:`certain` ask ``doubtful`` whether control may have been missed; ``settle`` reads it."""
        self._doubtful, self._settle = doubtful, settle

    async def certain(self, job_id: str, attempt: int) -> bool:
        """Whether an attempt is alive, by what the control topic says now.

        A process that was stopped, or whose loop was blocked, wakes with results in its hands and without
        having heard of a cancel: it reads the control topic up to its end before it believes itself.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``: it cannot be read.
        """
        if self._doubtful():
            await self._settle()
        return self.alive(job_id, attempt)

    def enter(self, job_id: str, attempt: int, token: CancelToken, dead: Dead) -> None:
        """Register work in hand; ``dead`` is called once when its attempt dies."""
        self._working.setdefault(job_id, {})[token] = (attempt, dead)

    def leave(self, job_id: str, token: CancelToken) -> None:
        """Take work out again."""
        tokens = self._working.get(job_id)
        if tokens is not None:
            tokens.pop(token, None)
            if not tokens:
                del self._working[job_id]
