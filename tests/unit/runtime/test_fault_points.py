"""Crash points: off they are nothing, on they kill at the right passing, once."""

import re
import subprocess
import sys
import timeit
from pathlib import Path

import pytest

from services.runtime import fault_points

ROOT = Path(__file__).resolve().parents[3]
KILLED = -9


def test_without_the_variable_a_point_is_the_empty_function() -> None:
    assert fault_points.chosen({}) is fault_points._off
    assert fault_points.crash_point is fault_points._off


def test_a_point_that_is_off_costs_less_than_a_microsecond() -> None:
    calls = 100_000
    best = min(
        timeit.repeat(lambda: fault_points.crash_point("engine.before_publish"), number=calls, repeat=5)
    )
    assert best / calls < 1e-6


def test_every_point_is_in_the_source_and_every_one_in_the_source_is_known() -> None:
    used: set[str] = set()
    for path in (ROOT / "services").rglob("*.py"):
        used.update(re.findall(r'crash_point\(\s*"([^"]+)"', path.read_text()))
    assert used == fault_points.POINTS


@pytest.mark.parametrize(
    "spec", ["nowhere:1", "engine.before_publish", "engine.before_publish:0", "gather.after_part:x"]
)
def test_a_plan_that_cannot_happen_is_refused_at_the_start(spec: str) -> None:
    with pytest.raises(ValueError, match="LECTERN_CRASH_AT"):
        fault_points.chosen({fault_points.VARIABLE: spec})


PASSES = """
from services.runtime.fault_points import crash_point
for number in range(5):
    crash_point("engine.after_publish", "tts/lectern.scene.planned.v1")
    crash_point("engine.before_publish", "slides/lectern.scene.subtitled.v1")
    crash_point("engine.before_publish", "tts/lectern.scene.planned.v1")
    print(number, flush=True)
"""


def passed(spec: str) -> tuple[int, int]:
    """Run a process past points; return its exit code and how many rounds it made."""
    ended = subprocess.run(
        [sys.executable, "-c", PASSES],
        env={"PYTHONPATH": str(ROOT), fault_points.VARIABLE: spec},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, len(ended.stdout.split())


def test_the_process_dies_at_the_passing_and_place_it_was_told() -> None:
    assert passed("engine.before_publish:3:tts") == (KILLED, 2)
    assert passed("engine.before_publish:3") == (KILLED, 1)
    assert passed("engine.before_commit:1") == (0, 5)


def test_a_plan_in_a_file_is_obeyed_once(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    assert passed(f"@{plan}") == (0, 5)
    plan.write_text("engine.before_publish:2:tts\n")
    assert passed(f"@{plan}") == (KILLED, 1)
    assert not plan.exists()
    assert passed(f"@{plan}") == (0, 5)
