from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import Worker, app
from services.cli.workers import WORKERS
from services.runtime.kafka.probe import free_port

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _no_kafka(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setenv("LECTERN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TERM", "dumb")


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.md"
    path.write_text("# 피싱\n\n메일을 조심하세요.")
    return path


def test_help_names_every_command() -> None:
    shown = RUNNER.invoke(app, ["--help"])
    assert shown.exit_code == 0
    for command in (
        "render",
        "say",
        "script",
        "up",
        "gateway",
        "worker",
        "topics",
        "ledger",
        "LECTERN_HOME",
        "130 interrupted",
    ):
        assert command in shown.output


def test_the_workers_are_the_stages() -> None:
    assert tuple(Worker) == WORKERS


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fps", "7"], "fps: "),
        (["--width", "641"], "width: "),
        (["--width", "1080", "--height", "1920"], "1080x1920 would be taller than wide"),
        (["--theme", "mauve"], "theme: "),
        (["--language", "fr"], "LANGUAGE_UNSUPPORTED"),
        (["-o", "film.avi"], "must end in .mp4"),
    ],
)
def test_wrong_options_are_found_before_anything_starts(
    lesson: Path, tmp_path: Path, options: list[str], said: str
) -> None:
    result = RUNNER.invoke(app, ["render", str(lesson), "-o", str(tmp_path / "f.mp4"), *options])
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("lectern: ")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "home").exists()


def test_a_folder_that_cannot_be_made_is_found_before_anything_starts(lesson: Path) -> None:
    result = RUNNER.invoke(app, ["render", str(lesson), "-o", str(lesson / "film.mp4")])
    assert (result.exit_code, "cannot make" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["render", "no-such-file.md"],
        ["render"],
        ["worker", "juggling"],
        ["juggle"],
        ["render", "--style", "wild", "x.md"],
        ["topics", "create", "--replication", "-2"],
    ],
)
def test_wrong_use_is_exit_code_two(arguments: list[str]) -> None:
    assert RUNNER.invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize(
    "command",
    [["topics", "list"], ["topics", "create"], ["gateway"], ["worker", "upload"], ["ledger", "rebuild"]],
)
def test_what_needs_kafka_says_so(command: list[str]) -> None:
    result = RUNNER.invoke(app, command)
    assert result.exit_code == 2
    assert "KAFKA_BOOTSTRAP_SERVERS is not set" in result.stderr


def test_a_wrong_setting_in_the_environment_is_readable(
    lesson: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_WIDTH", "wide")
    result = RUNNER.invoke(app, ["render", str(lesson)])
    assert result.exit_code == 2
    assert "VIDEO_WIDTH" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", [["topics", "list"], ["ledger", "rebuild", "--check"]])
def test_a_broker_that_is_away_is_a_failure(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    result = RUNNER.invoke(app, command)
    assert result.exit_code == 1
    assert result.stderr.startswith("lectern: BROKER_UNAVAILABLE")
