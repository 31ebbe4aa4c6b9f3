"""The AsyncAPI 3.0 document: the topics table and the schemas, for whoever speaks Kafka with Lectern."""

from collections.abc import Mapping
from typing import Any

from contracts import claimed
from contracts.cloudevents import CONTENT_TYPE, SCENE_HEADER
from contracts.commands import COMMANDS
from contracts.envelope import REQUIRED, SPEC_VERSION
from contracts.events import EVENTS
from contracts.topics import COMMANDS_TOPIC, DLQ_CONFIG, DLQ_PARTITIONS, TOPICS, Partitioning, Topic

_KEYS = {
    Partitioning.KEY: "the job's id; records of a job stay in order on one partition",
    Partitioning.SPREAD: "the job's id; the partition is (murmur2(job_id) + scene index) mod partitions",
}

_COMMAND = (
    "Three forms are obeyed: the JSON body alone, with its `type`; a CloudEvent in binary mode, whose type "
    "may stand in `ce_type` only; a CloudEvent in structured mode (content type "
    "`application/cloudevents+json`, the value as `#/components/schemas/structuredCommand`). `source` and "
    "`id` of a CloudEvent name the command where it has no `command_id`: sent again, it is obeyed once. A "
    "`job_id` that is left out is the `subject`. Batches and types that contradict each other are refused."
)


def asyncapi_document() -> dict[str, Any]:
    """Return the document; payloads refer to the schema files beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lectern",
            "version": "1.0.0",
            "description": "Training text to narrated educational video. Commands go to "
            f"`{COMMANDS_TOPIC.name}`; a command needs only its JSON body and the record's key, or is a "
            "CloudEvent 1.0 in binary or structured mode. Events are CloudEvents 1.0 in Kafka's binary mode; "
            "every record's key is the job's id.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in TOPICS}
        | {topic.dlq: _dead_letters(topic) for topic in TOPICS if topic.dead_letters},
        "operations": {f"{_action(topic)}.{topic.name}": _operation(topic) for topic in TOPICS},
        "components": {
            "messages": {name: _message(name, model.__doc__ or "") for name, model in _models().items()},
            "messageTraits": {
                "cloudEvent": {"headers": _cloud_event_headers()},
                "command": {"description": _COMMAND, "headers": _command_headers()},
            },
            "schemas": {"structuredCommand": _structured_command()},
        },
    }


def _models() -> dict[str, type]:
    return {**COMMANDS, **EVENTS}


def _action(topic: Topic) -> str:
    return "receive" if topic is COMMANDS_TOPIC else "send"


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in topic.types},
        "bindings": {"kafka": _kafka(topic.partitions, topic.config)},
    }


def _dead_letters(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.dlq,
        "description": f"Records of {topic.name} that a stage gave up on: value, key and headers unchanged, "
        "and headers `dlq.*` that say why.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in topic.types},
        "bindings": {"kafka": _kafka(DLQ_PARTITIONS, DLQ_CONFIG)},
    }


def _kafka(partitions: int, config: Mapping[str, str]) -> dict[str, Any]:
    settings: dict[str, Any] = {"cleanup.policy": [config["cleanup.policy"]]}
    for name in ("retention.ms", "max.message.bytes"):
        if name in config:
            settings[name] = int(config[name])
    return {"partitions": partitions, "topicConfiguration": settings, "bindingVersion": "0.5.0"}


def _operation(topic: Topic) -> dict[str, Any]:
    channel = f"#/channels/{topic.name}"
    return {
        "action": _action(topic),
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in topic.types],
        "bindings": {
            "kafka": {
                "bindingVersion": "0.5.0",
                "x-key": _KEYS[topic.partitioning],
            }
        },
    }


def _message(name: str, documentation: str) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": name,
        "title": name,
        "summary": documentation.strip().splitlines()[0],
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": f"./schemas/{name}.json"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
    }
    if name in EVENTS:
        message["traits"] = [{"$ref": "#/components/messageTraits/cloudEvent"}]
    if name in COMMANDS:
        message["traits"] = [{"$ref": "#/components/messageTraits/command"}]
    return message


def _cloud_event_headers() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["ce_id", "ce_source", "ce_specversion", "ce_subject", "ce_time", "ce_type"],
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_id": {"type": "string", "format": "uuid"},
            "ce_type": text,
            "ce_source": text,
            "ce_subject": {**text, "description": "the job's id"},
            "ce_time": {"type": "string", "format": "date-time"},
            "ce_dataschema": {"type": "string", "format": "uri"},
            "content-type": text,
            claimed.HEADER: {
                **text,
                "description": "where the event is larger than a record; the value then holds `type`, "
                "`event_id`, `job_id`, `attempt`, `schema_version` and `dataref`, a claim check of the event",
            },
            SCENE_HEADER: {
                **text,
                "pattern": "^(0|[1-9][0-9]*)$",
                "description": "on records about one scene: its place in the film, 0-based. A record without "
                "it is read in turn with the others of its job",
            },
            "traceparent": {**text, "description": "W3C trace context; one trace per job"},
        },
    }


def _command_headers() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "properties": {
            "content-type": {**text, "description": "`application/cloudevents+json` for structured mode"},
            "ce_specversion": {"const": SPEC_VERSION},
            "ce_id": {**text, "description": "any text; unique with `ce_source`"},
            "ce_source": text,
            "ce_type": {"enum": list(COMMANDS)},
            "ce_subject": {**text, "description": "the job's id, where the body leaves it out"},
        },
    }


def _structured_command() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "required": list(REQUIRED),
        "oneOf": [{"required": ["data"]}, {"required": ["data_base64"]}],
        "properties": {
            "specversion": {"const": SPEC_VERSION},
            "id": text,
            "source": text,
            "type": {"enum": list(COMMANDS)},
            "subject": {**text, "description": "the job's id, where the data leave it out"},
            "data": {
                "type": ["object", "string"],
                "description": "the command's fields, or their JSON as text",
            },
            "data_base64": {**text, "contentEncoding": "base64", "contentMediaType": "application/json"},
        },
    }
