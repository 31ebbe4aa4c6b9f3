"""Programs of the machine's own that some tests need, and no package of ours brings."""

import os
import shutil
from typing import Final

import pytest

REQUIRE: Final = "LECTERN_REQUIRE_PROGRAMS"
"""With ``1`` a missing program is a failure, so that a machine that lost it cannot pass by skipping."""

PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin"
"""Debian keeps servers where only root's path looks."""


def program(*names: str, package: str) -> str:
    """Return where the first of ``names`` is that is there; skips the test, and says why, where none is.

    Args:
        names: by which it may be known.
        package: of Debian, which has it.
    """
    for name in names:
        if path := shutil.which(name, path=PATH):
            return path
    missing = f"needs {' or '.join(names)} (apt-get install {package})"
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(f"{REQUIRE}=1, but the test {missing}")
    pytest.skip(missing)
