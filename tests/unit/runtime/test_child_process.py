import sys
from pathlib import Path

import pytest

from services.runtime.child_process import Child
from tests.support.eventually import eventually_sync

STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
while True: time.sleep(1)
"""


def _python(code: str, log: Path) -> Child:
    return Child([sys.executable, "-c", code], log)


def test_reports_output_and_exit_code(tmp_path: Path) -> None:
    child = _python("import sys; print('out'); sys.exit('reason')", tmp_path / "log")
    eventually_sync(lambda: not child.running)
    assert child.returncode == 1
    assert set(child.tail().split()) == {"out", "reason"}
    child.stop()


def test_stop_terminates(tmp_path: Path) -> None:
    child = _python("import time; time.sleep(600)", tmp_path / "log")
    assert child.running
    assert child.returncode is None
    child.stop()
    assert child.returncode == 128 + 15


def test_stop_kills_what_does_not_listen(tmp_path: Path) -> None:
    child = _python(STUBBORN, tmp_path / "log")
    eventually_sync(lambda: child.tail() == "deaf")
    child.stop(grace=0.1)
    assert child.returncode == 128 + 9


def test_kill_is_immediate_and_may_be_repeated(tmp_path: Path) -> None:
    child = _python(STUBBORN, tmp_path / "log")
    child.kill()
    assert child.returncode == 128 + 9
    child.kill()
    child.stop()


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"cannot start no-such-program.*No such file"):
        Child(["no-such-program"], tmp_path / "log")


def test_tail_shows_this_child_alone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("an earlier one\n")
    child = _python("print('this one')", log)
    eventually_sync(lambda: not child.running)
    assert child.tail() == "this one"
    child.stop()
