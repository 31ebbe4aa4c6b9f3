import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services.runtime.engine.engine import scratch_root, sweep_scratch
from services.runtime.settings import RuntimeSettings


def test_only_what_dead_processes_of_this_host_left_is_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = socket.gethostname()
    dead = tmp_path / f"process-{host}-{ended.pid}"
    elsewhere = tmp_path / f"process-other-{ended.pid}"
    foreign = tmp_path / f"process-{host}-notes"
    mine = scratch_root(tmp_path)
    for folder in (dead, elsewhere, foreign, mine):
        (folder / "tts-x").mkdir(parents=True)
    sweep_scratch(tmp_path)
    assert not dead.exists()
    assert elsewhere.exists()
    assert foreign.exists()
    assert mine.exists()
    assert str(os.getpid()) in mine.name


def test_what_is_under_way_lies_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_HOME", "h")
    assert RuntimeSettings().scratch_root == Path("h/scratch")
    monkeypatch.setenv("RENDER_OUTPUT_DIR", "video_output")
    assert RuntimeSettings().scratch_root == Path("video_output")
