"""The events of a scene, from plan to segment; each extends the one before it."""

from typing import Annotated, ClassVar

from pydantic import FailFast, Field

from contracts.base import ClaimCheck, Id, Model
from contracts.event import Event
from contracts.rendering import RenderSettings
from contracts.renderspec import SpecScene
from contracts.timeline import SceneTiming


class SceneContext(Model):
    """A scene of the spec and its place in the film; all that speech, subtitles and slides are made from."""

    index: int = Field(ge=0, description="place in the film, 0-based")
    count: int = Field(ge=1, description="scenes in the film")
    language: str
    title: str | None = Field(default=None, description="the film's title")
    chapter: str | None = None
    chapter_number: int = Field(ge=1, description="1-based; 1 where the spec has no chapters")
    chapter_count: int = Field(ge=1)
    index_in_chapter: int = Field(ge=0)
    scenes_in_chapter: int = Field(ge=1)
    scene: SpecScene

    @property
    def opens_chapter(self) -> bool:
        """Whether this is the first scene of a named chapter."""
        return self.index_in_chapter == 0 and bool(self.chapter)


class ScenePlanned(Event):
    """One scene is ready to be spoken. One event per scene."""

    type: ClassVar[str] = "lectern.scene.planned.v1"

    video_id: Id
    script_id: Id | None = None
    settings: RenderSettings
    context: SceneContext
    previous: SceneContext | None = Field(description="the scene before, whose slide this one fades in from")


class SentenceTime(Model):
    """When one sentence of the narration is spoken: samples of 48 kHz from the start of the *speech*."""

    text: str = Field(min_length=1)
    start: int = Field(ge=0)
    end: int = Field(ge=1)


class Loudness(Model):
    """ITU-R BS.1770-4 measurement; ``None`` where there is only silence."""

    integrated_lufs: float | None
    true_peak_dbtp: float | None


class SceneSpoken(ScenePlanned):
    """The scene's speech exists."""

    type: ClassVar[str] = "lectern.scene.spoken.v1"

    speech: ClaimCheck = Field(
        description="audio/wav, 48 kHz, mono, s16; speech alone, without lead-in and pause"
    )
    sentences: Annotated[tuple[SentenceTime, ...], FailFast()] = Field(min_length=1)
    timing: SceneTiming
    loudness: Loudness


class Cue(Model):
    """One subtitle, in frames from the start of the scene; shown on ``[start, end)``."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    lines: Annotated[tuple[str, ...], FailFast(), Field(min_length=1, max_length=2)]


class SceneSubtitled(SceneSpoken):
    """The scene's subtitles exist."""

    type: ClassVar[str] = "lectern.scene.subtitled.v1"

    cues: Annotated[tuple[Cue, ...], FailFast()]


class Shot(Model):
    """A picture and the frame of the scene at which it is cut in; the first shot starts at frame 0."""

    picture: ClaimCheck = Field(description="image/png, RGB, width x height of the settings")
    first_frame: int = Field(ge=0)


class SceneDrawn(SceneSubtitled):
    """The scene's pictures exist."""

    type: ClassVar[str] = "lectern.scene.drawn.v1"

    layout: str = Field(max_length=40, description="name of the layout the planner chose")
    shots: Annotated[tuple[Shot, ...], FailFast()] = Field(min_length=1)
    previous_picture: ClaimCheck | None = Field(description="last picture of the scene before")


class SceneComposed(SceneDrawn):
    """The scene's video segment exists."""

    type: ClassVar[str] = "lectern.scene.composed.v1"

    segment: ClaimCheck = Field(description="closed-GOP H.264 packets of exactly timing.frames frames")
