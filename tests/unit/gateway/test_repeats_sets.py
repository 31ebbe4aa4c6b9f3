"""Keys of repeated requests, claimed and answered in sets, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contracts.ledger_events import RequestAnswered
from services.gateway.ledger import idempotency, outbox
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.ledger.idempotency import LEASE, RECORDED_BYTES, Answer, Claim, Kept

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)
BODY = '{"job_id": "가 \'\\"\\u0000", "created": true}'


def claim(key: str, fingerprint: str = "f", at: datetime = NOW) -> Claim:
    return Claim(key, fingerprint, at)


async def test_of_two_calls_with_one_key_in_a_set_the_first_runs(ledger: Ledger) -> None:
    wanted = [claim("b", "1"), claim("a", "2"), claim("b", "3")]
    taken = await ledger.write(idempotency.claim_all, wanted)
    assert taken == [None, None, Kept("1", None, {}, b"")]


async def test_a_set_is_told_of_keys_that_were_taken_before(ledger: Ledger) -> None:
    long_ago = NOW - LEASE - timedelta(seconds=1)
    await ledger.write(idempotency.claim_all, [claim("dead", "old", long_ago)])
    await ledger.write(idempotency.claim_all, [claim("running"), claim("done", "d")])
    answer = Answer(claim("done", "d"), 201, {"location": "/x"}, BODY)
    await ledger.write(idempotency.keep_all, [answer])
    again = [claim("running", "other"), claim("dead", "new"), claim("done"), claim("fresh")]
    assert await ledger.write(idempotency.claim_all, again) == [
        Kept("f", None, {}, b""),
        None,  # whoever took it is gone
        Kept("d", 201, {"location": "/x"}, BODY.encode()),
        None,
    ]
    assert await ledger.write(idempotency.claim_all, [claim("dead")]) == [Kept("new", None, {}, b"")]


async def test_answers_of_a_set_stand_in_the_log_unless_a_record_cannot_hold_them(ledger: Ledger) -> None:
    claims = [claim(name, name, NOW + timedelta(microseconds=number)) for number, name in enumerate("abc")]
    await ledger.write(idempotency.claim_all, claims)
    answers = [Answer(each, 200 + number, {"etag": each.key}, BODY) for number, each in enumerate(claims)]
    answers[1] = replace(answers[1], body="가" * RECORDED_BYTES)
    await ledger.write(idempotency.keep_all, answers)
    events = [item.event for item in await ledger.read(outbox.pending, 10)]
    assert [event.job_id for event in events] == ["a", "c"]
    for event, answer in zip(events, answers[::2], strict=True):
        assert isinstance(event, RequestAnswered)
        assert (event.status, event.body, event.headers) == (answer.status, BODY, answer.headers)
        assert (event.fingerprint, event.at) == (
            answer.claim.fingerprint,
            NOW + timedelta(microseconds=event.status - 200),
        )
    kept = await ledger.write(idempotency.claim_all, [claim("b", "b")])
    assert kept == [Kept("b", 201, {"etag": "b"}, ("가" * RECORDED_BYTES).encode())]
