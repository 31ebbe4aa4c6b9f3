"""Spans to an OpenTelemetry collector, by the exporter's own requests but our own connection.

The exporter reads an answer of any size, unpacks it, and waits for as long as it drips: its limit of time is
one for silence. Its calls are blocking ones from a thread, at the interpreter's end too, so they are made
here without an event loop.
"""

import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore
import httpx
import requests

from services.runtime.outbound.client import proxy_of, refuse_encoding, refuse_headers
from services.runtime.outbound.settings import Proxies
from services.runtime.outbound.wire import SLICE_BYTES, AnswerRefusedError, Budget

MAX_ANSWER_BYTES = 64 << 10
"""Bytes of a collector's answer. Smaller: what it says of spans it did not take is cut. Larger: nobody
reads it."""

CALL_SECONDS = 10.0
"""For a whole call where the exporter names no limit, as its own default is."""


class CollectorSession(requests.Session):
    """Stands in for the session that the exporter would make.

    Args:
        url: of the collector.
        proxies: whether a proxy of the environment is used.
    """

    def __init__(self, url: str, proxies: Proxies) -> None:
        super().__init__()
        self.trust_env = False
        self._proxy = proxy_of(url, proxies)
        self._client: httpx.Client | None = None
        self._wire: _Wire | None = None

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Make a call within its time and limits.

        Raises:
            requests.ConnectionError: it failed and may be tried again.
            requests.RequestException: the answer is refused.
        """
        client, wire = self._open()
        wire.deadline = time.monotonic() + (options.get("timeout") or CALL_SECONDS)
        try:
            with client.stream(
                method, url, headers=_without_none(options), content=options.get("data")
            ) as answer:
                refuse_headers(answer)
                refuse_encoding(answer.headers.get("content-encoding", ""))
                wire.budget.allow(MAX_ANSWER_BYTES)
                return _response(answer, _read(answer))
        except AnswerRefusedError as error:
            raise requests.RequestException(f"the collector's answer {error}") from None
        except httpx.TransportError as error:
            raise requests.ConnectionError(type(error).__name__) from None

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
        super().close()

    def _open(self) -> "tuple[httpx.Client, _Wire]":
        """Return the client, made when the exporter has said whom to trust."""
        if self._client is None or self._wire is None:
            transport = httpx.HTTPTransport(
                verify=_trust(self.verify, self.cert), trust_env=False, proxy=self._proxy
            )
            self._wire = _Wire(transport._pool._network_backend)  # noqa: SLF001 - see the other client
            transport._pool._network_backend = self._wire  # noqa: SLF001
            self._client = httpx.Client(
                transport=transport,
                headers={"Accept-Encoding": "identity"},
                follow_redirects=False,
                trust_env=False,
                timeout=CALL_SECONDS,
            )
        return self._client, self._wire


class _Wire(httpcore.NetworkBackend):
    """Opens connections that count and keep the deadline of the call under way; there is one at a time."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend
        self.budget = Budget()
        self.deadline = 0.0

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        limit = self.within(timeout)
        return _Stream(self._backend.connect_tcp(host, port, limit, local_address, socket_options), self)

    def within(self, timeout: float | None) -> float:
        """Return a wait's limit: the deadline goes on while single reads come in time."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the call's deadline has passed")
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, wire: _Wire) -> None:
        self._stream = stream
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(min(max_bytes, SLICE_BYTES), self._wire.within(timeout))
        return self._wire.budget.took(data)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._wire.budget.begin()
        self._stream.write(buffer, self._wire.within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        opened = self._stream.start_tls(ssl_context, server_hostname, self._wire.within(timeout))
        return _Stream(opened, self._wire)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _trust(verify: bool | str | None, cert: Any) -> ssl.SSLContext:  # noqa: FBT001 - as requests has it
    own = verify if isinstance(verify, str) else None
    context = ssl.create_default_context(cafile=own) if own else httpx.create_ssl_context()
    if cert:
        context.load_cert_chain(*([cert] if isinstance(cert, str) else cert))
    return context


def _without_none(options: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in (options.get("headers") or {}).items() if value is not None}


def _read(answer: httpx.Response) -> bytes:
    data = bytearray()
    for piece in answer.iter_raw():
        data += piece
        if len(data) > MAX_ANSWER_BYTES:
            raise AnswerRefusedError(f"is larger than {MAX_ANSWER_BYTES:,} bytes")
    return bytes(data)


def _response(answer: httpx.Response, body: bytes) -> requests.Response:
    made = requests.Response()
    made.status_code = answer.status_code
    made.reason = answer.reason_phrase
    made.headers.update(answer.headers)
    made._content = body  # noqa: SLF001 - where requests keeps what it has read
    return made
