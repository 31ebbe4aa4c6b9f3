"""A render that is cancelled ends, at whichever of its waits the cancel comes."""

import asyncio
import io
import itertools
from pathlib import Path

import pytest
from rich.console import Console

from contracts.commands import RenderOptions
from contracts.events import RenderRequested, ScriptRequested
from services.cli import rendering
from services.cli.display import PlainDisplay
from services.cli.lesson import Lesson
from services.cli.rendering import Wish
from services.cli.system import Stack
from services.gateway.auth.access import AccessSettings, AuthMode
from services.gateway.settings import GatewaySettings
from services.runtime.engine.engine import Engine
from services.runtime.settings import RuntimeSettings
from tests.support.cancel_points import Moment, cancelled_at
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness, running, uploaded

TITLE = "제목"


async def workers(harness: Harness) -> None:
    """Write each script and finish each film as soon as it is asked for."""
    for done in itertools.count():
        await eventually(lambda done=done: len(harness.published) > done, 60, every=0.005)  # type: ignore[misc]
        match harness.published[done]:
            case ScriptRequested() as request:
                await harness.tell(await harness.generated(request))
            case RenderRequested() as request:
                await harness.tell(uploaded(request.job_id, request.video_id))


@pytest.mark.parametrize("moment", Moment)
async def test_a_cancel_at_any_wait_of_a_render_ends_it(
    tmp_path: Path, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C cancels the task once: whoever swallows that has the film made to its end, exit code 0."""
    monkeypatch.setattr(rendering, "LOOK_SECONDS", 0.01)
    settings = GatewaySettings(
        lectern_home=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'ledger.db'}",
        storage_local_dir=tmp_path / "assets",
        access=AccessSettings(auth=AuthMode.OFF),
    )
    screen = io.StringIO()
    async with running(settings) as harness:
        engine = Engine("test", (), RuntimeSettings(), harness.artifacts)
        stack = Stack("", harness.gateway, harness.artifacts, engine, None)
        working = asyncio.create_task(workers(harness))
        for number in itertools.count(1):
            lesson = Lesson("비밀번호는 길게.", None, "ko", f"v-{number}")
            wish = Wish(lesson, tmp_path / "film.mp4", RenderOptions(), 1.0, TITLE)
            film = rendering._film(stack, wish, PlainDisplay(Console(file=screen)))
            if not await cancelled_at(film, number, moment):
                break
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert TITLE in screen.getvalue()
    assert number > 12, "a script is asked for, awaited, edited, approved; a job created, looked at, awaited"
