"""What to do about a failure: park the key and try again, or give the record up."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from aiokafka.errors import KafkaError

from contracts.errors import CanceledError, ErrorCode, LecternError, PermanentError, TransientError
from services.runtime.artifacts.files import FULL


class Category(StrEnum):
    """Why a record failed, as far as trying again is concerned."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True)
class Failure:
    """A classified failure."""

    category: Category
    code: ErrorCode
    message: str


def classify(error: BaseException) -> Failure:
    """Sort an exception; an unknown one is worth a few tries, and its text is not repeated: it may tell."""
    if isinstance(error, PermanentError | CanceledError):
        return Failure(Category.PERMANENT, error.code, error.message)
    if isinstance(error, TransientError):
        return Failure(Category.TRANSIENT, error.code, error.message)
    if isinstance(error, LecternError):
        return Failure(Category.UNEXPECTED, error.code, error.message)
    if isinstance(error, KafkaError):
        return Failure(Category.TRANSIENT, ErrorCode.BROKER_UNAVAILABLE, f"Kafka: {type(error).__name__}")
    if isinstance(error, MemoryError):
        return Failure(
            Category.UNEXPECTED,
            ErrorCode.WORKER_DIED,
            "a worker has not enough memory for this, with nothing else in hand; make it smaller, or give "
            "the stage's workers more memory, and try the job again",
        )
    if isinstance(error, OSError) and error.errno in FULL:
        return Failure(Category.TRANSIENT, ErrorCode.STORAGE_FULL, "no space left on the device; free some")
    if isinstance(error, OSError | TimeoutError | asyncio.TimeoutError):
        return Failure(Category.TRANSIENT, ErrorCode.INTERNAL_ERROR, f"{type(error).__name__} while working")
    return Failure(
        Category.UNEXPECTED, ErrorCode.INTERNAL_ERROR, f"unexpected {type(error).__name__}; see the log"
    )


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").

    Attributes:
        first: upper bound of the first delay, seconds.
        cap: upper bound of any delay, seconds. Smaller: an outage is hammered. Larger: a key stays parked
            long after the outage ended.
        tries: tries of a transient failure; 9 of them span about two minutes, longer than a broker or
            store restart takes.
        unexpected_tries: tries of an unexpected one: a bug repeats itself, a race does not.
        wait_cap: upper bound of a pause while what is waited for is away, seconds. Smaller: it is asked more
            often, by every lane. Larger: work stands still that long after it is back.
    """

    first: float = 0.5
    cap: float = 30.0
    tries: int = 9
    unexpected_tries: int = 3
    wait_cap: float = 5.0

    def wait(self, waited: int, random: Callable[[], float]) -> float:
        """Return how many seconds to pause for what is waited for without end.

        Args:
            waited: tries that met its absence so far, this one included.
            random: uniform in [0, 1).
        """
        return self._jittered(self.wait_cap, waited, random)

    def delay(self, failure: Failure, tried: int, random: Callable[[], float]) -> float | None:
        """Return how many seconds to wait before the next try, or ``None`` to give up.

        Args:
            failure: what happened.
            tried: tries so far, this one included.
            random: uniform in [0, 1).
        """
        delay = self._jittered(self.cap, tried, random)
        if failure.code is ErrorCode.BROKER_UNAVAILABLE:
            return delay  # giving up needs Kafka too: the record waits for it, however long
        limit = {
            Category.PERMANENT: 1,
            Category.TRANSIENT: self.tries,
            Category.UNEXPECTED: self.unexpected_tries,
        }[failure.category]
        return delay if tried < limit else None

    def _jittered(self, cap: float, tried: int, random: Callable[[], float]) -> float:
        bound: float = min(cap, self.first * 2.0 ** min(tried - 1, 30))
        return bound * (0.5 + 0.5 * random())
