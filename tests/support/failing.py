"""Cases that are known to fail: a list file that may only shrink."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet


def cases(names: Iterable[str], failing: Path) -> list[ParameterSet]:
    """Return a parameter for each name; those that a file lists have to fail, so that a mended one is struck.

    Args:
        names: of all cases, which are their ids.
        failing: one name a line; a line that begins with ``# `` is a comment.
    """
    lines = (line.strip() for line in failing.read_text(encoding="utf-8").splitlines())
    listed = {line for line in lines if line and not line.startswith("# ")}
    names = list(names)
    assert listed <= set(names), f"{failing.name} lists what there is not: {sorted(listed - set(names))}"
    strict = pytest.mark.xfail(reason=f"listed in {failing.name}", strict=True, raises=AssertionError)
    return [pytest.param(name, id=name, marks=[strict] if name in listed else []) for name in names]
