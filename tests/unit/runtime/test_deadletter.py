from contracts.errors import ErrorCode, PermanentError
from services.runtime.deadletter import fingerprint, headers_of
from services.runtime.retry import classify
from tests.support.records import FakeRecord

NASTY = (("ce_type", b"\xff\xfe"), ("twice", b"1"), ("twice", None))


def raised(message: str) -> PermanentError:
    try:
        raise PermanentError(ErrorCode.TTS_FAILED, message)
    except PermanentError as error:
        return error


def test_a_dead_letter_keeps_its_headers_and_says_why() -> None:
    error = raised("scene 3 cannot be spoken")
    headers = headers_of(FakeRecord(7, headers=NASTY), "tts", classify(error), error, attempts=2)
    assert tuple(headers[:3]) == NASTY
    why = {name: value.decode() for name, value in headers[3:] if value is not None}
    assert why["dlq.original.topic"] == "lectern.scene.planned.v1"
    assert why["dlq.original.offset"] == "7"
    assert why["dlq.attempts"] == "2"
    assert why["dlq.category"] == "permanent"
    assert why["dlq.code"] == "TTS_FAILED"
    assert why["dlq.exception.class"] == "contracts.errors.PermanentError"
    assert why["dlq.exception.message"] == "scene 3 cannot be spoken"
    assert "raised" in why["dlq.exception.stacktrace"]


def test_the_stack_trace_does_not_repeat_the_exceptions_text() -> None:
    error = raised("token-in-a-message")
    headers = dict(headers_of(FakeRecord(0), "tts", classify(ValueError("x")), error, attempts=1))
    assert b"token-in-a-message" not in (headers["dlq.exception.stacktrace"] or b"")


def test_failures_of_one_kind_share_a_fingerprint() -> None:
    one, two = raised("scene 1"), raised("scene 2")
    assert fingerprint("tts", classify(one), one) == fingerprint("tts", classify(two), two)
    assert fingerprint("tts", classify(one), one) != fingerprint("slides", classify(one), one)
