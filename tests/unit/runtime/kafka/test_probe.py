import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.runtime.kafka.probe import (
    PORTS,
    NoAnswerError,
    address_of,
    api_keys,
    brokers_alive,
    free_port,
    require_free,
    wait_until_alive,
)


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that gives every connection the same answer and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _framed(body: bytes) -> bytes:
    return struct.pack(">ii", len(body) + 4, 1) + body


def test_counts_the_brokers_of_the_answer() -> None:
    with answering(_framed(struct.pack(">i", 3))) as address:
        assert brokers_alive(address) == 3


def test_reads_the_keys_of_the_answer() -> None:
    body = struct.pack(">hi", 0, 2) + struct.pack(">hhh", 3, 0, 12) + struct.pack(">hhh", 55, 0, 1)
    with answering(_framed(body)) as address:
        assert api_keys(address) == {3, 55}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        struct.pack(">i", 2),
        _framed(b""),
        _framed(b"\0\0\x7f\xff\xff\xff"),
        struct.pack(">ii", 100, 1),
    ],
)
def test_whoever_does_not_speak_kafka_gives_no_answer(answer: bytes) -> None:
    with answering(answer) as address, pytest.raises(NoAnswerError):
        api_keys(address)


def test_gives_up_when_the_process_has_ended() -> None:
    with pytest.raises(NoAnswerError, match="process ended"):
        wait_until_alive(f"127.0.0.1:{free_port()}", 60, lambda: False)


def test_gives_up_in_time() -> None:
    nobody = f"127.0.0.1:{free_port()}"
    with pytest.raises(NoAnswerError, match=nobody):
        wait_until_alive(nobody, 0.05, lambda: True)


def test_addresses() -> None:
    assert address_of("kafka.example:9092") == ("kafka.example", 9092)
    assert address_of("[::1]:9092") == ("::1", 9092)
    for wrong in ("kafka", "kafka:", ":9092", "kafka:0", "kafka:65536", "kafka:nine"):
        with pytest.raises(ValueError, match="is not host:port"):
            address_of(wrong)


def test_a_taken_port_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} .* is not free"):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", port)


def test_a_free_port_is_none_that_the_system_lends_to_connections() -> None:
    assert all(free_port() in PORTS for _ in range(50))
