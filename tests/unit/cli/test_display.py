import io
from datetime import UTC, datetime

from rich.console import Console

from contracts.renderspec import RenderSpec, SpecScene
from contracts.states import JobState
from contracts.steps import Step
from services.cli.display import LiveDisplay, PlainDisplay, Scenes, display_for
from services.gateway.ledger.jobs.progress import Share
from services.gateway.ledger.models import JobRecord

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _spec(count: int) -> RenderSpec:
    return RenderSpec(
        title="제목",
        scenes=tuple(
            SpecScene(scene_id=i, narration=f"narration {i}", caption=f"caption {i}") for i in range(count)
        ),
    )


def _job(step: Step, progress: int) -> JobRecord:
    return JobRecord(
        job_id="j", video_id="v", script_id=None, script_version=None, state=JobState.PROCESSING, attempt=1,
        language="ko", settings=None, spec=None, scenes=2, step=step, progress=progress, error_code=None,
        error_message=None, assets=(), duration_sec=None, revision=1, created_at=NOW, updated_at=NOW,
        started_at=NOW, finished_at=None,
    )  # fmt: skip


def _share(step: Step, part: int, share: float = 1.0) -> Share:
    return Share(step, part, 2, share)


def test_a_scene_is_in_its_first_unfinished_step() -> None:
    scenes = Scenes(_spec(2))
    assert scenes.stage(0) == "speaking"
    scenes.take([_share(Step.GENERATE_TTS, 0, 0.5)])
    assert scenes.stage(0) == "speaking 50%"
    scenes.take([_share(Step.GENERATE_TTS, 0), _share(Step.GENERATE_SUBTITLE, 0)])
    assert (scenes.stage(0), scenes.stage(1)) == ("drawing", "speaking")
    scenes.take([_share(Step.RENDER_SLIDES, 0), _share(Step.COMPOSE_VIDEO, 0)])
    assert scenes.stage(0) == "done"


def test_news_are_told_once_and_in_order_of_steps() -> None:
    scenes = Scenes(_spec(2))
    shares = [_share(Step.GENERATE_SUBTITLE, 0), _share(Step.GENERATE_TTS, 1), _share(Step.GENERATE_TTS, 0)]
    assert scenes.take(shares) == [
        (0, Step.GENERATE_TTS),
        (1, Step.GENERATE_TTS),
        (0, Step.GENERATE_SUBTITLE),
    ]
    assert scenes.take(shares) == []
    assert scenes.take([Share(Step.VALIDATE_SCRIPT, 0, 1, 1.0)]) == []


def test_plain_lines_say_each_thing_once() -> None:
    written = io.StringIO()
    display = display_for(Console(file=written))
    assert isinstance(display, PlainDisplay)
    with display:
        display.say("writing the script")
        display.scenes(_spec(2))
        for _ in range(3):
            display.update(_job(Step.GENERATE_TTS, 27), [_share(Step.GENERATE_TTS, 1)])
            display.update(_job(Step.UPLOAD_ASSETS, 85), [_share(Step.GENERATE_TTS, 1)])
    assert written.getvalue().splitlines()[:4] == [
        "writing the script",
        "rendering 2 scenes: 제목",
        " 27 %  scene 2/2 spoken",
        " 85 %  checking and storing the film",
    ]


def test_the_table_has_a_row_for_each_scene_and_a_bar() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120, height=40, color_system=None)
    display = display_for(console)
    assert isinstance(display, LiveDisplay)
    with display:
        display.scenes(_spec(2))
        display.update(_job(Step.GENERATE_TTS, 27), [_share(Step.GENERATE_TTS, 1)])
    shown = written.getvalue()
    for expected in ("caption 0", "caption 1", "speaking", "subtitling", "✓", "27 %"):
        assert expected in shown


def test_a_small_screen_shows_what_is_not_done() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120, height=13, color_system=None)
    with LiveDisplay(console) as display:
        display.scenes(_spec(12))
        done = [
            Share(step, part, 12, 1.0)
            for part in range(8)
            for step in (Step.GENERATE_TTS, Step.GENERATE_SUBTITLE, Step.RENDER_SLIDES, Step.COMPOSE_VIDEO)
        ]
        display.update(_job(Step.GENERATE_TTS, 70), done)
    shown = written.getvalue()
    assert "caption 8" in shown
    assert "caption 1 " not in shown
    assert "more scenes" in shown
