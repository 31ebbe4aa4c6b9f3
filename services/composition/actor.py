"""The composition stage: a drawn scene in, its segment out; all segments of a job in, the film out."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from contracts.base import ClaimCheck, derived_id
from contracts.events import Event, FilmFiles, SceneComposed, SceneDrawn, VideoComposed
from contracts.steps import Step
from contracts.topics import SCENE_COMPOSED, SCENE_DRAWN
from services.composition.check import report
from services.composition.errors import composing
from services.composition.film import subtitles, thumbnail
from services.composition.film.build import Film, build_film
from services.composition.film.plan import FilmPlan, plan_film, thumbnail_picture
from services.composition.segment import file
from services.composition.segment.encoder import Cancel
from services.composition.segment.plan import SegmentPlan, plan_segment
from services.composition.segment.render import render_segment
from services.composition.settings import CompositionSettings
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import ActionResult, Blob
from services.runtime.room import Room

SEGMENT_VERSION = 1
"""Raise when the same scene would give other bytes."""
FILM_VERSION = 3
"""Raise when the same segments and speech would give other bytes."""

PIXELS_A_SCENE = 1_200_000
"""Pixels for which each scene at once has room; larger scenes go alone. A moving one takes 100 bytes for each
pixel of a frame, most of it the encoder's. Fewer: two of 1280x720 no longer use two cores. More: two of
1920x1080 take 540 MB, and two of 3840x2160 1.6 GB."""


async def compose_scene(event: SceneDrawn, ctx: Context, *, room: Room) -> Sequence[Event]:
    """Encode one scene's segment.

    The action's inputs leave out what another scene may change, so editing a scene encodes its own segment
    and the next one's, which fades out of it.

    Raises:
        PermanentError: ``COMPOSE_FAILED``, ``ARTIFACT_MISSING`` or ``ARTIFACT_CORRUPT``.
        TransientError: ``STORAGE_FULL`` or ``STORAGE_UNAVAILABLE``.
        CanceledError: the job was cancelled.
    """
    name = f"scene {event.context.index + 1} of job {event.job_id}"
    plan = plan_segment(event)
    claims = {shot.picture.sha256: shot.picture for shot in event.shots}
    if event.previous_picture:
        claims[event.previous_picture.sha256] = event.previous_picture

    async def make() -> ActionResult:
        pictures = {sha: await ctx.artifacts.get(claims[sha]) for sha in dict.fromkeys(plan.pictures)}
        path = ctx.scratch / "segment"
        header = await ctx.run(_render, plan, pictures, path, name, ctx.cancel, room)
        return ActionResult({"segment": Blob(path, file.MEDIA_TYPE)}, {"encoded": header.encoded})

    made = await ctx.artifacts.remember("composition.segment", SEGMENT_VERSION, plan.inputs(), make)
    return [SceneComposed.after(event, ctx.output_id(), segment=made.claims["segment"])]


def _render(
    plan: SegmentPlan, pictures: dict[str, bytes], path: Path, name: str, cancel: Cancel, room: Room
) -> file.SegmentHeader:
    pixels = plan.format.width * plan.format.height
    with room.taken(pixels, cancel.check), composing(name):
        return render_segment(plan, pictures, path, name, cancel)


async def compose_film(event: SceneComposed, ctx: Context, *, threads: int) -> Sequence[Event]:
    """Gather the job's scenes; when the set is complete, make and check the film.

    The film's event has an id of its own, derived from the first scene's: whichever scene comes last, and
    however often, it is the same event.

    Raises:
        PermanentError: ``SELF_CHECK_FAILED``, ``COMPOSE_FAILED``, ``ARTIFACT_MISSING`` or
            ``ARTIFACT_CORRUPT``.
        TransientError: ``STORAGE_FULL`` or ``STORAGE_UNAVAILABLE``.
        CanceledError: the job was cancelled.
    """
    context = event.context
    parts = await ctx.artifacts.gather(
        f"{event.job_id}.{event.attempt}", context.index, context.count, event.model_dump_json().encode()
    )
    if parts is None:
        return []
    events = [SceneComposed.model_validate_json(part) for part in parts]
    plan = plan_film(events)
    made = await ctx.artifacts.remember(
        "composition.film", FILM_VERSION, plan.inputs(), partial(_make_film, plan, ctx, threads)
    )
    return [
        VideoComposed.after(
            events[0],
            derived_id(events[0].event_id, "composition.film"),
            language=plan.language,
            files=FilmFiles.model_validate(dict(made.claims)),
            frames=plan.frames,
            duration_sec=round(plan.seconds, 6),
        )
    ]


async def _make_film(plan: FilmPlan, ctx: Context, threads: int) -> ActionResult:
    segments = [await _fetched(ctx, scene.event.segment, "segments") for scene in plan.scenes]
    speeches = [await _fetched(ctx, scene.event.speech, "speech") for scene in plan.scenes]
    jpeg = await ctx.run(
        thumbnail.thumbnail, await ctx.artifacts.get(thumbnail_picture(plan.scenes[0].event))
    )
    film = await ctx.run(_build, plan, segments, speeches, jpeg, ctx.scratch, threads, ctx.cancel)
    return ActionResult(
        {
            "video": Blob(film.video, "video/mp4"),
            "srt": Blob(film.srt, subtitles.SRT_MEDIA_TYPE),
            "vtt": Blob(film.vtt, subtitles.VTT_MEDIA_TYPE),
            "thumbnail": Blob(jpeg, thumbnail.MEDIA_TYPE),
            "report": Blob(film.report_bytes, report.MEDIA_TYPE),
        }
    )


def _build(
    plan: FilmPlan,
    segments: Sequence[Path],
    speeches: Sequence[Path],
    jpeg: bytes,
    scratch: Path,
    threads: int,
    cancel: Cancel,
) -> Film:
    with composing(f"the film of job {plan.scenes[0].event.job_id}"):
        return build_film(plan, segments, speeches, jpeg, scratch, threads, cancel)


async def _fetched(ctx: Context, claim: ClaimCheck, folder: str) -> Path:
    target = ctx.scratch / folder
    target.mkdir(exist_ok=True)
    ctx.cancel.check()
    return await ctx.artifacts.fetch(claim, target)


def build(settings: CompositionSettings | None = None) -> Actor:
    """Return the stage.

    The fold is part of no step: ``COMPOSE_VIDEO`` counts scenes, and the last of its parts is done when the
    last segment is.
    """
    settings = settings or CompositionSettings()
    room = Room(PIXELS_A_SCENE * settings.scenes_at_once)
    return Actor(
        "composition",
        (
            Subscription(
                SCENE_DRAWN, partial(compose_scene, room=room), settings.scenes_at_once, Step.COMPOSE_VIDEO
            ),
            Subscription(
                SCENE_COMPOSED, partial(compose_film, threads=settings.film_threads), settings.films_at_once
            ),
        ),
    )
