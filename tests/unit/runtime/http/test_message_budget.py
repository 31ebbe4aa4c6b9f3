"""h11's connection with a budget counts each message for itself."""

import h11
import pytest

from services.runtime.http.message_budget import HEAD_BYTES, HEADERS, BudgetedH11, HeadTooLargeError

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"


def read(connection: BudgetedH11, data: bytes) -> None:
    """Read all of a message."""
    connection.receive_data(data)
    while not isinstance(connection.next_event(), h11.EndOfMessage):
        pass


def answered(connection: BudgetedH11) -> None:
    connection.send(h11.Response(status_code=204, headers=[]))
    connection.send(h11.EndOfMessage())
    connection.start_next_cycle()


def test_bodies_and_headers_are_counted_from_nothing_with_each_message() -> None:
    connection = BudgetedH11(h11.SERVER, HEAD_BYTES)
    small = b"X: a\r\n" * (HEADERS - 2)
    for _ in range(3):
        read(connection, POST.replace(b"\r\n\r\n", b"\r\n" + small + b"\r\n"))
        assert (connection.body_bytes, connection.outside, connection.head_due) == (5, 0, True)
        answered(connection)
    with pytest.raises(HeadTooLargeError):
        read(connection, POST.replace(b"\r\n\r\n", b"\r\n" + small + b"X: a\r\n\r\n"))
