"""What was never given, told from what was merely passed over; against a model that knows all."""

from hypothesis import given
from hypothesis import strategies as st

from services.runtime.engine.unread import Unread


def given_to(*offsets: int, committed: int | None = None) -> Unread:
    unread = Unread()
    if committed is not None:
        unread.begins(committed)
    for offset in offsets:
        unread.given(offset)
    return unread


def test_what_was_read_and_then_deleted_is_not_missed() -> None:
    assert given_to(0, 1, 2, committed=0).below(3) == 0


def test_what_lay_ahead_and_is_gone_is_counted_once() -> None:
    unread = given_to(0, 1, committed=0)
    assert unread.below(6) == 4
    assert unread.below(6) == 0
    assert unread.below(8) == 2


def test_what_the_client_passed_over_in_silence_is_counted() -> None:
    """It went on at the log's start by itself, and gave what lies there."""
    assert given_to(0, 1, 6, 7, committed=0).below(6) == 4


def test_the_start_may_have_been_asked_for_before_it_moved() -> None:
    unread = given_to(0, 1, 6, committed=0)
    assert unread.below(0) == 0
    assert unread.below(6) == 4


def test_what_ends_transactions_is_passed_over_and_not_missed() -> None:
    unread = given_to(0, 2, 4, committed=0)
    for _ in range(2):
        assert unread.below(0, position=6) == 0
    assert unread.below(6, position=6) == 0


def test_a_record_given_before_it_is_known_what_is_committed() -> None:
    unread = given_to(9)
    unread.begins(5)
    assert unread.below(8) == 3


def test_a_group_that_never_committed_has_missed_nothing() -> None:
    assert given_to(9, 10).below(9) == 0
    assert Unread().below(100) == 0


@given(
    st.lists(st.tuples(st.sampled_from(["read", "delete", "look", "again"]), st.integers(1, 5)), max_size=40)
)
def test_exactly_the_deleted_unread_are_counted(steps: list[tuple[str, int]]) -> None:
    unread, start, next_, told, missed = Unread(), 0, 0, 0, 0
    unread.begins(0)
    for what, count in steps:
        if what == "read":
            next_ = max(next_, start)
            for offset in range(next_, next_ + count):
                unread.given(offset)
            next_ += count
        elif what == "delete":
            before, start = start, start + count
            missed += max(0, start - max(next_, before))
        elif what == "again":
            for offset in range(max(start, next_ - count), next_):
                unread.given(offset)
        else:
            told += unread.below(start)
    assert told + unread.below(start) == missed
