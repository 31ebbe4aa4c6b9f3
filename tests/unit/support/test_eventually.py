import itertools

import pytest

from tests.support.eventually import eventually, eventually_sync


async def test_returns_the_first_truthy_value() -> None:
    counter = itertools.count()
    assert await eventually(lambda: next(counter)) == 1


async def test_awaits_an_async_predicate() -> None:
    counter = itertools.count()

    async def third() -> bool:
        return next(counter) == 2

    assert await eventually(third) is True


async def test_polls_plain_asserts_until_they_pass() -> None:
    seen: list[int] = []

    def grown() -> list[int]:
        seen.append(len(seen))
        assert len(seen) >= 3, "too short"
        return seen

    assert await eventually(grown) == [0, 1, 2]


async def test_failure_tells_what_was_waited_for_and_what_was_seen() -> None:
    def never() -> str:
        raise AssertionError("lag is 7")

    with pytest.raises(AssertionError, match=r"not within 0.05 s: the lag is gone .*lag is 7") as caught:
        await eventually(never, 0.05, message="the lag is gone")
    assert str(caught.value.__cause__) == "lag is 7"


async def test_failure_names_the_predicate_without_a_message() -> None:
    with pytest.raises(AssertionError, match=r"len\(\[\]\).*last saw the value False"):
        await eventually(lambda: len([]) > 0, 0.05)


async def test_another_exception_passes_at_once() -> None:
    looks = itertools.count()

    def broken() -> bool:
        next(looks)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await eventually(broken)
    assert next(looks) == 1


def test_works_without_an_event_loop() -> None:
    counter = itertools.count()
    assert eventually_sync(lambda: next(counter)) == 1
    with pytest.raises(AssertionError, match="not within 0 s"):
        eventually_sync(lambda: None, 0)
