"""A small disk of the test's own, to be filled."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[bool]:
    """Mount a disk in memory at ``folder`` while the context is open; yields whether that was allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = False
    if os.name == "posix" and os.geteuid() == 0:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "lectern-test", str(folder)]
        mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder: Path) -> Path:
    """Write a file that takes all the space there is, whoever else is writing; return it."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"\0" * 65_536):
            pass
    return filler
