"""Does a Kafka broker answer, and which? Two requests of the Kafka protocol over a plain socket.

Standard library only, so that starting a broker needs nothing installed.
"""

import contextlib
import os
import random
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

METADATA: Final = 3
API_VERSIONS: Final = 18
DESCRIBE_QUORUM: Final = 55
"""API key of KIP-595: only Apache Kafka's own Raft quorum answers it."""

PORTS: Final = range(20_000, 32_000)
"""Below those that systems lend to connections (32,768 and on with Linux): one of theirs that is free now may
be a connection's a moment later, and who wanted to listen on it cannot. Fewer: two who start at once meet."""

_METADATA_VERSION: Final = 1
"""Oldest version with the controller's id in the answer and without compact encodings."""

_CLIENT_ID: Final = b"lectern-probe"
_LARGEST_ANSWER: Final = 1 << 20
_PAUSE_SECONDS: Final = 0.01


class NoAnswerError(Exception):
    """Nobody answered in time, or not in the Kafka protocol."""


def address_of(bootstrap_server: str) -> tuple[str, int]:
    """Split ``host:port``; an IPv6 host stands in brackets.

    Raises:
        ValueError: it is neither.
    """
    host, colon, port = bootstrap_server.strip().rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError(f"{bootstrap_server!r} is not host:port")
    return host.removeprefix("[").removesuffix("]"), int(port)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that is free now; whoever wants it should take it soon.

    One of ``PORTS`` by chance, where there is one in a hundred tries; else any that the system gives.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in random.SystemRandom().sample(PORTS, 100):
        with contextlib.suppress(OSError), socket.socket(family) as taken:
            taken.bind((host, port))
            return port
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        found: int = taken.getsockname()[1]
        return found


def require_free(host: str, port: int) -> None:
    """Return if ``port`` can be listened on; else another's answer would be taken for our own.

    Raises:
        OSError: it is taken, or the host is not ours.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as wanted:
        if os.name == "posix":  # connections that just closed do not count; on Windows this would steal
            wanted.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            wanted.bind((host, port))
        except OSError as error:
            raise OSError(f"port {port} on {host} is not free ({error.strerror})") from None


def brokers_alive(bootstrap_server: str, timeout: float = 2.0) -> int:
    """Return how many brokers the cluster counts as alive; 0 while a lone broker is still fenced.

    Raises:
        NoAnswerError: nobody answered within ``timeout`` seconds.
    """
    # Metadata of no topic: an empty array. The answer begins with the array of brokers.
    answer = _request(bootstrap_server, METADATA, _METADATA_VERSION, struct.pack(">i", 0), timeout)
    return _unpack(">i", answer, 0)


def api_keys(bootstrap_server: str, timeout: float = 2.0) -> frozenset[int]:
    """Return the keys of the requests that the broker says it understands.

    Raises:
        NoAnswerError: nobody answered within ``timeout`` seconds.
    """
    answer = _request(bootstrap_server, API_VERSIONS, 0, b"", timeout)
    error, count = _unpack(">h", answer, 0), _unpack(">i", answer, 2)
    if error or not 0 <= count <= (len(answer) - 6) // 6:
        raise NoAnswerError(f"{bootstrap_server} does not say what it understands")
    return frozenset(_unpack(">h", answer, 6 + 6 * index) for index in range(count))


def is_apache_kafka(bootstrap_server: str, timeout: float = 2.0) -> bool:
    """Whether the broker is Apache Kafka and not merely compatible with it.

    Raises:
        NoAnswerError: nobody answered within ``timeout`` seconds.
    """
    return DESCRIBE_QUORUM in api_keys(bootstrap_server, timeout)


def wait_until_alive(bootstrap_server: str, timeout: float, still_starting: Callable[[], bool]) -> None:
    """Return once the cluster has a live broker.

    Args:
        bootstrap_server: ``host:port``.
        timeout: seconds to wait at most.
        still_starting: false once there is no hope, because the broker's process has ended.

    Raises:
        NoAnswerError: none in time, or its process ended.
    """
    deadline = time.monotonic() + timeout
    while still_starting():
        try:
            if brokers_alive(bootstrap_server, timeout=1.0) > 0:
                return
        except NoAnswerError:
            pass
        if time.monotonic() >= deadline:
            raise NoAnswerError(f"no broker answered at {bootstrap_server} within {timeout:g} s")
        time.sleep(_PAUSE_SECONDS)
    raise NoAnswerError("its process ended")


def _request(bootstrap_server: str, key: int, version: int, body: bytes, timeout: float) -> bytes:
    """Send one request and return the answer's body, without the correlation id."""
    header = struct.pack(">hhih", key, version, 1, len(_CLIENT_ID)) + _CLIENT_ID
    message = header + body
    try:
        with socket.create_connection(address_of(bootstrap_server), timeout) as connection:
            connection.sendall(struct.pack(">i", len(message)) + message)
            size = struct.unpack(">i", _receive(connection, 4))[0]
            if not 4 <= size <= _LARGEST_ANSWER:
                raise NoAnswerError(f"{bootstrap_server} does not speak the Kafka protocol")
            return _receive(connection, size)[4:]
    except OSError as error:
        raise NoAnswerError(f"no broker answers at {bootstrap_server}: {error}") from None


def _receive(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionError("it hung up")
        received += part
    return bytes(received)


def _unpack(form: str, answer: bytes, offset: int) -> int:
    try:
        value: int = struct.unpack_from(form, answer, offset)[0]
    except struct.error:
        raise NoAnswerError("the broker's answer is cut short") from None
    return value
