"""The report: planned beside found, and the judgement. The same film gives the same bytes."""

from contracts.base import Model
from contracts.subtitles import SubtitleRule
from contracts.timeline import SAMPLE_RATE
from services.composition.check.container import ContainerFacts
from services.composition.check.pictures import PictureFacts
from services.composition.check.sound import SoundFacts
from services.composition.check.subtitles import SubtitleFacts
from services.composition.check.viewer import viewer_warnings
from services.composition.film.chapters import short_title
from services.composition.film.plan import FilmPlan
from services.composition.sound.aac import PACKET_SAMPLES
from services.composition.sound.mastering import (
    MAX_TRUE_PEAK_DBTP,
    TARGET_LUFS,
    TOLERANCE_LU,
    on_target,
)

REPORT_VERSION = 1
LARGEST_DEVIATION = 8
"""Grey levels by which a grid cell may differ after coding; another slide differs by dozens."""
LARGEST_LAG_MS = 10.0
LARGEST_LENGTH_ERROR = 0.002
"""Seconds; MP4 tracks are edited in milliseconds."""
MEDIA_TYPE = "application/json"


class Planned(Model):
    """What the film was to be."""

    scenes: int
    frames: int
    samples: int
    fps: int
    width: int
    height: int
    duration_sec: float
    chapters: int
    target_lufs: float = TARGET_LUFS
    tolerance_lu: float = TOLERANCE_LU
    max_true_peak_dbtp: float = MAX_TRUE_PEAK_DBTP


class Report(Model):
    """The self-check of one film.

    Attributes:
        version: of this report's form.
        passed: whether there are no problems.
        problems: what is wrong, for people.
        warnings: what a viewer would notice though nothing is wrong with the file, for people.
        planned: what the film was to be.
        pictures: the decoded pictures.
        sound: the decoded sound.
        subtitles: the subtitles and how they keep step.
        container: the file.
        av_difference_ms: length of the sound track minus that of the picture track.
        av_drift_ms: how much sound slips against picture from the first spoken scene to the last.
        sha256: of the files beside this report.
    """

    version: int = REPORT_VERSION
    passed: bool
    problems: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    planned: Planned
    pictures: PictureFacts
    sound: SoundFacts
    subtitles: SubtitleFacts
    container: ContainerFacts
    av_difference_ms: float
    av_drift_ms: float
    sha256: dict[str, str]


def make_report(
    plan: FilmPlan,
    pictures: PictureFacts,
    sound: SoundFacts,
    subtitles: SubtitleFacts,
    container: ContainerFacts,
    black_expected: frozenset[int],
    sha256: dict[str, str],
) -> Report:
    """Put the facts together and judge them.

    Args:
        plan: the film.
        pictures: see :class:`PictureFacts`.
        sound: see :class:`SoundFacts`.
        subtitles: see :class:`SubtitleFacts`.
        container: see :class:`ContainerFacts`.
        black_expected: scenes whose own pictures are black.
        sha256: file name to hash.
    """
    problems = [
        *_picture_problems(plan, pictures, black_expected),
        *_sound_problems(plan, sound),
        *_subtitle_problems(subtitles),
        *_container_problems(plan, container),
    ]
    settings = plan.settings
    return Report(
        passed=not problems,
        problems=tuple(problems),
        warnings=viewer_warnings(plan),
        planned=Planned(
            scenes=len(plan.scenes),
            frames=plan.frames,
            samples=plan.samples,
            fps=plan.fps,
            width=settings.width,
            height=settings.height,
            duration_sec=round(plan.seconds, 6),
            chapters=len(plan.chapters()),
        ),
        pictures=pictures,
        sound=sound,
        subtitles=subtitles,
        container=container,
        av_difference_ms=round(1000 * (container.sound_seconds - container.picture_seconds), 3),
        av_drift_ms=round(1000 * sound.drift_samples / SAMPLE_RATE, 3),
        sha256=sha256,
    )


