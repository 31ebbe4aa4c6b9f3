"""Named points of the engine at which a test kills this process as ``kill -9`` would.

Set ``LECTERN_CRASH_AT`` to ``name:count[:where]``: the process kills itself when it passes the point ``name``
for the ``count``-th time; with ``where`` only passings count whose place contains it (``composition``, or the
topic ``lectern.scene.drawn.v1``). With ``@path`` the plan is read from a file, one ``name:count[:where]``, at
every passing: a test arms a running process by writing the file, and the process takes the file away before
it dies, so that it crashes once however often it is started again.

Without the variable a point is a call of an empty function (some 40 ns), chosen when this module is imported.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

VARIABLE: Final = "LECTERN_CRASH_AT"

POINTS: Final = frozenset(
    {
        "engine.before_handler",  # admitted, nothing done
        "engine.before_publish",  # all artifacts stored, no output published
        "engine.after_publish",  # outputs acknowledged, the record not yet finished
        "engine.before_dead_letter",
        "engine.after_dead_letter",  # the letter is written, the ledger not told
        "engine.before_commit",
        "engine.after_commit",
        "engine.revoke_frozen",  # a rebalance has begun, running work has had its moment
        "engine.revoke_committed",  # and what was finished is committed
        "artifact.before_blob",
        "artifact.after_blob",
        "artifact.before_entry",  # all blobs of an action stored, the action not yet known
        "artifact.after_entry",
        "file.before_rename",  # a complete draft nobody sees
        "file.after_rename",
        "gather.before_part",
        "gather.after_part",
        "ledger.before_commit",
        "ledger.after_commit",  # the transaction stands, nobody was told
        "relay.before_claim",
        "relay.after_claim",  # a batch is read, none of it published
        "relay.before_publish",
        "relay.after_publish",  # acknowledged, still in the outbox
        "relay.before_delete",  # a batch acknowledged, all of it in the outbox
        "relay.after_delete",
        "callback.before_claim",
        "callback.after_claim",  # nobody else may send it, nobody has
        "callback.before_post",
        "callback.after_post",  # the backend has answered, the ledger does not know
        "callback.before_record",
        "callback.after_record",
    }
)
"""Every point there is; the crash matrix visits each at each stage that passes it."""

CrashPoint = Callable[..., None]


def chosen(environment: Mapping[str, str]) -> CrashPoint:
    """Return the function behind every point: an empty one unless the environment asks for a crash.

    Raises:
        ValueError: the plan names no point.
    """
    spec = environment.get(VARIABLE)
    if not spec:
        return _off
    plan = _FilePlan(Path(spec[1:])) if spec.startswith("@") else _FixedPlan(spec)
    counts: Counter[str] = Counter()
    lock = threading.Lock()  # points are passed in threads too

    def armed(name: str, where: str = "") -> None:
        with lock:
            wanted = plan.read()
            if wanted is None:
                return
            point, count, place = parse(wanted)
            if point != name or place not in where:
                return
            counts[wanted] += 1
            if counts[wanted] < count:
                return
            plan.take()
            os.kill(os.getpid(), signal.SIGKILL)

    return armed


def parse(spec: str) -> tuple[str, int, str]:
    """Split ``name:count[:where]``.

    Raises:
        ValueError: there is no such point, or the count is not a positive number.
    """
    name, _, rest = spec.partition(":")
    count, _, where = rest.partition(":")
    if name not in POINTS:
        raise ValueError(f"{VARIABLE}: there is no crash point {name!r}")
    if not count.isdecimal() or int(count) < 1:
        raise ValueError(f"{VARIABLE}: {spec!r} does not say at which passing")
    return name, int(count), where


class _FixedPlan:
    def __init__(self, spec: str) -> None:
        parse(spec)
        self._spec = spec

    def read(self) -> str | None:
        return self._spec

    def take(self) -> None:
        return


class _FilePlan:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        try:
            return self._path.read_text().strip() or None
        except FileNotFoundError:
            return None

    def take(self) -> None:
        self._path.unlink(missing_ok=True)


def _off(name: str, where: str = "") -> None:
    """Pass the point."""


crash_point: Final[CrashPoint] = chosen(os.environ)
