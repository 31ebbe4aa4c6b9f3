"""Calls to the backend: one deadline, no redirects, a limit on what is read, nothing secret in an error."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from contracts.states import CallbackKind
from services.gateway.backend.answers import GONE, ComeAgainError, spec_of, unavailable, wished_pause
from services.gateway.backend.settings import BackendSettings
from services.gateway.backend.signatures import webhook_headers
from services.gateway.ledger.models import Callback
from services.runtime.outbound.client import open_client
from services.runtime.outbound.wire import AnswerRefusedError

MAX_SPEC_BYTES = 4 << 20
"""Largest render spec read: 500 scenes of 5,000 Korean characters would be 7.5 MB, a real one is 10 kB.
Smaller: a long course is refused. Larger: a backend gone wrong fills our memory."""

FETCH_TRIES = 3
"""Tries of a fetch before the caller is told to come again. Fewer: a restart of the backend is noticed by
viewers. More: the backend's own call to start runs into its timeout."""

PATHS: Mapping[CallbackKind, Callable[[str], str]] = {
    CallbackKind.SCRIPT: lambda _: "/video/script/complete",
    CallbackKind.JOB: lambda subject: f"/video/job/{quote(subject, safe='')}/complete",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a delivery.

    Attributes:
        error: ``None`` if it was taken.
        wait: seconds of pause asked for.
        gone: whether the receiver wants it no more, now or later.
    """

    error: str | None
    wait: float = 0.0
    gone: bool = False


class Backend:
    """The backend, as the gateway calls it.

    Args:
        settings: with a ``base_url``.
        http: of :func:`~services.runtime.outbound.client.open_client`.
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

        It has none if it says so: nothing, 204 or 410, or a 404 with a JSON object that stays. A 404 or a 200
        with something else is not from it but from what stands in its place, a proxy or a deploy.

        Raises:
            PermanentError: ``RENDER_SPEC_INVALID``: too large, or no JSON although it says so.
            TransientError: ``BACKEND_UNAVAILABLE``: it does not answer, or refuses us.
        """
        url = f"{self._base}/internal/scripts/{quote(script_id, safe='')}/render-spec"
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._settings.timeout_sec
        tried = 0
        while True:
            try:
                return await self._fetch(url, deadline)
            except ComeAgainError as again:
                pause = max(self._first_pause * 2**tried, again.wait)
                tried += 1
                if tried == FETCH_TRIES or clock() + pause >= deadline:
                    if again.last is None:
                        return None
                    raise again.last from None
                await asyncio.sleep(pause)

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
                    status, wait = response.status_code, wished_pause(response)
        except TimeoutError:
            return Answer(f"no answer within {self._settings.timeout_sec:g} s")
        except AnswerRefusedError as error:
            return Answer(f"its answer {error}")
        except (httpx.HTTPError, OSError) as error:
            return Answer(type(error).__name__)
        if 200 <= status < 300:
            return Answer(None)
        return Answer(f"HTTP {status}", wait, gone=status == GONE)

    async def _fetch(self, url: str, deadline: float) -> Any:
        headers = {"Accept": "application/json", **_bearer(self._settings.internal_token)}
        try:
            async with asyncio.timeout_at(deadline):
                async with self._http.stream("GET", url, headers=headers) as response:
                    return await spec_of(response, MAX_SPEC_BYTES)
        except TimeoutError:
            # the caller has waited long enough: no second try
            raise unavailable(f"the backend gave no answer within {self._settings.timeout_sec:g} s") from None
        except AnswerRefusedError as error:
            raise unavailable(f"the backend's answer {error}") from None
        except (httpx.HTTPError, OSError) as error:
            raise ComeAgainError(
                unavailable(f"the backend cannot be reached ({type(error).__name__})")
            ) from None


@asynccontextmanager
async def open_backend(settings: BackendSettings) -> AsyncIterator[Backend | None]:
    """Give the backend of ``settings``, ``None`` if there is none."""
    if settings.base_url is None:
        yield None
        return
    async with open_client(
        settings.base_url,
        timeout=settings.timeout_sec,
        proxies=settings.outbound.proxies,
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
    ) as http:
        yield Backend(settings, http)


def _bearer(token: SecretStr | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
