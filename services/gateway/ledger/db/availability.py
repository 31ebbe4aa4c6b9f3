"""Whether the ledger can be used: what the process says of itself while its database is away."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
import structlog

from contracts.errors import ErrorCode, TransientError

PROBE_SECONDS = 5.0
"""From one proof that the ledger can be written to the next. Shorter: an idle process writes for nothing.
Longer: a gateway that can record nothing says "ready" that long."""

RETRY_SECONDS = 1.0
"""The same while it is away. Shorter: a server that starts up is hammered. Longer: work waits although it is
back."""

ANSWER_SECONDS = 5.0
"""For the proof. Shorter: a busy disk is taken for gone. Longer: so is a silent one, but later."""

FRESH_SECONDS = 7.5
"""How long a call that failed stands against the ledger although a probe went well: a disk may have room for
a probe and none for a record, which is tried again within less."""

log = structlog.get_logger(__name__)


def away(why: str) -> TransientError:
    """Return the error of a ledger that cannot be used now; what waits for it waits however long it takes."""
    return TransientError(ErrorCode.LEDGER_UNAVAILABLE, f"the ledger cannot be used: {why}")


def touch(conn: sa.Connection) -> None:
    """Write something that changes nothing: reading would do on a full disk, too."""
    conn.exec_driver_sql(TOUCH)


TOUCH = "UPDATE alembic_version SET version_num = version_num"
"""The one row that every ledger has."""


class Standing:
    """What is known of the ledger: by probes, which decide, and by calls that failed.

    Attributes:
        why: why the last probe failed; ``None`` if it went well.
    """

    def __init__(self) -> None:
        self.why: TransientError | None = None
        self._since: float | None = None
        self._failed: tuple[float, TransientError] | None = None
        self._doubted = asyncio.Event()
        self._looked = 0.0

    @property
    def seconds(self) -> float:
        """For how long it has been away; 0 when it is there."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    def problems(self) -> list[str]:
        """Return why nothing can be recorded, empty when it can."""
        error = self.why or self._fresh_failure()
        return [f"ledger: {error}, for {self.seconds:.0f} s"] if error else []

    def absence(self) -> TransientError:
        """Return the error of a call that is not even tried, because the last probe failed."""
        return TransientError(ErrorCode.LEDGER_UNAVAILABLE, self.why.message if self.why else "")

    def doubt(self) -> None:
        """Have the next probe come at once."""
        self._doubted.set()

    def failed(self, error: Exception) -> None:
        """Note that a call failed; has the next probe come at once if the ledger was the reason."""
        if isinstance(error, TransientError) and error.code is ErrorCode.LEDGER_UNAVAILABLE:
            self._failed = (time.monotonic(), error)
            self._began(error)
            self._doubted.set()

    def probed(self, error: Exception | None) -> None:
        """Note how a probe ended; one that met a bug of ours says nothing about the ledger."""
        if isinstance(error, TransientError):
            self.why = error
            self._began(error)
            return
        self.why = None
        if error is not None:
            log.error("ledger.probe", exc_info=error)
        if self._since is not None and self._fresh_failure() is None:
            log.warning("ledger.back", seconds=round(self.seconds, 1))
            self._since = None

    async def watch(self, probe: Callable[[], Awaitable[object]]) -> None:
        """Probe until cancelled.

        Args:
            probe: proves that the ledger can be written; raises as calls do. Not at once: the ledger was
                opened a moment ago.
        """
        while True:
            await self.until_next_probe()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await probe()
            except TimeoutError:
                self.probed(away(f"no answer within {ANSWER_SECONDS:g} s"))
            except Exception as error:  # noqa: BLE001  # whatever it is, the next probe must come
                self.probed(error)
            else:
                self.probed(None)

    async def until_next_probe(self) -> None:
        """Wait until the ledger should be looked at: soon if it is away, at once if a call failed first."""
        if self._since is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PROBE_SECONDS):
                    await self._doubted.wait()
        await asyncio.sleep(max(0.0, self._looked + RETRY_SECONDS - time.monotonic()))
        self._doubted.clear()
        self._looked = time.monotonic()

    def _began(self, error: TransientError) -> None:
        if self._since is None:
            self._since = time.monotonic()
            log.warning("ledger.away", error=str(error))

    def _fresh_failure(self) -> TransientError | None:
        if self._failed is None or time.monotonic() - self._failed[0] > FRESH_SECONDS:
            return None
        return self._failed[1]
