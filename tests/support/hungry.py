"""Runs a service as ``python -m services.<name>`` does; records of a job that names the service want memory.

``python -m tests.support.hungry tts``: work on an event of a job whose id ends in ``-hungry-tts`` asks for
8 GiB, as native code does that does not look at what it got, or (``LECTERN_HUNGRY=touch``) fills 1 GiB,
before it does what it would have done. Where there is that much, the record is a record like any other: what
ends the process is the limit. The product knows nothing of this.
"""

import ctypes
import mmap
import os
import runpy
import sys
from collections.abc import Sequence
from typing import Any

from contracts.events import Event
from services.runtime.engine.context import RecordContext
from services.runtime.engine.offsets import InFlightRecord
from services.runtime.engine.processor import Processor

ASKED_BYTES = 8 << 30
TOUCHED_BYTES = 1 << 30
_PROT_READ, _PROT_WRITE, _PRIVATE, _ANONYMOUS, _NO_RESERVE = 0x1, 0x2, 0x02, 0x20, 0x4000


def ask() -> None:
    """Map 8 GiB without reserving them, and write to the first page."""
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    kind = _PRIVATE | _ANONYMOUS | _NO_RESERVE
    there = libc.mmap(None, ASKED_BYTES, _PROT_READ | _PROT_WRITE, kind, -1, 0)
    ctypes.memset(there, 1, 4096)
    libc.munmap(there, ASKED_BYTES)


def touch() -> None:
    """Fill a gibibyte."""
    with mmap.mmap(-1, TOUCHED_BYTES) as memory:
        for at in range(0, TOUCHED_BYTES, mmap.PAGESIZE):
            memory[at] = 1


def make_hungry(name: str) -> None:
    """Have this process's records of hungry jobs want memory."""
    want = touch if os.environ.get("LECTERN_HUNGRY") == "touch" else ask
    runs = Processor._run_handler

    async def run_hungry(
        self: Processor, slot: InFlightRecord, event: Any, context: RecordContext, job_id: str, attempt: int
    ) -> Sequence[Event]:
        if job_id.endswith(f"-hungry-{name}"):
            await context.run(want)
        return await runs(self, slot, event, context, job_id, attempt)

    Processor._run_handler = run_hungry  # type: ignore[method-assign]


if __name__ == "__main__":
    service = sys.argv.pop(1)
    make_hungry(service)
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=True)
