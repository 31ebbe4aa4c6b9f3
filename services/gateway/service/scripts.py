"""Phase 1: scripts are wished for, read, edited and approved."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog

from contracts.base import canonical_json, derived_id
from contracts.commands import MAX_SOURCE_CHARACTERS, GenerateScript, command_id
from contracts.errors import ErrorCode, LecternError, PermanentError
from contracts.events import ScriptRequested
from contracts.languages import normalise_language
from contracts.renderspec import RenderSpec, normalise_render_spec, spec_bytes
from contracts.script import Script
from contracts.states import ScriptState
from contracts.text_language import language_of
from services.gateway.ledger import scripts
from services.gateway.ledger.jobs import create_approved, events
from services.gateway.ledger.models import ScriptRecord, ScriptVersion, VersionRecord
from services.gateway.ledger.scripts import StaleVersionError
from services.gateway.service.core import LIST_LIMIT, Core
from services.gateway.service.rechecks import Rechecks
from services.gateway.service.script_diff import Change, diff
from services.runtime.artifacts import Blob

log = structlog.get_logger(__name__)

TEXTS_AT_ONCE = 2
"""Scripts whose text is worked on at once, up to a megabyte each; whoever waits holds none. Fewer: two cores
are not used. More: threads take the interpreter from the loop (12 s, of 500 calls), and memory."""


class Scripts(Core):
    """The functions of phase 1."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._generating = Rechecks(self._not_written)
        self._turns = asyncio.Semaphore(TEXTS_AT_ONCE)

    async def generate_script(self, wish: GenerateScript, *, wait: float = 0) -> ScriptRecord:
        """Have a script written; returns it as it is after at most ``wait`` seconds.

        Raises:
            PermanentError: ``SOURCE_TEXT_EMPTY``, ``SOURCE_TEXT_TOO_LONG``, ``LANGUAGE_UNSUPPORTED``,
                ``COMMAND_INVALID`` or ``SCRIPT_STATE_CONFLICT``.
        """
        event = await self.script_request(wish)
        script = await self.ledger.write(scripts.request, wish, event, now=self.now())
        if wait > 0 and script.state is ScriptState.GENERATING:
            return await self.written(script.script_id, wait)
        return script

    async def script_request(self, wish: GenerateScript) -> ScriptRequested:
        """Validate a wish, store its text and return the event that has it written."""
        for name, text in (("source_text", wish.source_text), ("style", wish.style)):
            if "\0" in text:
                raise PermanentError(ErrorCode.COMMAND_INVALID, f"{name} must not hold the NUL character")
        if not wish.source_text.strip():
            raise PermanentError(ErrorCode.SOURCE_TEXT_EMPTY, "source_text is empty")
        if len(wish.source_text) > MAX_SOURCE_CHARACTERS:
            raise PermanentError(
                ErrorCode.SOURCE_TEXT_TOO_LONG,
                f"source_text has {len(wish.source_text):,} characters; at most {MAX_SOURCE_CHARACTERS:,} go",
            )
        language = normalise_language(wish.language)
        await asyncio.to_thread(language_of, wish.source_text)  # refuses one that is not spoken
        source = await self.artifacts.put(Blob(wish.source_text.encode(), "text/plain"))
        script_id = script_id_of(wish)
        return ScriptRequested(
            event_id=events.script_requested_id(script_id),
            job_id=script_id,
            attempt=1,
            video_id=wish.video_id,
            source=source,
            language=language,
            target_minutes=wish.target_minutes,
            max_chapters=wish.max_chapters,
            max_scenes_per_chapter=wish.max_scenes_per_chapter,
            style=wish.style,
        )

    async def get_script(self, script_id: str) -> ScriptRecord:
        """Return a script; raises ``SCRIPT_NOT_FOUND``."""
        return await self.ledger.read(scripts.require, script_id)

    async def list_scripts(self, video_id: str) -> list[ScriptRecord]:
        """Return a video's scripts, newest first."""
        return await self.ledger.read(scripts.of_video, video_id, LIST_LIMIT)

    async def edit_script(
        self, script_id: str, script: Script, *, version: int | None = None
    ) -> ScriptRecord:
        """Store an edited script as a new draft.

        Raises:
            PermanentError: ``SCRIPT_NOT_FOUND``, ``SCRIPT_INVALID`` (it could not be rendered),
                ``NARRATION_TOO_LONG`` (nobody could say it in time), ``LANGUAGE_UNSUPPORTED`` or
                ``SCRIPT_STATE_CONFLICT`` (no text yet, or not at ``version``).
        """
        async with self._turns:
            body = await asyncio.to_thread(script_json, script)
        await self.keep_text(body)
        return await self.ledger.write(scripts.edit, script_id, body, version=version, now=self.now())

    async def edit_scene(
        self,
        script_id: str,
        place: tuple[int, int],
        changes: Mapping[str, Any],
        *,
        version: int | None = None,
    ) -> ScriptRecord:
        """Change fields of one scene; ``place`` is its chapter's and its own id. See :meth:`edit_script`.

        Raises:
            PermanentError: also ``SCRIPT_NOT_FOUND`` if the script has no such scene.
        """
        while True:
            try:
                async with self._turns:
                    return await self._edit_scene(script_id, place, changes, version)
            except StaleVersionError:
                if version is not None:
                    raise
                # somebody else's edit came in between, and this one was not bound to a version

    async def _edit_scene(
        self, script_id: str, place: tuple[int, int], changes: Mapping[str, Any], version: int | None
    ) -> ScriptRecord:
        seen = await self.get_script(script_id)
        body = ""
        if seen.body is not None:  # else the ledger refuses, with its reason
            body = await asyncio.to_thread(scene_changed, seen.body, script_id, place, changes)
            await self.keep_text(body)
        at = seen.version if version is None else version
        return await self.ledger.write(scripts.edit, script_id, body, version=at, now=self.now())

    async def keep_text(self, body: str) -> None:
        """Store a script's text, which the ledger's record in the log refers to by its hash."""
        await self.artifacts.put(Blob(body.encode(), "application/json"))

    async def versions(self, script_id: str) -> list[VersionRecord]:
        """Return a script's newest versions, oldest first; raises ``SCRIPT_NOT_FOUND``."""
        return await self.ledger.read(scripts.versions, script_id, LIST_LIMIT)

    async def version(self, script_id: str, number: int) -> ScriptVersion:
        """Return one version; raises ``SCRIPT_NOT_FOUND``, also if there is no such version."""
        return await self.ledger.read(scripts.version, script_id, number)

    async def difference(self, script_id: str, before: int, after: int) -> tuple[Change, ...]:
        """Return what changed between two versions; raises ``SCRIPT_NOT_FOUND``."""
        async with self._turns:
            one, other = await self.version(script_id, before), await self.version(script_id, after)
            return await asyncio.to_thread(diff, one.body, other.body)

    async def approve(
        self, script_id: str, *, version: int | None = None, content: str | None = None
    ) -> ScriptRecord:
        """Approve a script; raises ``SCRIPT_NOT_FOUND`` or ``SCRIPT_STATE_CONFLICT``.

        Args:
            script_id: the script.
            version: the version that was read, or ``None`` not to care.
            content: the hash of what was read, or ``None`` not to care.
        """
        async with self._turns:
            script = await self.ledger.write(
                scripts.approve, script_id, version=version, content=content, now=self.now()
            )
            await self._store_ahead(script)
            return script

    async def _store_ahead(self, script: ScriptRecord) -> None:
        """Store what a job of the script will render: a create then finds it, which is most of its time.

        Only that: a create makes what it does not find.
        """
        try:
            spec, data = await asyncio.to_thread(_spec_of, script.body or "", script.language)
            claim = await self.artifacts.put(Blob(data, "application/json"))
            ahead = create_approved.StoredSpec(claim, data.decode(), spec.language, len(spec.scenes))
            await self.ledger.write(create_approved.keep, script.script_id, script.version, ahead)
        except LecternError as error:
            log.warning("spec.not_stored", script_id=script.script_id, error=str(error))

    def script_changed(self, script: ScriptRecord) -> None:
        """Wake whoever waits for the script."""
        self._generating.wake(script.script_id)

    async def written(self, script_id: str, wait: float) -> ScriptRecord:
        """Return a script once it is written, at the latest after ``wait`` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        with self._generating.waiting(script_id) as changed:
            while True:
                changed.clear()
                script = await self.get_script(script_id)
                left = deadline - loop.time()
                if script.state is not ScriptState.GENERATING or left <= 0:
                    return script
                with suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await changed.wait()

    async def _not_written(self, script_ids: Sequence[str]) -> list[str]:
        return await self.ledger.read(scripts.generating, script_ids)


def script_id_of(wish: GenerateScript) -> str:
    """Return the wished script's id; the same command, repeated, asks for the same script."""
    return wish.script_id or str(derived_id(command_id(wish), "gateway", "script"))


