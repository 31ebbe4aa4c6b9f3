"""Finished files that are being sent: each takes a descriptor beside its connection's."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.gateway.web.problems import HttpCode, problem


class Downloads:
    """Bounds how many files are open at once.

    Args:
        most: of them; more are answered with 503.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open = 0

    def counted(self, response: Response) -> Response:
        """Return a response that opens a file only where there is room."""
        return _Counted(self, response)

    async def send(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a file, or say that there are too many."""
        if self._open >= self._most:
            detail = "too many files are being downloaded: come back in a moment"
            refusal = problem(503, HttpCode.TOO_MANY_DOWNLOADS, detail, {"Retry-After": "1"})
            await refusal(scope, receive, send)
            return
        self._open += 1
        try:
            await response(scope, receive, send)
        finally:
            self._open -= 1


class _Counted(Response):
    def __init__(self, downloads: Downloads, response: Response) -> None:
        super().__init__(status_code=response.status_code)
        self._downloads = downloads
        self._response = response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the file."""
        await self._downloads.send(self._response, scope, receive, send)
