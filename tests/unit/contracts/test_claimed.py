"""What stands for an event that is larger than a record: whose it is, and where to find it."""

import pytest

from contracts.base import MAX_RECORD_BYTES, claim_check
from contracts.claimed import HEADER, MAX_EVENT_BYTES, ClaimedEvent, claimed_value, parse_claimed
from contracts.cloudevents import parse_event, value_of
from contracts.errors import ErrorCode, PermanentError
from tests.support.records import planned

EVENT = planned("j" * 128, index=2)
CLAIM = claim_check(value_of(EVENT), "application/json")
REFERS = [(HEADER, CLAIM.uri.encode())]


def test_a_bare_dump_says_whose_it_is_and_where_the_event_stands() -> None:
    record = parse_claimed(claimed_value(EVENT, CLAIM), REFERS)
    assert record is not None
    assert (record.type, record.job_id, record.attempt) == (EVENT.type, EVENT.job_id, 1)
    assert record.dataref == CLAIM
    assert record.is_of(EVENT)
    assert len(claimed_value(EVENT, CLAIM)) < MAX_RECORD_BYTES // 10


@pytest.mark.parametrize(
    "other", [planned("other", 2), planned("j" * 128, 1), planned("j" * 128, 2, attempt=2)]
)
def test_it_is_about_no_other_event(other: object) -> None:
    assert not ClaimedEvent.model_validate_json(claimed_value(EVENT, CLAIM)).is_of(other)


def test_a_record_that_carries_its_event_refers_to_none() -> None:
    assert parse_claimed(value_of(EVENT), [("ce_type", EVENT.type.encode())]) is None


def test_readers_of_before_take_it_for_no_event_at_all() -> None:
    with pytest.raises(PermanentError) as caught:
        parse_event(claimed_value(EVENT, CLAIM), [("ce_type", EVENT.type.encode()), *REFERS])
    assert caught.value.code is ErrorCode.EVENT_MALFORMED


@pytest.mark.parametrize("value", [None, b"", b"{}", b"[]", b"\xff", value_of(EVENT)])
def test_what_refers_to_nothing_is_malformed(value: bytes | None) -> None:
    with pytest.raises(PermanentError) as caught:
        parse_claimed(value, REFERS)
    assert caught.value.code is ErrorCode.EVENT_MALFORMED


def test_a_stranger_cannot_have_us_read_any_size() -> None:
    huge = CLAIM.model_copy(update={"bytes": MAX_EVENT_BYTES + 1})
    with pytest.raises(PermanentError, match="at most") as caught:
        parse_claimed(claimed_value(EVENT, huge), REFERS)
    assert caught.value.code is ErrorCode.EVENT_TOO_LARGE
