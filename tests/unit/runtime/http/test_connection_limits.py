"""Who gets a connection, who makes room for it, and what is kept of requests that are not whole."""

import pytest

from services.runtime.http import connection_limits
from services.runtime.http.connection_limits import ConnectionLimits, Place, network_of


class Guest:
    def __init__(self, limits: ConnectionLimits, host: str) -> None:
        self.gone = 0
        place = limits.enter(self, host)
        assert isinstance(place, Place), place
        self.place = place

    def make_room(self) -> None:
        self.gone += 1


def test_who_has_waited_for_longest_makes_room_and_who_works_does_not() -> None:
    limits = ConnectionLimits(3, 3)
    works, first, second = (Guest(limits, f"10.0.0.{n}") for n in range(3))
    for each in (works, first, second):
        each.place.wait()
    works.place.work()
    third = Guest(limits, "10.0.0.9")
    assert [each.gone for each in (works, first, second)] == [0, 1, 0]
    third.place.wait()
    Guest(limits, "10.0.0.9")
    assert [each.gone for each in (works, first, second, third)] == [0, 1, 1, 0]
    third.place.work()
    assert limits.enter(works, "10.0.0.7") == "all"
    assert limits.open == 3


def test_an_address_makes_room_for_itself_alone() -> None:
    limits = ConnectionLimits(10, 2)
    other = Guest(limits, "10.0.0.1")
    other.place.wait()
    first, second = Guest(limits, "10.0.0.2"), Guest(limits, "::ffff:10.0.0.2")
    assert limits.enter(first, "10.0.0.2") == "address"
    second.place.wait()
    Guest(limits, "10.0.0.2")
    assert (other.gone, first.gone, second.gone) == (0, 0, 1)


def test_places_that_were_given_up_twice_are_counted_once() -> None:
    limits = ConnectionLimits(2, 2)
    guest = Guest(limits, "::1")
    guest.place.wait()
    guest.place.hold(10)
    for _ in range(2):
        guest.place.leave()
    guest.place.wait()
    guest.place.hold(5)
    assert (limits.open, limits.held, len(limits.waiting)) == (0, 0, 0)


def test_a_websocket_keeps_its_place() -> None:
    limits = ConnectionLimits(1, 1)
    guest = Guest(limits, "10.0.0.1")
    guest.place.wait()
    guest.place.keep()
    assert limits.enter(guest, "10.0.0.2") == "address" or limits.enter(guest, "10.0.0.2") == "all"
    guest.place.leave()
    assert isinstance(limits.enter(guest, "10.0.0.2"), Place)


def test_above_64_mib_of_what_is_held_the_oldest_go() -> None:
    limits = ConnectionLimits(2_000, 2_000)
    guests = [Guest(limits, "10.0.0.1") for _ in range(1_500)]
    for guest in guests:
        guest.place.wait()
        guest.place.hold(64 * 1024)
    kept = connection_limits.HELD_BYTES // (64 * 1024)
    assert [guest.gone for guest in guests] == [1] * (1_500 - kept) + [0] * kept
    assert limits.held == connection_limits.HELD_BYTES
    guests[-1].place.hold(60 << 20)  # one that grows leaves room for little else
    assert limits.held <= connection_limits.HELD_BYTES
    assert guests[-1].gone == 0


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1%eth0", "2001:db8:1:2::/64"),
        ("", ""),
        ("a:b", "a:b"),
    ],
)
def test_a_host_of_ipv6_is_a_network(host: str, network: str) -> None:
    assert network_of(host) == network


@pytest.mark.parametrize(("soft", "most"), [(256, 64), (1_024, 704), (20_000, 17_308), (10**6, 32_768)])
def test_connections_leave_descriptors_for_everything_else(
    monkeypatch: pytest.MonkeyPatch, soft: int, most: int
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (soft, soft))
    assert connection_limits.descriptors() == most
    rest = soft - connection_limits.descriptors() - connection_limits.files()
    assert rest >= min(connection_limits.SPARE_DESCRIPTORS, soft // 2)
