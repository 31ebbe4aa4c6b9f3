"""What is said on the WebSockets, as an AsyncAPI 3.0 document; the topics' is ``contracts/asyncapi.json``."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts.base import Model
from services.gateway.live.cursors import Cursor
from services.gateway.live.messages import JobMessage, ProgressMessage
from services.gateway.realtime.requests import Ping, Refused, Subscribe, Subscribed, Unknown, Unsubscribe

PROGRESS_CHANNEL = "/ws/videos/{video_id}/render-progress"
JOBS_CHANNEL = "/ws/v2/jobs"


class Snapshot(Model):
    """How a job stands, told first, and after a gap that could not be closed; stands for all before it."""

    type: Literal["snapshot"]
    cursor: Cursor
    job: JobMessage


class Changed(Model):
    """How a job stands after a change."""

    type: Literal["update"]
    cursor: Cursor
    job: JobMessage


class Pong(Model):
    """Answer to a ping."""

    type: Literal["pong"]


SAID: Mapping[str, tuple[type[BaseModel], ...]] = {JOBS_CHANNEL: (Subscribe, Unsubscribe, Ping)}
"""What clients say, by channel."""

TOLD: Mapping[str, tuple[type[BaseModel], ...]] = {
    PROGRESS_CHANNEL: (ProgressMessage,),
    JOBS_CHANNEL: (Subscribed, Snapshot, Unknown, Changed, Pong, Refused),
}
"""What they are told."""

_ABOUT = {
    PROGRESS_CHANNEL: "How the video's job stands, then every change of every job of the video. Who says "
    "anything there is closed with 1008; other close codes are those of the other channel.",
    JOBS_CHANNEL: "Any jobs and videos on one socket, resumed from a cursor after it broke. Close codes: "
    "1007 text that is not UTF-8, 1008 too many messages or frames, or one that takes too long, 1009 a "
    "message too large, 1012 the process stops, 1013 not reading. The opening handshake is answered 429 "
    "where the caller has too many sockets and streams open.",
}


_QUERY = {
    "type": "object",
    "properties": {"ticket": {"type": "string", "description": "in the place of a token; good once"}},
}


def asyncapi_document() -> dict[str, Any]:
    """Return the document."""
    models = list(dict.fromkeys(model for group in (*SAID.values(), *TOLD.values()) for model in group))
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lectern: progress",
            "version": "1.0.0",
            "description": "Messages are JSON in text frames. A token comes in the Authorization header "
            "or, from browsers, as a subprotocol: `lectern` and `lectern.bearer.<token>`. Or a ticket from "
            "`POST /api/v2/stream-tickets` comes in the query: it opens one socket, once, for what it names.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {address: _channel(address) for address in TOLD},
        "operations": {
            f"{action}{address}": _operation(action, address, group)
            for action, groups in (("receive", SAID), ("send", TOLD))
            for address, group in groups.items()
        },
        "components": {
            "messages": {model.__name__: _message(model) for model in models},
            "schemas": schemas["$defs"],
        },
    }


def _channel(address: str) -> dict[str, Any]:
    names = [model.__name__ for model in (*SAID.get(address, ()), *TOLD[address])]
    channel: dict[str, Any] = {
        "address": address,
        "description": _ABOUT[address],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"method": "GET", "query": _QUERY, "bindingVersion": "0.1.0"}},
    }
    if "{video_id}" in address:
        channel["parameters"] = {"video_id": {"description": "the video"}}
    return channel


def _operation(action: str, address: str, group: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    channel = "#/channels/" + address.replace("~", "~0").replace("/", "~1")
    messages = [{"$ref": f"{channel}/messages/{model.__name__}"} for model in group]
    return {"action": action, "channel": {"$ref": channel}, "messages": messages}


def _message(model: type[BaseModel]) -> dict[str, Any]:
    summary = (model.__doc__ or "").strip().splitlines()[0]
    return {
        "name": model.__name__,
        "summary": summary,
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
    }
