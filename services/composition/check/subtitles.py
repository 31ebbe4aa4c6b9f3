"""Whether the subtitles fit the film and stand in step with the speech."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pysubs2

from contracts.base import Model
from contracts.events import Cue
from contracts.subtitles import SubtitleRule, conformance
from contracts.timeline import GAP_FRAMES, SAMPLE_RATE, SceneTiming, nearest_frame, shortest_frames
from services.composition.film.plan import FilmPlan, ScenePlace
from services.composition.film.subtitles import milliseconds

ALLOWED_OFFSET_FRAMES = 1


class SubtitleFacts(Model):
    """The subtitles.

    Attributes:
        cues: how many.
        outside: cues that are empty in time or reach beyond the film.
        violations: broken rules of :mod:`contracts.subtitles` and how often; speech may leave no room.
        in_srt: cues an independent parser finds in the SubRip file, at the planned times.
        in_vtt: the same for WebVTT.
        in_track: the same for the MP4's subtitle track.
        sentences: sentences of the narration.
        in_step: those whose caption appears within a frame of their first sound, or that share a caption.
        moved: those whose caption was moved so that it, or its neighbour, is shown long enough to be read.
        out_of_step: the others, as ``scene/sentence``, counted from 1.
        largest_offset_ms: between first sound and caption, over the sentences in step that open one.
    """

    cues: int
    outside: int
    violations: dict[SubtitleRule, int]
    in_srt: int
    in_vtt: int
    in_track: int
    sentences: int
    in_step: int
    moved: int
    out_of_step: tuple[str, ...]
    largest_offset_ms: float


def inspect_subtitles(plan: FilmPlan, srt: str, vtt: str, track: Sequence[tuple[int, int]]) -> SubtitleFacts:
    """Compare subtitles with the plan.

    Args:
        plan: the film.
        srt: the SubRip file.
        vtt: the WebVTT file.
        track: start and end in milliseconds of each sample of the MP4's subtitle track that shows text.
    """
    cues = plan.cues()
    times = [(milliseconds(cue.start, plan.fps), milliseconds(cue.end, plan.fps)) for cue in cues]
    places = [place for scene in plan.scenes for place in _places(scene)]
    broken = Counter(found.rule for found in conformance(cues, plan.fps, plan.language))
    return SubtitleFacts(
        cues=len(cues),
        outside=sum(not 0 <= cue.start < cue.end <= plan.frames for cue in cues),
        violations=dict(sorted(broken.items())),
        in_srt=_agreeing(times, _read(srt, "srt")),
        in_vtt=_agreeing(times, _read(vtt, "vtt")),
        in_track=_agreeing(times, track),
        sentences=len(places),
        in_step=sum(place.kind == "in step" for place in places),
        moved=sum(place.kind == "moved" for place in places),
        out_of_step=tuple(place.name for place in places if place.kind == "out of step"),
        largest_offset_ms=round(max((place.offset_ms for place in places), default=0.0), 1),
    )


def _read(text: str, format_: str) -> list[tuple[int, int]]:
    if " --> " not in text:
        return []
    return [(event.start, event.end) for event in pysubs2.SSAFile.from_string(text, format_=format_)]


def _agreeing(planned: Sequence[tuple[int, int]], found: Sequence[tuple[int, int]]) -> int:
    """Count cues found at their planned times; 0 if there are more or fewer than planned."""
    return sum(a == b for a, b in zip(planned, found, strict=True)) if len(planned) == len(found) else 0


@dataclass(frozen=True)
class _Place:
    name: str
    kind: Literal["in step", "moved", "out of step"]
    offset_ms: float = 0.0


def _places(scene: ScenePlace) -> Iterator[_Place]:
    """Say of each sentence how its caption stands to it.

    The captions' text is the sentences' text, whitespace apart, so a sentence's first letter tells its cue.
    """
    cues = scene.cues()
    letters = [_letters("".join(cue.lines)) for cue in cues]
    owners = [(k, at) for k, text in enumerate(letters) for at in range(len(text))]
    same_text = "".join(letters) == _letters("".join(s.text for s in scene.event.sentences))
    timing, first_letter = scene.event.timing, 0
    per_frame = SAMPLE_RATE // timing.fps
    for number, sentence in enumerate(scene.event.sentences, start=1):
        name = f"{scene.event.context.index + 1}/{number}"
        sample = timing.lead_in_samples + sentence.start
        frame = nearest_frame(sample, timing.fps)
        if same_text and first_letter < len(owners):
            at, letter = owners[first_letter]
        else:
            at, letter = _nearest(cues, frame)
        first_letter += len(_letters(sentence.text))
        yield _judged(name, cues, at, letter, frame, sample / per_frame, timing)


def _judged(
    name: str, cues: Sequence[Cue], at: int, letter: int, frame: int, exact: float, timing: SceneTiming
) -> _Place:
    if not cues:
        return _Place(name, "out of step")
    cue = cues[at]
    if letter:
        if cue.start - ALLOWED_OFFSET_FRAMES <= frame < cue.end + ALLOWED_OFFSET_FRAMES:
            return _Place(name, "in step")
    elif abs(cue.start - frame) <= ALLOWED_OFFSET_FRAMES:
        return _Place(name, "in step", abs(cue.start - exact) / timing.fps * 1000)
    return _Place(name, "moved" if _crowded(cues, at, timing) else "out of step")


def _crowded(cues: Sequence[Cue], at: int, timing: SceneTiming) -> bool:
    """Whether a caption has no place of its own: neighbours, or the scene's end, leave it no other frames."""
    cue = cues[at]
    if at > 0 and cue.start - cues[at - 1].end <= GAP_FRAMES:
        return True
    if at + 1 < len(cues):
        return cues[at + 1].start - cue.end <= GAP_FRAMES
    return cue.end - cue.start <= shortest_frames(timing.fps) and timing.frames - cue.end <= GAP_FRAMES


def _nearest(cues: Sequence[Cue], frame: int) -> tuple[int, int]:
    distances = [abs(cue.start - frame) for cue in cues]
    return (distances.index(min(distances)) if distances else 0), 0


def _letters(text: str) -> str:
    return "".join(text.split())