def scene_changed(body: str, script_id: str, place: tuple[int, int], changes: Mapping[str, Any]) -> str:
    """Return a script's stored form with one scene changed; raises as :func:`script_json` does."""
    script = json.loads(body)
    chapter_id, scene_id = place
    scenes = [
        scene
        for chapter in script["chapters"]
        for scene in chapter["scenes"]
        if (chapter["chapter_id"], scene["scene_id"]) == (chapter_id, scene_id)
    ]
    if not scenes:
        raise PermanentError(
            ErrorCode.SCRIPT_NOT_FOUND, f"script {script_id} has no scene {scene_id} in chapter {chapter_id}"
        )
    scenes[0].update(changes)
    return script_json(Script.model_validate(script))


def _spec_of(body: str, language: str) -> tuple[RenderSpec, bytes]:
    """Return what a script's job will render; 15 ms for the largest, so that it has a thread."""
    spec = normalise_render_spec(json.loads(body), language=language)
    return spec, spec_bytes(spec)


def script_json(script: Script) -> str:
    """Return a script's one stored form.

    Raises:
        PermanentError: ``SCRIPT_INVALID``, ``NARRATION_TOO_LONG`` or ``LANGUAGE_UNSUPPORTED``: whatever is
            stored can be rendered.
    """
    body = script.model_dump(mode="json")
    try:
        normalise_render_spec(body)
    except PermanentError as error:
        if error.code in (ErrorCode.LANGUAGE_UNSUPPORTED, ErrorCode.NARRATION_TOO_LONG):
            raise
        raise PermanentError(ErrorCode.SCRIPT_INVALID, error.message) from None
    return canonical_json(body).decode()
