"""Calls to the backend: one deadline, no redirects, a limit on what is read, nothing secret in an error."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import stamina
from pydantic import SecretStr
from pydantic_core import from_json

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.gateway.backend.settings import BackendSettings
from services.gateway.backend.webhooks import webhook_headers
from services.gateway.ledger.callbacks import Callback, CallbackKind

MAX_SPEC_BYTES = 4 << 20
"""Largest render spec read: 500 scenes of 5,000 Korean characters would be 7.5 MB, a real one is 10 kB.
Smaller: a long course is refused. Larger: a backend gone wrong fills our memory."""

FETCH_TRIES = 3
"""Tries of a fetch before the caller is told to come again. Fewer: a restart of the backend is noticed by
viewers. More: the backend's own call to start runs into its timeout."""

NO_SPEC = {204, 404, 410}
PASSING = {408, 425, 429}

PATHS: Mapping[CallbackKind, Callable[[str], str]] = {
    CallbackKind.SCRIPT: lambda _: "/video/script/complete",
    CallbackKind.JOB: lambda subject: f"/video/job/{quote(subject, safe='')}/complete",
}


class _ComeAgainError(TransientError):
    """Worth another try at once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a delivery: ``error`` is ``None`` if it was taken; ``wait`` is the pause asked for."""

    error: str | None
    wait: float = 0.0


class Backend:
    """The backend, as the gateway calls it.

    Args:
        settings: with a ``base_url``.
        http: redirects off.
        first_pause: seconds before a fetch's second try; doubles.
    """

    def __init__(
        self, settings: BackendSettings, http: httpx.AsyncClient, *, first_pause: float = 0.2
    ) -> None:
        assert settings.base_url is not None
        self._settings = settings
        self._base = settings.base_url
        self._http = http
        self._first_pause = first_pause

    async def render_spec(self, script_id: str) -> Any:
        """Return the JSON of a script's render spec, ``None`` if the backend has none.

        Raises:
            PermanentError: ``RENDER_SPEC_INVALID``: too large, or no JSON.
            TransientError: ``BACKEND_UNAVAILABLE``: it does not answer, or refuses us.
        """
        url = f"{self._base}/internal/scripts/{quote(script_id, safe='')}/render-spec"
        async for attempt in stamina.retry_context(
            on=_ComeAgainError,
            attempts=FETCH_TRIES,
            wait_initial=self._first_pause,
            wait_max=2.0,
            timeout=None,
        ):
            with attempt:
                data = await self._fetch(url)
        if data is None or not data.strip():
            return None
        try:
            return from_json(data, allow_inf_nan=False)
        except ValueError:
            raise PermanentError(
                ErrorCode.RENDER_SPEC_INVALID, f"the backend's render spec of script {script_id} is no JSON"
            ) from None

    async def deliver(self, callback: Callback, moment: datetime) -> Answer:
        """Send a callback; never raises what the network or the backend does."""
        body = callback.body.encode()
        headers = {
            "Content-Type": "application/json",
            **_bearer(self._settings.api_token),
            **webhook_headers(self._settings.keys, callback.webhook_id, moment, body),
        }
        url = self._base + PATHS[callback.kind](callback.subject)
        try:
            async with asyncio.timeout(self._settings.timeout_sec):
                async with self._http.stream("POST", url, content=body, headers=headers) as response:
                    status, wait = response.status_code, _wished_pause(response)
        except TimeoutError:
            return Answer(f"no answer within {self._settings.timeout_sec:g} s")
        except (httpx.HTTPError, OSError) as error:
            return Answer(type(error).__name__)
        return Answer(None) if 200 <= status < 300 else Answer(f"HTTP {status}", wait)

    async def _fetch(self, url: str) -> bytes | None:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # what is small on the wire may be large here
            **_bearer(self._settings.internal_token),
        }
        try:
            async with asyncio.timeout(self._settings.timeout_sec):
                async with self._http.stream("GET", url, headers=headers) as response:
                    return await _read(response)
        except TimeoutError:
            # the caller has waited long enough: no second try
            raise TransientError(
                ErrorCode.BACKEND_UNAVAILABLE,
                f"the backend gave no answer within {self._settings.timeout_sec:g} s",
            ) from None
        except (httpx.HTTPError, OSError) as error:
            raise _ComeAgainError(
                ErrorCode.BACKEND_UNAVAILABLE, f"the backend cannot be reached ({type(error).__name__})"
            ) from None


@asynccontextmanager
async def open_backend(settings: BackendSettings) -> AsyncIterator[Backend | None]:
    """Give the backend of ``settings``, ``None`` if there is none."""
    if settings.base_url is None:
        yield None
        return
    async with httpx.AsyncClient(
        follow_redirects=False,  # a redirect would carry our tokens elsewhere
        trust_env=False,
        timeout=settings.timeout_sec,
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
    ) as http:
        yield Backend(settings, http)


async def _read(response: httpx.Response) -> bytes | None:
    status = response.status_code
    if status in NO_SPEC:
        return None
    if status >= 500 or status in PASSING:
        raise _ComeAgainError(ErrorCode.BACKEND_UNAVAILABLE, f"the backend answered {status}")
    if status != 200:
        why = "refuses BACKEND_INTERNAL_TOKEN" if status in {401, 403} else "is not a render spec"
        raise TransientError(ErrorCode.BACKEND_UNAVAILABLE, f"the backend answered {status}: {why}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise PermanentError(ErrorCode.RENDER_SPEC_INVALID, "the backend's render spec is compressed unasked")
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) > MAX_SPEC_BYTES:
            raise PermanentError(
                ErrorCode.RENDER_SPEC_INVALID, f"the backend's render spec is over {MAX_SPEC_BYTES:,} bytes"
            )
    return bytes(data)


def _bearer(token: SecretStr | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}


def _wished_pause(response: httpx.Response) -> float:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdecimal() and len(value) < 6 else 0.0
