import base64
import json
from pathlib import Path
from typing import cast

import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from contracts.base import ClaimCheck
from contracts.errors import ErrorCode, PermanentError, TransientError
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.engine.dead_letters import fingerprint, headers_of, send
from services.runtime.engine.retry import classify
from services.runtime.kafka.publisher import Publisher, RawHeaders
from tests.support.records import FakeRecord

NASTY = (("ce_type", b"\xff\xfe"), ("twice", b"1"), ("twice", None))


def raised(message: str) -> PermanentError:
    try:
        raise PermanentError(ErrorCode.TTS_FAILED, message)
    except PermanentError as error:
        return error


def test_a_dead_letter_keeps_its_headers_and_says_why() -> None:
    error = raised("scene 3 cannot be spoken")
    headers = headers_of(FakeRecord(7, headers=NASTY), "tts", classify(error), error, attempts=2)
    assert tuple(headers[:3]) == NASTY
    why = {name: value.decode() for name, value in headers[3:] if value is not None}
    assert why["dlq.original.topic"] == "lectern.scene.planned.v1"
    assert why["dlq.original.offset"] == "7"
    assert why["dlq.attempts"] == "2"
    assert why["dlq.category"] == "permanent"
    assert why["dlq.code"] == "TTS_FAILED"
    assert why["dlq.exception.class"] == "contracts.errors.PermanentError"
    assert why["dlq.exception.message"] == "scene 3 cannot be spoken"
    assert "raised" in why["dlq.exception.stacktrace"]


def test_the_stack_trace_does_not_repeat_the_exceptions_text() -> None:
    error = raised("token-in-a-message")
    headers = dict(headers_of(FakeRecord(0), "tts", classify(ValueError("x")), error, attempts=1))
    assert b"token-in-a-message" not in (headers["dlq.exception.stacktrace"] or b"")


def test_failures_of_one_kind_share_a_fingerprint() -> None:
    one, two = raised("scene 1"), raised("scene 2")
    assert fingerprint("tts", classify(one), one) == fingerprint("tts", classify(two), two)
    assert fingerprint("tts", classify(one), one) != fingerprint("slides", classify(one), one)


class Narrow:
    """A Kafka that takes records of up to so many bytes, and answers others with an error."""

    def __init__(self, limit: int, error: type[KafkaError]) -> None:
        self.limit, self.error = limit, error
        self.taken: list[tuple[str, bytes | None, bytes | None, RawHeaders]] = []

    async def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, headers: RawHeaders, _name: str
    ) -> None:
        size = len(value or b"") + sum(len(name) + len(text or b"") for name, text in headers)
        if size > self.limit:
            raise TransientError(ErrorCode.BROKER_UNAVAILABLE, "Kafka did not take it") from self.error()
        self.taken.append((topic, key, value, headers))


@pytest.mark.parametrize("error", [MessageSizeTooLargeError, RecordListTooLargeError])
async def test_a_record_too_large_for_its_dead_letters_held_its_partition_for_ever(
    tmp_path: Path, error: type[KafkaError]
) -> None:
    why = raised("no command")
    record = FakeRecord(7, key=b"k" * 3_000, value=b"\xff" * 500_000, headers=NASTY)
    headers = headers_of(record, "gateway", classify(why), why, attempts=1)
    kafka = Narrow(20_000, error)
    async with open_artifacts(ArtifactSettings(lectern_home=tmp_path)) as artifacts:
        await send(cast("Publisher", kafka), artifacts, "t.dlq", record, headers)
        [(topic, _, value, told)] = kafka.taken
        assert (topic, value) == ("t.dlq", None)
        texts = {name: text.decode() for name, text in told if text is not None}
        assert (texts["dlq.original.offset"], texts["dlq.code"]) == ("7", "TTS_FAILED")
        claim = ClaimCheck(
            uri=texts["dlq.record.uri"],
            sha256=texts["dlq.record.uri"].removeprefix("cas:"),
            bytes=int(texts["dlq.record.bytes"]),
            media_type="application/json",
        )
        kept = json.loads(await artifacts.get(claim))
    assert base64.b64decode(kept["key"]) == record.key
    assert base64.b64decode(kept["value"]) == record.value
    there = [(name, None if text is None else base64.b64decode(text)) for name, text in kept["headers"]]
    assert tuple(there) == NASTY


async def test_a_broker_that_is_away_keeps_the_record_waiting(tmp_path: Path) -> None:
    why = raised("no command")
    record = FakeRecord(7, value=b"x" * 100)
    headers = headers_of(record, "gateway", classify(why), why, attempts=1)
    async with open_artifacts(ArtifactSettings(lectern_home=tmp_path)) as artifacts:
        with pytest.raises(TransientError):
            await send(cast("Publisher", Narrow(10, KafkaError)), artifacts, "t.dlq", record, headers)
