"""What a stage declares: which topics it takes, with which handler. The engine does the rest."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID

from contracts.cloudevents import parse_event
from contracts.errors import ErrorCode, LecternError
from contracts.events import Event
from contracts.steps import Step
from contracts.topics import Topic
from services.runtime.artifacts import Artifacts
from services.runtime.cancel import CancelToken

T = TypeVar("T")


class Context(Protocol):
    """What a handler may use while one record is in its hands."""

    @property
    def event(self) -> Any:
        """The event (or command) being handled."""

    @property
    def artifacts(self) -> Artifacts:
        """Blobs, the action cache and the durable fold."""

    @property
    def cancel(self) -> CancelToken:
        """Set when the job is cancelled or superseded; pass it to long work and check it often."""

    @property
    def scratch(self) -> Path:
        """An empty folder, removed when the handler returns, fails or is cancelled."""

    def output_id(self, index: int | str = 0) -> UUID:
        """Return the deterministic id of the handler's ``index``-th output."""

    async def run(self, work: Callable[..., T], /, *args: Any) -> T:
        """Run blocking work that releases the GIL in the stage's thread pool.

        When the handler is cancelled, ``cancel`` is set and the thread is waited for, so that nothing of it
        goes on behind the scratch folder's back.
        """

    async def report(self, share: float) -> None:
        """Report that ``share`` (0-1) of this record's part of its step is done; best effort."""


Handler = Callable[[Any, Context], Awaitable[Sequence[Event]]]
"""Maps one event to the events that follow from it; their ids come from ``Context.output_id``."""


Decoder = Callable[[bytes | None, Iterable[tuple[str, bytes | None]]], Any]
"""Turns a record's value and headers into what the handler takes; raises ``PermanentError`` on poison."""

Rejection = Callable[
    [LecternError, bytes | None, bytes | None, Iterable[tuple[str, bytes | None]]], Sequence[Event]
]
"""Given why a record was given up on, its value, key and headers, the events that tell others."""


@dataclass(frozen=True)
class Subscription:
    """One topic a stage takes.

    Attributes:
        topic: where the events come from.
        handle: see :data:`Handler`.
        concurrency: how many records are in hand at once in one process.
        step: the progress step; the engine reports its part done when the handler's outputs are published.
        decode: see :data:`Decoder`; events unless said otherwise.
        breath: seconds from one look for records to the next while they come; a lone record waits for none.
            0: each is fetched as soon as it is there, the quickest and the dearest way.
        rejection: called for a record that goes to the dead letters; the ``StageFailed`` of a job's event
            is published in any case.
        waits_for: codes of transient failures that are no reason to give a record up, however long they last:
            of what the handler cannot do without, and no other record could either.
    """

    topic: Topic
    handle: Handler
    concurrency: int = 1
    step: Step | None = None
    decode: Decoder = parse_event
    poll_interval: float = 0.0
    rejection: Rejection | None = None
    waits_for: frozenset[ErrorCode] = frozenset()


async def _nothing() -> None:
    return


def _cold() -> None:
    return


@dataclass(frozen=True)
class Actor:
    """A stage: a name (also its consumer group and the ``dlq.stage`` of its dead letters) and its topics.

    Attributes:
        name: one of the worker names, or ``gateway``.
        subscriptions: the topics it takes.
        warm: loads what the first record would wait for and that holds the interpreter while it loads, such
            as a dictionary. Called in a thread by a process that runs this actor alone, before it joins its
            groups; where all actors share a process it is loaded when it is needed.
        start: awaited before the first record (open a client).
        stop: awaited after the last one.
    """

    name: str
    subscriptions: tuple[Subscription, ...]
    warm: Callable[[], object] = field(default=_cold, kw_only=True)
    start: Callable[[], Awaitable[None]] = field(default=_nothing)
    stop: Callable[[], Awaitable[None]] = field(default=_nothing)
