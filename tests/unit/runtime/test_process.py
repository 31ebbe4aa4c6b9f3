"""A process whose consumer no restart heals ends, with a code of its own, whatever it waits for."""

import asyncio
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from contracts.topics import SCENE_PLANNED
from services.runtime import process as runtime_process
from services.runtime.actor import Actor, Subscription
from services.runtime.engine.engine import Engine
from services.runtime.process import EXIT_STUCK, StuckError, guarding

ROOT = Path(__file__).resolve().parents[3]


def engine_of(stuck: asyncio.Event) -> Engine:
    return cast("Engine", SimpleNamespace(stuck=stuck, stuck_because="topic: it stands still"))


async def test_a_stuck_engine_stops_its_process_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os._exit", lambda _: None)
    monkeypatch.setattr(runtime_process, "STUCK_SECONDS", 0.0)
    stuck, stop = asyncio.Event(), asyncio.Event()

    async def process() -> None:
        async with guarding(engine_of(stuck), stop):
            stuck.set()
            await asyncio.wait_for(stop.wait(), 5)

    with pytest.raises(StuckError, match="it stands still"):
        await process()


async def test_a_process_that_is_asked_to_stop_just_stops() -> None:
    stop = asyncio.Event()
    stop.set()
    async with guarding(engine_of(asyncio.Event()), stop):
        await stop.wait()


def test_a_stuck_worker_has_an_exit_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def stuck(*_: Any) -> None:
        raise StuckError("topic: it stands still")

    monkeypatch.setattr(runtime_process, "_run", stuck)
    monkeypatch.setattr(runtime_process, "configure_logs", lambda _: None)
    assert runtime_process.run_worker("tts", lambda: Actor("tts", ())) == EXIT_STUCK == 75
    assert "start it again: topic: it stands still" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_a_worker_says_what_it_is_and_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["services/tts/__main__.py", word])
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    actor = Actor("tts", (Subscription(SCENE_PLANNED, cast("Any", None)),))
    assert runtime_process.run_worker("tts", lambda: actor) == 0
    said = capsys.readouterr()
    assert said.out.startswith("usage: python -m services.tts\n")
    assert "takes lectern.scene.planned.v1" in said.out
    assert not said.err


HANGS = """
import asyncio
from types import SimpleNamespace
from services.runtime import process as worker

worker.STUCK_SECONDS = 0.3

async def main():
    stuck, stop = asyncio.Event(), asyncio.Event()
    async with worker.guarding(SimpleNamespace(stuck=stuck, stuck_because="x"), stop):
        stuck.set()
        await stop.wait()
        print("stopping", flush=True)
        await asyncio.Event().wait()  # a client that does not close

asyncio.run(main())
"""


def test_a_stuck_process_that_cannot_even_stop_ends_all_the_same() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (EXIT_STUCK, b"stopping\n")


CALM = """
import gc
from services.runtime.process import GC_THRESHOLDS, calm_collector
calm_collector()
assert gc.isenabled() and gc.get_threshold() == GC_THRESHOLDS
assert gc.get_freeze_count() > 10_000, gc.get_freeze_count()
class Knot: pass
knot = Knot(); knot.itself = knot
del knot
assert gc.collect() >= 1
"""


def test_a_calm_collector_still_collects_what_came_later() -> None:
    subprocess.run([sys.executable, "-c", CALM], cwd=ROOT, check=True, timeout=60)
