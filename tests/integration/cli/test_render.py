"""The whole product through its command line: a lesson in, a film out, nothing left behind."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from services.runtime.kafka.probe import free_port
from tests.support.eventually import eventually_sync

LESSON = """# 비밀번호 안전하게 쓰기

## 왜 중요한가
비밀번호가 유출되면 회사의 자료가 함께 유출됩니다. 같은 비밀번호를 여러 곳에 쓰면 위험합니다.

## 어떻게 만드는가
- 열두 글자 이상으로 만듭니다.
- 이름이나 생일을 쓰지 않습니다.
"""
SMALL = ["--tts", "mock", "--style", "basic", "--width", "320", "--height", "180", "--minutes", "0.5"]
FINISH_SECONDS = 150


def _environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """An environment without Kafka, with a home and a temporary folder of the test's own."""
    temporary = tmp_path / "tmp"
    temporary.mkdir(exist_ok=True)
    inherited = {k: v for k, v in os.environ.items() if k not in {"KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"}}
    return {**inherited, "LECTERN_HOME": str(tmp_path / "home"), "TMPDIR": str(temporary), **more}


def _lectern(
    tmp_path: Path, *arguments: str, timeout: float = FINISH_SECONDS
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", *arguments],
        capture_output=True, text=True, timeout=timeout, check=False, env=_environment(tmp_path),
    )  # fmt: skip


def _left_over(tmp_path: Path) -> list[Path]:
    scratch = (tmp_path / "home" / "scratch").glob("*/*")
    return [*(tmp_path / "tmp").glob("lectern-*"), *scratch]


def test_renders_a_lesson_and_remembers_everything(tmp_path: Path) -> None:
    lesson, film = tmp_path / "lesson.md", tmp_path / "out" / "film.mp4"
    lesson.write_text(LESSON)
    first = _lectern(tmp_path, "render", str(lesson), "-o", str(film), "--title", "보안 첫걸음", *SMALL)
    assert first.returncode == 0, first.stderr
    assert {path.name for path in film.parent.iterdir()} == {"film.mp4", "film.srt", "film.vtt", "film.jpg"}
    made = re.search(r"(\d+) scenes synthesised, (\d+) frames encoded", first.stdout)
    assert "left out: " in first.stdout
    assert made is not None, first.stdout
    assert int(made[1]) > 0
    assert int(made[2]) > 0
    assert "no problems" in first.stdout
    assert "보안 첫걸음" in first.stderr
    assert f"scene {made[1]}/{made[1]} encoded" in first.stderr
    digest = hashlib.sha256(film.read_bytes()).hexdigest()

    second = _lectern(tmp_path, "render", str(lesson), "-o", str(film), "--title", "보안 첫걸음", *SMALL)
    assert second.returncode == 0, second.stderr
    assert "0 scenes synthesised, 0 frames encoded" in second.stdout
    assert hashlib.sha256(film.read_bytes()).hexdigest() == digest
    assert _left_over(tmp_path) == []


def test_the_longest_scenes_that_are_taken_flow_to_the_end(tmp_path: Path) -> None:
    spec, film = tmp_path / "spec.json", tmp_path / "film.mp4"
    longest = {"caption": "😀" * 2_000, "chapter": "\\" * 300}
    narrations = ("가나다라마. " + "😀" * 4_990, "가나다라마. " + '"가' * 200 + "😀" * 4_590)
    scenes = [
        {**longest, "scene_id": at, "narration": text[:4_998], "duration_sec": 3_600}
        for at, text in enumerate(narrations)
    ]
    spec.write_text(json.dumps({"title": "제" * 300, "language": "ko", "scenes": scenes}))
    result = _lectern(tmp_path, "render", str(spec), "-o", str(film), *SMALL)
    assert result.returncode == 0, result.stderr
    assert film.stat().st_size > 0


def test_a_render_spec_that_cannot_be_rendered_fails_in_one_line(tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps({"scenes": []}))
    result = _lectern(tmp_path, "render", str(spec), "-o", str(tmp_path / "f.mp4"), *SMALL)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "lectern: NO_RENDER_SPEC: the render spec has no scenes"
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "f.mp4").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    lesson = tmp_path / "lesson.md"
    lesson.write_text(LESSON)
    command = [
        sys.executable,
        "-m",
        "services.cli.main",
        "render",
        str(lesson),
        "-o",
        str(tmp_path / "f.mp4"),
    ]
    with subprocess.Popen(
        [*command, *SMALL],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(tmp_path),
    ) as process:
        assert process.stderr is not None
        while "writing the script" not in (line := process.stderr.readline()):
            assert line, "it ended by itself"
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said.splitlines()[-1] == "lectern: interrupted"
    assert time.monotonic() - started < 20
    assert _left_over(tmp_path) == []
    assert not (tmp_path / "f.mp4").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_up_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "services.cli.main", "up"]
    environment = _environment(tmp_path, GATEWAY_PORT=str(port))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{port}"
        assert process.stdout.readline() == f"Lectern is up at {url} (Ctrl-C stops it)\n"
        try:
            eventually_sync(
                lambda: httpx.get(f"{url}/readyz").status_code == 200, 30, message="the system is ready"
            )
            second = subprocess.run(
                command, capture_output=True, text=True, timeout=60, check=False, env=environment
            )
            assert second.returncode == 2
            assert "another lectern runs on" in second.stderr
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
    assert process.returncode == 0
    assert _left_over(tmp_path) == []
