import os
import signal
import subprocess
import sys

import pytest
from pydantic import BaseModel

from contracts.errors import CanceledError, ErrorCode, LecternError, PermanentError, TransientError
from services.cli.exit_codes import Exit, run

SLEEPER = """
import asyncio, signal, sys
signal.signal(signal.SIGINT, signal.{sigint})
from services.cli.exit_codes import run
async def main():
    try:
        print("up", flush=True)
        await asyncio.Event().wait()
    finally:
        print("closed", flush=True)
sys.exit(run(main))
"""


def _raising(error: Exception) -> int:
    async def main() -> None:
        raise error

    return run(main)


def test_done() -> None:
    async def main() -> None:
        return

    assert run(main) == Exit.DONE


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermanentError(ErrorCode.TTS_FAILED, "scene 3"), Exit.FAILED),
        (TransientError(ErrorCode.BROKER_UNAVAILABLE, "away"), Exit.FAILED),
        (CanceledError(), Exit.FAILED),
        (PermanentError(ErrorCode.SETTINGS_INVALID, "fps: odd"), Exit.USAGE),
        (PermanentError(ErrorCode.SOURCE_TEXT_EMPTY, "nothing"), Exit.USAGE),
    ],
)
def test_our_errors_are_one_line(error: LecternError, code: Exit, capsys: pytest.CaptureFixture[str]) -> None:
    assert _raising(error) == code
    assert capsys.readouterr().err == f"lectern: {error}\n"


def test_a_wrong_setting_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    class Settings(BaseModel):
        VIDEO_FPS: int

    async def main() -> None:
        Settings.model_validate({"VIDEO_FPS": "many"})

    assert run(main) == Exit.USAGE
    said = capsys.readouterr().err
    assert said.startswith("lectern: invalid settings: VIDEO_FPS: ")
    assert said.count("\n") == 1


def test_a_bug_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert _raising(ExceptionGroup("several", [ZeroDivisionError("by\nzero")])) == Exit.FAILED
    assert (
        capsys.readouterr().err
        == "lectern: INTERNAL_ERROR: ZeroDivisionError: by zero (--debug shows where)\n"
    )


def test_a_full_disk_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert _raising(OSError(28, "No space left on device", "/films/a.mp4")) == Exit.FAILED
    assert capsys.readouterr().err == "lectern: /films/a.mp4: No space left on device\n"


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        raise PermanentError(ErrorCode.TTS_FAILED, "scene 3")

    assert run(main, debug=True) == Exit.FAILED
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.endswith("lectern: TTS_FAILED: scene 3\n")


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_everything_in_order(number: int) -> None:
    assert_interrupted_by(number, SLEEPER.format(sigint="default_int_handler"))


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_ctrl_c_is_heard_by_a_process_that_was_started_with_it_ignored() -> None:
    """As a shell without job control starts ``lectern render ... &``: it went on."""
    assert_interrupted_by(signal.SIGINT, SLEEPER.format(sigint="SIG_IGN"))


def assert_interrupted_by(number: int, program: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == ("closed\n", "lectern: interrupted\n", Exit.INTERRUPTED)
