"""``lectern render``: one lesson through both phases, in this process, to files beside each other."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

from contracts.commands import GenerateScript, RenderOptions, StartRender
from contracts.errors import CanceledError, ErrorCode, told_error
from contracts.renderspec import RenderSpec
from contracts.script import Script
from contracts.states import JobState, ScriptState
from services.cli.counters import Counters
from services.cli.delivery import Delivered, deliver
from services.cli.gateway_check import refuse_beside_a_gateway
from services.cli.lesson import Lesson
from services.cli.system import Stack, open_stack
from services.gateway.ledger.jobs import progress
from services.gateway.ledger.jobs.progress import Share
from services.gateway.ledger.models import JobRecord, ScriptRecord
from services.gateway.settings import GatewaySettings
from services.runtime.settings import RuntimeSettings

LOOK_SECONDS: Final = 0.2
"""Pause between two looks at the ledger: smooth to the eye, nothing to the CPU."""

SCRIPT_SECONDS: Final = 600.0
"""A script takes a second offline, and three tries of 30 s with a language model; past this it is lost."""


CHECK_SECONDS: Final = 2.0
"""How long a system that died while the script is written goes unnoticed."""


class Display(Protocol):
    """Shows how the job gets on."""

    def say(self, what: str) -> None:
        """Show what is being done before there are scenes."""

    def scenes(self, spec: RenderSpec) -> None:
        """Show the scenes that there will be."""

    def update(self, job: JobRecord, shares: list[Share]) -> None:
        """Show the job as it is now."""


@dataclass(frozen=True)
class Wish:
    """What was asked for.

    Attributes:
        lesson: what to render.
        output: the MP4 to write.
        options: how to render.
        minutes: wished length.
        title: of the film; ``None`` for the script's own.
    """

    lesson: Lesson
    output: Path
    options: RenderOptions
    minutes: float
    title: str | None


@dataclass(frozen=True)
class Rendered:
    """A finished film.

    Attributes:
        files: what was written.
        seconds: length of the film.
        scenes_synthesised: scenes whose speech had to be made, the others were remembered.
        frames_encoded: frames that went through an encoder.
        script: that was written for it; ``None`` for a render spec.
    """

    files: Delivered
    seconds: float
    scenes_synthesised: int
    frames_encoded: int
    script: Script | None = None


async def render(
    wish: Wish, runtime: RuntimeSettings, gateway: GatewaySettings, display: Display
) -> Rendered:
    """Render a lesson; everything started for it is stopped at the end, also when it is cancelled.

    Raises:
        LecternError: why there is no film.
    """
    made = Counters()
    display.say("starting the system")
    if runtime.kafka_bootstrap_servers is not None:
        await refuse_beside_a_gateway(runtime.kafka_bootstrap_servers)
    async with (
        _own_ledger(runtime, gateway) as own,
        # No draining: when this ends early, nobody waits for the work in hand.
        open_stack(runtime, own, name="render", drain_deadline=0.0, on_result=made.add) as stack,
    ):
        job = await _film(stack, wish, display)
        script = await _written(stack, job)
        files = await deliver(job, stack.artifacts, wish.output)
    return Rendered(
        files,
        job.duration_sec or 0.0,
        made.scenes_synthesised,
        made.frames_encoded,
        script,
    )


async def _written(stack: Stack, job: JobRecord) -> Script | None:
    """Return the script that a job rendered."""
    if job.script_id is None:
        return None
    record = await stack.gateway.service.get_script(job.script_id)
    return Script.model_validate_json(record.body) if record.body is not None else None


@asynccontextmanager
async def _own_ledger(runtime: RuntimeSettings, gateway: GatewaySettings) -> AsyncIterator[GatewaySettings]:
    """Give this run a ledger of its own, gone afterwards, unless it works on a shared Kafka.

    A ``lectern up`` on the same home folder keeps its own; the artifacts are shared, which is safe, because
    they lie under the hash of their content.
    """
    if runtime.kafka_bootstrap_servers is not None:
        yield gateway
        return
    with tempfile.TemporaryDirectory(prefix="lectern-ledger-") as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        yield gateway.model_copy(update={"database_url": url})


async def _film(stack: Stack, wish: Wish, display: Display) -> JobRecord:
    service = stack.gateway.service
    started = await _start(stack, wish, display)
    job = (await service.create_job(started)).job
    display.scenes(RenderSpec.model_validate_json(await service.render_spec(job.job_id)))
    while True:
        stack.check()
        job = await service.get_job(job.job_id)
        display.update(job, await service.ledger.read(progress.shares, job.job_id, job.attempt))
        if not job.state.active:
            break
        await asyncio.sleep(LOOK_SECONDS)
    if job.state is JobState.COMPLETED:
        return job
    if job.error_code == ErrorCode.CANCELED:
        raise CanceledError
    raise told_error(job.error_code, job.error_message, ErrorCode.INTERNAL_ERROR)


async def _start(stack: Stack, wish: Wish, display: Display) -> StartRender:
    """Return the command that renders the wish; for a text, after its script is written and approved."""
    lesson, job_id = wish.lesson, str(uuid4())
    if lesson.spec is not None:
        spec = {**lesson.spec, "language": lesson.language}
        if wish.title:
            spec["title"] = wish.title
        return StartRender(job_id=job_id, video_id=lesson.video_id, render_spec=spec, options=wish.options)
    display.say("writing the script")
    script = await _script(stack, wish)
    return StartRender(
        job_id=job_id, video_id=lesson.video_id, script_id=script.script_id, options=wish.options
    )


async def _script(stack: Stack, wish: Wish) -> ScriptRecord:
    service = stack.gateway.service
    request = GenerateScript(
        video_id=wish.lesson.video_id,
        script_id=str(uuid4()),
        source_text=wish.lesson.text,
        language=wish.lesson.language,
        target_minutes=wish.minutes,
    )
    deadline = time.monotonic() + SCRIPT_SECONDS
    script = await service.generate_script(request, wait=CHECK_SECONDS)
    while script.state is ScriptState.GENERATING and time.monotonic() < deadline:
        stack.check()
        script = await service.generate_script(request, wait=CHECK_SECONDS)
    if script.state is not ScriptState.DRAFT or script.body is None:
        why = script.error_message or f"no script after {SCRIPT_SECONDS:g} s"
        raise told_error(script.error_code, why, ErrorCode.SCRIPT_GENERATION_FAILED)
    if wish.title:
        written = Script.model_validate_json(script.body)
        script = await service.edit_script(
            script.script_id, written.model_copy(update={"title": wish.title}), version=script.version
        )
    return await service.approve(script.script_id, version=script.version)
