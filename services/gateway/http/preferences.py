"""``Prefer`` (RFC 7240): how long a caller is ready to wait."""

MAX_WAIT_SECONDS = 120.0
"""Longest that ``Prefer: wait`` keeps a call open; past it most proxies have cut it."""


def wait_seconds(prefer: str | None, default: float) -> float:
    """Return how long a call waits, from its ``Prefer`` header (RFC 7240); nonsense is ignored."""
    preferences = [part.strip().lower() for part in (prefer or "").split(",")]
    for preference in preferences:
        name, _, value = preference.partition("=")
        if name.strip() == "wait" and value.strip().isdecimal():
            return min(float(value), MAX_WAIT_SECONDS)
    return 0.0 if "respond-async" in preferences else default


def applied(wait: float) -> str:
    """Return the ``Preference-Applied`` of a call that could wait so many seconds."""
    return f"wait={wait:g}" if wait else "respond-async"
