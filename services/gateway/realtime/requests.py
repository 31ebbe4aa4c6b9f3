"""What clients of ``/ws/v2/jobs`` may say, and how they are told that they said something else."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from contracts.base import Id, Model, at_most
from contracts.errors import ErrorCode, PermanentError
from contracts.renderspec import explain
from services.gateway.live.cursors import Cursor
from services.gateway.live.replay_buffer import Watch, of_job, of_video
from services.runtime.http.problems import TYPE_BASE, title_of

MAX_WATCHES = 500
"""Jobs and videos that one socket may watch. More: a second socket."""


_Watched = Annotated[tuple[Id, ...], Field(max_length=MAX_WATCHES), at_most(MAX_WATCHES)]


class _Message(Model):
    model_config = ConfigDict(extra="forbid")  # a misspelt field is told, not ignored


class Subscribe(_Message):
    """Tell me of these from now on."""

    type: Literal["subscribe"] = "subscribe"
    job_ids: _Watched = ()
    video_ids: _Watched = ()
    cursor: Cursor | None = Field(
        default=None, description="the last one received: what came since is told instead of snapshots"
    )
    revisions: Annotated[
        dict[Id, Annotated[int, Field(ge=0)]], Field(max_length=MAX_WATCHES), at_most(MAX_WATCHES)
    ] = Field(
        default_factory=dict,
        description="with a cursor: the newest revision received of each job, which is not told again",
    )


class Unsubscribe(_Message):
    """Tell me no more of these."""

    type: Literal["unsubscribe"] = "unsubscribe"
    job_ids: _Watched = ()
    video_ids: _Watched = ()


class Ping(_Message):
    """Are you there?"""

    type: Literal["ping"] = "ping"


Request = Subscribe | Unsubscribe | Ping
_REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="type")])


class Subscribed(Model):
    """Answer to both: what it was about; whether what was missed follows, or snapshots do."""

    type: Literal["subscribed", "unsubscribed"]
    job_ids: tuple[Id, ...]
    video_ids: tuple[Id, ...]
    resumed: bool = False


class Unknown(Model):
    """The snapshot of what there is nothing of, yet: it is watched all the same."""

    type: Literal["snapshot"] = "snapshot"
    cursor: Cursor
    job_id: Id | None = None
    video_id: Id | None = None
    job: None = None


class Refused(Model):
    """Answer to what cannot be done: a problem (RFC 9457) with our codes."""

    type: Literal["error"] = "error"
    problem: str
    title: str
    status: int
    detail: str
    code: str


def request_of(text: str | None) -> Request:
    """Return what a message says.

    Raises:
        PermanentError: ``COMMAND_INVALID``: that is nothing we know; says what is wrong.
    """
    if text is None:
        raise PermanentError(ErrorCode.COMMAND_INVALID, "messages are JSON in text frames, not binary ones")
    try:
        return _REQUEST.validate_json(text)
    except ValidationError as error:
        raise PermanentError(ErrorCode.COMMAND_INVALID, explain(error)) from None


def watches_of(request: Subscribe | Unsubscribe) -> list[Watch]:
    """Return what a request names, each once.

    Raises:
        PermanentError: ``COMMAND_INVALID``: nothing.
    """
    named = [*map(of_job, request.job_ids), *map(of_video, request.video_ids)]
    if not named:
        raise PermanentError(ErrorCode.COMMAND_INVALID, f"{request.type}: name job_ids or video_ids")
    return list(dict.fromkeys(named))


def unknown(watch: Watch, cursor: Cursor) -> Unknown:
    """Return the snapshot of a watch that nothing is known of."""
    kind, name = watch
    return Unknown(
        cursor=cursor, job_id=name if kind == "job" else None, video_id=name if kind == "video" else None
    )


def refusal(status: int, code: str, detail: str) -> Refused:
    """Return the answer to what cannot be done."""
    return Refused(
        problem=f"{TYPE_BASE}{code}", title=title_of(status), status=status, detail=detail, code=code
    )
