"""A film from its scenes' segments and speech: sound, MP4, subtitles, self-check. Blocking; no Kafka."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from contracts.base import canonical_json
from contracts.errors import ErrorCode, PermanentError
from services.composition.check.container import inspect_container
from services.composition.check.pictures import BLACK_MEAN, expected_grids, inspect_pictures
from services.composition.check.report import Report, make_report
from services.composition.check.sound import decode_sound, inspect_sound
from services.composition.check.subtitles import inspect_subtitles
from services.composition.film.mux import read_headers, write_film
from services.composition.film.plan import FilmPlan
from services.composition.film.subtitles import srt, vtt
from services.composition.segment.encoder import Cancel
from services.composition.segment.file import SegmentHeader
from services.composition.sound.aac import encode_aac
from services.composition.sound.loudness import integrated_lufs
from services.composition.sound.mastering import Mastering, blocks_of, master, on_target
from services.composition.sound.pcm import open_pcm, write_pcm

_MASTERINGS = 3
HASHED_BYTES = 1 << 20
"""Bytes hashed between two looks for a cancel, a millisecond; a film of three hours has a gigabyte."""


@dataclass(frozen=True)
class Film:
    """A finished film's files and its self-check."""

    video: Path
    srt: bytes
    vtt: bytes
    report: Report

    @property
    def report_bytes(self) -> bytes:
        """The report as it is stored."""
        return canonical_json(self.report.model_dump(mode="json"))


def build_film(
    plan: FilmPlan,
    segments: Sequence[Path],
    speeches: Sequence[Path],
    thumbnail: bytes,
    scratch: Path,
    threads: int,
    cancel: Cancel,
) -> Film:
    """Make a film and check it.

    Args:
        plan: the film.
        segments: one segment file a scene.
        speeches: one WAV file a scene.
        thumbnail: the JPEG beside it, for the report.
        scratch: an empty folder.
        threads: how many threads encode sound and decode pictures.
        cancel: asked all the time.

    Raises:
        PermanentError: ``COMPOSE_FAILED`` or ``ARTIFACT_CORRUPT`` (a part is unusable),
            ``SELF_CHECK_FAILED`` (the film is not as planned; the message says what).
        CanceledError: the job was cancelled.
    """
    _check_cues(plan)
    headers = read_headers(plan, segments)
    grids = expected_grids(plan, headers)
    speech = scratch / "speech.pcm"
    named = [(path, s.event.timing, s.name) for path, s in zip(speeches, plan.scenes, strict=True)]
    write_pcm(speech, named, cancel)
    source = open_pcm(speech)
    video, mastered = scratch / "video.mp4", scratch / "mastered.pcm"
    source_lufs = integrated_lufs(blocks_of(source, cancel))
    setting = Mastering()
    with ThreadPoolExecutor(1) as pool:
        for _ in range(_MASTERINGS):  # the codec moves loudness and peaks a little: measure, and correct once
            master(source, source_lufs, setting, mastered, cancel)
            stream = encode_aac(open_pcm(mastered), scratch / "sound.aac", threads, cancel)
            write_film(video, plan, segments, headers, stream, cancel)
            looking = pool.submit(inspect_pictures, video, plan.fps, grids, threads, cancel)
            try:
                heard = decode_sound(video, scratch / "heard.f32", cancel)
                sound = inspect_sound(plan, source, heard, cancel)
            finally:
                looking.exception()  # the file is not written again while it is looked at
            if on_target(heard.loudness):
                break
            setting = setting.corrected(heard.loudness)
        pictures = looking.result()
    cues = plan.cues()
    files = {"subtitles.srt": srt(cues, plan.fps), "subtitles.vtt": vtt(cues, plan.fps)}
    container, track = inspect_container(video)
    report = make_report(
        plan,
        pictures,
        sound,
        inspect_subtitles(plan, files["subtitles.srt"], files["subtitles.vtt"], track),
        container,
        _black_scenes(headers),
        {
            "video.mp4": _hash_of(video, cancel),
            "thumb.jpg": hashlib.sha256(thumbnail).hexdigest(),
            **{name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()},
        },
    )
    if not report.passed:
        raise PermanentError(
            ErrorCode.SELF_CHECK_FAILED,
            f"the film of job {plan.scenes[0].event.job_id} is not as planned: {'; '.join(report.problems)}",
        )
    return Film(video, files["subtitles.srt"].encode(), files["subtitles.vtt"].encode(), report)


def _check_cues(plan: FilmPlan) -> None:
    """Find subtitles that no file could hold before anything is made."""
    for scene in plan.scenes:
        before = 0
        for number, cue in enumerate(scene.cues(), start=1):
            if not before <= cue.start < cue.end <= scene.event.timing.frames:
                raise PermanentError(
                    ErrorCode.SELF_CHECK_FAILED,
                    f"subtitle {number} of {scene.name} overlaps, is empty in time or outlasts its scene",
                )
            before = cue.end


def _black_scenes(headers: Sequence[SegmentHeader]) -> frozenset[int]:
    """Return the scenes whose own pictures are dark throughout: nothing is wrong if they decode to black."""
    return frozenset(
        place
        for place, header in enumerate(headers)
        if any(max(bytes.fromhex(probe.luma)) < BLACK_MEAN for probe in header.probes)
    )


def _hash_of(path: Path, cancel: Cancel) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(HASHED_BYTES):
            cancel.check()
            digest.update(chunk)
    return digest.hexdigest()
