"""One process holds a file, until it lets go or ends; whoever comes second is told at once."""

import errno
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.errors import ErrorCode, PermanentError
from services.cli.system import alone
from services.runtime.file_lock import locked
from tests.support.eventually import eventually_sync

HOLDER = """
import sys, time
from pathlib import Path
from services.runtime.file_lock import locked
lock = locked(Path(sys.argv[1]))
assert lock is not None
print("held", flush=True)
time.sleep(600)
"""


def test_a_second_one_is_told_at_once_and_gets_the_file_when_the_first_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = locked(path)
    assert first is not None
    assert locked(path) is None
    first.release()
    second = locked(path)
    assert second is not None
    second.release()
    assert path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        taken = locked(path)
        process.kill()
        process.wait(timeout=60)
        assert taken is None
        eventually_sync(lambda: locked(path) is not None, 10, message="the file is free")


def test_a_second_process_is_told_which_home_is_taken(tmp_path: Path) -> None:
    with alone(tmp_path / "home"):
        with (
            pytest.raises(PermanentError, match=r"another lectern runs on .*home: stop it") as caught,
            alone(tmp_path / "home"),
        ):
            pass
        assert caught.value.code is ErrorCode.SETTINGS_INVALID
    with alone(tmp_path / "home"):
        pass


def test_where_there_are_no_locks_nobody_is_said_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(PermanentError, match=r"cannot be held .*Function not implemented"), alone(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir() if path.stat().st_size] == []


def test_a_home_that_cannot_be_made_is_said_to_be_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PermanentError, match="set LECTERN_HOME"), alone(tmp_path / "file" / "home"):
        pass
