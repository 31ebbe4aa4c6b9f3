import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts.base import derived_id
from contracts.commands import CancelRender, GenerateScript, RetryRender, StartRender
from contracts.errors import ErrorCode, PermanentError
from contracts.events import CommandRejected, JobFailed, RenderRequested, ScriptRequested
from services.gateway.ingest.actor import decode_command, rejected
from services.gateway.ledger import commands
from services.gateway.metrics import COMMANDS_DROPPED
from tests.support.records import WRITTEN_MS
from tests.unit.gateway.conftest import Harness, failed

SPEC: dict[str, Any] = {"title": "T", "language": "en", "scenes": [{"scene_id": 1, "narration": "Hello."}]}


THERE_ARE = {"visual_style": "basic, animated", "tts_provider": "mock, kokoro", "theme": "auto, harbor-light"}


def start(job_id: str = "j-1", video_id: str = "v-1", **fields: Any) -> StartRender:
    return StartRender(job_id=job_id, video_id=video_id, **fields)


async def test_a_command_with_an_inline_spec_starts_a_job_of_its_id(harness: Harness) -> None:
    await harness.tell(start(render_spec=SPEC, script_id="theirs"))
    [request] = await harness.publishes(RenderRequested, "j-1")
    assert (request.script_id, request.video_id) == ("theirs", "v-1")
    read = await harness.read("j-1")
    assert (read["status"], read["language"], read["message"]) == ("QUEUED", "en", "Waiting...")


async def test_a_command_may_name_an_approved_script(harness: Harness) -> None:
    script_id = await harness.script("v-1")
    await harness.tell(start(script_id=script_id))
    [request] = await harness.publishes(RenderRequested, "j-1")
    assert request.script_id == script_id
    assert (await harness.read("j-1"))["script_version"] == 1


async def test_the_same_job_twice_is_the_same_answer(harness: Harness) -> None:
    for _ in range(3):
        await harness.tell(start(render_spec=SPEC))
    await harness.tell(CancelRender(job_id="j-1"))
    await harness.tell(start(render_spec=SPEC))
    await harness.publishes(JobFailed, "j-1")
    assert len(harness.told(RenderRequested, "j-1")) == 1
    assert harness.told(CommandRejected) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "NO_RENDER_SPEC"),
        ({"render_spec": {}}, "NO_RENDER_SPEC"),
        ({"render_spec": {"scenes": []}}, "NO_RENDER_SPEC"),
        ({"render_spec": {"scenes": [{"scene_id": 1, "narration": ""}]}}, "RENDER_SPEC_INVALID"),
        ({"render_spec": {"scenes": [{"scene_id": 1, "narration": "㈜" * 5_000}]}}, "NARRATION_TOO_LONG"),
        ({"render_spec": SPEC | {"language": "tlh"}}, "LANGUAGE_UNSUPPORTED"),
        ({"render_spec": SPEC, "options": {"fps": 7}}, "SETTINGS_INVALID"),
        ({"render_spec": SPEC, "options": {"visual_style": "origami"}}, "SETTINGS_INVALID"),
        ({"render_spec": SPEC, "options": {"tts_provider": "Big Name"}}, "SETTINGS_INVALID"),
        ({"render_spec": SPEC, "options": {"theme": "neon"}}, "SETTINGS_INVALID"),
    ],
)
async def test_what_cannot_be_rendered_fails_its_job(
    harness: Harness, fields: dict[str, Any], code: str
) -> None:
    for _ in range(2):
        await harness.tell(start(**fields), record="commands/0/7")  # delivered twice
    [refusal] = await harness.publishes(CommandRejected, "j-1")
    assert (refusal.code, refusal.command_type) == (code, "lectern.render.start.v1")
    [end] = await harness.publishes(JobFailed, "j-1")
    assert end.code == code
    asked = next(iter(fields.get("options", {})), None)
    if asked in THERE_ARE:
        assert THERE_ARE[asked] in refusal.message
    read = await harness.read("j-1")
    assert (read["status"], read["error"]["code"]) == ("FAILED", code)
    assert (len(harness.told(CommandRejected)), len(harness.told(JobFailed))) == (1, 1)

    await harness.tell(RetryRender(job_id="j-1"))
    assert (await harness.publishes(CommandRejected, "j-1", 2))[1].code == "NO_RENDER_SPEC"


