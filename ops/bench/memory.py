"""Peak memory of each stage at the largest scene that intake lets in.

``.venv/bin/python -m ops.bench.memory [--text honest] [--voice mock] [--style animated] [--size 1280x720]``

Two scenes go through the stages one after another, each stage in a process of its own that imports what its
worker imports, loads what its worker loads, and runs the stage's handler with as many scenes at once as the
worker would. Printed are the resident set before the first scene (``base``) and its high-water mark at the
end (``peak``), in MB, as the kernel tells them (VmRSS, VmHWM; Linux only). ``--text longest`` is the longest
that is let in: signs that are read out at length, with a wished duration that makes each scene twice as long.
The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid5

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from contracts.base import NAMESPACE, claim_check
from contracts.events import EVENTS, Event, RenderRequested, ScenePlanned
from contracts.rendering import RenderSettings
from contracts.renderspec import normalise_render_spec, spec_bytes
from contracts.speech import MAX_SCENE_SECONDS, estimated_seconds
from services.runtime.actor import Actor
from services.runtime.artifacts.local import LocalBlobs
from services.runtime.artifacts.store import ArtifactStore
from services.runtime.engine.context import RecordContext
from services.scripting.render_plan import plan_scenes

HONEST = (
    "보안 사고의 대부분은 사람의 실수에서 시작됩니다. 그래서 매일 쓰는 비밀번호와 메일부터 다시 살펴봅니다. "
    "모르는 사람이 보낸 메일의 첨부 파일은 열지 않습니다. 조금이라도 이상하면 정보보호팀에 먼저 알립니다. "
)
LONGEST = "㈜가나다 100%입니다. "
CAPTION = "확인합니다. 신고합니다. 기다립니다.\n"
STAGES = ("tts", "subtitling", "slides", "composition", "film")


MB = 1_000_000


def main() -> None:
    """Run the stages, or, as a child, one of them."""
    wishes = _wishes()
    if wishes.stage:
        asyncio.run(_stage(wishes.stage, Path(wishes.home)))
        return
    figures: dict[str, Any] = {"bench": "memory"}
    figures |= {name: getattr(wishes, name) for name in ("text", "characters", "voice", "style", "size")}
    with tempfile.TemporaryDirectory(dir=wishes.home) as home:
        _write(Path(home), "planned", _planned(wishes))
        for stage in wishes.stages.split(","):
            figures[stage] = _child(stage, Path(home))
            print(stage, json.dumps(figures[stage]), flush=True)
    print(json.dumps(figures))


def _wishes() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--text", choices=("honest", "longest"), default="honest")
    parser.add_argument("--characters", type=int, default=4_990, help="of each narration")
    parser.add_argument("--voice", choices=("mock", "kokoro"), default="mock")
    parser.add_argument("--style", choices=("basic", "animated"), default="animated")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--stages", default=",".join(STAGES), help="the first of them, in this order")
    parser.add_argument("--home", default=None, help="folder for what is made; a temporary one by default")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    return parser.parse_args()


def _planned(wishes: argparse.Namespace) -> Sequence[Event]:
    width, height = map(int, wishes.size.split("x"))
    settings = RenderSettings.model_validate(
        {"tts_provider": wishes.voice, "visual_style": wishes.style, "width": width, "height": height}
    )
    narration = (HONEST * 100)[: wishes.characters]
    if wishes.text == "longest":
        narration = LONGEST * 1_000
        while len(narration) > wishes.characters or estimated_seconds(narration, "ko") > MAX_SCENE_SECONDS:
            narration = narration[: -len(LONGEST)]
    scene: dict[str, Any] = {"narration": narration, "caption": (CAPTION * 100)[:2_000], "chapter": "보안"}
    if wishes.text == "longest":
        scene["duration_sec"] = 3_600
    spec = normalise_render_spec({"title": "큰 장면", "scenes": [{**scene, "scene_id": at} for at in (1, 2)]})
    asked = RenderRequested(
        event_id=uuid5(NAMESPACE, "memory"),
        job_id="memory",
        attempt=1,
        video_id="memory",
        spec=claim_check(spec_bytes(spec), "application/json"),
        settings=settings,
    )
    contexts = plan_scenes(spec)
    return [
        ScenePlanned.after(asked, uuid5(NAMESPACE, f"memory/{at}"), context=context, previous=previous)
        for at, (context, previous) in enumerate(zip(contexts, [None, *contexts], strict=False))
    ]


def _child(stage: str, home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "ops.bench.memory", "--stage", stage, "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{stage} failed:\n{done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


async def _stage(stage: str, home: Path) -> None:
    """Run one stage in this process and print what it took."""
    import services.runtime.process  # noqa: F401, PLC0415 - a worker has it in memory

    at = STAGES.index(stage)
    actor = _actor(stage, home)
    events = _read(home, "planned" if at == 0 else STAGES[at - 1])
    subscription = next(each for each in actor.subscriptions if each.topic.name == TOPICS[stage])
    actor.warm()
    if events[0].settings.tts_provider == "kokoro" and stage == "tts":
        _load_voice(home)
    base = _memory("VmRSS")
    blobs = LocalBlobs(home / "artifacts")
    await blobs.open()
    started = time.process_time()
    with ThreadPoolExecutor(subscription.concurrency) as pool:

        async def handle(event: Any) -> Sequence[Event]:
            context = RecordContext(
                event=event,
                cause=event.event_id,
                stage=stage,
                artifacts=ArtifactStore(blobs),
                scratch_root=home / "scratch",
                executor=pool,
                report=_unheard,
            )
            try:
                return await subscription.handle(event, context)
            finally:
                context.close()

        if stage == "film":
            made = [await handle(event) for event in events]
        else:
            made = await asyncio.gather(*map(handle, events))
    outputs: list[Any] = [output for each in made for output in each]
    _write(home, stage, outputs)
    figures = {
        "base_mb": round(base / MB),
        "peak_mb": round(_memory("VmHWM") / MB),
        "cpu_seconds": round(time.process_time() - started, 1),
    }
    if stage == "tts":
        figures["speech_minutes"] = round(
            sum(each.timing.speech_samples for each in outputs) / 48_000 / 60, 1
        )
    print(json.dumps(figures))


TOPICS = {
    "tts": "lectern.scene.planned.v1",
    "subtitling": "lectern.scene.spoken.v1",
    "slides": "lectern.scene.subtitled.v1",
    "composition": "lectern.scene.drawn.v1",
    "film": "lectern.scene.composed.v1",
}


def _actor(stage: str, home: Path) -> Actor:
    """Return a stage, with only its own modules in memory."""
    os.environ["LECTERN_HOME"] = str(home)
    package = "composition" if stage == "film" else stage
    actor: Actor = import_module(f"services.{package}.actor").build()
    return actor


def _load_voice(home: Path) -> None:
    from services.tts.voices.kokoro import load_model  # noqa: PLC0415 - only where it speaks

    load_model(home / "cache" / "kokoro")


async def _unheard(_: float) -> None:
    return


def _memory(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith(name))
    return int(line.split()[1]) * 1024


def _write(home: Path, name: str, events: Sequence[Event]) -> None:
    lines = [json.dumps([event.type, event.model_dump(mode="json")]) for event in events]
    (home / f"{name}.jsonl").write_text("\n".join(lines))


def _read(home: Path, name: str) -> list[Any]:
    lines = (home / f"{name}.jsonl").read_text().splitlines()
    return [EVENTS[kind].model_validate(body) for kind, body in map(json.loads, lines)]


if __name__ == "__main__":
    main()
