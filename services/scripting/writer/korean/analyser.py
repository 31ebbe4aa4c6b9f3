"""The Korean morphological analyser, one for the process."""

import functools
import threading
from typing import Any

LONGEST_ANALYSED = 1_000
"""Longest text, in characters, whose morphemes are looked at: more is no sentence. A call cannot be
interrupted; one of this length takes some 40 ms. Smaller, and honest sentences of a law lose their endings.
"""

_loading = threading.Lock()


@functools.cache
def _load() -> Any:
    from kiwipiepy import Kiwi  # noqa: PLC0415 - 1.4 s and 520 MB, only once somebody needs Korean morphemes

    return Kiwi(num_workers=1)


def kiwi() -> Any:
    """Return the analyser, loaded on first use, once per process; call it in a worker thread."""
    with _loading:
        return _load()
