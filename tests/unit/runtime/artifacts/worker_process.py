"""A process of its own for the tests of what two processes, or a dying one, do to a store.

Usage: ``python worker_process.py HOME WHAT``; prints what it saw.
"""

import asyncio
import os
import resource
import stat
import sys
from pathlib import Path

from contracts.errors import LecternError
from services.runtime.artifacts import ActionResult, Blob
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts

PRODUCT = b"segment" * 300_000  # two chunks, so that a limit of one mebibyte cuts a file in two


async def make() -> ActionResult:
    return ActionResult({"segment": Blob(PRODUCT, "video/h264")}, {"frames": 240})


def die_at_a_file(descriptor: int) -> None:
    """The power goes after the bytes of a file, before its rename; folders are made as ever."""
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os._exit(9)


async def main(home: Path, what: str) -> None:
    if what == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
    if what == "die":
        setattr(os, "fsync", die_at_a_file)  # noqa: B010 - mypy takes no assignment to a module's function
    async with open_artifacts(ArtifactSettings(lectern_home=home)) as artifacts:
        try:
            result = await artifacts.remember("composition.segment", 1, {"scene": 1}, make)
        except LecternError as error:
            print(error.code)  # noqa: T201
            return
        print(result.claims["segment"].sha256, dict(result.facts))  # noqa: T201


asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
