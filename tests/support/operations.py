"""How much work a call does, counted instead of timed: the same on any machine, however busy."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

_ROOT = Path(__file__).parents[2]
_COUNTED = tuple(str(_ROOT / part) for part in ("services", "contracts"))


@dataclass
class Operations:
    """What was counted.

    Attributes:
        total: lines of this repository's code that were executed, each time they were; all loops of a
            function and of what it calls are made of them.
        deafest: most of them between two looks at whether the work was canceled.
    """

    total: int = 0
    deafest: int = 0
    _looked: int = 0

    def look(self) -> None:
        """Take the place of the check of a cancel."""
        self.deafest = max(self.deafest, self.total - self._looked)
        self._looked = self.total


def counted(work: Callable[[Callable[[], None]], Any]) -> Operations:
    """Return how many lines ``work`` executes; it is given the check for a cancel.

    Single calls into C are one line, whatever they cost: what they are given must be bounded, and regular
    expressions are measured by :mod:`tests.support.regex_steps`.
    """
    found = Operations()

    def line(_frame: FrameType, event: str, _arg: object) -> Any:
        if event == "line":
            found.total += 1
        return line

    def call(frame: FrameType, _event: str, _arg: object) -> Any:
        return line if frame.f_code.co_filename.startswith(_COUNTED) else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        work(found.look)
    finally:
        sys.settrace(before)
    found.look()
    return found