async def test_a_script_not_approved_yet_leaves_the_job_id_free(harness: Harness) -> None:
    script_id = await harness.script("v-1", approved=False)
    await harness.tell(start(script_id=script_id))
    [refusal] = await harness.publishes(CommandRejected, "j-1")
    assert refusal.code == "SCRIPT_NOT_APPROVED"
    assert (await harness.client.get("/api/render-jobs/j-1")).status_code == 404

    await harness.client.post(f"/api/scripts/{script_id}/approve")
    await harness.tell(start(script_id=script_id))
    await harness.publishes(RenderRequested, "j-1")


async def test_a_second_job_of_a_busy_video_is_refused(harness: Harness) -> None:
    await harness.tell(start("j-1", render_spec=SPEC))
    await harness.tell(start("j-2", render_spec=SPEC))
    [refusal] = await harness.publishes(CommandRejected, "j-2")
    assert refusal.code == "JOB_STATE_CONFLICT"
    assert "j-1" in refusal.message
    assert (await harness.client.get("/api/render-jobs/j-2")).status_code == 404

    await harness.tell(CancelRender(job_id="j-1"))
    await harness.tell(start("j-2", render_spec=SPEC))
    await harness.publishes(RenderRequested, "j-2")
    await harness.tell(RetryRender(job_id="j-1"))
    [busy] = await harness.publishes(CommandRejected, "j-1")
    assert (busy.code, "j-2" in busy.message) == ("JOB_STATE_CONFLICT", True)


async def test_a_job_id_belongs_to_one_video(harness: Harness) -> None:
    await harness.tell(start("j-1", "v-1", render_spec=SPEC))
    await harness.tell(start("j-1", "v-2", render_spec=SPEC))
    [refusal] = await harness.publishes(CommandRejected, "j-1")
    assert refusal.code == "JOB_STATE_CONFLICT"
    assert (await harness.read("j-1"))["video_id"] == "v-1"


async def test_unknown_and_finished_jobs_are_refused(harness: Harness) -> None:
    await harness.tell(CancelRender(job_id="none"))
    await harness.tell(RetryRender(job_id="none"))
    refusals = await harness.publishes(CommandRejected, "none", 2)
    assert {refusal.code for refusal in refusals} == {"JOB_NOT_FOUND"}
    assert len({refusal.event_id for refusal in refusals}) == 2


async def test_a_redelivered_retry_starts_no_third_attempt(harness: Harness) -> None:
    await harness.tell(start(render_spec=SPEC))
    await harness.tell(failed("j-1"))
    await harness.tell(RetryRender(job_id="j-1"), record="commands/0/5")
    await harness.tell(failed("j-1", attempt=2))
    await harness.tell(RetryRender(job_id="j-1"), record="commands/0/5")  # its offset was not committed
    assert (await harness.read("j-1"))["attempt"] == 2
    await harness.tell(RetryRender(job_id="j-1"), record="commands/0/6")  # somebody asks again
    assert (await harness.read("j-1"))["attempt"] == 3


async def test_the_same_command_in_the_same_place_of_another_log_is_obeyed(harness: Harness) -> None:
    """A topic deleted and made again, or another cluster, counts its offsets from 0 once more."""
    await harness.tell(start(render_spec=SPEC))
    for attempt in (1, 2):
        await harness.tell(failed("j-1", attempt=attempt))
        written = WRITTEN_MS + attempt * 60_000
        await harness.tell(RetryRender(job_id="j-1"), record="commands/0/0", written_ms=written)
    assert (await harness.read("j-1"))["attempt"] == 3
    await harness.tell(CancelRender(job_id="j-1"), record="commands/0/0", written_ms=written)
    assert (await harness.read("j-1"))["status"] == "FAILED"


async def test_a_command_that_changes_nothing_is_counted(harness: Harness) -> None:
    def dropped(why: str, kind: str = "retry") -> float:
        return float(COMMANDS_DROPPED.labels(f"lectern.render.{kind}.v1", why)._value.get())

    await harness.tell(start(render_spec=SPEC))
    standing, repeated = dropped("standing", "start"), dropped("repeated")
    await harness.tell(start(render_spec=SPEC))
    assert dropped("standing", "start") == standing + 1
    await harness.tell(failed("j-1"))
    for _ in range(3):
        await harness.tell(RetryRender(job_id="j-1"), record="commands/0/5")
    assert dropped("repeated") == repeated + 2
    for count in (1, 2):
        await harness.tell(CancelRender(job_id="j-1"), record=f"commands/0/{5 + count}")
    await harness.tell(CancelRender(job_id="none"), record="commands/0/9")
    before = dropped("repeated", "cancel")
    await harness.tell(CancelRender(job_id="none"), record="commands/0/9")  # refused once, told once
    assert dropped("repeated", "cancel") == before + 1
    assert len(await harness.publishes(CommandRejected, "none")) == 1