def _picture_problems(plan: FilmPlan, facts: PictureFacts, black_expected: frozenset[int]) -> list[str]:
    settings = plan.settings
    problems = []
    if facts.frames != plan.frames:
        problems.append(f"{facts.frames} frames decoded, {plan.frames} planned")
    if facts.irregular:
        problems.append(f"{facts.irregular} frames are not shown one frame after the one before")
    if (facts.width, facts.height) != (settings.width, settings.height):
        problems.append(f"the picture is {facts.width}x{facts.height}")
    if not facts.bt709_limited or facts.pixel_format != "yuv420p" or facts.profile != "High":
        problems.append(f"H.264 {facts.profile} {facts.pixel_format} is not High yuv420p tagged BT.709")
    if facts.key_interval > 2 * plan.fps:
        problems.append(f"key frames are up to {facts.key_interval} frames apart")
    if facts.largest_deviation > LARGEST_DEVIATION:
        problems.append(f"a frame differs from its slide by {facts.largest_deviation} grey levels")
    for span in facts.black:
        scenes = [
            scene.event.context.index
            for scene in plan.scenes
            if scene.first_frame < span.end * plan.fps
            and span.start * plan.fps < scene.first_frame + scene.event.timing.frames
        ]
        if not black_expected.issuperset(scenes):
            problems.append(f"black from {span.start} s to {span.end} s")
    return problems


def _sound_problems(plan: FilmPlan, facts: SoundFacts) -> list[str]:
    problems = []
    if (facts.sample_rate, facts.channels, facts.mono) != (SAMPLE_RATE, 2, True):
        problems.append(f"the sound has {facts.sample_rate} Hz and {facts.channels} channels, or they differ")
    if not 0 <= facts.samples - plan.samples < PACKET_SAMPLES:
        problems.append(f"{facts.samples} samples decoded, {plan.samples} planned")
    if not on_target(facts.loudness):
        heard = facts.loudness
        problems.append(f"loudness {heard.integrated_lufs} LUFS, true peak {heard.true_peak_dbtp} dBTP")
    limit = LARGEST_LAG_MS * SAMPLE_RATE / 1000
    if facts.lag_samples > limit or abs(facts.drift_samples) > limit:
        problems.append(f"speech is up to {facts.lag_samples} samples off, drifting by {facts.drift_samples}")
    if facts.missing:
        problems.append(f"sentences are not heard: {', '.join(facts.missing[:10])}")
    return problems


def _subtitle_problems(facts: SubtitleFacts) -> list[str]:
    problems = []
    if facts.outside or facts.violations.get(SubtitleRule.ORDER):
        problems.append("subtitles overlap, are empty in time or reach beyond the film")
    if {facts.in_srt, facts.in_vtt, facts.in_track} != {facts.cues}:
        problems.append(
            f"of {facts.cues} subtitles {facts.in_srt} are in the SRT, {facts.in_vtt} in the VTT, "
            f"{facts.in_track} in the MP4"
        )
    if facts.out_of_step:
        problems.append(f"sentences without their subtitle: {', '.join(facts.out_of_step[:10])}")
    return problems


def _container_problems(plan: FilmPlan, facts: ContainerFacts) -> list[str]:
    problems = []
    if not facts.index_first:
        problems.append(f"the index does not come first: {' '.join(facts.boxes)}")
    if set(facts.languages) != {plan.language_tag}:
        problems.append(f"tracks are tagged {facts.languages}")
    wanted = [(round(c.start / plan.fps, 3), short_title(c.title)) for c in plan.chapters()]
    if [(c.start_sec, c.title) for c in facts.chapters] != wanted:
        problems.append(f"{len(facts.chapters)} chapters found, {len(wanted)} planned, or others")
    lengths = (facts.picture_seconds, facts.sound_seconds)
    if max(abs(seconds - plan.seconds) for seconds in lengths) > LARGEST_LENGTH_ERROR:
        problems.append(f"picture and sound last {lengths}, not {plan.seconds} s")
    return problems
