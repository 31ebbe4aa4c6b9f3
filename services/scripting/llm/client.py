"""The language-model writer (``AI_ENV=real``): any OpenAI-compatible ``/v1/chat/completions``."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from contracts.errors import ErrorCode, PermanentError
from contracts.script import Script
from services.runtime.cancel import CancelToken
from services.runtime.outbound.client import body_of, open_client
from services.runtime.outbound.json_text import NotJsonError as NotJsonTextError
from services.runtime.outbound.json_text import UnreasonableJsonError, read_json
from services.runtime.outbound.settings import Proxies
from services.runtime.outbound.wire import AnswerRefusedError
from services.scripting.llm.parsing import NotJsonError, WrongFormError, read_script
from services.scripting.llm.prompts import (
    Message,
    empty_messages,
    fix_messages,
    request_messages,
    schema_messages,
)
from services.scripting.script_request import Brief

TEMPERATURE = 0.3
MAX_TOKENS = 4096
TIMEOUT_SECONDS = 30.0
"""A whole answer, however slowly it drips: longer, and whoever waits for the HTTP request has gone; much
shorter, and a 7B model on one GPU does not finish its 4,096 tokens."""

TRIES = 3
"""One, and two more after a wrong answer."""

MAX_BODY_BYTES = 1024 * 1024
"""4,096 tokens are some 16 KB; a server that sends more than this is broken or hostile."""

_CANCEL_POLL_SECONDS = 0.1

log = structlog.get_logger(__name__)


class _UnreachableError(Exception):
    """The server gave no usable HTTP answer; worth one more transport try. Holds no secret and no body."""


@dataclass(frozen=True)
class LanguageModel:
    """Where the model is.

    Attributes:
        base_url: of the server, with or without ``/v1``.
        name: of the model.
        api_key: sent as a bearer token, if any; never logged.
        timeout_seconds: for one whole answer.
    """

    base_url: str
    name: str
    api_key: str | None = None
    timeout_seconds: float = TIMEOUT_SECONDS

    def __repr__(self) -> str:
        return f"LanguageModel({self.name!r})"

    @property
    def url(self) -> str:
        """Address of the completions."""
        base = self.base_url.rstrip("/")
        return f"{base}/chat/completions" if base.endswith("/v1") else f"{base}/v1/chat/completions"


class ModelWriter:
    """Writes scripts with a language model. Keeps one connection pool; close it when done.

    Args:
        model: who is asked.
        proxies: whether a proxy of the environment is used.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: the environment names a proxy that is none of HTTP.
    """

    def __init__(self, model: LanguageModel, proxies: Proxies = Proxies.NONE) -> None:
        self._model = model
        self._client = open_client(model.url, timeout=model.timeout_seconds, proxies=proxies)

    @property
    def identity(self) -> dict[str, str]:
        """The model's name; where it is served does not matter."""
        return {"writer": "model", "model": self._model.name}

    async def write(self, source: str, brief: Brief, cancel: CancelToken) -> Script:
        """Ask for a script until its answer is one, at most :data:`TRIES` times.

        Raises:
            PermanentError: ``SCRIPT_GENERATION_FAILED``; the message says why, without the answer's text.
            CanceledError: nobody waits for it any more.
        """
        conversation = request_messages(source, brief)
        problem = ""
        for attempt in range(1, TRIES + 1):
            answer, cut_off = await self._answer(conversation, cancel)
            try:
                if answer.strip():
                    return await asyncio.to_thread(read_script, answer, brief, cancel.check)
                problem, again = "the answer was empty", empty_messages()
            except NotJsonError as error:
                problem = f"{error}{' (the answer was cut off: write less)' if cut_off else ''}"
                again = fix_messages(answer, problem)
            except WrongFormError as error:
                problem = str(error)
                again = schema_messages(answer, problem)
            log.info("the language model's answer is no script", attempt=attempt, problem=problem[:300])
            conversation = [*request_messages(source, brief), *again]
        raise PermanentError(
            ErrorCode.SCRIPT_GENERATION_FAILED,
            f"the language model gave no usable script in {TRIES} tries; the last problem: {problem[:500]}",
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _answer(self, conversation: list[Message], cancel: CancelToken) -> tuple[str, bool]:
        """Return the answer's text and whether it was cut off; one transport retry."""
        try:
            return _content(await self._posted(conversation, cancel))
        except _UnreachableError as error:
            log.warning("the language model did not answer; trying once more", problem=str(error))
        try:
            return _content(await self._posted(conversation, cancel))
        except _UnreachableError as error:
            raise PermanentError(
                ErrorCode.SCRIPT_GENERATION_FAILED,
                f"the language model cannot be used: {error}; check LLM_BASE_URL and the model server",
            ) from None

    async def _posted(self, conversation: list[Message], cancel: CancelToken) -> bytes:
        """Post once, give up at the deadline or when the work is cancelled."""
        request = asyncio.ensure_future(self._post(conversation))
        try:
            async with asyncio.timeout(self._model.timeout_seconds):
                while not request.done():
                    cancel.check()
                    await asyncio.wait([request], timeout=_CANCEL_POLL_SECONDS)
            return request.result()
        except TimeoutError:
            raise _UnreachableError(f"no answer within {self._model.timeout_seconds:g} s") from None
        except AnswerRefusedError as error:
            raise PermanentError(
                ErrorCode.SCRIPT_GENERATION_FAILED,
                f"the language model's answer {error}; check LLM_BASE_URL and the model server",
            ) from None
        except httpx.HTTPError as error:
            raise _UnreachableError(f"the connection failed ({type(error).__name__})") from None
        finally:
            if not request.done():
                request.cancel()
                await asyncio.wait([request])

    async def _post(self, conversation: list[Message]) -> bytes:
        body = {
            "model": self._model.name,
            "messages": conversation,
            "temperature": TEMPERATURE,
            "max_tokens": MAX_TOKENS,
        }
        headers = {"Authorization": f"Bearer {self._model.api_key}"} if self._model.api_key else {}
        async with self._client.stream("POST", self._model.url, json=body, headers=headers) as response:
            if response.status_code >= 500 or response.status_code in {408, 425, 429}:
                raise _UnreachableError(f"it answered HTTP {response.status_code}")
            if response.status_code != 200:
                raise PermanentError(
                    ErrorCode.SCRIPT_GENERATION_FAILED,
                    f"the language model refused the request with HTTP {response.status_code}; check "
                    "LLM_BASE_URL, LLM_MODEL_NAME and LLM_API_KEY",
                )
            return await body_of(response, MAX_BODY_BYTES)


def _content(body: bytes) -> tuple[str, bool]:
    """Return the text of a completion, and whether it hit the token limit."""
    try:
        choice: Any = read_json(body)["choices"][0]
        content = choice["message"]["content"]
        finish = choice.get("finish_reason")
    except UnreasonableJsonError as error:
        raise _UnreachableError(f"its answer {error}") from None
    except (NotJsonTextError, KeyError, IndexError, TypeError, AttributeError):
        raise _UnreachableError("its answer is not a chat completion") from None
    return (content if isinstance(content, str) else ""), finish == "length"