async def test_a_command_that_the_version_before_took_is_not_obeyed_again(harness: Harness) -> None:
    """It was known by its place: its row stands in the ledger of whoever upgrades, and its offset may not."""
    now, retry = harness.gateway.service.now(), "lectern.render.retry.v1"
    now_ms = int(now.timestamp() * 1000)
    await harness.tell(start(render_spec=SPEC))
    await harness.tell(failed("j-1"))
    former = derived_id("commands/0/5", "gateway", "command")
    await harness.gateway.ledger.write(commands.take, former, retry, "j-1", now=now)
    await harness.tell(RetryRender(job_id="j-1"), record="commands/0/5", written_ms=now_ms - 5_000)
    assert (await harness.read("j-1"))["attempt"] == 1
    # what another log has in the same place is another command: of another job, or written since
    await harness.tell(start("j-2", "v-2", render_spec=SPEC), record="commands/0/5", written_ms=now_ms)
    await harness.publishes(RenderRequested, "j-2")
    await harness.tell(RetryRender(job_id="j-1"), record="commands/0/5", written_ms=now_ms + 60_000)
    assert (await harness.read("j-1"))["attempt"] == 2


async def test_a_command_with_the_id_of_another_one_was_dropped_without_a_word(harness: Harness) -> None:
    used = uuid4()
    await harness.tell(start(render_spec=SPEC, command_id=used))
    for _ in range(2):
        await harness.tell(CancelRender(job_id="j-1", command_id=used), record="commands/0/9")
    [refusal] = await harness.publishes(CommandRejected, "j-1")
    assert (refusal.code, refusal.command_type) == ("COMMAND_INVALID", "lectern.render.cancel.v1")
    assert (await harness.read("j-1"))["status"] == "QUEUED"
    assert len(harness.told(CommandRejected)) == 1


async def test_a_command_id_makes_a_repeated_command_harmless(harness: Harness) -> None:
    await harness.tell(start(render_spec=SPEC))
    await harness.tell(failed("j-1"))
    retry = RetryRender(job_id="j-1", command_id=uuid4())
    await harness.tell(retry)
    await harness.tell(failed("j-1", attempt=2))
    await harness.tell(retry)
    assert (await harness.read("j-1"))["attempt"] == 2


