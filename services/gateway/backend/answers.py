"""What the backend's answers mean: here is the spec, there is none, come again, or something is wrong."""

from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from contracts.errors import ErrorCode, LecternError, PermanentError, TransientError
from services.runtime.outbound.client import body_of
from services.runtime.outbound.json_text import NotJsonError, UnreasonableJsonError, read_json
from services.runtime.outbound.wire import AnswerRefusedError

NO_SPEC = {204, 410}

PASSING = {408, 409, 423, 425, 429}
"""Refusals that may pass, besides 5xx and 404."""

GONE = 410
"""A receiver's wish not to be called again (Standard Webhooks)."""

LONGEST_WISH = 86_400.0
"""Seconds of ``Retry-After`` that are believed. Less: a long maintenance is hammered. More: a slip of the
backend's clock stops callbacks for days."""

_NO_JSON = object()


class ComeAgainError(Exception):
    """Another try may bring something else.

    Args:
        last: what is told after the last try; ``None`` for "there is no spec".
        wait: seconds that the backend asks us to wait.
    """

    def __init__(self, last: LecternError | None, wait: float = 0.0) -> None:
        super().__init__(str(last))
        self.last = last
        self.wait = wait


async def spec_of(response: httpx.Response, largest: int) -> Any:
    """Return the JSON of an answer to a question for a spec, ``None`` if there is none.

    There is none if the backend says so: with nothing, 204, 410, or with a 404 that has a JSON object and
    stays. A 404 or a 200 with anything else does not come from it, but from what stands in its place: a
    proxy, or a deploy that is under way.

    Args:
        response: whose body is still to be read.
        largest: bytes that are read at most.

    Raises:
        ComeAgainError: it may be another one soon.
        PermanentError: ``RENDER_SPEC_INVALID``: too large, compressed, or no reasonable JSON.
        TransientError: ``BACKEND_UNAVAILABLE``: it refuses us, and that does not pass by itself.
    """
    status = response.status_code
    if status in NO_SPEC:
        return None
    if status >= 500 or status in PASSING:
        raise ComeAgainError(unavailable(f"the backend answered {status}"), wished_pause(response))
    if status not in {200, 404}:
        why = "refuses BACKEND_INTERNAL_TOKEN" if status in {401, 403} else "is not a render spec"
        raise unavailable(f"the backend answered {status}: {why}")
    data = await _body_of(response, largest)
    said = _json_of(data)
    if status == 404 and isinstance(said, dict):
        raise ComeAgainError(None, wished_pause(response))
    if status == 200 and not data.strip():
        return None
    if status == 404 or (said is _NO_JSON and _is_page(response, data)):
        told = f"the backend answered {status} without JSON, as what stands in its place does"
        raise ComeAgainError(unavailable(told), wished_pause(response))
    if said is _NO_JSON:
        raise ComeAgainError(_invalid("is no JSON"))
    return said


def wished_pause(response: httpx.Response) -> float:
    """Return the seconds of ``Retry-After``; where it names a moment, by the backend's own clock."""
    value = response.headers.get("retry-after", "")
    if value.isascii() and value.isdecimal() and len(value) < 6:
        return float(value)
    try:
        until = parsedate_to_datetime(value) - parsedate_to_datetime(response.headers.get("date", ""))
    except (TypeError, ValueError, OverflowError):  # no moment that there is, or only one has a zone
        return 0.0
    return min(max(until.total_seconds(), 0.0), LONGEST_WISH)


def unavailable(message: str) -> TransientError:
    """Return the error of a backend that cannot be asked now."""
    return TransientError(ErrorCode.BACKEND_UNAVAILABLE, message)


async def _body_of(response: httpx.Response, largest: int) -> bytes:
    try:
        return await body_of(response, largest)
    except AnswerRefusedError as error:
        raise _invalid(str(error)) from None


def _invalid(why: str) -> PermanentError:
    return PermanentError(ErrorCode.RENDER_SPEC_INVALID, f"the backend's render spec {why}")


def _json_of(data: bytes) -> Any:
    try:
        return read_json(data)
    except NotJsonError:
        return _NO_JSON
    except UnreasonableJsonError as error:
        raise _invalid(str(error)) from None


def _is_page(response: httpx.Response, data: bytes) -> bool:
    """Whether an answer was not written as JSON: by its type or, where it has none, by its first byte."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    says_json = kind == "application/json" or kind.endswith("+json")
    return data.lstrip().startswith(b"<") or not (says_json or not kind)
