"""The slides stage: a subtitled scene in, the same scene with its pictures out."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from contracts.base import ClaimCheck
from contracts.errors import ErrorCode, PermanentError
from contracts.events import Event, SceneContext, SceneDrawn, SceneSubtitled, Shot
from contracts.rendering import RenderSettings
from contracts.steps import Step
from contracts.topics import SCENE_SUBTITLED
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import ActionResult, Blob
from services.slides.pictures import VERSION, Picture, card_of, pages_of
from services.slides.settings import SlidesSettings
from services.slides.shots import first_frames

T = TypeVar("T")

_DRAWING_ERRORS = (ValueError, ArithmeticError, LookupError, TypeError, OSError)
"""What a plan or a font file can make of drawing; anything else is a fault of the program."""


async def draw_scene(event: SceneSubtitled, ctx: Context) -> Sequence[Event]:
    """Plan the scene's slides, draw what is not drawn yet, and time their cuts.

    Raises:
        PermanentError: ``SLIDE_FAILED``, or ``SETTINGS_INVALID`` (no such style or theme).
        TransientError: the artifact store is not available.
        CanceledError: the job is dead.
    """
    pages = await _guarded(pages_of, event.context, ctx, event.settings, ctx.cancel.check)
    card = await _guarded(card_of, event.context, ctx, event.settings)
    pictures: list[Picture] = [*([card] if card else []), *pages]
    frames = first_frames(len(pages), event.timing, event.sentences, card=card is not None)
    shots = [
        Shot(picture=await _drawn(picture, event.context, ctx), first_frame=frame)
        for picture, frame in zip(pictures, frames, strict=True)
        if frame is not None
    ]
    previous = await _last_picture_of(event.previous, event.settings, ctx)
    output = SceneDrawn.after(
        event, ctx.output_id(), layout=pages[0].layout, shots=tuple(shots), previous_picture=previous
    )
    return [output]


async def _last_picture_of(
    context: SceneContext | None, settings: RenderSettings, ctx: Context
) -> ClaimCheck | None:
    """Return the picture this scene fades in from; usually a cache hit."""
    if context is None:
        return None
    pages = await _guarded(pages_of, context, ctx, settings, ctx.cancel.check)
    return await _drawn(pages[-1], context, ctx)


async def _guarded(work: Callable[..., T], context: SceneContext, ctx: Context, *args: Any) -> T:
    ctx.cancel.check()
    try:
        return await ctx.run(work, context, *args)
    except _DRAWING_ERRORS as error:
        raise _failed(context, error) from error


async def _drawn(picture: Picture, context: SceneContext, ctx: Context) -> ClaimCheck:
    async def make() -> ActionResult:
        try:
            data = await ctx.run(picture.png)
        except _DRAWING_ERRORS as error:
            raise _failed(context, error) from error
        return ActionResult({"picture": Blob(data, "image/png")})

    ctx.cancel.check()
    remembered = await ctx.artifacts.remember("slides.picture", VERSION, picture.inputs, make)
    return remembered.claims["picture"]


def _failed(context: SceneContext, error: Exception) -> PermanentError:
    where = f"scene {context.scene.scene_id} (number {context.index + 1} of {context.count})"
    return PermanentError(
        ErrorCode.SLIDE_FAILED, f"the slide of {where} could not be drawn: {type(error).__name__}: {error}"
    )


def build(settings: SlidesSettings | None = None) -> Actor:
    """Return the stage."""
    concurrency = (settings or SlidesSettings()).concurrency
    subscription = Subscription(SCENE_SUBTITLED, draw_scene, concurrency, Step.RENDER_SLIDES)
    return Actor("slides", (subscription,))
