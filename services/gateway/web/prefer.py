"""``Prefer`` (RFC 7240): how long a caller is ready to wait."""

MAX_WAIT_SECONDS = 120.0
"""Longest that ``Prefer: wait`` keeps a call open; past it most proxies have cut it."""


def asked_wait(prefer: str | None) -> float | None:
    """Return how many seconds a ``Prefer`` header asks to wait; ``None`` if it says nothing of that.

    Preferences that are unknown or make no sense are ignored, as the RFC says; so are parameters.
    """
    preferences = [part.partition(";")[0].strip().lower() for part in (prefer or "").split(",")]
    for preference in preferences:
        name, _, value = preference.partition("=")
        seconds = value.strip().removeprefix('"').removesuffix('"')
        if name.strip() == "wait" and seconds.isascii() and seconds.isdecimal():
            return min(float(seconds), MAX_WAIT_SECONDS)
    return 0.0 if "respond-async" in preferences else None


def wait_seconds(prefer: str | None, default: float) -> float:
    """Return how long a call waits, from its ``Prefer`` header; ``default`` if that says nothing of it."""
    asked = asked_wait(prefer)
    return default if asked is None else asked


def applied(wait: float) -> str:
    """Return the ``Preference-Applied`` of a call that could wait so many seconds."""
    return f"wait={wait:g}" if wait else "respond-async"
