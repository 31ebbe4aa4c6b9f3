"""How a stream ticket comes: as ``?ticket=`` of what it opens. It is taken out of the query at once.

Servers and libraries write the URLs that they serve into logs and messages; what was taken out is in none.
"""

import re
from urllib.parse import unquote_plus

from starlette.types import Scope

from services.gateway.auth.tickets import Target
from services.gateway.http.paths import BASES
from services.gateway.live.replay_buffer import of_job, of_video
from services.gateway.realtime.asyncapi import JOBS_CHANNEL
from services.runtime.http.conformance import HEAD_KEY

PARAMETER = "ticket"

_STREAM = re.compile(
    rf"(?:{'|'.join(map(re.escape, BASES))})"
    r"/(?:render-jobs/(?P<job>[^/]+)/events|videos/(?P<video>[^/]+)/render-progress)"
)
_PROGRESS_SOCKET = re.compile(r"/ws/videos/([^/]+)/render-progress")


def take_ticket(scope: Scope) -> str | None:
    """Take the ticket out of a connection's query and return it, the first if there are several."""
    query: bytes = scope.get("query_string", b"")
    if not query:
        return None
    tickets, others = [], []
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if unquote_plus(name.decode("latin-1")) == PARAMETER:
            tickets.append(unquote_plus(value.decode("latin-1")))
        else:
            others.append(part)
    if not tickets:
        return None
    scope["query_string"] = b"&".join(others)
    return tickets[0]


def target_of(scope: Scope) -> Target | None:
    """Return what a connection is to, ``None`` where tickets open nothing."""
    path = scope["path"]
    if scope["type"] == "websocket":
        if path == JOBS_CHANNEL:
            return Target(None, stream=False)
        socket = _PROGRESS_SOCKET.fullmatch(path)
        return Target(of_video(socket[1]), stream=False) if socket else None
    opens = scope["method"] == "GET" and HEAD_KEY not in scope  # a HEAD uses nothing up
    stream = _STREAM.fullmatch(path) if opens else None
    if stream is None:
        return None
    return Target(of_job(stream["job"]) if stream["job"] else of_video(stream["video"]), stream=True)
