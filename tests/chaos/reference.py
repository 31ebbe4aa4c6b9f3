"""The fault-free run that films are compared with: the stages' own handlers, one call after the other.

No Kafka, no engine, no processes and a store of its own, empty for each film: whatever the engine, its cache
or a fault may have done to a film shows as another hash.
"""

import asyncio
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.errors import LecternError
from contracts.events import Event, RenderRequested, VideoComposed
from contracts.rendering import RenderSettings
from contracts.topics import TOPIC_OF_TYPE
from services.composition import actor as composition
from services.runtime.actor import Actor, Subscription
from services.runtime.artifacts import Artifacts, Blob
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.engine.context import RecordContext
from services.scripting import actor as scripting
from services.slides import actor as slides
from services.subtitling import actor as subtitling
from services.tts import actor as tts

Hashes = Mapping[str, str]
"""Kind of file (``video``, ``srt`` ...) to its SHA-256."""

_JOB = "reference"


@dataclass(frozen=True)
class Reference:
    """What a spec renders to.

    Attributes:
        files: the finished files.
        blobs: hashes of everything that was stored on the way, the finished files included.
        code: what it fails with, even without faults; empty when it is rendered.
    """

    files: Hashes
    blobs: frozenset[str]
    code: str = ""


def reference_of(spec: bytes, settings: Mapping[str, Any]) -> Reference:
    """Render a spec and return its hashes; blocking, for a process pool."""
    with tempfile.TemporaryDirectory(prefix="lectern-reference-") as folder:
        try:
            return asyncio.run(_render(spec, RenderSettings.model_validate(settings), Path(folder)))
        except LecternError as error:
            return Reference({}, frozenset(), error.code.value)


async def _render(spec: bytes, settings: RenderSettings, folder: Path) -> Reference:
    routes = _routes(actors())
    store = ArtifactSettings(artifact_store="local", lectern_home=folder)
    blobs: set[str] = set()
    with _executor() as executor:
        async with open_artifacts(store) as artifacts:
            claim = await artifacts.put(Blob(spec, "application/json"))
            event: Event = RenderRequested(
                event_id=UUID(int=1), job_id=_JOB, attempt=1, video_id=_JOB, spec=claim, settings=settings
            )
            waiting = deque([event])
            while waiting:
                event = waiting.popleft()
                blobs |= hashes_in(event.model_dump(mode="json"))
                if isinstance(event, VideoComposed):
                    files = {name: claim.sha256 for name, claim in dict(event.files).items()}
                    return Reference(files, frozenset(blobs))
                waiting.extend(await _handled(routes, event, artifacts, executor, folder))
    raise RuntimeError("the spec rendered to no film")


async def _handled(
    routes: Mapping[str, Subscription],
    event: Event,
    artifacts: Artifacts,
    executor: ThreadPoolExecutor,
    folder: Path,
) -> list[Event]:
    context = RecordContext(
        event=event,
        cause=event.event_id,
        stage=type(event).__name__,
        artifacts=artifacts,
        scratch_root=folder / "scratch",
        executor=executor,
        report=_told_nobody,
    )
    try:
        return list(await routes[TOPIC_OF_TYPE[event.type].name].handle(event, context))
    finally:
        context.close()


def actors() -> list[Actor]:
    """Return the stages that make a film, with default settings."""
    return [stage.build() for stage in (scripting, tts, subtitling, slides, composition)]


def _routes(stages: list[Actor]) -> dict[str, Subscription]:
    return {each.topic.name: each for stage in stages for each in stage.subscriptions}


def hashes_in(body: Any) -> set[str]:
    """Return the hashes of all claim checks in a decoded event."""
    if isinstance(body, dict):
        if str(body.get("uri", "")).startswith("cas:"):
            return {str(body["sha256"])}
        return set().union(*(hashes_in(value) for value in body.values()))
    if isinstance(body, list):
        return set().union(*(hashes_in(value) for value in body))
    return set()


async def _told_nobody(_: float) -> None:
    return


@contextmanager
def _executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor
