"""The S3 SDK's HTTP, within bounds: no redirects, nothing packed, answers that are no objects are small.

The SDK asks for identity by itself; it follows any redirect, reads a refusal of any size into memory and
hands it to a parser of XML.
"""

from typing import Any

import aiohttp
from aiobotocore.awsrequest import AioAWSResponse
from aiobotocore.httpsession import AIOHTTPSession
from botocore.exceptions import BotoCoreError

from services.runtime.outbound.client import refuse_encoding
from services.runtime.outbound.wire import AnswerRefusedError

MAX_ANSWER_BYTES = 1 << 20
"""Bytes of an answer that is no object. Smaller: a page of 1,000 names is some 500 kB. Larger: as XML in
memory it takes several times as much."""

MAX_TAGS = 60_000
"""Of such an answer. Fewer: a page of 1,000 names has some 20,000. More: an element of three bytes takes 200
in memory."""

_PIECE_BYTES = 64 << 10
_SUCCESS = range(200, 300)
_REDIRECTS = frozenset({300, 301, 302, 303, 305, 307, 308})
"""Of one the SDK asks in which region the bucket is; where that redirects too, again: 100 requests a call."""


class S3AnswerRefusedError(BotoCoreError):  # type: ignore[misc, unused-ignore]
    """The server answers in a way that is not taken; the SDK does not try again by itself."""

    fmt = "the S3 server's answer {why}"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)


class BoundedS3Session(AIOHTTPSession):  # type: ignore[misc, unused-ignore]
    """What a client of the SDK sends its requests with."""

    async def send(self, request: Any) -> AioAWSResponse:
        """Send a request; its answer is an object to be read, or has been read.

        Raises:
            S3AnswerRefusedError: it is packed, too large or a redirect.
        """
        streamed, request.stream_output = request.stream_output, True
        answer = await super().send(request)
        try:
            packed = answer.headers.get("content-encoding", "").lower()
            refuse_encoding(packed.replace("aws-chunked", ""))  # a framing of uploads; some servers keep it
            _refuse_redirect(answer.status_code)
            if not streamed or answer.status_code not in _SUCCESS:
                answer._content = await _read(answer.raw)  # noqa: SLF001 - where the SDK keeps what it has read
        except AnswerRefusedError as error:
            answer.raw.close()
            raise S3AnswerRefusedError(str(error)) from None
        except BaseException:
            answer.raw.close()
            raise
        return answer

    async def _get_session(self, proxy_url: str | None) -> "_WithoutRedirects":
        return _WithoutRedirects(await super()._get_session(proxy_url))


class _WithoutRedirects:
    """A redirect would carry a session token to whomever a server names."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def request(self, method: str, **options: Any) -> aiohttp.ClientResponse:
        return await self._session.request(method, allow_redirects=False, **options)


def _refuse_redirect(status: int) -> None:
    if status in _REDIRECTS:
        raise AnswerRefusedError("is a redirect: set AWS_S3_REGION or S3_ENDPOINT_URL to where it is")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for piece in response.content.iter_chunked(_PIECE_BYTES):
        data += piece
        if len(data) > MAX_ANSWER_BYTES:
            raise AnswerRefusedError(f"is larger than {MAX_ANSWER_BYTES:,} bytes")
    if data.count(b"<") > MAX_TAGS:
        raise AnswerRefusedError(f"has more than {MAX_TAGS:,} tags")
    if b"<!ENTITY" in data:  # a parser would multiply it
        raise AnswerRefusedError("defines entities, as no S3 server does")
    return bytes(data)
