import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.errors import ErrorCode
from services.gateway.http.middleware.body import DRAINED_BYTES
from services.gateway.settings import GatewaySettings
from services.gateway.web.problems import STATUS, problem
from tests.unit.gateway.conftest import SCRIPT, Harness


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "ROUTE_NOT_FOUND"),
        ("GET", "/api/videos/v-1", 404, "ROUTE_NOT_FOUND"),
        ("DELETE", "/api/scripts/s-1", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/assets/x.mp4", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/scripts/a%20b", 422, "COMMAND_INVALID"),
        ("GET", "/api/render-jobs/" + "x" * 129, 422, "COMMAND_INVALID"),
    ],
)
async def test_every_error_is_a_problem_document(
    harness: Harness, method: str, path: str, status: int, code: str
) -> None:
    answer = await harness.client.request(method, path)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail", "code"}
    assert body["status"] == status
    assert body["type"].endswith(code)
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b'{"a": 1e999}', b"[" * 100_000, b'{"source_text": NaN}', b"9" * 5_000]
)
async def test_a_body_that_is_not_json_is_a_bad_request(harness: Harness, body: bytes) -> None:
    answer = await harness.client.post(
        "/api/videos/v-1/render-jobs", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_bug_shows_no_trace(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: str) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(harness.gateway.service, "get_script", broken)
    answer = await harness.client.get("/api/scripts/s-1")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


async def test_a_ledger_that_is_away_is_503(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    await harness.gateway.ledger.write(
        lambda conn: conn.exec_driver_sql("ALTER TABLE outbox RENAME TO elsewhere")
    )
    ready = await harness.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert "outbox" in ready.json()["problems"][0]


class TestBodyLimit:
    LIMIT = GatewaySettings.model_fields["max_body_bytes"].default

    async def test_an_announced_body_is_refused_unread(self, served: Harness) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
        writer.write(
            b"PUT /api/scripts/s-1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + f"Content-Length: {DRAINED_BYTES + 1}\r\n\r\n".encode()
        )
        answer = await asyncio.wait_for(reader.read(), 10)  # to the end: the connection is closed
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.split()[1] == b"413"
        assert json.loads(body)["code"] == "BODY_TOO_LARGE"

    async def test_a_streamed_body_is_cut_off(self, served: Harness) -> None:
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(40):
                yield b" " * 65_536

        answer = await served.client.post("/api/videos/v-1/render-jobs", content=endless())
        assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")

    async def test_a_large_script_within_the_limit_is_taken(self, served: Harness) -> None:
        script_id = await served.script("v-1", approved=False)
        scenes = [{"scene_id": n, "narration": "네.", "on_screen_text": "가" * 1_000} for n in range(300)]
        body: dict[str, Any] = SCRIPT | {"chapters": [{"chapter_id": 1, "title": "x", "scenes": scenes}]}
        assert 800_000 < len(json.dumps(body, ensure_ascii=False).encode()) < self.LIMIT
        assert (await served.client.put(f"/api/scripts/{script_id}", json=body)).status_code == 200


async def test_the_operators_routes(harness: Harness) -> None:
    await harness.job("v-1")
    assert (await harness.client.get("/livez")).json() == {"status": "alive"}
    assert (await harness.client.get("/readyz")).json() == {"status": "ready", "problems": []}
    metrics = (await harness.client.get("/metrics")).text
    assert "lectern_outbox_depth 0.0" in metrics
    assert "lectern_sockets 0.0" in metrics
    assert (await harness.client.get("/")).json()["openapi"] == "/openapi.json"
    harness.gateway.probes.append(lambda: ["the engine has no partitions"])
    ready = await harness.client.get("/readyz")
    assert (ready.status_code, ready.json()["problems"]) == (503, ["the engine has no partitions"])


async def test_openapi_is_whole(harness: Harness) -> None:
    schema = (await harness.client.get("/openapi.json")).json()
    text = json.dumps(schema)
    known = set(schema["components"]["schemas"])
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= known
    assert "HTTPValidationError" not in known
    generate = schema["paths"]["/api/videos/{video_id}/scripts/generate"]["post"]
    assert set(generate["responses"]) >= {"200", "202", "413", "422"}
    assert "application/problem+json" in generate["responses"]["422"]["content"]
    assert "비밀번호" in json.dumps(
        schema["components"]["schemas"]["ScriptGenerateRequest"], ensure_ascii=False
    )
    create = schema["paths"]["/api/videos/{video_id}/render-jobs"]["post"]
    assert {"200", "201", "404", "409"} <= set(create["responses"])
    assert (await harness.client.get("/docs")).status_code == 404


def test_every_mapped_status_has_a_title() -> None:
    for code, status in STATUS.items():
        answer = problem(status, code, "x")
        assert json.loads(bytes(answer.body))["title"]


class TestSettings:
    def test_defaults_are_the_specifications(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("LECTERN_HOME", "DATABASE_URL", "STORAGE_LOCAL_DIR", "TTS_PROVIDER"):
            monkeypatch.delenv(name, raising=False)
        settings = GatewaySettings()
        assert (settings.host, settings.port) == ("127.0.0.1", 8080)
        assert settings.ledger_url == "sqlite:///data/ledger.db"
        assert (str(settings.assets_dir), settings.assets_path) == ("data/assets", "/assets")
        defaults = settings.render_defaults
        assert (defaults.width, defaults.height, defaults.fps) == (1280, 720, 24)
        assert (defaults.fade_duration, defaults.kenburns_zoom, defaults.visual_style) == (0.5, 1.1, "basic")

    def test_the_shells_own_variables_are_not_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in {
            "HOME": "/h",
            "HOST": "::1",
            "PORT": "1",
            "WIDTH": "200",
            "FPS": "30",
        }.items():
            monkeypatch.setenv(name, value)
        settings = GatewaySettings()
        assert (settings.host, settings.port, settings.width, settings.fps) == ("127.0.0.1", 8080, 1280, 24)
        assert str(settings.home) == "data"

    def test_the_environment_decides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in {
            "VIDEO_VISUAL_STYLE": "animated", "VIDEO_FPS": "30", "TTS_PROVIDER": "mock", "GATEWAY_PORT": "0",
            "STORAGE_PUBLIC_BASE_URL": "https://cdn.example/x", "LECTERN_HOME": "h", "STORAGE_LOCAL_DIR": "s",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        settings = GatewaySettings()
        defaults = settings.render_defaults
        assert (defaults.visual_style, defaults.fps, defaults.tts_provider) == ("animated", 30, "mock")
        assert (settings.assets_path, str(settings.assets_dir)) == ("/assets", "s")

    def test_a_video_that_cannot_be_rendered_is_refused_at_the_start(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VIDEO_FPS", "7")
        with pytest.raises(ValidationError, match="fps"):
            GatewaySettings()


def test_codes_that_http_answers_are_the_contracts() -> None:
    assert set(STATUS) <= set(ErrorCode)
