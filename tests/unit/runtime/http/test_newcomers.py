"""Newcomers are let in one by one, addresses in turn."""

import pytest

from services.runtime.http import newcomers
from services.runtime.http.newcomers import CROWD, Newcomers
from tests.support.eventually import eventually


class Guest:
    def __init__(self, name: str, inside: list[str]) -> None:
        self._name = name
        self._inside = inside

    def let_in(self) -> None:
        self._inside.append(self._name)


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "NEWCOMER_SECONDS", 0.0)


async def test_the_first_goes_in_at_once_and_the_others_when_addresses_have_had_their_turns() -> None:
    inside: list[str] = []
    door = Newcomers()
    names = ["a1", "a2", "a3", "a4", "b1", "c1", "b2"]
    assert [door.come(Guest(name, inside), name[0]) for name in names] == [True, *[False] * 6]
    assert inside == []
    await eventually(lambda: len(inside) == 6)
    assert inside == ["a2", "b1", "c1", "a3", "b2", "a4"]
    await eventually(lambda: door.come(Guest("d1", inside), "d"), message="nobody waits: at once again")


async def test_of_a_crowd_several_go_in_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "NEWCOMER_SECONDS", 3_600)
    inside: list[str] = []
    door = Newcomers()
    for number in range(1 + 3 * CROWD):
        door.come(Guest(str(number), inside), "a")
    door.go_on()
    assert len(inside) == 1 + 3


async def test_one_that_breaks_keeps_nobody_else_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "NEWCOMER_SECONDS", 3_600)

    class Broken:
        def let_in(self) -> None:
            raise ValueError

    inside: list[str] = []
    door = Newcomers()
    for guest in (Guest("first", inside), Broken(), Guest("last", inside)):
        door.come(guest, "a")
    with pytest.raises(ValueError):  # noqa: PT011
        door.go_on()
    assert not door.come(Guest("later", inside), "a")  # the door goes on by itself
    door.go_on()
    assert inside == ["last"]
