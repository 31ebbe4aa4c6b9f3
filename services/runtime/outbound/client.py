"""The one place where HTTP clients are built, and where their answers are read.

A client asks for answers as they are, takes no others, follows no redirect, knows no proxy that no setting
names, and reads no more of a head than :data:`~services.runtime.outbound.wire.HEAD_BYTES`. The deadline is
the caller's (``asyncio.timeout`` around the whole call): it is kept however slowly an answer drips, or
however many pieces it comes in, since reading gives way to the event loop.
"""

import asyncio
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import httpx

from contracts.errors import ErrorCode, PermanentError
from services.runtime.outbound.settings import Proxies
from services.runtime.outbound.wire import AnswerRefusedError, MeteredBackend, MeteredStream

MAX_HEADERS = 100
"""Headers of an answer. Fewer: what proxies add is refused. More: nobody needs them."""

PIECE_BYTES = 64
"""What a piece of a body counts at least. Smaller: a body in pieces of a byte, each of which costs as much
as a whole one, takes minutes of the processor. Larger: an honest server that sends a word at a time is
refused."""

_PIECES_BETWEEN_TURNS = 64
"""Pieces taken before others get their turn. More: they wait for longer than a few milliseconds."""

_PROXY_SCHEMES = frozenset({"http", "https"})


def open_client(
    url: str, *, timeout: float, proxies: Proxies, limits: httpx.Limits | None = None
) -> httpx.AsyncClient:
    """Return a client for one server; close it when done.

    Args:
        url: of the server; what leads to it is decided by it.
        timeout: seconds of silence, to connect and between two reads.
        proxies: whether a proxy of the environment is used.
        limits: of the connections.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: the environment names a proxy that is none of HTTP.
    """
    transport = _Transport(
        verify=httpx.create_ssl_context(),  # a private authority (SSL_CERT_FILE) is no proxy
        trust_env=False,
        limits=limits or httpx.Limits(),
        proxy=proxy_of(url, proxies),
    )
    return httpx.AsyncClient(
        transport=transport,
        headers={"Accept-Encoding": "identity"},  # what is small on the wire may be large here
        follow_redirects=False,  # a redirect would carry our tokens elsewhere
        trust_env=False,
        timeout=timeout,
    )


def proxy_of(url: str, proxies: Proxies) -> str | None:
    """Return the proxy by which a server is reached; see :func:`open_client`."""
    if proxies is Proxies.NONE:
        return None
    parts, known = urlsplit(url), getproxies_environment()
    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxy = known.get(parts.scheme) or known.get("all")
    if proxy and urlsplit(proxy).scheme not in _PROXY_SCHEMES:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID,
            f"the environment's proxy for {parts.scheme} must be an http:// or https:// URL",
        )
    return proxy or None


async def body_of(response: httpx.Response, largest: int) -> bytes:
    """Read the body of an answer that is being streamed.

    Args:
        response: of a client from :func:`open_client`.
        largest: bytes read at most.

    Raises:
        AnswerRefusedError: it is packed, too large or in too many pieces; told before, not after.
    """
    refuse_encoding(response.headers.get("content-encoding", ""))
    told = response.headers.get("content-length", "")
    if told.isascii() and told.isdecimal() and int(told[:20]) > largest:
        raise AnswerRefusedError(f"is larger than {largest:,} bytes")
    stream = response.extensions.get("network_stream")
    if isinstance(stream, MeteredStream):
        stream.budget.allow(largest)
    data, missing, pieces = bytearray(), 0, 0
    async for piece in response.aiter_raw():
        data += piece
        missing += max(PIECE_BYTES - len(piece), 0)
        pieces += 1
        if len(data) > largest:
            raise AnswerRefusedError(f"is larger than {largest:,} bytes")
        if missing > largest:
            raise AnswerRefusedError(f"comes in {pieces:,} pieces of {len(data) // pieces} bytes")
        if pieces % _PIECES_BETWEEN_TURNS == 0:
            await asyncio.sleep(0)
    return bytes(data)


def refuse_headers(response: httpx.Response) -> None:
    """Return if an answer has no more headers than it may; raises :class:`AnswerRefusedError`."""
    if len(response.headers.raw) > MAX_HEADERS:
        raise AnswerRefusedError(f"has more than {MAX_HEADERS} headers")


def refuse_encoding(encoding: str) -> None:
    """Return if a ``Content-Encoding`` is none.

    Raises:
        AnswerRefusedError: it is one. Which is not told: the header is the server's to word.
    """
    if any(each.strip().lower() not in {"identity", ""} for each in encoding.split(",")):
        raise AnswerRefusedError("is compressed unasked: identity was asked for")


class _Transport(httpx.AsyncHTTPTransport):
    """Counts what comes, and refuses a head with too many headers."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        # neither httpx nor its pools take a backend; every connection, a proxy's too, is opened by it
        self._pool._network_backend = MeteredBackend(self._pool._network_backend)  # noqa: SLF001

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        try:
            refuse_headers(response)
        except AnswerRefusedError:
            await response.aclose()
            raise
        return response
