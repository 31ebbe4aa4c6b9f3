"""The scripting stage: source text to script, and render spec to scenes."""

import json
from collections.abc import Sequence

from contracts.commands import MAX_SOURCE_CHARACTERS
from contracts.errors import ErrorCode, PermanentError
from contracts.events import (
    Event,
    RenderRequested,
    SceneContext,
    ScenePlanned,
    ScriptGenerated,
    ScriptRejected,
    ScriptRequested,
)
from contracts.languages import normalise_language
from contracts.renderspec import RenderSpec, normalise_render_spec
from contracts.script import Script
from contracts.steps import Step
from contracts.topics import RENDER_REQUESTED, SCRIPT_REQUESTED
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import ActionResult, Blob
from services.runtime.observability.redaction import learn_settings
from services.scripting.llm.client import LanguageModel, ModelWriter
from services.scripting.render_plan import plan_scenes
from services.scripting.script_request import Brief, Writer, readable_source
from services.scripting.settings import AiEnvironment, ScriptingSettings
from services.scripting.writer.extractive import VERSION, ExtractiveWriter
from services.scripting.writer.korean.korean import warm

MAX_SPEC_BYTES = 32 << 20
"""Largest render spec that is read. The longest that the contract allows, 500 scenes with 9,300 characters
each, has 28 MB when every character takes the six bytes of an escape: whatever the gateway stores is read."""

_REFUSALS = frozenset(
    {
        ErrorCode.SOURCE_TEXT_EMPTY,
        ErrorCode.SOURCE_TEXT_TOO_LONG,
        ErrorCode.LANGUAGE_UNSUPPORTED,
        ErrorCode.SCRIPT_GENERATION_FAILED,
    }
)
"""What is wrong with the request, not with us: an answer to whoever asked, not a dead letter."""


def build(settings: ScriptingSettings | None = None) -> Actor:
    """Return the stage with the writer that ``settings``, by default the environment's, ask for."""
    model = model_writer(settings or ScriptingSettings())
    return _actor(ScriptWriterStage(model), model)


def model_writer(settings: ScriptingSettings) -> ModelWriter | None:
    """Return the language model's writer where ``settings`` ask for it; ``None`` for the offline writer."""
    learn_settings(settings)
    if settings.ai_env is not AiEnvironment.REAL:
        return None
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
    return ModelWriter(
        LanguageModel(str(settings.llm_base_url), settings.llm_model_name, key or None),
        settings.outbound.proxies,
    )


def _actor(room: "ScriptWriterStage", model: ModelWriter | None) -> Actor:
    async def stop() -> None:
        if model is not None:
            await model.close()

    return Actor(
        "scripting",
        (
            Subscription(SCRIPT_REQUESTED, room.write_script, concurrency=4),
            Subscription(RENDER_REQUESTED, plan_film, concurrency=4, step=Step.VALIDATE_SCRIPT),
        ),
        stop=stop,
        warm=warm,
    )


class ScriptWriterStage:
    """Answers requests for scripts.

    Args:
        writer: who writes; ``None`` for the offline writer, which runs in the stage's threads.
    """

    def __init__(self, writer: Writer | None) -> None:
        self._writer = writer

    async def write_script(self, event: ScriptRequested, ctx: Context) -> Sequence[Event]:
        """Write a script, or say why there is none.

        Raises:
            PermanentError: ``ARTIFACT_MISSING`` or ``ARTIFACT_CORRUPT``, of the source.
            CanceledError: nobody waits for it any more.
        """
        try:
            return [await self._generated(event, ctx)]
        except PermanentError as error:
            if error.code not in _REFUSALS:
                raise
            return [ScriptRejected.after(event, ctx.output_id(), code=error.code, message=error.message)]

    async def _generated(self, event: ScriptRequested, ctx: Context) -> ScriptGenerated:
        brief = Brief(
            language=normalise_language(event.language),
            target_minutes=event.target_minutes,
            max_chapters=event.max_chapters,
            max_scenes_per_chapter=event.max_scenes_per_chapter,
            style=event.style,
        )
        if event.source.bytes > 4 * MAX_SOURCE_CHARACTERS + 3:  # longest UTF-8 form, and a byte order mark
            raise PermanentError(
                ErrorCode.SOURCE_TEXT_TOO_LONG,
                f"the source text has {event.source.bytes:,} bytes; "
                f"at most {MAX_SOURCE_CHARACTERS:,} characters make one script",
            )
        source = await ctx.run(readable_source, await ctx.artifacts.get(event.source))
        writer = self._writer or ExtractiveWriter(ctx.run)

        async def make() -> ActionResult:
            script = await writer.write(source, brief, ctx.cancel)
            scenes = sum(len(chapter.scenes) for chapter in script.chapters)
            return ActionResult(
                {"script": Blob(_script_bytes(script), "application/json")},
                {"chapters": len(script.chapters), "scenes": scenes},
            )

        inputs = {"source": event.source.sha256, "brief": vars(brief), **writer.identity}
        made = await ctx.artifacts.remember("scripting.script", VERSION, inputs, make)
        return ScriptGenerated.after(
            event,
            ctx.output_id(),
            script=made.claims["script"],
            chapters=made.facts["chapters"],
            scenes=made.facts["scenes"],
        )


async def plan_film(event: RenderRequested, ctx: Context) -> Sequence[Event]:
    """Validate the render spec and plan one event per scene.

    Raises:
        PermanentError: ``NO_RENDER_SPEC``, ``RENDER_SPEC_INVALID`` or ``LANGUAGE_UNSUPPORTED``.
        CanceledError: the job is dead.
    """
    if event.spec.bytes > MAX_SPEC_BYTES:
        raise PermanentError(
            ErrorCode.RENDER_SPEC_INVALID,
            f"the render spec of job {event.job_id} has {event.spec.bytes:,} bytes; "
            f"at most {MAX_SPEC_BYTES:,}",
        )
    data = await ctx.artifacts.get(event.spec)
    return await ctx.run(_planned, event, data, ctx)


def _planned(event: RenderRequested, data: bytes, ctx: Context) -> Sequence[Event]:
    planned: list[Event] = []
    previous: SceneContext | None = None
    for context in plan_scenes(_spec(data), ctx.cancel.check):
        ctx.cancel.check()
        scene = ScenePlanned.after(event, ctx.output_id(context.index), context=context, previous=previous)
        planned.append(scene)
        previous = context
    return planned


def _spec(data: bytes) -> RenderSpec:
    try:
        raw = json.loads(data) if data.strip() else None
    except (ValueError, RecursionError):
        raise PermanentError(ErrorCode.RENDER_SPEC_INVALID, "the render spec is not JSON in UTF-8") from None
    return normalise_render_spec(raw)


def _script_bytes(script: Script) -> bytes:
    return json.dumps(script.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()
