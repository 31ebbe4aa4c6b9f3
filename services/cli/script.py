"""``lectern script``: what the film would say and show, without making it."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from contracts.commands import GenerateScript
from contracts.left_out import LeftOut
from contracts.rendering import RenderSettings, VisualStyle
from contracts.renderspec import RenderSpec, normalise_render_spec, spec_of_script
from contracts.script import Script
from contracts.speech import estimated_seconds
from contracts.timeline import LEAD_IN_SECONDS, PAUSE_SECONDS
from contracts.unmet_requests import duration_warnings
from services.cli.lesson import Lesson, read_lesson
from services.cli.outputs import check_writable, replacing
from services.cli.quiet import configure_quiet_logs
from services.cli.telling import left_out_lines, warning_lines
from services.runtime.cancel import CancelToken
from services.runtime.settings import RuntimeSettings
from services.scripting.actor import model_writer
from services.scripting.render_plan import plan_scenes
from services.scripting.script_request import Brief, readable_source
from services.scripting.settings import ScriptingSettings
from services.scripting.writer.extractive import write_extractive
from services.slides.pictures import PlannedPicture, pages_of

STANDARD_OUTPUT: Final = "-"


@dataclass(frozen=True)
class Written:
    """A script, or a render spec, and what is told of it.

    Attributes:
        body: as it is written to a file; ``lectern render`` takes it.
        spec: the same, flat.
        left_out: of the source; ``None`` where nobody counted.
        warnings: what the author should know.
    """

    body: dict[str, Any]
    spec: RenderSpec
    left_out: LeftOut | None
    warnings: tuple[str, ...]


async def script_lesson(
    path: Path, output: str | None, *, language: str | None, minutes: float, plan: bool, debug: bool
) -> None:
    """Write the script of ``path``, show it, and store it where ``output`` says.

    Raises:
        LecternError: why there is no script.
    """
    target = _target(output, path)
    configure_quiet_logs(RuntimeSettings(), debug=debug)
    lesson = read_lesson(path, language)
    written = _given(lesson.spec, lesson.language) if lesson.spec is not None else await _of(lesson, minutes)
    plans = await asyncio.to_thread(_plans, written.spec) if plan else None
    if output is not None:
        document = json.dumps(_document(written, plans), ensure_ascii=False, indent=1) + "\n"
        if target is None:
            sys.stdout.write(document)
        else:
            with replacing(target) as temporary:
                temporary.write_text(document, encoding="utf-8")
    _show(written, plans, Console(stderr=output == STANDARD_OUTPUT))
    if target is not None:
        print(target)


async def _of(lesson: Lesson, minutes: float) -> Written:
    """Write the script of a text, as ``lectern render`` would."""
    wish = GenerateScript(
        video_id=lesson.video_id, source_text=lesson.text, language=lesson.language, target_minutes=minutes
    )
    brief = Brief(
        language=lesson.language,
        target_minutes=wish.target_minutes,
        max_chapters=wish.max_chapters,
        max_scenes_per_chapter=wish.max_scenes_per_chapter,
        style=wish.style,
    )
    source, cancel = readable_source(lesson.text.encode()), CancelToken()
    model = model_writer(ScriptingSettings())
    if model is None:
        script = await asyncio.to_thread(write_extractive, source, brief, cancel.check)
    else:
        try:
            script = await model.write(source, brief, cancel)
        finally:
            await model.close()
    return _written(script, lesson.language)


def _given(raw: dict[str, Any], language: str) -> Written:
    """Return a script or render spec that is there already, as it would be rendered."""
    named = {**raw, "language": language}
    spec = normalise_render_spec(named)
    if raw.get("chapters") and not raw.get("scenes"):
        return _written(Script.model_validate(named), language)
    return Written(spec.model_dump(mode="json"), spec, None, _durations(spec))


def _written(script: Script, language: str) -> Written:
    spec = normalise_render_spec(spec_of_script(script, language=language).model_dump(mode="json"))
    warnings = tuple(dict.fromkeys((*script.warnings, *_durations(spec))))
    body = {**script.model_dump(mode="json"), "warnings": list(warnings)}
    return Written(body, spec, script.left_out, warnings)


def _durations(spec: RenderSpec) -> tuple[str, ...]:
    wishes = ((scene.scene_id, scene.narration, scene.duration_sec) for scene in spec.scenes)
    return duration_warnings(wishes, spec.language)


def _plans(spec: RenderSpec) -> list[list[dict[str, Any]]]:
    """Return the slides of each scene, as they will be drawn."""
    settings = RenderSettings(visual_style=VisualStyle.ANIMATED)
    return [
        [
            picture.plan.model_dump(mode="json", exclude_defaults=True)
            for picture in pages_of(context, settings)
            if isinstance(picture, PlannedPicture)
        ]
        for context in plan_scenes(spec)
    ]


def _document(written: Written, plans: list[list[dict[str, Any]]] | None) -> dict[str, Any]:
    """Return what is written: the script, and in each scene, where asked for, its ``plan``."""
    if plans is None:
        return written.body
    body: dict[str, Any] = json.loads(json.dumps(written.body))
    chapters = body.get("chapters") or [body]
    scenes = [scene for chapter in chapters for scene in chapter["scenes"]]
    for scene, plan in zip(scenes, plans, strict=True):
        scene["plan"] = plan
    return body


def _show(written: Written, plans: list[list[dict[str, Any]]] | None, console: Console) -> None:
    spec, before, chapters = written.spec, None, 0
    seconds = sum(
        LEAD_IN_SECONDS + PAUSE_SECONDS + estimated_seconds(s.narration, spec.language) for s in spec.scenes
    )
    minutes, rest = divmod(round(seconds), 60)
    _print(console, spec.title or "untitled", "bold")
    _print(console, f"{spec.language}, {len(spec.scenes)} scenes, about {minutes}:{rest:02d}", "dim")
    for number, scene in enumerate(spec.scenes):
        if scene.chapter and scene.chapter != before:
            chapters += 1
            _print(console, f"\n{chapters}. {scene.chapter}", "bold cyan")
        before = scene.chapter
        _print(console, f"  {number + 1:>2}  {scene.narration}")
        shown = [line for line in (scene.caption or "").split("\n") if line]
        for line in shown if plans is None else _plan_lines(plans[number]):
            _print(console, f"      | {line}", "dim")
    told = [*left_out_lines(written.left_out), *warning_lines(written.warnings)]
    for line in ["", *told] if told else []:
        _print(console, line, "yellow" if line.startswith("warning") else "")


def _plan_lines(pages: list[dict[str, Any]]) -> list[str]:
    """Return what a scene's slides show, a line for each thing that is read."""
    lines = []
    for page in pages:
        mark = {"check": "o", "close": "x"}.get(
            page.get("mark", "close" if page["layout"] == "warning" else ""), "-"
        )
        lines.append(f"[{page['layout']}] {page['headline']}")
        lines += [f"    {page[name]}" for name in ("sub", "definition") if page.get(name)]
        lines += [f"    {mark} {point}" for point in page.get("points", ())]
        lines += [f"    {event['time']}: {event['text']}" for event in page.get("events", ())]
        lines += [
            f"    {column['title']}: {point}"
            for column in page.get("columns", ())
            for point in column["points"]
        ]
    return lines


def _print(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style=style), soft_wrap=True, highlight=False)


def _target(output: str | None, lesson: Path) -> Path | None:
    """Return the file to write, known to be writable before anything is read; ``None`` for none.

    Raises:
        PermanentError: ``SETTINGS_INVALID``.
    """
    if output is None or output == STANDARD_OUTPUT:
        return None
    target = Path(output)
    check_writable(target, "script", "JSON", ".json", source=lesson)
    return target
