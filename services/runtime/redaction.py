"""Keeps secrets out of logs, events and dead letters."""

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache

_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|CREDENTIAL", re.IGNORECASE)
_URL_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_TICKET = re.compile(r"\blst_[A-Za-z0-9_-]{20,}")
"""A stream ticket, which stands in URLs, and URLs stand in messages of other people's libraries."""

_SHORTEST = 6
"""Shorter values would blank out innocent text."""


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of the variables whose names say that they are secret, longest first."""
    values = {v for name, v in environment.items() if _SECRET_NAME.search(name) and len(v) >= _SHORTEST}
    return tuple(sorted(values, key=len, reverse=True))


@cache
def _process_secrets() -> tuple[str, ...]:
    return secrets_of(os.environ)


def redact(text: str, secrets: Iterable[str] | None = None) -> str:
    """Return ``text`` without secret values, URL credentials, authorization values and stream tickets."""
    for secret in _process_secrets() if secrets is None else secrets:
        text = text.replace(secret, "***")
    return _TICKET.sub("lst_***", _BEARER.sub(r"\1 ***", _URL_USERINFO.sub("***@", text)))
