import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.base import ClaimCheck
from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.events import Asset
from contracts.states import JobState
from contracts.steps import Step
from services.cli.delivery import deliver, found_by
from services.gateway.ledger.models import JobRecord
from services.runtime.artifacts import Artifacts, Blob
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REPORT = {
    "passed": True,
    "problems": [],
    "planned": {"frames": 4320},
    "sound": {"loudness": {"integrated_lufs": -16.04, "true_peak_dbtp": -1.62}},
    "subtitles": {"cues": 42},
    "av_difference_ms": -3.21,
}
MEDIA = {
    "video": "video/mp4",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "thumbnail": "image/jpeg",
    "report": "application/json",
}


async def _job(artifacts: Artifacts, without: str = "") -> JobRecord:
    """A completed job whose files are in the store."""
    claims: dict[str, ClaimCheck] = {}
    for kind, media_type in MEDIA.items():
        data = json.dumps(REPORT).encode() if kind == "report" else kind.encode()
        claims[kind] = await artifacts.put(Blob(data, media_type))
    assets = tuple(
        Asset.model_validate(
            {
                "kind": kind,
                "key": f"videos/v/s/j/{kind}",
                "url": f"/assets/{kind}",
                "size_bytes": claim.bytes,
                "content_type": claim.media_type,
                "sha256": claim.sha256,
            }
        )
        for kind, claim in claims.items()
        if kind != without
    )
    return JobRecord(
        job_id="j", video_id="v", script_id=None, script_version=None, state=JobState.COMPLETED, attempt=1,
        language="ko", settings=None, spec=None, scenes=1, step=Step.FINALIZE, progress=100, error_code=None,
        error_message=None, assets=assets, duration_sec=180.0, revision=1, created_at=NOW, updated_at=NOW,
        started_at=NOW, finished_at=NOW,
    )  # fmt: skip


def _settings(tmp_path: Path) -> ArtifactSettings:
    return ArtifactSettings(artifact_store="local", lectern_home=tmp_path / "home")


async def test_the_film_and_what_goes_beside_it(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    film = tmp_path / "out" / "film.mp4"
    film.write_text("an older film")
    async with open_artifacts(_settings(tmp_path)) as artifacts:
        delivered = await deliver(await _job(artifacts), artifacts, film)
    written = {path.name: path.read_text() for path in film.parent.iterdir()}
    assert written == {
        "film.mp4": "video",
        "film.srt": "srt",
        "film.vtt": "vtt",
        "film.jpg": "thumbnail",
    }
    assert (delivered.film, delivered.bytes) == (film, len("video"))
    assert {path.name for path in delivered.beside} == {"film.srt", "film.vtt", "film.jpg"}


async def test_a_folder_that_is_gone_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    async with open_artifacts(_settings(tmp_path)) as artifacts:
        with pytest.raises(TransientError, match="cannot write") as caught:
            await deliver(await _job(artifacts), artifacts, tmp_path / "gone" / "film.mp4")
    assert caught.value.code is ErrorCode.STORAGE_UNAVAILABLE
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("kind", ["video", "report"])
async def test_a_job_without_its_files_is_an_error(tmp_path: Path, kind: str) -> None:
    async with open_artifacts(_settings(tmp_path)) as artifacts:
        with pytest.raises(PermanentError, match=f"no {kind}"):
            await deliver(await _job(artifacts, without=kind), artifacts, tmp_path / "film.mp4")
    assert not (tmp_path / "film.mp4").exists()


def test_says_what_the_self_check_found() -> None:
    assert found_by(json.dumps(REPORT).encode()) == (
        "4320 frames as planned, sound -16.0 LUFS, true peak -1.6 dBTP",
        "42 subtitles, picture and sound 3.2 ms apart",
        "no problems",
    )
    warned = {**REPORT, "warnings": ["scene 1: subtitle 2 flashes", "scene 3: its speech takes 9 s"]}
    assert found_by(json.dumps(warned).encode())[2:] == ("no problems", "2 warnings")
    silent = {**REPORT, "sound": {"loudness": {"integrated_lufs": None, "true_peak_dbtp": None}}}
    assert "sound silent" in found_by(json.dumps(silent).encode())[0]


@pytest.mark.parametrize("report", [b"", b"{}", b"\xff"])
def test_a_report_that_is_none(report: bytes) -> None:
    with pytest.raises(PermanentError) as caught:
        found_by(report)
    assert caught.value.code is ErrorCode.SELF_CHECK_FAILED
