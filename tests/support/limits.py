"""Real limits on the memory of a process: its address space, or a control group's."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def within_address_space(limit_bytes: int, command: Sequence[str]) -> tuple[str, ...]:
    """Return the command that runs ``command`` with so much address space (``RLIMIT_AS``)."""
    prlimit = shutil.which("prlimit")
    assert prlimit is not None, "install util-linux"
    return (prlimit, f"--as={limit_bytes}", *command)


@contextlib.contextmanager
def control_group(limit_bytes: int) -> Iterator[Path | None]:
    """Make a control group with so much memory, no swap; ``None`` where this user may not make one."""
    old = (ROOT / "memory").is_dir()
    folder = (ROOT / "memory" if old else ROOT) / f"lectern-test-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / ("memory.limit_in_bytes" if old else "memory.max")).write_text(str(limit_bytes))
        swap = folder / ("memory.memsw.limit_in_bytes" if old else "memory.swap.max")
        if swap.exists():
            swap.write_text(str(limit_bytes if old else 0))
    except OSError:
        with contextlib.suppress(OSError):
            folder.rmdir()
        yield None
        return
    try:
        yield folder
    finally:
        folder.rmdir()


def within_group(folder: Path, command: Sequence[str]) -> tuple[str, ...]:
    """Return the command that runs ``command`` in a control group."""
    enter = f'echo $$ > "{folder}/cgroup.procs" && exec "$@"'
    return ("/bin/sh", "-c", enter, "sh", *command)
