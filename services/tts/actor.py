"""The speech stage: a planned scene in, the same scene spoken, timed and measured out."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prometheus_client import Counter

from contracts.errors import ErrorCode, PermanentError
from contracts.events import Event, Loudness, ScenePlanned, SceneSpoken, SentenceTime
from contracts.languages import normalise_language
from contracts.rendering import VisualStyle, known_style
from contracts.steps import Step
from contracts.timeline import CHAPTER_LEAD_IN_SECONDS, LEAD_IN_SECONDS, time_scene
from contracts.topics import SCENE_PLANNED
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import ActionResult, Blob
from services.runtime.cancel import CancelToken
from services.tts.audio.recording import record
from services.tts.sentences import warm
from services.tts.settings import TtsSettings
from services.tts.voices.base import Progress, UnspeakableError
from services.tts.voices.registry import Choice, choose_voice

SYNTHESISED = Counter("lectern_scenes_synthesised", "Scenes really spoken, not taken from the action cache")

MEDIA_TYPE = "audio/wav"


class SpeechStage:
    """The stage's handler.

    Args:
        settings: where models lie.
    """

    def __init__(self, settings: TtsSettings) -> None:
        self._settings = settings

    async def speak_scene(self, event: ScenePlanned, ctx: Context) -> Sequence[Event]:
        """Speak a scene's narration, or find it spoken already.

        Raises:
            PermanentError: ``SETTINGS_INVALID`` (no such voice or style), ``LANGUAGE_UNSUPPORTED``,
                ``NARRATION_UNSPEAKABLE``, ``NARRATION_TOO_LONG`` or ``TTS_FAILED``.
            TransientError: ``TTS_FAILED`` or a storage code.
            CanceledError: the job is dead.
        """
        scene = event.context.scene
        language = normalise_language(event.context.language)
        style = known_style(event.settings.visual_style)
        choice = choose_voice(event.settings.tts_provider, event.settings.voice)
        name = f"scene {scene.scene_id} (number {event.context.index + 1} of the film)"

        async def make() -> ActionResult:
            try:
                made = await self._synthesise(choice, scene.narration, language, ctx)
            except UnspeakableError:
                raise PermanentError(
                    ErrorCode.NARRATION_UNSPEAKABLE,
                    f"{name} has nothing that can be spoken; write its narration in words",
                ) from None
            except PermanentError as error:
                raise PermanentError(error.code, f"{name}: {error.message}") from error
            SYNTHESISED.inc()
            return made

        spoken = await ctx.artifacts.remember(
            "tts",
            choice.version,
            {
                "narration": scene.narration,
                "language": language,
                "provider": choice.provider,
                "voice": choice.name,
            },
            make,
        )
        return [_spoken(event, style, ctx, spoken.claims["speech"], spoken.facts)]

    async def _synthesise(self, choice: Choice, narration: str, language: str, ctx: Context) -> ActionResult:
        reports = _Reports(ctx)
        try:
            return await ctx.run(
                _speak, self._settings, choice, narration, language, ctx.scratch, ctx.cancel, reports.progress
            )
        finally:
            await reports.done()


def _speak(
    settings: TtsSettings,
    choice: Choice,
    narration: str,
    language: str,
    folder: Path,
    cancel: CancelToken,
    progress: Progress,
) -> ActionResult:
    cancel.check()
    recording = record(choice.open(settings), narration, language, folder, cancel, progress)
    return ActionResult(
        blobs={"speech": Blob(recording.wav, MEDIA_TYPE)},
        facts={
            "samples": recording.samples,
            "sentences": [sentence.model_dump() for sentence in recording.sentences],
            "loudness": recording.loudness.model_dump(),
        },
    )


def _spoken(event: ScenePlanned, style: VisualStyle, ctx: Context, speech: Any, facts: Any) -> SceneSpoken:
    card = style is VisualStyle.ANIMATED and event.context.opens_chapter
    sentences = tuple(SentenceTime.model_validate(sentence) for sentence in facts["sentences"])
    return SceneSpoken.after(
        event,
        ctx.output_id(),
        speech=speech,
        sentences=sentences,
        timing=time_scene(
            facts["samples"],
            event.settings.fps,
            lead_in_seconds=CHAPTER_LEAD_IN_SECONDS if card else LEAD_IN_SECONDS,
            wished_seconds=event.context.scene.duration_sec,
            last_sentence=sentences[-1].start,
        ),
        loudness=Loudness.model_validate(facts["loudness"]),
    )


class _Reports:
    """Carries progress from the voice's thread to the event loop, where it is published."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    def progress(self, share: float) -> None:
        """Report ``share``; called from any thread, never waits."""
        self._loop.call_soon_threadsafe(self._start, share)

    def _start(self, share: float) -> None:
        task = self._loop.create_task(self._ctx.report(share))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def done(self) -> None:
        """Wait for the reports under way; progress is best effort, its failures are nobody's."""
        with contextlib.suppress(Exception):
            await asyncio.gather(*self._tasks, return_exceptions=True)


def build(settings: TtsSettings | None = None) -> Actor:
    """Return the stage. Models are loaded by the first scene that needs them."""
    settings = settings or TtsSettings()
    stage = SpeechStage(settings)
    subscription = Subscription(
        SCENE_PLANNED, stage.speak_scene, concurrency=settings.tts_concurrency, step=Step.GENERATE_TTS
    )
    return Actor("tts", (subscription,), warm=warm)
