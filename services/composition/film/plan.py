"""The film as its scenes' events tell it: what stands where, in frames. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from contracts.base import ClaimCheck
from contracts.errors import ErrorCode, PermanentError
from contracts.events import Cue, SceneComposed
from contracts.languages import ISO_639_2
from contracts.rendering import RenderSettings
from contracts.timeline import SAMPLE_RATE, frame_of_sample


@dataclass(frozen=True)
class ScenePlace:
    """One scene and the frame of the film at which it begins."""

    event: SceneComposed
    first_frame: int

    @property
    def name(self) -> str:
        """What errors and the report call the scene; scenes are counted from 1."""
        return f"scene {self.event.context.index + 1} of job {self.event.job_id}"

    @property
    def first_sample(self) -> int:
        """First sample of the scene in the film."""
        return self.first_frame * (SAMPLE_RATE // self.event.timing.fps)

    def cues(self) -> tuple[Cue, ...]:
        """Return the scene's subtitles, in frames of the scene, each line on one line."""
        tidy = (
            (cue, tuple(" ".join(line.split()) for line in cue.lines if line.strip()))
            for cue in self.event.cues
        )
        return tuple(Cue(start=cue.start, end=cue.end, lines=lines) for cue, lines in tidy if lines)

    def sentence_samples(self) -> Iterator[tuple[int, int]]:
        """Yield start and end of each sentence, in samples of the film."""
        base = self.first_sample + self.event.timing.lead_in_samples
        for sentence in self.event.sentences:
            yield base + sentence.start, base + sentence.end


@dataclass(frozen=True)
class FilmChapter:
    """One chapter of the film, frames ``[start, end)``."""

    start: int
    end: int
    title: str


@dataclass(frozen=True)
class FilmPlan:
    """All scenes of a film, in order."""

    scenes: tuple[ScenePlace, ...]

    @property
    def settings(self) -> RenderSettings:
        """The settings all scenes share."""
        return self.scenes[0].event.settings

    @property
    def fps(self) -> int:
        """Frames a second."""
        return self.settings.fps

    @property
    def frames(self) -> int:
        """Length of the film in frames."""
        last = self.scenes[-1]
        return last.first_frame + last.event.timing.frames

    @property
    def samples(self) -> int:
        """Length of the film in samples."""
        return self.frames * (SAMPLE_RATE // self.fps)

    @property
    def seconds(self) -> float:
        """Length of the film in seconds."""
        return float(Fraction(self.frames, self.fps))

    @property
    def title(self) -> str | None:
        """The film's title."""
        return self.scenes[0].event.context.title

    @property
    def language(self) -> str:
        """Two-letter code of the film's language."""
        return self.scenes[0].event.context.language

    @property
    def language_tag(self) -> str:
        """The language as MP4 writes it."""
        return ISO_639_2.get(self.language, "und")

    def cues(self) -> tuple[Cue, ...]:
        """Return every subtitle in order, in frames of the film.

        Blank lines are left out, and cues of nothing else with them.
        """
        return tuple(
            Cue(start=scene.first_frame + cue.start, end=scene.first_frame + cue.end, lines=cue.lines)
            for scene in self.scenes
            for cue in scene.cues()
        )

    def chapters(self) -> tuple[FilmChapter, ...]:
        """Return a chapter for each change of chapter; none if the script names none."""
        contexts = [scene.event.context for scene in self.scenes]
        if not any(context.chapter for context in contexts):
            return ()
        starts = [
            k
            for k, context in enumerate(contexts)
            if k == 0 or context.chapter_number != contexts[k - 1].chapter_number
        ]
        ends = [self.scenes[k].first_frame for k in starts[1:]] + [self.frames]
        return tuple(
            FilmChapter(
                self.scenes[k].first_frame,
                end,
                contexts[k].chapter or self.title or str(contexts[k].chapter_number),
            )
            for k, end in zip(starts, ends, strict=True)
        )

    def inputs(self) -> dict[str, Any]:
        """Return everything the film's bytes depend on, and nothing else: no job, no attempt, no event id."""
        return {
            # What the report's warnings compare stands here too: the film, and what is told of it.
            "thumbnail": thumbnail_picture(self.scenes[0].event).sha256,
            "settings": self.settings.model_dump(mode="json"),
            "scenes": [
                {
                    "segment": scene.event.segment.sha256,
                    "speech": scene.event.speech.sha256,
                    "timing": scene.event.timing.model_dump(mode="json"),
                    "sentences": [s.model_dump(mode="json") for s in scene.event.sentences],
                    "cues": [c.model_dump(mode="json") for c in scene.event.cues],
                    "context": scene.event.context.model_dump(mode="json", exclude={"scene"}),
                    "wished": scene.event.context.scene.duration_sec,
                }
                for scene in self.scenes
            ],
        }


def plan_film(events: Sequence[SceneComposed]) -> FilmPlan:
    """Put the scenes of a film together.

    Raises:
        PermanentError: ``COMPOSE_FAILED`` if they do not make one film.
    """
    first = events[0]
    for place, event in enumerate(events):
        same = (event.job_id, event.attempt, event.settings, event.context.count, event.timing.fps)
        if same != (first.job_id, first.attempt, first.settings, len(events), first.settings.fps):
            raise _mismatch(event, "was made for another film or with other settings")
        if event.context.index != place:
            raise _mismatch(event, f"stands at place {place + 1}")
    scenes, frame = [], 0
    for event in events:
        scenes.append(ScenePlace(event, frame))
        frame += event.timing.frames
    return FilmPlan(tuple(scenes))


def thumbnail_picture(event: SceneComposed) -> ClaimCheck:
    """Return the picture on screen when the scene begins to speak: its slide, not its chapter card."""
    at = frame_of_sample(event.timing.lead_in_samples, event.timing.fps)
    seen = [shot for shot in event.shots if shot.first_frame <= at] or list(event.shots[:1])
    return max(seen, key=lambda shot: shot.first_frame).picture


def _mismatch(event: SceneComposed, what: str) -> PermanentError:
    return PermanentError(
        ErrorCode.COMPOSE_FAILED,
        f"scene {event.context.index + 1} of job {event.job_id} {what}; start the job again",
    )
