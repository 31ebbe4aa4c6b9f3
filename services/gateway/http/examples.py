"""One example of each operation: the life of a short lesson, as the API tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.rendering import RenderSettings
from contracts.steps import PROGRESS_RANGE


@dataclass(frozen=True, slots=True)
class Example:
    """What is sent, and what comes back by status."""

    answers: Mapping[int, Any]
    request: Any = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


VIDEO = "video-passwords"
SCRIPT = "5f0c9c0e-6a4b-5d0e-9a3f-2f6f0f6d7a11"
JOB = "0b7f3a52-7b3c-5c59-8a64-0d9c2f1e4b22"
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
CREATED, WRITTEN, ENDED = (f"2026-03-02T09:00:{second}.250000Z" for second in ("00", "04", "58"))

SCENE = {
    "scene_id": 1,
    "narration": "비밀번호는 길게 만드세요.",
    "on_screen_text": "길게",
    "duration_sec": None,
}
LEFT_OUT = {
    "sentences": 2,
    "headings": ["왜 바꾸나요?"],
    "numbers": ["90일"],
    "prohibitions": ["비밀번호를 메모지에 적지 마세요."],
    "parts": [
        {
            "heading": "왜 바꾸나요?",
            "reason": "length",
            "whole": True,
            "sentences": 2,
            "numbers": ["90일"],
            "prohibitions": ["비밀번호를 메모지에 적지 마세요."],
            "text": None,
        }
    ],
}
TEXT = {
    "title": "비밀번호",
    "language": "ko",
    "chapters": [{"chapter_id": 1, "title": "시작", "scenes": [SCENE]}],
    "left_out": LEFT_OUT,
    "warnings": [],
}
DRAFT = {"script_id": SCRIPT, "status": "DRAFT", "raw_json": TEXT, "left_out": LEFT_OUT, "warnings": []}
WHOLE = {
    **DRAFT,
    "video_id": VIDEO,
    "version": 1,
    "content_hash": HASH,
    "language": "ko",
    "error": None,
    "created_at": CREATED,
    "updated_at": WRITTEN,
}
EDITED = {**WHOLE, "version": 2}
APPROVED = {**WHOLE, "status": "APPROVED"}
VERSION = {"version": 1, "origin": "generated", "content_hash": HASH, "created_at": WRITTEN}
DIFF = {
    "script_id": SCRIPT,
    "before": 1,
    "after": 2,
    "changes": [
        {
            "kind": "changed",
            "path": "chapters/1/scenes/1/on_screen_text",
            "before": "길게",
            "after": "길고 다르게",
        }
    ],
}
FOLDER = f"videos/{VIDEO}/{SCRIPT}/{JOB}/9f2c4e6a8b0d1f3557799bbddff01324"
FILM = {
    "kind": "video",
    "key": f"{FOLDER}/video.mp4",
    "url": f"/assets/{FOLDER}/video.mp4",
    "size_bytes": 1_834_021,
    "content_type": "video/mp4",
    "sha256": HASH,
}
LINKS = {
    "job_id": JOB,
    "links": [
        {name: FILM[name] for name in ("kind", "url", "content_type", "size_bytes")} | {"expires_at": None}
    ],
}
COMPLETED = {
    "job_id": JOB,
    "video_id": VIDEO,
    "script_id": SCRIPT,
    "script_version": 1,
    "status": "COMPLETED",
    "attempt": 1,
    "step": "FINALIZE",
    "progress": 100,
    "message": "영상이 완성되었습니다.",
    "language": "ko",
    "scenes": 1,
    "settings": RenderSettings().model_dump(mode="json"),
    "assets": [FILM],
    "duration_sec": 6.5,
    "error": None,
    "created_at": CREATED,
    "updated_at": ENDED,
    "started_at": WRITTEN,
    "finished_at": ENDED,
}
STARTED = {
    **COMPLETED,
    "status": "PROCESSING",
    "step": "VALIDATE_SCRIPT",
    "progress": 0,
    "message": "스크립트 검증 중...",
    "assets": [],
    "duration_sec": None,
    "updated_at": WRITTEN,
    "finished_at": None,
}
CANCELED = {
    **STARTED,
    "status": "FAILED",
    "step": "COMPOSE_VIDEO",
    "progress": 62,
    "message": "작업이 취소되었습니다.",
    "error": {"code": "CANCELED", "message": "the job was cancelled"},
    "updated_at": ENDED,
    "finished_at": ENDED,
}
DETAIL = {
    **COMPLETED,
    "history": [
        {
            "attempt": 1,
            "status": status,
            "step": step,
            "code": None,
            "message": None,
            "timestamp": moment,
        }
        for status, step, moment in (
            ("QUEUED", "VALIDATE_SCRIPT", CREATED),
            ("PROCESSING", "VALIDATE_SCRIPT", WRITTEN),
            ("COMPLETED", "FINALIZE", ENDED),
        )
    ],
    "steps": [
        {"step": step.value, "starts_at": start, "ends_at": end, "done": 1.0}
        for step, (start, end) in PROGRESS_RANGE.items()
    ],
    "scene_list": [
        {
            "index": 0,
            "scene_id": 1,
            "chapter": "시작",
            "caption": "길게",
            "done": ["GENERATE_TTS", "GENERATE_SUBTITLE", "RENDER_SLIDES", "COMPOSE_VIDEO"],
        }
    ],
}
SPEC = {
    "title": "비밀번호",
    "language": "ko",
    "scenes": [
        {
            "scene_id": 1,
            "chapter": "시작",
            "narration": SCENE["narration"],
            "caption": "길게",
            "duration_sec": None,
            "image": None,
        }
    ],
}
CALLBACK = {
    "id": 7,
    "webhook_id": "c4b2a8f0-3d1e-5b7a-9c44-8f1d2e3a4b55",
    "kind": "job.complete",
    "subject": JOB,
    "attempt": 1,
    "status": "DELIVERED",
    "tries": 1,
    "last_error": None,
    "created_at": ENDED,
    "settled_at": ENDED,
    "payload": {"jobId": JOB, "videoUrl": FILM["url"], "duration": 6.5, "status": "COMPLETED"},
}
TICKET = "lst_bm90IGEgdGlja2V0LCBidXQgYXMgbG9uZyBhcyBvbmU"
TICKETED = {
    "ticket": TICKET,
    "expires_at": ENDED,
    "expires_in": 60,
    "streams": [f"/api/v2/render-jobs/{JOB}/events?ticket={TICKET}"],
    "sockets": [f"/ws/v2/jobs?ticket={TICKET}"],
}
INDEX = {"name": "Lectern", "openapi": "/openapi.json", "render": "/api/videos/{video_id}/render-jobs"}

OF_VIDEO, OF_SCRIPT, OF_JOB = {"video_id": VIDEO}, {"script_id": SCRIPT}, {"job_id": JOB}
OF_SCENE = {**OF_SCRIPT, "chapter_id": 1, "scene_id": 1}
CREATED_JOB = {"job_id": JOB, "status": "QUEUED", "created": True}

EXAMPLES: Mapping[tuple[str, str], Example] = {
    ("POST", "/videos/{video_id}/scripts/generate"): Example(
        {200: DRAFT, 202: {"script_id": SCRIPT, "status": "GENERATING", "raw_json": None}},
        {"source_text": "# 비밀번호\n비밀번호는 12자 이상으로 만드세요.", "language": "ko"},
        OF_VIDEO,
    ),
    ("GET", "/videos/{video_id}/scripts"): Example({200: [WHOLE]}, None, OF_VIDEO),
    ("GET", "/scripts/{script_id}"): Example({200: WHOLE}, None, OF_SCRIPT),
    ("PUT", "/scripts/{script_id}"): Example({200: EDITED}, TEXT, OF_SCRIPT),
    ("POST", "/scripts/{script_id}/approve"): Example({200: APPROVED}, {"content_hash": HASH}, OF_SCRIPT),
    ("PATCH", "/scripts/{script_id}/chapters/{chapter_id}/scenes/{scene_id}"): Example(
        {200: EDITED}, {"on_screen_text": "길고 다르게"}, OF_SCENE
    ),
    ("GET", "/scripts/{script_id}/versions"): Example({200: [VERSION]}, None, OF_SCRIPT),
    ("GET", "/scripts/{script_id}/versions/{version}"): Example(
        {200: {**VERSION, "raw_json": TEXT}}, None, {**OF_SCRIPT, "version": 1}
    ),
    ("GET", "/scripts/{script_id}/diff"): Example({200: DIFF}, None, {**OF_SCRIPT, "before": 1, "after": 2}),
    ("POST", "/videos/{video_id}/render-jobs"): Example(
        {201: CREATED_JOB, 200: {**CREATED_JOB, "created": False}, 202: CREATED_JOB},
        {"script_id": SCRIPT, "options": {"visual_style": "animated"}},
        OF_VIDEO,
    ),
    ("GET", "/videos/{video_id}/render-jobs"): Example({200: [COMPLETED]}, None, OF_VIDEO),
    ("GET", "/render-jobs/{job_id}"): Example({200: DETAIL}, None, OF_JOB),
    ("GET", "/render-jobs/{job_id}/events"): Example({}, None, OF_JOB),
    ("GET", "/videos/{video_id}/render-progress"): Example({}, None, OF_VIDEO),
    ("POST", "/stream-tickets"): Example({201: TICKETED}, {"job_ids": [JOB]}),
    ("GET", "/render-jobs/{job_id}/render-spec"): Example({200: SPEC}, None, OF_JOB),
    ("POST", "/render-jobs/{job_id}/cancel"): Example({200: CANCELED}, None, OF_JOB),
    ("GET", "/render-jobs/{job_id}/links"): Example({200: LINKS}, None, OF_JOB),
    ("GET", "/render-jobs"): Example(
        {200: {"items": [COMPLETED], "next": f"1772442000250000-{JOB}"}},
        None,
        {"video_id": VIDEO, "script_id": SCRIPT, "status": "COMPLETED", "limit": 50},
    ),
    ("POST", "/video/job/{job_id}/start"): Example(
        {200: {"job": STARTED, "started": True, "error_code": None}},
        {"video_id": VIDEO, "script_id": SCRIPT},
        OF_JOB,
    ),
    ("POST", "/video/job/{job_id}/retry"): Example(
        {200: {"job": {**STARTED, "attempt": 2}, "started": True}}, None, OF_JOB
    ),
    ("POST", "/video/job/{job_id}/cancel"): Example({200: CANCELED}, None, OF_JOB),
    ("GET", "/callbacks"): Example({200: {"items": [CALLBACK], "next": 7}}, None, {"after": 6, "limit": 100}),
    ("GET", "/assets/{key}"): Example({}, None, {"key": FILM["key"]}),
    ("GET", "/livez"): Example({200: {"status": "alive"}}),
    ("GET", "/readyz"): Example({200: {"status": "ready", "problems": []}}),
    ("GET", "/metrics"): Example({200: "lectern_outbox_depth 0.0\n"}),
    ("GET", "/"): Example({200: INDEX}),
}
"""By method and path, without the base."""
