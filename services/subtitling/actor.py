"""The subtitling stage: a spoken scene in, the same scene with its cues out."""

from collections.abc import Sequence

from contracts.events import Event, SceneSpoken, SceneSubtitled
from contracts.languages import normalise_language
from contracts.steps import Step
from contracts.topics import SCENE_SPOKEN
from services.runtime.actor import Actor, Context, Subscription
from services.subtitling.cues import make_cues


async def subtitle_scene(event: SceneSpoken, ctx: Context) -> Sequence[Event]:
    """Cut the scene's sentences into cues; a pure function of the event, so nothing is stored.

    Raises:
        PermanentError: ``LANGUAGE_UNSUPPORTED``.
        CanceledError: the job is dead.
    """
    language = normalise_language(event.context.language)
    cues = await ctx.run(make_cues, event.sentences, event.timing, language, ctx.cancel.check)
    return [SceneSubtitled.after(event, ctx.output_id(), cues=cues)]


def build() -> Actor:
    """Return the stage; it has nothing to set."""
    return Actor("subtitling", (Subscription(SCENE_SPOKEN, subtitle_scene, 4, Step.GENERATE_SUBTITLE),))
