"""Who may call the gateway, from where and how often; read once at the edge."""

import re
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.errors import ErrorCode, PermanentError
from services.gateway.auth.tokens import SHORTEST_SECRET, ApiToken, Scope

_ENTRY = re.compile(r"(?P<name>[A-Za-z0-9_.-]{1,40})=(?P<scopes>[a-z+]+):(?P<secret>\S+)")
_HASH = re.compile(r"sha256:([0-9a-f]{64})")

SHORTEST_PREFIX = {4: 8, 6: 7}
"""Bits of a network of proxies, by IP version: as many as the largest private ones have. Fewer: half the
world is believed whom it forwards for."""


class AuthMode(StrEnum):
    """Whether callers must show a token."""

    TOKENS = "tokens"
    OFF = "off"
    """For local use, on a loopback address only."""


class AccessSettings(BaseSettings):
    """Tokens, origins and rates. Closed by default: without tokens nothing is answered but health."""

    model_config = SettingsConfigDict(
        env_prefix="LECTERN_ACCESS_",
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    auth: AuthMode | None = Field(default=None, validation_alias="GATEWAY_AUTH")
    """Left out, tokens are needed; only ``lectern up`` without tokens then turns it off by itself."""

    api_tokens: SecretStr | None = Field(default=None, validation_alias="GATEWAY_API_TOKENS")
    """``name=scope[+scope…]:secret``, separated by commas or spaces; scopes are read, write and internal;
    the secret stands in the clear or as ``sha256:<hex>``."""

    cors_origins: str = Field(default="", validation_alias="GATEWAY_CORS_ORIGINS")
    """Origins whose pages may call, separated by commas; none by default."""

    trusted_proxies: str = Field(default="", validation_alias="GATEWAY_TRUSTED_PROXIES")
    """Addresses and networks of the proxies in front, separated by commas; they alone are believed in their
    ``X-Forwarded-For`` and ``X-Forwarded-Proto``. Left out behind a proxy: all callers are one address. Named
    too widely: callers choose their addresses, and so have no rate."""

    rate: float = Field(default=5_000, ge=0, validation_alias="GATEWAY_RATE_PER_SECOND")
    """Requests a second of one token or, with tokens off, of one address; 0 for no limit. Who is not known
    has less in any case, see ``guard``. Lower: a busy backend is refused. Higher: one caller can take all."""

    viewers: int = Field(default=12_000, ge=0, validation_alias="GATEWAY_VIEWERS_PER_CALLER")
    """Sockets and event streams that one token (with its tickets), or one address without any, may have open
    at one gateway; 0 for no limit. Lower: the viewers of a large site, who share its token, are refused.
    Higher: one caller can take the memory, 31 kB each, and the descriptors of all."""

    waits: int = Field(default=250, ge=0, validation_alias="GATEWAY_WAITS_PER_CALLER")
    """Calls of one token, or of one address without any, that may wait at one gateway, for a script or by
    ``Prefer: wait``; 0 for no limit. Lower: a busy backend has to ask again. Higher: one caller keeps the
    ledger busy, into which each looks once a second."""

    ticket_seconds: float = Field(default=60, ge=5, le=600, validation_alias="GATEWAY_TICKET_SECONDS")
    """From the making of a stream ticket to its use, by the gateways' clocks, which may differ by five
    seconds. Shorter: a phone that changes its network in between asks twice. Longer: one that nobody used
    lies about in a URL for longer."""

    ticket_resume_seconds: float = Field(
        default=3_600, ge=0, le=86_400, validation_alias="GATEWAY_TICKET_RESUME_SECONDS"
    )
    """How long an event stream that a ticket opened may be resumed after a break; 0 for never. Shorter: a
    page that watches for longer needs another ticket. Longer: whoever has its URL and one of its events can
    watch for longer."""

    @field_validator("auth", "api_tokens", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @model_validator(mode="after")
    def _usable(self) -> Self:
        _ = self.proxies
        if len({token.digest for token in self.tokens}) < len(self.tokens):
            raise ValueError("GATEWAY_API_TOKENS: two tokens have one secret: whose rights it has is unclear")
        for origin in self.origins:
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
                raise ValueError("GATEWAY_CORS_ORIGINS must be like https://studio.example, comma-separated")
        return self

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins whose pages may call."""
        return tuple(self.cors_origins.replace(",", " ").split())

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Whom we believe for whom they forward."""
        return tuple(_network(entry) for entry in self.trusted_proxies.replace(",", " ").split())

    @property
    def tokens(self) -> tuple[ApiToken, ...]:
        """The tokens, by hash."""
        text = self.api_tokens.get_secret_value() if self.api_tokens else ""
        return tuple(_token(entry, number) for number, entry in enumerate(text.replace(",", " ").split(), 1))

    def local(self) -> "AccessSettings":
        """Return these settings for a system on one's own machine: no tokens needed where none are set."""
        if self.auth is None and self.api_tokens is None:
            return self.model_copy(update={"auth": AuthMode.OFF})
        return self

    def check(self, host: str, *, internal: bool) -> None:
        """Return if a gateway may listen on ``host``.

        Args:
            host: the address.
            internal: whether the backend's own token is set.

        Raises:
            PermanentError: ``SETTINGS_INVALID``: nobody could call, or anybody.
        """
        if self.auth is AuthMode.OFF and not is_loopback(host):
            raise PermanentError(
                ErrorCode.SETTINGS_INVALID,
                f"GATEWAY_AUTH=off is for loopback addresses only, not {host}: set GATEWAY_API_TOKENS",
            )
        if self.auth is AuthMode.OFF and self.proxies:
            raise PermanentError(
                ErrorCode.SETTINGS_INVALID,
                "GATEWAY_AUTH=off is for this machine only, and GATEWAY_TRUSTED_PROXIES for others that come"
                " through a proxy: set GATEWAY_API_TOKENS, or leave the proxies out",
            )
        if self.auth is not AuthMode.OFF and not self.tokens and not internal:
            raise PermanentError(
                ErrorCode.SETTINGS_INVALID,
                "no token is set: GATEWAY_API_TOKENS=name=read+write:SECRET, or GATEWAY_AUTH=off on a"
                " loopback address for local use",
            )


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _network(entry: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(entry)
    except ValueError:
        raise ValueError(
            f"GATEWAY_TRUSTED_PROXIES: {entry[:50]!r} is no address and no network, such as 10.0.0.7 or"
            " 10.0.0.0/24"
        ) from None
    if network.prefixlen < SHORTEST_PREFIX[network.version]:
        raise ValueError(f"GATEWAY_TRUSTED_PROXIES: {entry[:50]} is too wide: name the proxies alone")
    return network


def _token(entry: str, number: int) -> ApiToken:
    match = _ENTRY.fullmatch(entry)
    scopes = match["scopes"].split("+") if match else []
    if match is None or not set(scopes) <= set(Scope):
        raise ValueError(f"API token {number} must be name=scope+scope:secret with scopes {', '.join(Scope)}")
    hashed = _HASH.fullmatch(match["secret"])
    kinds = frozenset(Scope(scope) for scope in scopes)
    if hashed:
        return ApiToken(match["name"], kinds, bytes.fromhex(hashed[1]))
    if len(match["secret"]) < SHORTEST_SECRET:
        raise ValueError(f"the secret of API token {number} has fewer than {SHORTEST_SECRET} characters")
    return ApiToken.of(match["name"], kinds, match["secret"])
