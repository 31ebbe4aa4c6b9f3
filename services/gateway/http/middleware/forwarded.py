"""What a proxy says of whom it forwards for: believed of proxies that the settings name, and of no other."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network

FORWARDING = frozenset(
    {b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip", b"via"}
)
"""What tells that a proxy has forwarded a request."""

MAX_HOPS = 20
"""Addresses of an ``X-Forwarded-For`` that are looked at, from its end. Fewer: a chain of named proxies is
taken for a client. More: work for whoever writes a long one."""

REMEMBERED = 4_096
"""Addresses that need not be parsed again."""


class Forwarded:
    """Takes a request's client and scheme from ``X-Forwarded-For`` and ``-Proto`` of a named proxy.

    The client is the last address that is no named proxy: those before it were written by the client. Its
    host is always ``Host``, and the header ``Forwarded`` is not read: a proxy that writes one kind of header
    hands on the other as the client wrote it.

    Args:
        app: what is behind.
        proxies: who is believed.
    """

    def __init__(self, app: ASGIApp, proxies: Sequence[Network]) -> None:
        self._app = app
        self._proxies = tuple(proxies)
        self._named = lru_cache(REMEMBERED)(self._is_named)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        client = scope.get("client")
        if client is not None and self._named(client[0]):
            self._believe(scope)
        await self._app(scope, receive, send)

    def _believe(self, scope: Scope) -> None:
        chains, scheme = [], ""
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                chains.append(value.decode("latin-1"))
            elif name == b"x-forwarded-proto":
                scheme = value.decode("latin-1").strip().lower()
        if scheme in {"http", "https"}:
            scope["scheme"] = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme
        for said in reversed(",".join(chains).rsplit(",", MAX_HOPS)[-MAX_HOPS:]):
            address = _address_of(said.strip())
            if address is None:
                return  # the proxy stands for whom it does not tell
            if not self._named(address):
                scope["client"] = (address, 0)
                return

    def _is_named(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._proxies)


def _address_of(said: str) -> str | None:
    """Return the address in one part of the header, without the port that some proxies add."""
    if said.startswith("["):
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        return str(ip_address(said))
    except ValueError:
        return None


@lru_cache(REMEMBERED)
def neighbourhood(address: str) -> str:
    """Return what a client's rate is counted by: an address, or the /64 that one IPv6 customer has whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