def stored_blob(root: Path, sha256: str) -> Path:
    [path] = root.rglob(sha256[2:])
    return path


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"{}")])
async def test_a_job_whose_stored_spec_was_lost_could_never_be_retried(
    harness: Harness, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    """The ledger has the snapshot, but every attempt asked the store for the first one's copy."""
    await harness.tell(start(render_spec=SPEC))
    [request] = await harness.publishes(RenderRequested, "j-1")
    damage(stored_blob(tmp_path, request.spec.sha256))
    await harness.tell(failed("j-1"))
    await harness.tell(RetryRender(job_id="j-1"))
    [_, again] = await harness.publishes(RenderRequested, "j-1", 2)
    assert json.loads(await harness.artifacts.get(again.spec))["title"] == "T"


async def test_a_retry_of_a_running_job_changes_nothing(harness: Harness) -> None:
    await harness.tell(start(render_spec=SPEC))
    await harness.tell(RetryRender(job_id="j-1"))
    read = await harness.read("j-1")
    assert (read["attempt"], read["status"]) == (1, "QUEUED")
    assert harness.told(CommandRejected) == []


async def test_scripts_are_wished_for_by_command(harness: Harness) -> None:
    wish = GenerateScript(video_id="v-1", source_text="텍스트")
    for _ in range(2):
        await harness.tell(wish)
    [request] = await harness.publishes(ScriptRequested)
    assert request.video_id == "v-1"
    await harness.tell(GenerateScript(video_id="v-1", script_id="s-9", source_text=" "))
    [refusal] = await harness.publishes(CommandRejected)
    assert (refusal.job_id, refusal.code) == ("s-9", "SOURCE_TEXT_EMPTY")
    assert len(harness.told(ScriptRequested)) == 1


@pytest.mark.parametrize("field", ["source_text", "style"])
async def test_a_text_that_http_refuses_was_taken_from_kafka(harness: Harness, field: str) -> None:
    await harness.tell(GenerateScript(**{"video_id": "v-1", "source_text": "a", field: "a\0b"}))
    [refusal] = await harness.publishes(CommandRejected)
    assert refusal.code == "COMMAND_INVALID"
    assert field in refusal.message
    assert harness.told(ScriptRequested) == []


@pytest.mark.parametrize("field", ["target_minutes", "max_chapters", "max_scenes_per_chapter"])
@pytest.mark.parametrize("value", ["3", True])
def test_a_wish_in_words_that_http_refuses_was_taken_from_kafka(field: str, value: object) -> None:
    body = {"type": "lectern.script.generate.v1", "video_id": "v-1", "source_text": "a", field: value}
    with pytest.raises(PermanentError, match=field) as caught:
        decode_command(json.dumps(body).encode(), [])
    assert caught.value.code is ErrorCode.COMMAND_INVALID


async def test_a_script_id_belongs_to_one_video(harness: Harness) -> None:
    await harness.tell(GenerateScript(video_id="v-1", script_id="s-1", source_text="a"))
    await harness.tell(GenerateScript(video_id="v-2", script_id="s-1", source_text="a"))
    [refusal] = await harness.publishes(CommandRejected, "s-1")
    assert refusal.code == "SCRIPT_STATE_CONFLICT"


@pytest.mark.parametrize(
    ("value", "key", "subject", "kind"),
    [
        (b"\xff\x00", b"j-1", "j-1", "unknown"),
        (None, None, "unknown", "unknown"),
        (b"[" * 100_000, b"\xff", "unknown", "unknown"),
        (json.dumps({"type": "lectern.x.v1", "job_id": "j-2"}).encode(), b"j-1", "j-2", "lectern.x.v1"),
        (json.dumps({"type": 7, "job_id": "a b", "script_id": "s-1"}).encode(), b"", "s-1", "7"),
        (json.dumps({"type": "t" * 500}).encode(), b"../etc", "unknown", "t" * 100),
        (b'{"type": "\\ud800", "job_id": "j-1"}', b"j-1", "j-1", "?"),
    ],
)
def test_poison_is_rejected_by_name(value: bytes | None, key: bytes | None, subject: str, kind: str) -> None:
    with pytest.raises(PermanentError) as caught:
        decode_command(value, [])
    [refusal] = rejected(caught.value, value, key)
    assert (refusal.job_id, refusal.command_type) == (subject, kind)
    assert refusal.code in {ErrorCode.EVENT_MALFORMED, ErrorCode.EVENT_TYPE_UNKNOWN}
    assert rejected(caught.value, value, key) == (refusal,)


@pytest.mark.parametrize(
    ("value", "headers", "subject", "kind"),
    [
        (
            b'{"specversion":"1.0","type":"lectern.render.retry.v1","id":"1","data":{"job_id":"j-1"}}',
            [("content-type", b"application/cloudevents+json")],
            "j-1",
            "lectern.render.retry.v1",
        ),
        (
            b'{"type":"lectern.render.cancel.v1"}',
            [("ce_type", b"lectern.render.retry.v1"), ("CE_Subject", b"j-1"), ("ce_id", b"1")],
            "j-1",
            "lectern.render.cancel.v1",
        ),
        (b"{}", [("ce_type", b"lectern.render.retry.v1"), ("ce_id", b"2"), ("ce_source", b"/b")], "j-9",
         "lectern.render.retry.v1"),
    ],
)  # fmt: skip
def test_a_cloud_event_that_cannot_be_obeyed_is_rejected_by_name(
    value: bytes, headers: list[tuple[str, bytes | None]], subject: str, kind: str
) -> None:
    with pytest.raises(PermanentError) as caught:
        decode_command(value, headers)
    [refusal] = rejected(caught.value, value, b"j-9", headers)
    assert (refusal.job_id, refusal.command_type) == (subject, kind)
    again = [(name, b"3" if name == "ce_id" else text) for name, text in headers]
    if again != headers:
        [other] = rejected(caught.value, value, b"j-9", again)
        assert other.event_id != refusal.event_id


async def test_a_cloud_event_that_comes_twice_is_obeyed_once(harness: Harness) -> None:
    await harness.tell(start(render_spec=SPEC))
    await harness.tell(failed("j-1"))
    value = json.dumps({"job_id": "j-1"}).encode()
    headers = [("ce_type", b"lectern.render.retry.v1"), ("ce_source", b"/b"), ("ce_id", b"7")]
    retry = decode_command(value, headers)
    await harness.tell(retry, record="commands/0/5")
    await harness.tell(failed("j-1", attempt=2))
    await harness.tell(decode_command(value, headers), record="commands/0/6")
    assert (await harness.read("j-1"))["attempt"] == 2
    another = decode_command(value, [*headers, ("ce_id", b"8")])
    await harness.tell(another, record="commands/0/7")
    assert (await harness.read("j-1"))["attempt"] == 3
