import errno

import pytest
from aiokafka.errors import KafkaConnectionError

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.runtime.engine.retry import Category, Failure, RetryPolicy, classify

TRANSIENT = Failure(Category.TRANSIENT, ErrorCode.STORAGE_UNAVAILABLE, "away")


@pytest.mark.parametrize(
    ("error", "category", "code"),
    [
        (PermanentError(ErrorCode.TTS_FAILED, "x"), Category.PERMANENT, ErrorCode.TTS_FAILED),
        (TransientError(ErrorCode.STORAGE_FULL, "x"), Category.TRANSIENT, ErrorCode.STORAGE_FULL),
        (OSError(errno.ENOSPC, "full"), Category.TRANSIENT, ErrorCode.STORAGE_FULL),
        (OSError(errno.EFBIG, "a file too large"), Category.TRANSIENT, ErrorCode.STORAGE_FULL),
        (ConnectionResetError(), Category.TRANSIENT, ErrorCode.INTERNAL_ERROR),
        (TimeoutError(), Category.TRANSIENT, ErrorCode.INTERNAL_ERROR),
        (KafkaConnectionError(), Category.TRANSIENT, ErrorCode.BROKER_UNAVAILABLE),
        (ZeroDivisionError(), Category.UNEXPECTED, ErrorCode.INTERNAL_ERROR),
    ],
)
def test_failures_are_sorted(error: Exception, category: Category, code: ErrorCode) -> None:
    failure = classify(error)
    assert (failure.category, failure.code) == (category, code)


def test_the_text_of_an_unexpected_error_is_not_repeated() -> None:
    assert "hunter2" not in classify(ValueError("password hunter2")).message


def test_permanent_failures_are_not_tried_again() -> None:
    failure = Failure(Category.PERMANENT, ErrorCode.TTS_FAILED, "x")
    assert RetryPolicy().delay(failure, 1, lambda: 0.5) is None


def test_backoff_doubles_up_to_its_cap_and_ends() -> None:
    policy = RetryPolicy(first=1, cap=5, tries=6)
    delays = [policy.delay(TRANSIENT, tried, lambda: 0.999999) for tried in range(1, 7)]
    assert [round(delay, 2) for delay in delays if delay is not None] == [1, 2, 4, 5, 5]
    assert delays[-1] is None


def test_jitter_keeps_at_least_half_of_the_delay() -> None:
    assert RetryPolicy(first=1).delay(TRANSIENT, 1, lambda: 0.0) == 0.5


def test_a_record_waits_for_kafka_however_long() -> None:
    failure = Failure(Category.TRANSIENT, ErrorCode.BROKER_UNAVAILABLE, "away")
    assert RetryPolicy(cap=5).delay(failure, 5000, lambda: 0.999999) == pytest.approx(5, rel=1e-3)


def test_unexpected_failures_get_few_tries() -> None:
    failure = Failure(Category.UNEXPECTED, ErrorCode.INTERNAL_ERROR, "x")
    policy = RetryPolicy()
    assert policy.delay(failure, 2, lambda: 0) is not None
    assert policy.delay(failure, 3, lambda: 0) is None
