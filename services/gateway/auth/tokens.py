"""Who may do what: bearer tokens with scopes, compared by hash and in constant time."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

SUBPROTOCOL = "lectern"
SUBPROTOCOL_BEARER = "lectern.bearer."
"""Browsers cannot set headers on a WebSocket: they offer ``lectern`` and ``lectern.bearer.<token>``."""


SHORTEST_SECRET = 16
"""Characters of a token that stands in the clear; shorter ones can be guessed."""


class Scope(StrEnum):
    """What a token is good for."""

    READ = "read"
    WRITE = "write"
    INTERNAL = "internal"
    """What the backend calls: ``/video/job/*`` and the log of callbacks."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token: its holder's name, what it is good for, and SHA-256 of its secret; the secret is not kept."""

    name: str
    scopes: frozenset[Scope]
    digest: bytes

    @classmethod
    def of(cls, name: str, scopes: Iterable[Scope], secret: str) -> "ApiToken":
        """Return the token of a secret."""
        return cls(name, frozenset(scopes), digest_of(secret))


def digest_of(secret: str) -> bytes:
    """Return what of a secret is kept; secrets are long and random, so no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


class Tokens:
    """The tokens there are."""

    def __init__(self, tokens: Iterable[ApiToken]) -> None:
        self._tokens = tuple(tokens)

    def __bool__(self) -> bool:
        return bool(self._tokens)

    def holder(self, secret: str) -> ApiToken | None:
        """Return the token of a secret, ``None`` if it is nobody's; takes as long either way."""
        digest, found = digest_of(secret), None
        for token in self._tokens:
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found


def bearer_of(header: str | None) -> str | None:
    """Return the secret of an ``Authorization`` header (RFC 6750), ``None`` if it is no bearer's."""
    scheme, _, secret = (header or "").partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None
