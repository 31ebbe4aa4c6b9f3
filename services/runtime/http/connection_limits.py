"""How many connections a server holds, of whom, and how much of what is not yet a request.

When there is no room, whoever has owed us something for longest makes some: a silent connection, half a head,
half a body, one that is kept open between requests. So a flood of those pushes out itself, and not the honest
ones, whose requests are whole within milliseconds. Only where all are at work is a newcomer refused.
"""

import ipaddress
from collections.abc import Callable
from typing import Protocol

from services.runtime.http.newcomers import Newcomers
from services.runtime.observability.metrics import CONNECTIONS

MOST_CONNECTIONS = 32_768
"""In all, where the system would allow more. Fewer: viewers are refused that a gateway can serve. More: an
idle one takes up to 20 kB, so that 650 MB are lost to whoever only connects."""

SPARE_DESCRIPTORS = 192
"""Of those that the process may open, kept for Kafka, ledger and files (60), for what was accepted in one
turn of the event loop and not yet counted (``ACCEPTED_AT_ONCE``), and for ``LINGERING``. Fewer: where
connections are many, files cannot be opened, and ``accept`` itself fails."""

ACCEPTED_AT_ONCE = 64
"""Connections that are accepted in one turn of the event loop. Fewer: 10,000 viewers who come back after a
restart take more turns. More: descriptors are spent before anybody has counted."""

LINGERING = 64
"""Connections that were refused and stay for a moment, so that their peer can read why. Fewer: under attack
more honest clients see a reset. More: descriptors."""

FILES_SHARE = 8
"""One in so many descriptors is kept for finished files that are being sent. Smaller: fewer connections.
Larger: fewer downloads at once."""

ADDRESS_SHARE = 0.75
"""Of all, what one address may have unless it is set. Less: behind a proxy, which is one address, the rest
lies idle. More: nothing is left for others."""

HELD_BYTES = 64 << 20
"""Of requests that are not whole or wait, and of answers that are not taken, over all connections; above it,
the oldest of them goes. Fewer: honest uploads of the largest size (1 MiB), and slow downloads, disturb each
other. More: memory for whoever never ends what it began."""


class Guest(Protocol):
    """A connection, as the limits see it."""

    def make_room(self) -> None:
        """Be off, or drop what is unfinished behind an answer under way: others need the place."""


class _Address:
    """What connections of one address share."""

    __slots__ = ("open", "waiting")

    def __init__(self) -> None:
        self.open = 0
        self.waiting: dict[Place, None] = {}


class Place:
    """A connection's place; all of its methods may be called again without harm.

    Args:
        limits: where it is counted.
        key: of its address.
        guest: who has it; let go of when the place is given up, or taken over by :meth:`keep`.
    """

    __slots__ = ("_address", "_guest", "_limits", "held", "key", "waits")

    def __init__(self, limits: "ConnectionLimits", key: str, address: _Address, guest: Guest) -> None:
        self._limits = limits
        self.key = key
        self._address: _Address | None = address
        self._guest: Guest | None = guest
        self.held = 0
        self.waits = False

    def wait(self) -> None:
        """Note that the peer owes us something, so that the place may be taken."""
        if not self.waits and self._address is not None and self._guest is not None:
            self.waits = True
            self._limits.waiting[self] = self._address.waiting[self] = None

    def work(self) -> None:
        """Note that we owe the peer something."""
        if self.waits and self._address is not None:
            self.waits = False
            del self._limits.waiting[self], self._address.waiting[self]

    def hold(self, size: int) -> None:
        """Say how many bytes the connection keeps for its peer."""
        if size != self.held and self._address is not None:
            self._limits.hold(self, size)

    def keep(self) -> None:
        """Keep the place for good, for a connection that has become a WebSocket."""
        self.hold(0)
        self.work()
        self._guest = None

    def leave(self) -> None:
        """Give the place up."""
        if self._address is not None:
            self.keep()
            self._limits.left(self.key, self._address)
            self._address = None

    def clear(self) -> None:
        """Have the guest make room; the place is free at once."""
        guest = self._guest
        self.leave()
        if guest is not None:
            guest.make_room()

    def lighten(self) -> None:
        """Have the guest drop what it holds; an answer that is under way keeps the place."""
        if self._guest is not None:
            self._guest.make_room()


class ConnectionLimits:
    """The connections of one server.

    Args:
        in_all: most connections.
        per_address: most of one address (of one /64 network with IPv6, of which any host has all addresses);
            ``ADDRESS_SHARE`` of all when left out.

    Attributes:
        waiting: places that may be taken, who has waited for longest first.
        open: connections that are counted.
        held: bytes of requests that are not whole or wait, and of answers that are not taken.
        newcomers: who waits to be let in.
    """

    def __init__(self, in_all: int, per_address: int | None = None) -> None:
        self.in_all = in_all
        self.per_address = per_address or max(1, int(in_all * ADDRESS_SHARE))
        self.waiting: dict[Place, None] = {}
        self.open = 0
        self.held = 0
        self.newcomers = Newcomers()
        self._lingering = 0
        self._holding: dict[Place, None] = {}
        self._addresses: dict[str, _Address] = {}

    def enter(self, guest: Guest, host: str) -> Place | str:
        """Give a new connection its place; or say what there are too many of: ``address`` or ``all``."""
        key = network_of(host)
        address = self._addresses.get(key) or _Address()
        if address.open >= self.per_address and not _cleared(address.waiting):
            return "address"
        if self.open >= self.in_all and not _cleared(self.waiting):
            return "all"
        self._addresses[key] = address  # which may have been forgotten with its last connection, just now
        address.open += 1
        self.open += 1
        CONNECTIONS.inc()
        return Place(self, key, address, guest)

    def left(self, key: str, address: _Address) -> None:
        """Count a connection out."""
        address.open -= 1
        self.open -= 1
        CONNECTIONS.dec()
        if not address.open and self._addresses.get(key) is address:
            del self._addresses[key]

    def hold(self, place: Place, size: int) -> None:
        """Count what is kept; above ``HELD_BYTES``, the oldest of it goes."""
        self._count(place, size)
        while size and self.held > HELD_BYTES and self._holding:
            oldest = next(iter(self._holding))
            self._count(oldest, 0)
            oldest.lighten()

    def _count(self, place: Place, size: int) -> None:
        self.held += size - place.held
        place.held = size
        if size:
            self._holding.setdefault(place)
        else:
            self._holding.pop(place, None)

    def linger(self) -> Callable[[], None] | None:
        """Return what ends a refused connection's moment; ``None`` when too many have one."""
        if self._lingering >= LINGERING:
            return None
        self._lingering += 1
        return self._lingered

    def _lingered(self) -> None:
        self._lingering -= 1


def _cleared(places: dict[Place, None]) -> bool:
    oldest = next(iter(places), None)
    if oldest is not None:
        oldest.clear()
    return oldest is not None


def network_of(host: str) -> str:
    """Return whose an address is: IPv6's first 64 bits belong to one customer, often to one device."""
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))


def descriptors() -> int:
    """Return how many connections the process's descriptors allow, at most ``MOST_CONNECTIONS``."""
    try:
        import resource  # noqa: PLC0415 - there is none on Windows, and no such limit
    except ImportError:
        return MOST_CONNECTIONS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, max(soft // 4, soft - soft // FILES_SHARE - SPARE_DESCRIPTORS))


def files() -> int:
    """Return how many finished files may be open at once: each takes a descriptor beside its connection's."""
    return max(1, descriptors() // FILES_SHARE)
