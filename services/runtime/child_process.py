"""Child processes that never outlive their parent: the embedded broker, Kafka in tests.

Between parent and child stands a watchdog, this very file run by a bare interpreter. It holds one end of a
pipe whose other end only the parent has: when the parent ends, however it ends (``kill -9`` too), the pipe
closes and the watchdog kills the child. It needs no process groups, signals or ``prctl``, so it works the
same on Linux, macOS and Windows, and from any thread. (A process *forked* from the parent holds the pipe
too; ours are spawned.)

Standard library only, and imports nothing of the project: the watchdog runs without site-packages.
"""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

TERMINATE = b"t"
KILL = b"k"


class Child:
    """A running child process.

    Args:
        command: program and arguments; the program as an absolute path or on the ``PATH``.
        log: file that takes the child's output, appended.
        env: the child's environment; ``None`` for the parent's.

    Raises:
        OSError: the log cannot be opened or the program cannot be started.
    """

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.command = tuple(command)
        self.log = log
        with log.open("ab") as output:
            self._log_start = output.tell()
            # A session of its own: Ctrl-C in a terminal reaches the parent alone, which stops in order.
            self._watchdog = subprocess.Popen(  # noqa: S603 - our own file, and the caller's command
                [sys.executable, "-I", "-S", __file__, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=env,
                start_new_session=True,
            )
        first = self._stdout.readline()
        self._stdout.close()
        if not first.strip().isdigit():
            self._watchdog.wait()
            self._close()
            raise OSError(f"cannot start {command[0]}: {self.tail() or 'no output'}")
        self.pid = int(first)

    @property
    def running(self) -> bool:
        """Whether the child has not ended yet."""
        return self._watchdog.poll() is None

    @property
    def returncode(self) -> int | None:
        """The child's exit code, 128 + N if signal N ended it; ``None`` while it runs."""
        return self._watchdog.poll()

    def tail(self, characters: int = 2000) -> str:
        """Return the last output of this child."""
        with self.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - characters))
            return log.read().decode(errors="replace").strip()

    def kill(self) -> None:
        """End the child at once (SIGKILL) and wait until it is gone."""
        self._ask(KILL)
        self._watchdog.wait()
        self._close()

    def stop(self, grace: float = 10.0) -> None:
        """Ask the child to end (SIGTERM), kill it after ``grace`` seconds, wait until it is gone."""
        self._ask(TERMINATE)
        try:
            self._watchdog.wait(grace)
        except subprocess.TimeoutExpired:
            self._ask(KILL)
            self._watchdog.wait()
        self._close()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._watchdog.stdin is not None
        return self._watchdog.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._watchdog.stdout is not None
        return self._watchdog.stdout

    def _ask(self, what: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has ended already
            self._stdin.write(what)
            self._stdin.flush()

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            self._stdin.close()


def _watch(command: Sequence[str]) -> int:
    """Run ``command`` until it ends, or until the parent asks or is gone; return its exit code."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 127
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    threading.Thread(target=_obey, args=(child,), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _obey(child: "subprocess.Popen[bytes]") -> None:
    while (asked := os.read(0, 1)) == TERMINATE:
        child.terminate()
    assert asked in (KILL, b"")  # the empty read: the parent is gone
    child.kill()


if __name__ == "__main__":
    raise SystemExit(_watch(sys.argv[1:]))
