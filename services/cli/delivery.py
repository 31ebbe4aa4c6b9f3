"""Brings the finished files to where the person wanted them: the film, subtitles and thumbnail beside it."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from contracts.base import ClaimCheck
from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.events import Asset
from services.cli.outputs import replacing
from services.gateway.ledger.models import JobRecord
from services.runtime.artifacts import Artifacts

SUFFIXES: Final[Mapping[str, str]] = {"video": ".mp4", "srt": ".srt", "vtt": ".vtt", "thumbnail": ".jpg"}
"""Kind of asset to file name suffix; the film comes last, so that whoever sees it sees the others."""


class _Sound(BaseModel):
    loudness: dict[str, Any]


class _Subtitles(BaseModel):
    cues: int


class _Report(BaseModel):
    """The part of ``report.json`` that a person is shown."""

    passed: bool
    problems: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    planned: dict[str, Any]
    sound: _Sound
    subtitles: _Subtitles
    av_difference_ms: float


@dataclass(frozen=True)
class Delivered:
    """The files of one film.

    Attributes:
        film: the MP4.
        beside: the other files.
        bytes: size of the MP4.
        found: what the self-check of the decoded film found, a line each.
        warnings: what a viewer would notice, a line each.
    """

    film: Path
    beside: tuple[Path, ...]
    bytes: int
    found: tuple[str, ...]
    warnings: tuple[str, ...] = ()


async def deliver(job: JobRecord, artifacts: Artifacts, output: Path) -> Delivered:
    """Copy a completed job's files to ``output`` and beside it; each appears whole or not at all.

    Raises:
        PermanentError: ``ARTIFACT_MISSING`` or ``ARTIFACT_CORRUPT``.
        TransientError: ``STORAGE_FULL`` or ``STORAGE_UNAVAILABLE``: the folder cannot be written.
    """
    assets: dict[str, Asset] = {asset.kind: asset for asset in job.assets}
    report = await artifacts.get(_claim(assets, "report"))
    written: dict[str, Path] = {}
    with tempfile.TemporaryDirectory(prefix="lectern-film-") as folder:
        for kind in sorted(SUFFIXES, key=lambda kind: kind == "video"):
            source = await artifacts.fetch(_claim(assets, kind), Path(folder))
            target = output.with_suffix(SUFFIXES[kind]) if kind != "video" else output
            await asyncio.to_thread(_copy, source, target)
            written[kind] = target
    film = written.pop("video")
    beside, size = tuple(written.values()), film.stat().st_size
    return Delivered(film, beside, size, found_by(report), _read(report).warnings)


def found_by(report: bytes) -> tuple[str, ...]:
    """Say in a few lines what the self-check found.

    Raises:
        PermanentError: ``SELF_CHECK_FAILED``: this is no report.
    """
    facts = _read(report)
    planned = facts.planned
    integrated, peak = (facts.sound.loudness.get(k) for k in ("integrated_lufs", "true_peak_dbtp"))
    loudness = "silent" if integrated is None else f"{integrated:.1f} LUFS, true peak {peak:.1f} dBTP"
    return (
        f"{planned.get('frames')} frames as planned, sound {loudness}",
        f"{facts.subtitles.cues} subtitles, picture and sound {abs(facts.av_difference_ms):.1f} ms apart",
        *(facts.problems or ("no problems",)),
        *((f"{len(facts.warnings)} warnings",) if facts.warnings else ()),
    )


def _read(report: bytes) -> _Report:
    try:
        return _Report.model_validate_json(report)
    except ValidationError:
        raise PermanentError(ErrorCode.SELF_CHECK_FAILED, "the film's report cannot be read") from None


def _claim(assets: Mapping[str, Asset], kind: str) -> ClaimCheck:
    asset = assets.get(kind)
    if asset is None:
        raise PermanentError(ErrorCode.ARTIFACT_MISSING, f"the job has no {kind}")
    return ClaimCheck(
        uri=f"cas:{asset.sha256}",
        sha256=asset.sha256,
        bytes=asset.size_bytes,
        media_type=asset.content_type,
    )


def _copy(source: Path, target: Path) -> None:
    try:
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
    except OSError as error:
        raise TransientError(
            ErrorCode.STORAGE_UNAVAILABLE, f"cannot write {target}: {error.strerror}"
        ) from None
